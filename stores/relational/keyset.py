"""Keyset pages: the condition that a row comes after another one in an ordering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stores.relational.conditions import All, Any, Beyond, Compare, Condition, IsNull, Kind

Nulls = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Sort:
    """One column of an ordering.

    Attributes:
        column: the column.
        kind: of its values.
        descending: greatest first.
        nulls: where nulls stand, None for a column without nulls.
    """

    column: str
    kind: Kind
    descending: bool = False
    nulls: Nulls | None = None

    def reversed(self) -> Sort:
        """The same column the other way round, nulls included."""
        other: Nulls | None = None
        if self.nulls is not None:
            other = "last" if self.nulls == "first" else "first"
        return Sort(self.column, self.kind, not self.descending, other)


def backwards(order: Sequence[Sort]) -> tuple[Sort, ...]:
    """The ordering that lists the same rows last to first."""
    return tuple(sort.reversed() for sort in order)


def after(order: Sequence[Sort], values: Sequence[object]) -> Condition:
    """Rows that come strictly after the row with these values.

    The ordering must be total: its last column has no nulls and its values tell rows apart.
    """
    if len({sort.descending for sort in order}) == 1 and not any(sort.nulls for sort in order):
        # A row comparison is one range of an index that has the columns in this order.
        return Beyond(
            tuple(sort.column for sort in order),
            tuple(sort.kind for sort in order),
            ascending=not order[0].descending,
            values=tuple(values),
        )
    terms: list[Condition] = []
    equal: tuple[Condition, ...] = ()
    for sort, value in zip(order, values, strict=True):
        beyond = _beyond(sort, value)
        if beyond is not None:
            terms.append(All((*equal, beyond)) if equal else beyond)
        equal = (*equal, _equal(sort, value))
    either = Any(tuple(terms))
    bound = _bound(order[0], values[0])
    return either if bound is None else All((bound, either))


def _equal(sort: Sort, value: object) -> Condition:
    if value is None:
        return IsNull(sort.column)
    return Compare(sort.column, sort.kind, "eq", value)


def _beyond(sort: Sort, value: object) -> Condition | None:
    """The column alone comes after the value; None when nothing can."""
    if value is None:
        return None if sort.nulls == "last" else IsNull(sort.column, negated=True)
    strictly = Compare(sort.column, sort.kind, "lt" if sort.descending else "gt", value)
    if sort.nulls == "last":
        return Any((strictly, IsNull(sort.column)))
    return strictly


def _bound(first: Sort, value: object) -> Condition | None:
    """A redundant bound that lets an index on the first column skip what lies before the page."""
    if value is None or first.nulls is not None:
        return None
    return Compare(first.column, first.kind, "lte" if first.descending else "gte", value)
