"""A small market on the real engines, every value written by hand, and ways to ask about it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import strawberry

from gateway.embedding import LexicalEmbedder
from gateway.load.live import GasPrice, Price, publish_gas, publish_prices
from gateway.schema import build_schema
from resolvers.catalog.asset import Asset
from resolvers.catalog.protocol import Protocol
from resolvers.context import RequestContext, Viewer
from resolvers.errors import describe
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.errors import StoreError
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.qdrant.client import Point
from stores.redis import keys
from tests.resolvers.conftest import Answer, Ask

NOW = datetime(2024, 6, 10, 12, 30, tzinfo=UTC)
TODAY = datetime(2024, 6, 10, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ALPHA, BETA, EMPTY = 9_100_001, 9_100_002, 9_100_003
MANY = 120
"""Assets, protocols and pools; the first few have figures of their own."""

DEX_TEXT = "Alpha Swap. Dexes. Automated market maker for swapping tokens in liquidity pools."
TEXTS = {
    0: DEX_TEXT,
    1: "Beta Swap. Dexes. Automated market maker for swapping tokens in deep liquidity pools.",
    2: "Gamma Lend. Lending. Borrow against collateral at a variable interest rate.",
}


def asset(number: int) -> UUID:
    """Id of an asset of the market."""
    return UUID(int=0xA55E7 << 64 | number)


def protocol(number: int) -> UUID:
    """Id of a protocol of the market."""
    return UUID(int=0x9407 << 64 | number)


def pool(number: int) -> UUID:
    """Id of a pool of the market."""
    return UUID(int=0x9001 << 64 | number)


def asset_id(number: int) -> str:
    """Global id of an asset."""
    return encode_id(entity_of(Asset), asset(number))


def protocol_id(number: int) -> str:
    """Global id of a protocol."""
    return encode_id(entity_of(Protocol), protocol(number))


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    """The gateway's whole graph."""
    return build_schema()


@pytest.fixture(scope="session")
async def market(stores: Stores, worker_stores: Stores) -> Stores:
    """The stores, as the gateway sees them, with the market in them."""
    await _postgres(worker_stores)
    await _prices(worker_stores)
    await _figures(worker_stores)
    await _vectors(worker_stores)
    return stores


@pytest.fixture
async def live(market: Stores) -> AsyncIterator[None]:
    """Live prices of asset 0 and gas of ALPHA; others have none."""
    await publish_prices(
        market.redis,
        [
            Price(
                asset(0),
                NOW - 5 * timedelta(seconds=1),
                Decimal("111.5"),
                "feed",
                volume_24h=Decimal(7),
                change_24h=1.25,
            )
        ],
    )
    gas = GasPrice(ALPHA, NOW - timedelta(seconds=3), Decimal("21.5"), "node", Decimal(20), 77)
    await publish_gas(market.redis, [gas])
    yield
    await market.redis.commands.delete(
        keys.key("price_current", asset_id=asset(0)), keys.key("gas_price", chain_id=ALPHA)
    )


class MarketAnswer(Answer):
    """An answer whose errors carry the codes that the edge gives them."""

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Path and code of every error."""
        found = []
        for error in self.errors:
            cause = error.original_error
            about = describe(cause)[1] if isinstance(cause, StoreError) else error.extensions or {}
            found.append((".".join(map(str, error.path or ())), str(about.get("code", ""))))
        return found


def asker(schema: strawberry.Schema, stores: Stores) -> Ask:
    """Runs queries at the fixed time."""

    async def run(query: str, *, viewer: Viewer | None = None, **variables: Any) -> Answer:
        context = context_over(stores)
        result = await schema.execute(query, variable_values=variables, context_value=context)
        return MarketAnswer(result.data, result.errors or [], context)

    return run


def context_over(stores: Stores) -> RequestContext:
    """A context of nobody at the fixed time."""
    return RequestContext(Viewer(), stores, clock=lambda: NOW, trace=[], embedder=LexicalEmbedder())


@pytest.fixture
def ask(market: Stores, schema: strawberry.Schema) -> Ask:
    """Asks about the market."""
    return asker(schema, market)


@pytest.fixture
async def ask_without(
    market: Stores, schema: strawberry.Schema, store_options: StoreOptions
) -> AsyncIterator[Callable[..., Any]]:
    """Asks about the market while some stores are away."""
    opened: list[Stores] = []

    async def make(*away: str) -> Ask:
        closed = {"clickhouse": "http://127.0.0.1:9/x", "redis": "redis://127.0.0.1:9/0"}
        closed["qdrant"] = "http://127.0.0.1:9"
        urls = replace(store_options.urls, **{name: closed[name] for name in away})
        made = await open_stores(replace(store_options, urls=urls))
        opened.append(made)
        return asker(schema, made)

    yield make
    for each in opened:
        await each.close()


async def _postgres(stores: Stores) -> None:
    copy = stores.postgres.copy_rows
    await copy(
        "catalog.chains",
        ("id", "caip2", "slug", "name"),
        [
            (ALPHA, f"eip155:{ALPHA}", "alpha-chain", "Alpha"),
            (BETA, f"eip155:{BETA}", "beta-chain", "Beta"),
            (EMPTY, f"eip155:{EMPTY}", "empty-chain", "Empty"),
        ],
    )
    await copy(
        "catalog.assets",
        ("id", "symbol", "name", "chain_id", "contract_address"),
        [(asset(n), f"MK{n:03}", f"Market {n}", ALPHA, f"0x{n:040x}") for n in range(MANY)],
    )
    await copy(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [
            (protocol(n), f"market-{n:03}", f"Protocol {n:03}", "Lending" if n == 2 else "Dexes")
            for n in range(MANY)
        ],
    )
    await copy(
        "catalog.yield_pools",
        (
            "id",
            "protocol_id",
            "chain_id",
            "source_ref",
            "name",
            "asset_ids",
            "reward_asset_ids",
            "tvl_usd",
        ),
        [
            (
                pool(n),
                protocol(n),
                ALPHA,
                f"ref-{n}",
                f"Pool {n:03}",
                [asset(n + 1), asset(n)] if n + 1 < MANY else [asset(n)],
                [asset(0)] if n % 2 else [],
                Decimal(1000 + n),
            )
            for n in range(MANY)
        ],
    )
    await copy(
        "catalog.protocol_latest",
        ("protocol_id", "chain_id", "tvl_usd", "observed_at"),
        [
            (protocol(0), ALPHA, Decimal("100.5"), NOW),
            (protocol(1), ALPHA, Decimal("50"), NOW),
            (protocol(1), BETA, Decimal("7"), NOW),
            (protocol(2), BETA, None, NOW),
        ],
    )


async def _prices(stores: Stores) -> None:
    """Asset 0: observations of `feed`, day bars of `daily`; 1: day bars alone; 2: two sources."""

    def observed(number: int, at: datetime, price: str, source: str = "feed", **more: Any) -> Any:
        cap = more.get("cap")
        return (at, asset(number), ALPHA, source, Decimal(price), None, cap, more.get("day"))

    rows = [
        observed(0, NOW - DAY - 30 * MINUTE, "80"),
        observed(0, TODAY + 9 * HOUR + 5 * MINUTE, "90"),
        observed(0, TODAY + 9 * HOUR + 20 * MINUTE, "95"),
        observed(0, TODAY + 9 * HOUR + 50 * MINUTE, "85"),
        observed(0, TODAY + 11 * HOUR + 10 * MINUTE, "100"),
        observed(0, TODAY + 12 * HOUR + 10 * MINUTE, "110", cap=Decimal(5000), day=2.5),
        # Two sources of one moment: the first by name is the newest.
        observed(2, TODAY + 11 * HOUR, "3", "beta"),
        observed(2, TODAY + 11 * HOUR, "2", "alpha"),
        # Long silent: no mover, whatever it did.
        observed(3, TODAY - 30 * DAY, "1"),
        observed(3, TODAY - 31 * DAY, "9"),
    ]
    columns: tuple[str, ...] = (
        "ts",
        "asset_id",
        "chain_id",
        "source",
        "price",
        "volume_24h",
        "market_cap",
    )
    await stores.clickhouse.insert("market_data", (*columns, "price_change_24h"), rows)
    bars = []
    for back in range(1, 11):
        start = TODAY - back * DAY
        close = Decimal(100 - back)
        for number in (0, 1):
            bar = (start, "day", asset(number), ALPHA, "daily")
            bars.append((*bar, close - 1, close + 2, close - 3, close, Decimal(back)))
    columns = ("ts", "span", "asset_id", "chain_id", "source", "open", "high", "low", "close")
    await stores.clickhouse.insert("market_bars", (*columns, "volume_24h"), bars)


async def _figures(stores: Stores) -> None:
    """TVL of protocols 0 (two chains), 1 (a total besides its chains), 7; yields, gas, trades."""

    def tvl(number: int, chain: int, back: int, value: int) -> Any:
        money = Decimal(value)
        return (TODAY - back * DAY, protocol(number), chain, "tvl", money, money, "pools")

    rows = [tvl(0, ALPHA, back, 100 - back) for back in range(10)]
    rows += [tvl(0, BETA, back, 10) for back in range(0, 10, 2)]
    rows += [tvl(1, ALPHA, back, 50) for back in range(3)]
    rows += [tvl(1, 0, back, 60 + 20 * back) for back in range(3)]
    rows += [tvl(2, BETA, 40, 5), tvl(2, BETA, 41, 500)]
    rows += [
        (NOW - minutes * MINUTE, protocol(7), 0, "tvl", Decimal(value), Decimal(value), "t")
        for minutes, value in ((0, 110), (30, 105), (62, 100), (70, 1))
    ]
    columns: tuple[str, ...] = (
        "ts",
        "protocol_id",
        "chain_id",
        "metric_type",
        "value",
        "value_usd",
        "source",
    )
    await stores.clickhouse.insert("protocol_metrics", columns, rows)
    yields = [
        (TODAY - back * DAY, pool(0), protocol(0), ALPHA, 5 + back / 10, Decimal(1000 - back), 1.5)
        for back in range(1, 9)
    ]
    columns = ("ts", "pool_id", "protocol_id", "chain_id", "apy", "tvl_usd", "rewards_apr")
    await stores.clickhouse.insert("yield_metrics", columns, yields)
    gas = [
        (TODAY + 9 * HOUR + 1 * MINUTE, ALPHA, "node", Decimal(10), Decimal(8), 70),
        (TODAY + 9 * HOUR + 2 * MINUTE, ALPHA, "node", Decimal(30), Decimal(8), 71),
        (TODAY + 11 * HOUR, ALPHA, "node", Decimal(25), None, 75),
        (TODAY + 11 * HOUR, ALPHA, "other", Decimal(99), None, 75),
        (TODAY - DAY, BETA, "node", Decimal("0.1"), None, None),
    ]
    columns = ("ts", "chain_id", "source", "price_gwei", "base_fee_gwei", "block_number")
    await stores.clickhouse.insert("gas_prices", columns, gas)
    trades = [
        (
            TODAY + n * MINUTE,
            ALPHA,
            "market-swap",
            protocol(n % 2),
            "0x" + "ab" * 20,
            asset(0),
            Decimal(n),
            Decimal(-n),
            f"0x{n:064x}",
        )
        for n in range(1, 8)
    ]
    columns = ("ts", "chain_id", "dex_name", "protocol_id", "pair_address", "token0_id", "amount0")
    await stores.clickhouse.insert("dex_trades", (*columns, "amount1", "tx_hash"), trades)


async def _vectors(stores: Stores) -> None:
    embedder = LexicalEmbedder()
    vectors = embedder.embed(list(TEXTS.values()), 768)
    model = {"model": embedder.name, "model_version": embedder.version}
    points = [
        Point(
            str(protocol(n)),
            vector,
            {
                **model,
                "category": "Lending" if n == 2 else "Dexes",
                "chain_id": [ALPHA] if n else [ALPHA, BETA],
            },
        )
        for n, vector in zip(TEXTS, vectors, strict=True)
    ]
    # The same words by another model: never comparable.
    other = {"model": "other", "model_version": "1", "category": "Dexes", "chain_id": [ALPHA]}
    points.append(Point(str(protocol(3)), vectors[0], other))
    await stores.qdrant.upsert("protocol_analysis", points)
