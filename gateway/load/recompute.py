"""Recomputes what depends on the rows, store by store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.load.live import GasPrice, Price, publish_gas, publish_prices
from gateway.load.targets import SERIES
from gateway.load.valuation import Valuation
from gateway.load.vectors import Vectors
from gateway.load.writing import as_json, partition_blocks
from resolvers.catalog.protocol_figures import update_protocol_figures
from resolvers.catalog.score_job import score_wallets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.embedding import Embedder
    from gateway.load.coins import Coins
    from stores.lifecycle import Stores
    from stores.queries import Statement

_NIL: Final = UUID(int=0)
_PAGE: Final = 5_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ACTIVITY: Final = [
    "wallet_id",
    "occurred_at",
    "tx_hash",
    "log_index",
    "id",
    "chain_id",
    "block_number",
    "transaction_type",
    "counterparty",
    "protocol_id",
    "token_in_id",
    "token_out_id",
    "amount_in",
    "amount_out",
    "amount_in_usd",
    "amount_out_usd",
    "gas_used",
    "gas_price",
    "gas_cost_usd",
    "source",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One recomputation; `run` gives the number of rows it touched or looked at."""

    name: str
    run: Callable[[], Awaitable[int]]


class Recompute:
    """The recomputations of a load; each is safe to repeat."""

    def __init__(
        self,
        stores: Stores,
        queries: Mapping[str, Statement],
        series: Mapping[str, Statement],
        *,
        coins: Coins,
        embedder: Embedder,
        hot_window: timedelta,
    ) -> None:
        self._stores = stores
        self._queries = queries
        self._series = series
        self._hot_window = hot_window
        self._vectors = Vectors(stores, queries, series, embedder=embedder, coins=coins)
        self._valuation = Valuation(stores, queries, series)

    def steps(self, *, only_live: bool) -> tuple[Step, ...]:
        """The steps in their order; only those that renew what Redis holds when nothing changed."""
        live = (Step("live prices", self._live_prices), Step("live gas", self._live_gas))
        if only_live:
            return live
        return (
            Step("links", self._links),
            Step("wallet labels", self._label_wallets),
            Step("wallet figures", self._wallets),
            Step("hot window", self._hot),
            Step("pool figures", self._yields),
            Step("protocol figures", self._protocols),
            Step("portfolios", self._valuation.run),
            Step("views", self._views),
            Step("protocol vectors", self._vectors.embed_protocols),
            Step("mention vectors", self._vectors.embed_mentions),
            Step("trading vectors", self._vectors.embed_trading),
            Step("agent vectors", self._vectors.embed_agents),
            *live,
        )

    async def _links(self) -> int:
        names = ("link_native_assets", "link_incidents", "ensure_pool_deployments")
        return sum([await self._execute(name) for name in names])

    async def _label_wallets(self) -> int:
        return await self._execute("label_wallets")

    async def _wallets(self) -> int:
        """Score the wallets whose activity is new, which counts it too."""
        report = await score_wallets(self._stores, datetime.now(UTC))
        return report.wallets

    async def _hot(self) -> int:
        """Copy the newest activity to Postgres, without gaps."""
        newest: datetime = (await self._fetch("newest_activity"))[0][0]
        if newest.year < 2009:
            return 0
        cutoff = newest - self._hot_window
        await self._execute("trim_hot_window", cutoff)
        month = cutoff.date().replace(day=1)
        while month <= newest.date():
            await self._stores.postgres.fetch(
                self._queries["load_state.ensure_activity_month"], month
            )
            month = (month + timedelta(days=32)).replace(day=1)
        return await self._copy_activity(cutoff)

    async def _copy_activity(self, cutoff: datetime) -> int:
        place: dict[str, Any] = {"wallet_id": _NIL, "ts": _EPOCH, "tx_hash": "", "log_index": -1}
        count = 0
        while rows := await self._fetch("activity_since", since=cutoff, count=_PAGE, **place):
            records = [dict(zip(_ACTIVITY, row, strict=True)) for row in rows]
            await self._execute("upsert_activity", as_json(records))
            place = dict(zip(place, rows[-1], strict=False))
            count += len(rows)
        return count

    async def _yields(self) -> int:
        after, count = _NIL, 0
        while rows := await self._fetch("latest_yields", after=after, count=_PAGE):
            names = ("id", "observed_at", "apy_pct", "apy_base_pct", "apy_reward_pct", "tvl_usd")
            records = [
                {
                    name: _bounded(value) if name.endswith("_pct") else value
                    for name, value in zip(names, row, strict=True)
                }
                for row in rows
            ]
            await self._execute("update_yield_pools", as_json(records))
            after, count = rows[-1][0], count + len(rows)
        return count

    async def _protocols(self) -> int:
        await self._measure_tvl()
        return await update_protocol_figures(self._stores)

    async def _measure_tvl(self) -> None:
        """Sum the value of pools by protocol, chain and day."""
        columns = SERIES["protocol_metrics"]
        place: dict[str, Any] = {"protocol_id": _NIL, "chain_id": 0, "ts": _EPOCH}
        while rows := await self._fetch("measured_tvl", count=_PAGE, **place):
            metrics = [
                (ts, protocol, chain, "tvl", value, value_usd, "pools")
                for protocol, chain, ts, value, value_usd in rows
            ]
            for block in partition_blocks(metrics):
                await self._stores.clickhouse.insert("protocol_metrics", columns, block)
            place = dict(zip(place, rows[-1], strict=False))

    async def _views(self) -> int:
        statement = self._queries["load_state.refresh_views"]
        return len(await self._stores.postgres.fetch(statement))

    async def _live_prices(self) -> int:
        after, count = _NIL, 0
        while rows := await self._fetch("latest_prices", after=after, count=_PAGE):
            prices = [
                Price(asset, at, price, source, chain, volume, cap)
                for asset, (at, chain, source, price, volume, cap) in rows
            ]
            await publish_prices(self._stores.redis, prices)
            after, count = rows[-1][0], count + len(rows)
        return count

    async def _live_gas(self) -> int:
        rows = await self._fetch("latest_gas")
        prices = [
            GasPrice(chain, at, price, source, base_fee, block)
            for chain, (at, source, price, base_fee, block) in rows
        ]
        await publish_gas(self._stores.redis, prices)
        return len(prices)

    async def _fetch(self, name: str, **params: object) -> Sequence[Sequence[Any]]:
        return await self._stores.clickhouse.fetch(self._series[f"load_series.{name}"], params)

    async def _execute(self, name: str, *args: object) -> int:
        return await self._stores.postgres.execute(self._queries[f"load_state.{name}"], *args)


def _bounded(percent: float | None) -> float | None:
    """A percentage that numeric(18,6) can hold; young pools report sums beyond any meaning."""
    return None if percent is None or abs(percent) >= 1e12 else percent
