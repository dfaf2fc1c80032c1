"""What each field of the schema weighs and how long its lists may be, read off its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from resolvers.connection import Connection, Count, Edge, PageInfo
from resolvers.errors import BadInput
from resolvers.plan import DEFAULT_PAGE, EXEC, Batch, Computed, Many, One, Page, Root
from resolvers.series import MAX_POINTS, window

#: Objects in a list whose length nothing tells, as the specification proposes.
ASSUMED_SIZE: Final = 10
#: A mutation is a transaction with its audit and outbox rows.
_MUTATION: Final = 10
#: Rows that a capped count stands for: it reads an index and returns one number.
_COUNT_ROWS: Final = 100
# What a page is made of beside its rows.
_FREE: Final = (Connection, Edge, PageInfo, Count)
_SLICING: Final = ("first", "last")
# Arguments that name the things wanted; each gives at most one.
_NAMING: Final = ("ids", "representations", "commitments", "hashes")
_SPAN: Final = {"from": "from_", "to": "to", "interval": "interval", "includeOpen": "include_open"}

Sizer = Callable[[Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Size:
    """How many objects a field gives.

    Attributes:
        arguments: those that say it.
        of: the number, from the values of those arguments that have one.
    """

    arguments: tuple[str, ...]
    of: Sizer


@dataclass(frozen=True, slots=True)
class Weight:
    """What one selection of a field costs, apart from what is selected inside.

    Attributes:
        each: weight of each object it gives.
        rows: rows fetched for each object it gives; 0 where they come with the parent's.
        once: weight of the field itself.
        once_rows: rows fetched however many objects there are.
        is_list: whether it gives a list.
        size: how many objects it gives or, when it gives no list, how many the lists inside do.
        inherits: whether its list is as long as its parent's arguments say.
    """

    each: int
    rows: int
    once: int
    once_rows: int
    is_list: bool
    size: Size | None
    inherits: bool


def weight_of(parent: GraphQLObjectType | None, field: GraphQLField, *, mutation: bool) -> Weight:
    """What a field weighs.

    Args:
        parent: the type it is of; None for an interface or union.
        field: as the schema has it.
        mutation: whether it is a root field of a mutation.
    """
    named = get_named_type(field.type)
    composite = is_composite_type(named)
    declared = _declaration(field)
    is_list = composite and is_list_type(get_nullable_type(field.type))
    size = _size(field, declared) if composite else None
    fetched = isinstance(declared, One | Many | Page | Root | Batch) or (
        isinstance(declared, Computed) and _is_root(parent)
    )
    counted = _origin(named) is Count
    return Weight(
        each=int(composite and _origin(named) not in _FREE),
        rows=int(fetched and composite),
        once=_MUTATION if mutation else 0,
        once_rows=_COUNT_ROWS if counted else int(fetched and not composite),
        is_list=is_list,
        size=size,
        inherits=is_list and declared is None and size is None,
    )


def _declaration(field: GraphQLField) -> object | None:
    definition = field.extensions.get("strawberry-definition")
    return None if definition is None else definition.metadata.get(EXEC)


def _origin(named: GraphQLNamedType) -> type | None:
    definition = named.extensions.get("strawberry-definition")
    origin = getattr(definition, "origin", None)
    return next((free for free in _FREE if origin is not None and issubclass(origin, free)), None)


def _is_root(parent: GraphQLObjectType | None) -> bool:
    return parent is not None and parent.name in ("Query", "Mutation", "Subscription")


def _size(field: GraphQLField, declared: object | None) -> Size | None:
    """How long the lists of a field may be; None when nothing about the field tells."""
    arguments = field.args
    if isinstance(declared, Many):
        return _fixed(min(declared.limit, ASSUMED_SIZE))
    if isinstance(declared, Page):
        return _sliced(declared.default)
    if "first" in arguments:
        default = arguments["first"].default_value
        return _sliced(default if isinstance(default, int) else DEFAULT_PAGE)
    if "interval" in arguments:
        return Size(tuple(_SPAN), _points)
    named = next((name for name in _NAMING if name in arguments), None)
    if named is not None:
        return Size((named,), lambda given: len(given.get(named) or ()))
    return None


def _fixed(number: int) -> Size:
    return Size((), lambda given: number)


def _sliced(default: int) -> Size:
    """The greatest of the slicing arguments, which is what the specification says."""

    def of(given: Mapping[str, Any]) -> int:
        asked = [given[name] for name in _SLICING if isinstance(given.get(name), int)]
        return max(0, *asked) if asked else default

    return Size(_SLICING, of)


def _points(given: Mapping[str, Any]) -> int:
    """Buckets of a series; a range that will be refused counts as the longest."""
    values = {_SPAN[name]: given[name] for name in _SPAN if given.get(name) is not None}
    try:
        return len(window(datetime.now(UTC), **values).starts)
    except BadInput:
        return MAX_POINTS
