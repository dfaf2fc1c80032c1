"""Conditions of a read: plain trees of column, operator and value.

Comparisons have SQL's meaning: a null column satisfies none of them, only `IsNull`. The order in
which `values` yields is the order in which a dialect numbers its parameters.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "uuid", "int", "decimal", "float", "bool", "timestamp", "date", "enum", "json", "array"
]
Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "like", "ilike"]


@dataclass(frozen=True, slots=True)
class Compare:
    """Column against one value, which is never None.

    Decimals have at most 18 digits after the point: ClickHouse cuts off the others.
    """

    column: str
    kind: Kind
    operator: Operator
    value: object


@dataclass(frozen=True, slots=True)
class OneOf:
    """Column equals one of the values; at least one is given, see `one_of`."""

    column: str
    kind: Kind
    values: tuple[object, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """Column is null, or is not."""

    column: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """Columns, compared as a row, lie beyond the values; columns are not null.

    Attributes:
        columns: in order of weight.
        kinds: kind of each column.
        ascending: beyond means greater; otherwise smaller.
        values: one a column, none of them None.
    """

    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    ascending: bool
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """The row belongs to a user.

    Attributes:
        column: holds the user's id, or the id of a row of `through` which has a `user_id`.
        through: relation that owns the row, None when the row names its user.
        user_id: the user.
    """

    column: str
    through: str | None
    user_id: object


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; without conditions always true."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some condition holds; without conditions never true."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold; unknown stays unknown, as in SQL."""

    of: Condition


Condition = Compare | OneOf | IsNull | Beyond | OwnedBy | All | Any | Not


def one_of(
    column: str, kind: Kind, values: tuple[object, ...], *, negated: bool = False
) -> Condition:
    """Column equals one of any number of values, or none of them; of no values nothing does."""
    if not values:
        return All(()) if negated else Any(())
    return OneOf(column, kind, values, negated)


def both(*conditions: Condition | None) -> Condition | None:
    """All of the given conditions, leaving out None; None when nothing is left."""
    given = tuple(condition for condition in conditions if condition is not None)
    if len(given) > 1:
        return All(given)
    return given[0] if given else None


def shape_of(condition: Condition | None) -> Hashable:
    """The condition without its values: equal shapes have equal statement texts."""
    match condition:
        case None:
            return None
        case Compare(column, kind, operator):
            return ("compare", column, kind, operator)
        case OneOf(column, kind, _, negated):
            return ("one of", column, kind, negated)
        case IsNull(column, negated):
            return ("is null", column, negated)
        case Beyond(columns, kinds, ascending):
            return ("beyond", columns, kinds, ascending)
        case OwnedBy(column, through):
            return ("owned", column, through)
        case Not(of):
            return ("not", shape_of(of))
        case All(of) | Any(of):
            return (type(condition).__name__, *map(shape_of, of))


def values_of(condition: Condition | None) -> Iterator[tuple[Kind, bool, object]]:
    """Kind, whether it is a list, and value of each parameter, in the order of the text."""
    match condition:
        case Compare(_, kind, _, value):
            yield kind, False, value
        case OneOf(_, kind, values):
            yield kind, True, values
        case Beyond(_, kinds, _, values):
            for kind, value in zip(kinds, values, strict=True):
                yield kind, False, value
        case OwnedBy(_, _, user_id):
            yield "uuid", False, user_id
        case Not(of):
            yield from values_of(of)
        case All(of) | Any(of):
            for part in of:
                yield from values_of(part)
        case IsNull() | None:
            return
