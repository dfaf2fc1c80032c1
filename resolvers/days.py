"""Spans of whole days (UTC), as arguments give them: from one day up to before another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from resolvers.errors import BadInput

DEFAULT_DAYS: Final = 30
MAX_DAYS: Final = 366
# No data of ours is older or newer, and every store can compare with these.
_EARLIEST: Final = date(1970, 1, 1)
_LATEST: Final = date(2200, 1, 1)


def span_of_days(
    first: date | None, end: date | None, *, default_end: date, most: int = MAX_DAYS
) -> tuple[date, date]:
    """The first day of a span and the day after its last.

    Args:
        first: as given; a month before the end when not.
        end: as given.
        default_end: the end when it is not given.
        most: days the span may have.

    Raises:
        BadInput: the span is empty, too long, or reaches beyond 1970 to 2200.
    """
    until = end or default_end
    if not _EARLIEST < until <= _LATEST or (first is not None and first < _EARLIEST):
        raise BadInput(f"Days are between {_EARLIEST} and {_LATEST}.")
    since = max(_EARLIEST, until - timedelta(days=DEFAULT_DAYS)) if first is None else first
    if since >= until:
        raise BadInput("`from` is not before `to`.")
    if until - since > timedelta(days=most):
        raise BadInput(f"The span is longer than {most} days.", hint="Ask for it in parts.")
    return since, until
