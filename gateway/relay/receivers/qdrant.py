"""What Qdrant hears of: protocols, mentions and agents whose vectors have to be made again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.load.chains import ChainNames
from gateway.load.coins import Coins
from gateway.load.vectors import Vectors
from gateway.relay.change import Change
from stores.queries import load_queries

if TYPE_CHECKING:
    from gateway.embedding import Embedder
    from stores.lifecycle import Stores

EMBEDDED: Final = ("catalog.protocols", "research.mentions", "agents.agents")
"""Aggregates whose vectors Qdrant holds under the ids of their rows."""


class QdrantReceiver:
    """Embeds what the rows say now, and drops points of rows that are gone; may be repeated."""

    name = "qdrant"
    batch = 500
    gather_s = 0.2

    def __init__(self, stores: Stores, embedder: Embedder) -> None:
        self._vectors = Vectors(
            stores,
            load_queries("postgres"),
            load_queries("clickhouse"),
            embedder=embedder,
            coins=Coins(ChainNames.built_in()),
        )

    async def receive(self, changes: Sequence[Change]) -> None:
        """Each row once, however often it changed."""
        for aggregate in EMBEDDED:
            ids = {UUID(each.aggregate_id) for each in changes if each.aggregate == aggregate}
            if ids:
                await self.refresh(aggregate, sorted(ids))

    async def refresh(self, aggregate: str, ids: Sequence[UUID] | None) -> int:
        """Bring the points of some rows, or of all, in line with Postgres; points stored."""
        match aggregate:
            case "catalog.protocols":
                return await self._vectors.embed_protocols(ids)
            case "research.mentions":
                return await self._vectors.embed_mentions(ids)
            case _:
                return await self._vectors.embed_agents(ids)
