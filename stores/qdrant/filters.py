"""What a vector search is limited to, as plain values.

Filter(must=(Match("category", ("dex", "lending")), Range("tvl", gte=1_000_000)))
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Scalar = str | int | bool


@dataclass(frozen=True, slots=True)
class Match:
    """The field holds one of the values; an array field, at least one of them."""

    field: str
    any_of: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field lies between bounds: all numbers, or all aware times. At least one is given."""

    field: str
    gt: float | datetime | None = None
    gte: float | datetime | None = None
    lt: float | datetime | None = None
    lte: float | datetime | None = None


@dataclass(frozen=True, slots=True)
class HasId:
    """The point is one of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IsEmpty:
    """The field is missing, null or an empty array."""

    field: str


Condition = Match | Range | HasId | IsEmpty


@dataclass(frozen=True, slots=True)
class Filter:
    """Every condition of `must`, none of `must_not` and, if there are any, one of `should`."""

    must: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()
    should: tuple[Condition, ...] = ()

    def without(self, ids: tuple[str, ...]) -> Filter:
        """The same, except for these points."""
        return Filter(self.must, (*self.must_not, HasId(ids)), self.should)
