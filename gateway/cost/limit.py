"""How much an operation may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError

from gateway.cost.figures import NOTHING, Cost
from gateway.errors import TOO_COMPLEX, coded

_ADVICE: Final = (
    "Ask for shorter pages (`first`), fewer lists inside lists, or in several requests."
)


@dataclass(frozen=True, slots=True)
class CostLimit:
    """The most an operation may be estimated at.

    Attributes:
        most: of either figure.
        enforced: whether an operation above it is refused; it runs all the same when not.
    """

    most: Cost
    enforced: bool = True

    def refusal(self, cost: Cost) -> GraphQLError | None:
        """What whoever asked is told; None when the operation may run."""
        if not self.enforced or (cost.result <= self.most.result and cost.rows <= self.most.rows):
            return None
        figure, of = ("result", "points") if cost.result > self.most.result else ("rows", "rows")
        estimated, maximum = getattr(cost, figure), getattr(self.most, figure)
        return coded(
            TOO_COMPLEX,
            f"The operation may cost {estimated:,} {of}; {maximum:,} are allowed. {_ADVICE}",
            limit="cost",
            figure=figure,
            estimated=estimated,
            maximum=maximum,
        )


NO_LIMIT: Final = CostLimit(NOTHING, enforced=False)
"""Whatever it costs."""
