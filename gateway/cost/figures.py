"""The two figures of a cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer costs.

    Attributes:
        result: weights of its objects; scalars are free.
        rows: rows that the stores fetch for it.
    """

    result: int = 0
    rows: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.result + other.result, self.rows + other.rows)

    def __mul__(self, times: int) -> Cost:
        return Cost(self.result * times, self.rows * times)

    def most(self, other: Cost) -> Cost:
        """The greater of each figure."""
        return Cost(max(self.result, other.result), max(self.rows, other.rows))


NOTHING: Final = Cost()
