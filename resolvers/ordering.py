"""`orderBy` inputs, generated from an entity's columns."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import strawberry
from strawberry.utils.str_converters import to_snake_case

from resolvers.errors import BadInput

if TYPE_CHECKING:
    from resolvers.reflection import Entity
    from stores.relational.keyset import Sort

MAX_SORTS: Final = 8


@strawberry.enum(description="Which way an ordering goes.")
class Direction(enum.Enum):
    """Which way an ordering goes."""

    ASC = strawberry.enum_value("ASC", description="Smallest, earliest or alphabetically first.")
    DESC = strawberry.enum_value("DESC", description="Greatest, latest or alphabetically last.")


@strawberry.enum(description="Where rows stand whose value is unknown.")
class Nulls(enum.Enum):
    """Where rows stand whose value is unknown."""

    FIRST = strawberry.enum_value("FIRST", description="Before all known values.")
    LAST = strawberry.enum_value("LAST", description="After all known values.")


@functools.cache
def order_input(entity: Entity) -> type[Any]:
    """The input type of one ordering of an entity's rows; its values arrive as a `Sort`."""
    columns = [info for info in entity.columns.values() if info.orderable]
    members = {
        to_snake_case(info.graphql_name).upper(): strawberry.enum_value(
            info.column, description=info.description
        )
        for info in columns
    }
    names = enum.Enum(  # type: ignore[misc]  # the members are only known here
        f"{entity.name}OrderField", cast("Any", members), module=__name__
    )
    field = strawberry.enum(names, description=f"What rows of `{entity.name}` can be ordered by.")
    body: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {"field": field, "direction": Direction, "nulls": Nulls},
        "field": strawberry.field(description="What to order by."),
        "direction": strawberry.field(
            default=Direction.ASC, description="Ascending when not given."
        ),
        "nulls": strawberry.field(
            default=Nulls.LAST, description="Where unknown values stand; last when not given."
        ),
    }
    made = strawberry.input(
        type(f"{entity.name}Order", (), body),
        description=f"One ordering of `{entity.name}`; in a list, the first weighs most.",
    )
    definition = cast("Any", made).__strawberry_definition__
    definition.from_input = lambda _type, value, _context: sort_of(entity, value)
    return made


def sort_of(entity: Entity, given: Mapping[str, Any]) -> Sort:
    """The ordering of a coerced `orderBy` item."""
    return entity.sort(
        given["field"].value,
        descending=given.get("direction") is Direction.DESC,
        nulls_first=given.get("nulls") is Nulls.FIRST,
    )


def total_order(
    entity: Entity, given: Sequence[Sort], default: tuple[str, ...]
) -> tuple[Sort, ...]:
    """What the caller asked for, or the default, made total.

    Raises:
        BadInput: too many orderings, or one column twice.
    """
    if not given:
        return entity.sorts(default)
    if len(given) > MAX_SORTS:
        raise BadInput(f"`orderBy` has more than {MAX_SORTS} entries.")
    if len({sort.column for sort in given}) < len(given):
        raise BadInput("`orderBy` names a field twice.")
    return entity.total(list(given))
