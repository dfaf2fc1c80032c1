"""All that is in several stores, compared and mended; the one list of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.config import Settings
from gateway.consistency.activity import ActivityMirror
from gateway.consistency.changes import ChangesMirror
from gateway.consistency.comparison import Comparison, Mirror
from gateway.consistency.points import PointsMirror
from gateway.consistency.remains import (
    LiquidationRanking,
    LiveSessions,
    PortfolioSeries,
    TradingPatterns,
)
from gateway.embedding import Embedder, open_embedder
from gateway.relay.outbox import Outbox
from gateway.relay.receivers.clickhouse import SERIES
from gateway.relay.receivers.qdrant import EMBEDDED, open_vectors
from gateway.relay.relay import open_relay
from gateway.worker.running import worker_stores
from stores.lifecycle import Stores
from stores.urls import StoreUrls


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the stores agree.

    Attributes:
        comparisons: every table and its copy.
        waiting: changes on their way to some store, which explain differences.
        refused: changes that some store refuses.
        repaired: rows that were mended.
    """

    comparisons: Sequence[Comparison]
    waiting: int
    refused: int
    repaired: int = 0

    @property
    def agrees(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.refused and all(each.agrees for each in self.comparisons)


def mirrors(stores: Stores, embedder: Embedder, hot_window: timedelta) -> list[Mirror]:
    """Every table with its copy in another store."""
    vectors = open_vectors(stores, embedder)
    return [
        ActivityMirror(stores, hot_window),
        *(PointsMirror(table, alias, vectors, stores.qdrant) for table, alias in EMBEDDED.items()),
        TradingPatterns(stores),
        ChangesMirror(stores),
        *(PortfolioSeries(stores, series) for series in SERIES),
        LiquidationRanking(stores),
        LiveSessions(stores),
    ]


async def check(
    stores: Stores, embedder: Embedder, hot_window: timedelta, *, repair: bool = False
) -> Agreement:
    """Compare everything, and mend what differs when asked to.

    Args:
        stores: opened as the role `worker`.
        embedder: makes the vectors that Qdrant should hold.
        hot_window: how much wallet activity Postgres should hold, back from the newest row.
        repair: pass changes on first, refused ones too, then mend what differs, and compare again.

    Raises:
        StoreError: a store is away.
    """
    outbox = Outbox(stores.postgres)
    if repair:
        await outbox.try_again(None)
        await open_relay(stores, embedder).catch_up()
    all_mirrors = mirrors(stores, embedder, hot_window)
    comparisons = [await mirror.compare() for mirror in all_mirrors]
    repaired = 0
    if repair:
        for number, mirror in enumerate(all_mirrors):
            found = comparisons[number]
            if not found.agrees:
                await mirror.repair(found)
                repaired += len(found.missing) + len(found.extra) + len(found.different)
                comparisons[number] = await mirror.compare()
    lag = await outbox.lag()
    waiting = max((each.waiting for each in lag), default=0)
    return Agreement(comparisons, waiting, sum(each.refused for each in lag), repaired)


async def check_all(settings: Settings, urls: StoreUrls, *, repair: bool) -> Agreement:
    """As `check`, over the stores of a configuration."""
    embedder = open_embedder(settings.embedder)
    async with worker_stores(settings.store_options(urls, "worker")) as stores:
        return await check(stores, embedder, timedelta(days=settings.hot_days), repair=repair)
