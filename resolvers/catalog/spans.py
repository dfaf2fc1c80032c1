"""How far back a change looks, and from where."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from resolvers.series import ChangeWindow

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = timedelta(days=3)

ANCHOR: Final = (
    "Counted back from the newest measurement, not from now; the earlier value is the last one at "
    "or before that instant, older by a twelfth of the span at most and never by more than three "
    "days. Null when either is unknown."
)
WindowArgument = Annotated[
    ChangeWindow, strawberry.argument(description="Span between the two values.")
]


def tolerance(window: ChangeWindow) -> timedelta:
    """How much older than the span the earlier value may be."""
    return min(window.span / 12, _LONGEST)


def span_values(window: ChangeWindow) -> Mapping[str, int]:
    """The parameters of a named query that looks back."""
    return {
        "span_s": int(window.span.total_seconds()),
        "tolerance_s": int(tolerance(window).total_seconds()),
    }
