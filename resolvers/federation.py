"""The graph as a subgraph of Apollo Federation v2: what it defines, and rows by their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from strawberry import Info
from strawberry.federation.schema import FederationAny
from strawberry.printer import print_schema

from resolvers.errors import BadInput, UserError
from resolvers.fields import root_field
from resolvers.permissions import Access
from resolvers.plan import Root
from resolvers.reads import Rows, absent, allow, ones
from resolvers.reflection import Entity, entity_of
from resolvers.resolve import root_key
from resolvers.selection import needed, selected
from resolvers.subgraph import keys_of

if TYPE_CHECKING:
    from resolvers.agents.types import Agent
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext
    from resolvers.portfolio.types import Portfolio

MAX_REPRESENTATIONS: Final = 1000

_ENTITY: Final = strawberry.union(
    "_Entity", description="What other subgraphs may refer to by one of its keys."
)


@strawberry.type(name="_Service", description="This graph as a subgraph.")
class Service:
    """What a router asks to compose the graph."""

    sdl: str = strawberry.field(
        description="Its schema definition with the directives of Federation."
    )


@strawberry.type(description="Root fields of Apollo Federation.")
class FederationQuery:
    """Root fields of Apollo Federation."""

    @root_field(
        "This graph as a subgraph, for routers that compose it with others.",
        access=Access.PUBLIC,
        name="_service",
    )
    def federation_service(self, info: Info) -> Service:
        """The schema as it is served."""
        schema: Any = info.schema
        return Service(sdl=print_schema(schema))

    @root_field(
        "The rows that other subgraphs refer to, in the order asked; null for one that is not "
        "there. A malformed reference is an error at its place and leaves the others alone.",
        access=Access.PUBLIC,
        name="_entities",
    )
    async def federation_entities(
        self,
        info: Info,
        representations: Annotated[
            list[FederationAny],
            strawberry.argument(
                description="References, each with `__typename` and the fields of one key; at "
                "most 1,000."
            ),
        ],
    ) -> list[
        Annotated[
            Annotated[Agent, strawberry.lazy("resolvers.agents.types")]
            | Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")]
            | Annotated[Portfolio, strawberry.lazy("resolvers.portfolio.types")]
            | Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")]
            | Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")],
            _ENTITY,
        ]
        | None
    ]:
        """Rows by their keys, one statement a type and key."""
        if len(representations) > MAX_REPRESENTATIONS:
            raise BadInput(
                f"`representations` has {len(representations)} entries, above the maximum of "
                f"{MAX_REPRESENTATIONS:,}."
            )
        waiting = []
        for representation in representations:
            try:
                waiting.append(_load(info, representation))
            except UserError as error:
                waiting.append(absent(error))
        # An exception in the list becomes an error at its place.
        found: list[Any] = await asyncio.gather(*waiting, return_exceptions=True)
        return found


def _load(info: Info, representation: object) -> Any:
    if not isinstance(representation, Mapping):
        raise BadInput("A reference is an object with `__typename` and the fields of a key.")
    entity = _entity_named(info, representation.get("__typename"))
    keys = keys_of(entity.cls)
    given = next((key for key in keys if representation.get(key) is not None), None)
    if given is None or not isinstance(representation[given], str):
        options = " or ".join(f"`{key}`" for key in keys)
        raise BadInput(f"A reference to a {entity.name} has {options}, as text.")
    context: RequestContext = info.context
    allow(context, entity)
    by = tuple(entity.table.key if key == "id" else key for key in keys)
    root = Root(by, entity.table.access)
    column, value = root_key(root, entity, {given: representation[given]})
    fields = selected(info, info._raw_info.field_nodes, entity.name)
    rows = Rows(entity, needed(context.viewer, entity, fields, (entity.table.key,)), column)
    return ones(context, rows).load(value)


def _entity_named(info: Info, name: object) -> Entity:
    definition: Any = info.schema.get_type_by_name(name) if isinstance(name, str) else None
    cls: Any = getattr(definition, "origin", None)
    if cls is None or not keys_of(cls):
        raise BadInput(f"`__typename` {name!r} is no type that can be referred to.")
    return entity_of(cls)
