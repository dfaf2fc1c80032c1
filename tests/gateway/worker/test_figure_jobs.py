"""Jobs that compute figures: what they write, and that writing it twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from resolvers.privacy.pool_figures import privacy_score
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.worker.conftest import rows
from tests.gateway.worker.test_jobs import perform

pytestmark = pytest.mark.xdist_group("figures")
CHAIN = 962_101


def _id(number: int) -> UUID:
    return UUID(int=0x96_5000 + number)


async def series(stores: Stores, text: str, **values: object) -> list[tuple[Any, ...]]:
    """What ClickHouse says."""
    found = await stores.clickhouse.fetch(Statement("test", text), values)
    return [tuple(row) for row in found]


@pytest.fixture(scope="session")
async def world(figure_stores: Stores) -> Stores:
    """A chain, ether and a dollar with prices of now, and a coin nobody prices."""
    await rows(
        figure_stores,
        "INSERT INTO catalog.chains (id, caip2, slug, name, is_evm) VALUES ($1, $2, $3, $3, true)",
        *(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}"),
    )
    for number, symbol, stable in ((1, "ETH", False), (2, "USDC", True), (3, "CAT", False)):
        await rows(
            figure_stores,
            "INSERT INTO catalog.assets (id, symbol, name, is_stablecoin) VALUES ($1, $2, $2, $3)",
            *(_id(number), symbol, stable),
        )
    now = datetime.now(UTC)
    await figure_stores.clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "source", "price"),
        [(now, _id(1), "test", Decimal(2_000)), (now, _id(2), "test", Decimal(1))],
    )
    return figure_stores


async def _pool(stores: Stores, pool: UUID, kind: str) -> None:
    await rows(
        stores,
        "INSERT INTO privacy.pools (id, pool_type, chain_id, pool_name)"
        " VALUES ($1, $2::text::privacy.pool_type, $3, 'P')",
        *(pool, kind, CHAIN),
    )


async def _deposit(
    stores: Stores,
    pool: UUID,
    asset: int,
    amount: int,
    status: str,
    *,
    days: float | None,
    ended: float | None = None,
    mixed: float | None = None,
    table: str = "deposits",
) -> None:
    now = datetime.now(UTC)
    at, end = (None if n is None else now - timedelta(days=n) for n in (days, ended))
    await rows(
        stores,
        f"INSERT INTO privacy.{table} (id, pool_id, chain_id, asset_id, denomination,"
        " commitment_hash, status, deposit_confirmed_at, processed_at, mixing_efficiency,"
        " created_at, updated_at)"
        " VALUES (gen_random_uuid(), $1, $2, $3, $4, gen_random_uuid()::text,"
        " $5::text::privacy.deposit_status, $6, $7, $8, now(), now())",
        *(pool, CHAIN, _id(asset), amount, status, at, end, mixed),
    )


async def test_pools_are_measured_by_their_deposits(world: Stores) -> None:
    pool, unpriced = _id(10), _id(11)
    await _pool(world, pool, "main")
    await _pool(world, unpriced, "institutional")
    await _deposit(world, pool, 1, 10, "mixed", days=0.1, mixed=1)
    await _deposit(world, pool, 1, 1, "withdrawn", days=3, ended=0.5)
    await _deposit(world, pool, 2, 100, "completed", days=10, mixed=0.5)
    await _deposit(world, pool, 2, 100, "failed", days=1)
    await _deposit(world, pool, 1, 10, "pending", days=None)
    await _deposit(world, pool, 1, 1, "withdrawn", days=800, ended=790, table="deposits_archive")
    await _deposit(world, unpriced, 3, 5, "completed", days=1)

    for _ in range(2):
        _, details = await perform(world, "update_pool_statistics")
        assert details == {"computed": 1, "unpriced": [str(unpriced)]}
    row = (await rows(world, "SELECT * FROM privacy.pools WHERE id = $1", pool))[0]
    expected: dict[str, object] = {
        "total_pool_size": 20_100,
        "eth_pool_size": 20_000,
        "stablecoin_pool_size": 100,
        "other_tokens_pool_size": 0,
        "active_mixers": 2,
        "new_mixers_24h": 1,
        "anonymity_set": 2,
        "total_unique_users": 4,
        "total_deposits": 4,
        "total_withdrawals": 2,
        "deposits_24h": 1,
        "withdrawals_24h": 1,
        "volume_24h": 22_000,
        "volume_7d": 24_000,
        "volume_30d": 24_100,
        "mixing_efficiency": Decimal("0.5"),
        "avg_deposit_size": 6_025,
        "avg_withdrawal_size": 2_000,
        "entropy_level": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert abs(row["median_transaction_time"] - timedelta(days=2.5)) < timedelta(seconds=1)
    points = await series(
        world,
        "SELECT total_pool_size, total_deposits, round(privacy_score, 9) FROM pool_statistics FINAL"
        " WHERE pool_id = {pool:UUID}",
        pool=str(pool),
    )
    score = privacy_score(Decimal(20_100), 2, 2)
    assert row["privacy_score"] == round(score, 4)
    assert set(points) == {(Decimal(20_100), 4, float(score))}
    left = await rows(world, "SELECT observed_at FROM privacy.pools WHERE id = $1", unpriced)
    assert left[0][0] is None, "a pool nobody can value is not said to be empty"


async def _protocol(stores: Stores, number: int) -> UUID:
    protocol = _id(number)
    await rows(
        stores,
        "INSERT INTO catalog.protocols (id, slug, name, category) VALUES ($1, $2, $2, 'Dexes')",
        *(protocol, f"protocol-{number}"),
    )
    return protocol


async def _measure(
    stores: Stores, protocol: UUID, *measured: tuple[datetime, str, int, int]
) -> None:
    """Value of a metric on a chain, at a time."""
    await stores.clickhouse.insert(
        "protocol_metrics",
        ("ts", "protocol_id", "chain_id", "metric_type", "value", "source"),
        [
            (at, protocol, chain, metric, Decimal(value), "t")
            for at, metric, chain, value in measured
        ],
    )


async def test_figures_of_protocols_follow_their_series(world: Stores) -> None:
    chains, whole, gone = [await _protocol(world, number) for number in (20, 21, 22)]
    now = datetime.now(UTC).replace(microsecond=0)

    def ago(**span: float) -> datetime:
        return now - timedelta(**span)

    await _measure(
        world,
        chains,
        *((now, "tvl", CHAIN, 80), (now, "volume_24h", CHAIN, 7)),
        *((ago(minutes=63), "tvl", CHAIN, 100), (ago(minutes=61), "tvl", CHAIN, 64)),
        *((ago(hours=25), "tvl", CHAIN, 160), (ago(hours=23), "tvl", CHAIN, 1)),
        *((ago(days=7), "tvl", CHAIN, 40), (ago(days=40), "tvl", CHAIN, 40)),
        (ago(days=3), "fees_24h", CHAIN, 5),
    )
    await _measure(
        world,
        whole,
        *((now, "tvl", 0, 1_000), (ago(days=1), "tvl", 0, 500), (now, "tvl", CHAIN, 3)),
        *((now, "fees_24h", 0, 9), (ago(days=31), "tvl", 0, 4_000)),
    )
    await _measure(world, gone, (ago(days=9), "tvl", CHAIN, 5), (ago(days=10), "tvl", CHAIN, 5))
    await rows(
        world,
        "INSERT INTO catalog.incidents (occurred_on, name, protocol_id, source)"
        " VALUES ($1, 'Theft', $2, 'test')",
        *((now - timedelta(days=2)).date(), whole),
    )

    count, details = await perform(world, "update_protocol_figures")
    assert details == {"figures": 4, "health_changes": 3, "indicators": 0}
    assert count == 7
    count, details = await perform(world, "update_protocol_figures")
    assert (count, details) == (0, {"figures": 0, "health_changes": 0, "indicators": 0})

    shown = (
        "SELECT tvl_usd, volume_24h_usd, fees_24h_usd, tvl_change_1h_pct, tvl_change_24h_pct,"
        " tvl_change_7d_pct, tvl_change_30d_pct"
    )
    latest = await rows(
        world, f"{shown} FROM catalog.protocol_latest WHERE protocol_id = $1", chains
    )
    # Fees of three days ago are none of today; forty days ago is not thirty.
    assert tuple(latest[0]) == (80, 7, None, 25, -50, 100, None)
    await perform(world, "refresh_views")
    summary = f"{shown} FROM catalog.protocol_summary WHERE id = $1"
    # A source's own total goes before the sum over chains.
    assert tuple((await rows(world, summary, whole))[0]) == (1_000, None, 9, None, 100, None, -75)
    assert tuple((await rows(world, summary, chains))[0]) == tuple(latest[0])

    health = await rows(
        world,
        "SELECT status::text, tvl_usd, indicators FROM risk.protocol_health"
        " WHERE protocol_id = ANY($1::uuid[]) ORDER BY protocol_id",
        [chains, whole, gone],
    )
    indicators = {"tvl_usd": 80, "tvl_change_24h_pct": -50, "tvl_change_7d_pct": 100}
    assert [tuple(row) for row in health] == [
        ("unhealthy", 80, indicators),
        ("unhealthy", 3, {"tvl_usd": 3}),
        ("unknown", 5, {"tvl_usd": 5, "tvl_change_24h_pct": 0}),
    ]
    assert [(await perform(world, "update_protocol_figures"))[0] for _ in range(2)] == [4, 0]
    warnings = await rows(
        world,
        "SELECT indicator, value, breached FROM risk.protocol_risk_indicators"
        " WHERE protocol_id = $1 ORDER BY indicator",
        chains,
    )
    assert [tuple(row) for row in warnings] == [
        ("tvl_change_24h_pct", -50, True),
        ("tvl_change_7d_pct", 100, False),
    ]
    kept = await series(
        world,
        "SELECT status, tvl_usd FROM protocol_health_history FINAL WHERE protocol_id = {p:UUID}",
        p=str(chains),
    )
    assert kept == [("unhealthy", Decimal(80))]


async def test_dangers_of_protocols_are_scored_when_they_move(world: Stores) -> None:
    risky, theirs = [await _protocol(world, number) for number in (30, 31)]
    await rows(
        world, "UPDATE catalog.protocols SET audit_count = 1 WHERE id = ANY($1::uuid[])",
        [risky, theirs],
    )  # fmt: skip
    totals = "INSERT INTO catalog.protocol_totals (protocol_id, tvl_usd, observed_at)"
    await rows(world, f"{totals} VALUES ($1, 10000000, now())", risky)
    await rows(
        world,
        "INSERT INTO risk.assessments (target_type, protocol_id, dimension, score)"
        " VALUES ('protocol', $1, 'overall', 0.9)",
        theirs,
    )
    newest = (
        "SELECT l.dimension::text, l.score, l.confidence, a.factors, a.risk_factors"
        " FROM risk.latest AS l JOIN risk.assessments AS a ON a.id = l.assessment_id"
        " WHERE l.target_id = $1 ORDER BY l.dimension"
    )
    history = (
        "SELECT count(*), count(DISTINCT dimension) FROM risk.assessments WHERE protocol_id = $1"
    )

    async def scores(protocol: UUID) -> dict[str, tuple[object, ...]]:
        return {row[0]: tuple(row[1:]) for row in await rows(world, newest, protocol)}

    for _ in range(2):
        await perform(world, "score_protocols")
        found = await scores(risky)
        # Security 0, audits a half, size a half, health unknown.
        assert found["overall"][0] == round(
            (Decimal("0.125") + Decimal("0.1")) / Decimal("0.75"), 4
        )
        assert found["overall"][1] == Decimal("0.75")
        assert found["smart_contract"] == (Decimal("0.5"), None, {"audits": 1}, [])
        assert found["liquidity"][2:] == ({"tvl_usd": 10_000_000}, ["little is locked in it"])
        assert set(found) == {"overall", "smart_contract", "security", "liquidity"}
        assert tuple((await rows(world, history, risky))[0]) == (4, 4), "nothing moved"
        assert (await scores(theirs))["overall"][0] == Decimal("0.9"), "what others said stands"

    await rows(
        world,
        "INSERT INTO catalog.incidents (occurred_on, name, protocol_id, loss_usd, source)"
        " VALUES (current_date, 'Flash loan', $1, 999, 'test')",
        risky,
    )
    await perform(world, "score_protocols")
    moved = await scores(risky)
    assert moved["security"][0] == Decimal("0.3333")
    assert moved["overall"][0] > found["overall"][0]  # type: ignore[operator]
    assert tuple((await rows(world, history, risky))[0]) == (6, 4), "two moved, two did not"
    points = await series(
        world,
        "SELECT dimension, round(score, 4) FROM risk_scores FINAL WHERE target_id = {p:UUID}"
        " AND dimension = 'security' AND source = 'protocol-1'",
        p=str(risky),
    )
    assert points == [("security", 0.3333)]
