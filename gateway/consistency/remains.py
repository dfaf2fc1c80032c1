"""What other stores keep about things of Postgres, and must not keep once they are gone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from gateway.consistency.comparison import Comparison, none_but_known, portions
from stores.lifecycle import Stores
from stores.queries import load_queries
from stores.redis.keys import family, key

_PAGE: Final = 500


class Remains(ABC):
    """A copy whose keys are ids of a table, though not every row has one."""

    table: str
    store: str
    copy: str
    known_by: str

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def compare(self) -> Comparison:
        """Every key of the copy is looked up."""
        result = Comparison(self.table, self.store, self.copy)
        await none_but_known(result, self.pages(), self._known, name=self.copy)
        return result

    async def repair(self, found: Comparison) -> None:
        """What belongs to nothing is dropped."""
        for ids in portions(found.extra, _PAGE):
            await self.drop(ids)

    @abstractmethod
    def pages(self) -> AsyncIterator[list[str]]:
        """Keys of the copy, page by page."""

    @abstractmethod
    async def drop(self, ids: list[str]) -> None:
        """Remove some keys from the copy."""

    async def _known(self, ids: Sequence[str]) -> list[str]:
        statement = load_queries("postgres")[f"consistency.{self.known_by}"]
        values = statement.arguments(ids=list(ids))
        return [row["id"] for row in await self._stores.postgres.fetch(statement, *values)]


class PortfolioSeries(Remains):
    """A series of portfolios in ClickHouse."""

    table = "portfolio.portfolios"
    store = "clickhouse"
    known_by = "known_portfolios"

    def __init__(self, stores: Stores, series: str) -> None:
        super().__init__(stores)
        self.copy = series
        self._queries = load_queries("clickhouse")

    async def pages(self) -> AsyncIterator[list[str]]:
        after = ""
        statement = self._queries["consistency.portfolios"]
        while True:
            values = {"series": self.copy, "after": after, "count": _PAGE}
            found: list[Any] = list(await self._stores.clickhouse.fetch(statement, values))
            if not found:
                return
            yield [row[0] for row in found]
            after = found[-1][0]

    async def drop(self, ids: list[str]) -> None:
        values = {"series": self.copy, "portfolios": [UUID(each) for each in ids]}
        await self._stores.clickhouse.execute(self._queries["relay.drop_portfolios"], values)


class TradingPatterns(Remains):
    """Vectors of how wallets trade."""

    table = "catalog.wallets"
    store = "qdrant"
    copy = "trading_patterns"
    known_by = "known_wallets"

    async def pages(self) -> AsyncIterator[list[str]]:
        page: list[str] = []
        async for point in self._stores.qdrant.points(self.copy, with_vectors=False, page=_PAGE):
            if "wallet_id" in point.payload:
                page.append(point.id)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    async def drop(self, ids: list[str]) -> None:
        await self._stores.qdrant.delete(self.copy, ids)


class LiveSessions(Remains):
    """What Redis remembers of sessions: none that Postgres has ended."""

    table = "account.sessions"
    store = "redis"
    copy = "session"
    known_by = "live_sessions"

    async def pages(self) -> AsyncIterator[list[str]]:
        prefix = family("session").template.partition("{")[0]
        page: set[str] = set()
        async for name in self._stores.redis.commands.scan_iter(match=f"{prefix}*", count=_PAGE):
            page.add(name.removeprefix(prefix))
            if len(page) == _PAGE:
                yield sorted(page)
                page = set()
        if page:
            yield sorted(page)

    async def drop(self, ids: list[str]) -> None:
        for digest in ids:
            await self._stores.redis.commands.delete(key("session", token_sha256=digest))


class LiquidationRanking(Remains):
    """Portfolios in the ranking by risk of liquidation."""

    table = "portfolio.portfolios"
    store = "redis"
    copy = "risk_liquidation"
    known_by = "known_portfolios"

    async def pages(self) -> AsyncIterator[list[str]]:
        ranked: list[Any] = await self._stores.redis.commands.zrange(key(self.copy), 0, -1)
        for page in portions(ranked, _PAGE):
            yield page

    async def drop(self, ids: list[str]) -> None:
        await self._stores.redis.commands.zrem(key(self.copy), *ids)
