"""Relay's `Node`: a global id on every entity, and the root fields that find a row by it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from resolvers.errors import BadInput, UserError
from resolvers.fields import root_field
from resolvers.ids import decode_id, encode_id, parse_key, shown
from resolvers.permissions import Access
from resolvers.plan import EXEC, GlobalId
from resolvers.reads import Rows, absent, allow, ones
from resolvers.reflection import Entity, entity_of, is_entity
from resolvers.selection import needed, selected

if TYPE_CHECKING:
    from resolvers.context import RequestContext

MAX_IDS = 1000


def _global_id(root: Any) -> strawberry.ID:
    entity = entity_of(type(root))
    return strawberry.ID(encode_id(entity, root.__dict__[entity.slot(entity.table.key)]))


@strawberry.interface(description="Anything that can be asked for again by its global id.")
class Node:
    """Base of every entity; instances keep the raw key of the row under its column's name."""

    id: Any = strawberry.field(
        resolver=_global_id,
        graphql_type=strawberry.ID,
        description="Global id, unique over all types; pass it unchanged to `node`.",
        metadata={EXEC: GlobalId()},
    )


def _load(info: Info, given: str) -> Any:
    name, key = decode_id(given)
    entity = _entity_named(info, name, given)
    context: RequestContext = info.context
    allow(context, entity)
    fields = selected(info, info._raw_info.field_nodes, entity.name)
    rows = Rows(
        entity, needed(context.viewer, entity, fields, (entity.table.key,)), entity.table.key
    )
    return ones(context, rows).load(parse_key(entity, key, given))


def _entity_named(info: Info, name: str, given: str) -> Entity:
    definition: Any = info.schema.get_type_by_name(name)
    cls: Any = getattr(definition, "origin", None)
    if not is_entity(cls) or not issubclass(cls, Node):
        raise BadInput(f"{shown(given)} is the id of an unknown type.")
    return entity_of(cls)


@strawberry.type(description="Root fields of Relay.")
class NodeQuery:
    """Root fields of Relay."""

    @root_field("The thing with this global id; null when there is none.", access=Access.PUBLIC)
    async def node(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="Global id, from a field `id`.")
        ],
    ) -> Node | None:
        """One row by its global id."""
        found: Node | None = await _load(info, id)
        return found

    @root_field(
        "The things with these global ids, in the same order; null for one that is not there. A "
        "malformed id is an error at its place and leaves the others alone.",
        access=Access.PUBLIC,
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Global ids, from fields `id`; at most 1,000."),
        ],
    ) -> list[Node | None] | None:
        """Rows by their global ids, one statement a type."""
        if len(ids) > MAX_IDS:
            raise BadInput(f"`ids` has {len(ids)} entries, above the maximum of {MAX_IDS:,}.")
        waiting = []
        for given in ids:
            try:
                waiting.append(_load(info, given))
            except UserError as error:
                waiting.append(absent(error))
        # An exception in the list becomes an error at its place.
        found: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
        return found
