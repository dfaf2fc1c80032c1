"""Finds protocols, assets, wallets and the like by what people call them."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from graphql import GraphQLError
from strawberry import Info

from resolvers.agents.types import Agent
from resolvers.catalog.asset import Asset
from resolvers.catalog.chain import Chain
from resolvers.catalog.place import Bridge
from resolvers.catalog.protocol import Protocol
from resolvers.catalog.wallet import Wallet
from resolvers.context import named_queries
from resolvers.errors import BadInput
from resolvers.fields import root_field
from resolvers.ids import checked_text
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.reads import Rows, ones
from resolvers.reflection import entity_of
from resolvers.scalars import parse_address
from resolvers.selection import needed, selected

if TYPE_CHECKING:
    from resolvers.context import RequestContext

MAX_HITS: Final = 50
_MAX_TEXT: Final = 200
# Sorts after everything that begins with the same letters, in the order of bytes.
_LAST_LETTER: Final = "\U0010ffff"


@strawberry.enum(description="What a search can find.")
class SearchKind(enum.Enum):
    """What a search can find; the value names the query."""

    PROTOCOL = strawberry.enum_value("protocols", description="DeFi protocols, by name or topic.")
    ASSET = strawberry.enum_value("assets", description="Coins and tokens, by ticker or name.")
    WALLET = strawberry.enum_value(
        "wallets", description="Addresses observed, whole or by a label somebody gave them."
    )
    AGENT = strawberry.enum_value("agents", description="Agents, by name or topic.")
    BRIDGE = strawberry.enum_value("bridges", description="Bridges, by name.")
    CHAIN = strawberry.enum_value("chains", description="Blockchains, by any of their names.")


_TYPES: Final[Mapping[SearchKind, type[Any]]] = {
    SearchKind.PROTOCOL: Protocol,
    SearchKind.ASSET: Asset,
    SearchKind.WALLET: Wallet,
    SearchKind.AGENT: Agent,
    SearchKind.BRIDGE: Bridge,
    SearchKind.CHAIN: Chain,
}


@strawberry.type(description="Something a text may mean.")
class SearchHit:
    """Something a text may mean."""

    key: strawberry.Private[Any]
    kind: SearchKind = strawberry.field(description="What was found.")
    title: str = strawberry.field(
        description="Its name: of a protocol, agent, bridge or chain; the ticker of an asset; the "
        "label, else the address, of a wallet."
    )
    score: float = strawberry.field(
        description="How well it fits: 1 is its exact key, 0.95 its exact name, 0.7 to 0.8 the "
        "beginning of a name, below that words about it."
    )

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The thing itself; take its fields with `... on Protocol` and the like."
    )
    async def node(self, info: Info) -> Node:
        """All hits of a kind are one statement."""
        entity = entity_of(_TYPES[self.kind])
        fields = selected(info, info._raw_info.field_nodes, entity.name)
        columns = needed(info.context.viewer, entity, fields, (entity.table.key,))
        found: Node | None = await ones(info.context, Rows(entity, columns, entity.table.key)).load(
            self.key
        )
        if found is None:
            raise BadInput(f"{self.title!r} was withdrawn while you searched. Search again.")
        return found


@strawberry.type(description="Finding things by name.")
class SearchQuery:
    """Root field of the search."""

    @root_field(
        "What a text may mean, best first: exact keys and names, beginnings of names, words of "
        "descriptions. Give a whole address to find it on every chain.",
        access=Access.PUBLIC,
    )
    async def search(
        self,
        info: Info,
        text: Annotated[
            str, strawberry.argument(description="What to look for; at most 200 characters.")
        ],
        kinds: Annotated[
            list[SearchKind] | None,
            strawberry.argument(description="Only these kinds; all when not given."),
        ] = None,
        first: Annotated[
            int, strawberry.argument(description=f"Hits at most; {MAX_HITS} is the maximum.")
        ] = 10,
    ) -> list[SearchHit] | None:
        """One statement a kind, all at once."""
        if not 1 <= first <= MAX_HITS:
            raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_HITS}.")
        if len(text) > _MAX_TEXT:
            raise BadInput(f"`text` is longer than {_MAX_TEXT} characters.")
        word = checked_text("text", text).strip()
        if not word:
            raise BadInput("`text` is empty.")
        wanted = list(dict.fromkeys(kinds if kinds is not None else SearchKind))
        found = await asyncio.gather(*(_find(info.context, kind, word, first) for kind in wanted))
        # Of equal scores the best of each kind come first, so that no kind hides the others.
        ranked = [(hit, place) for part in found for place, hit in enumerate(part)]
        ranked.sort(key=lambda pair: (-pair[0].score, pair[1]))
        hits = [hit for hit, _ in ranked]
        return hits[:first]


async def _find(
    context: RequestContext, kind: SearchKind, word: str, count: int
) -> Sequence[SearchHit]:
    name = f"search.{kind.value}"
    lowered = word.lower()
    values: dict[str, object] = {
        "word": lowered,
        "beyond": lowered + _LAST_LETTER,
        "address": _address(word),
        "count": count,
    }
    statement = named_queries("postgres")[name]
    arguments = statement.arguments(**{key: values[key] for key in statement.params})
    rows: list[Any] = await context.postgres(statement, *arguments)
    return [
        SearchHit(key=key, kind=kind, title=title, score=round(score, 4))
        for key, title, score in rows
    ]


def _address(word: str) -> str | None:
    """The text as an address in the stores' form; None when it is none."""
    try:
        return parse_address(word)
    except GraphQLError:
        return None
