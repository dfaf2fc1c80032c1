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

EMBEDDED: Final = {
    "catalog.protocols": "protocol_analysis",
    "research.mentions": "market_sentiment",
    "agents.agents": "agent_profiles",
}
"""Collection of each aggregate whose vectors Qdrant holds under the ids of its rows."""


class QdrantReceiver:
    """Embeds what the rows say now, and drops points of rows that are gone; may be repeated."""

    name = "qdrant"
    batch = 500
    gather_s = 0.2

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    async def receive(self, changes: Sequence[Change]) -> None:
        """Each row once, however often it changed."""
        for aggregate, alias in EMBEDDED.items():
            ids = {UUID(each.aggregate_id) for each in changes if each.aggregate == aggregate}
            if ids:
                await self._vectors.embed(alias, sorted(ids))


def open_vectors(stores: Stores, embedder: Embedder) -> Vectors:
    """What makes the vectors."""
    return Vectors(
        stores,
        load_queries("postgres"),
        load_queries("clickhouse"),
        embedder=embedder,
        coins=Coins(ChainNames.built_in()),
    )
