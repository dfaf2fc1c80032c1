"""The valuation job over the real stores, by hand, read back through the graph."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.portfolio.types import Portfolio
from resolvers.portfolio.valuation_job import ValuationReport, value_batch, value_portfolios
from resolvers.reflection import entity_of
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.conftest import Sql

CHAIN = 945_001
ETHER, DOLLAR, DAI, OWN, STALE, FALLING, RISING = (uuid4() for _ in range(7))
PROTOCOL = uuid4()
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
async def assets(worker_stores: Stores) -> None:
    """Assets, a protocol that was assessed, and the past of two prices."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [
            (ETHER, "wstETH", "Ether", False),
            (DOLLAR, "USD", "Dollar", True),
            (DAI, "DAI", "Dai", True),
            (OWN, "OWN", "Known to its owner", False),
            (STALE, "STALE", "Priced last week", False),
            (FALLING, "FALL", "Falling", False),
            (RISING, "RISE", "Rising", False),
        ],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(PROTOCOL, f"bank-{CHAIN}", "Bank", "lending")],
    )
    await postgres.copy_rows(
        "risk.assessments",
        ("target_type", "protocol_id", "dimension", "score"),
        [("protocol", PROTOCOL, "overall", Decimal("0.3"))],
    )
    rows: list[tuple[Any, ...]] = [(NOON - timedelta(days=7), STALE, Decimal(9), "test")]
    low = high = Decimal(100)
    for number in range(21):
        at = NOON - timedelta(days=21 - number)
        low, high = low * (100 - number) / 100, high * (100 + number) / 100
        rows += [(at, FALLING, low, "test"), (at, RISING, high, "test")]
    await worker_stores.clickhouse.insert(
        "market_data", ("ts", "asset_id", "price", "source"), rows
    )


@pytest.fixture
async def portfolio(worker_stores: Stores, alice: Viewer, assets: None) -> UUID:
    """Worth 5,000: ether 4,000, dollars lent 1,000, dai owed 400, and 400 that its owner priced."""
    key = uuid4()
    await worker_stores.postgres.copy_rows(
        "portfolio.portfolios", ("id", "user_id", "name"), [(key, alice.user_id, "Mine")]
    )
    await worker_stores.postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "position_type", "quantity", "chain_id", "protocol_id",
         "cost_basis_usd", "price_usd", "value_usd", "metadata"),
        [
            (key, ETHER, "spot", 2, CHAIN, None, Decimal(3000), None, None, {}),
            (key, DOLLAR, "lending", 1000, CHAIN, PROTOCOL, None, None, None,
             {"liquidation_threshold": 0.8}),
            (key, DAI, "borrowing", 400, CHAIN, PROTOCOL, Decimal(-400), None, None, {}),
            (key, OWN, "spot", 10, None, None, None, Decimal(40), Decimal(400), {}),
        ],
    )  # fmt: skip
    return key


async def priced(stores: Stores, now: datetime, **usd: int) -> None:
    """Put live prices where the feed puts them."""
    known = {"ether": ETHER, "dollar": DOLLAR, "dai": DAI, "falling": FALLING}
    for name, price in {"dollar": 1, "dai": 1, **usd}.items():
        fields: Any = {"price": str(price), "ts": int(now.timestamp() * 1000), "source": "test"}
        key = redis_keys.key("price_current", asset_id=known[name])
        await stores.redis.commands.hset(key, mapping=fields)


async def run(stores: Stores, viewer: Viewer, key: UUID, now: datetime) -> ValuationReport:
    report = ValuationReport()
    assert viewer.user_id is not None
    await value_batch(stores, now, {key: viewer.user_id}, report)
    return report


async def read(stores: Stores, viewer: Viewer, key: UUID, shown: str) -> Any:
    answer: Answer = await ask(
        stores,
        f"query ($id: ID!) {{ portfolio(id: $id) {{ {shown} }} }}",
        viewer=viewer,
        id=encode_id(entity_of(Portfolio), key),
    )
    assert answer.errors == [], answer.errors
    return answer.data["portfolio"]


SUMMARY = """summary { totalValueUsd totalDepositedUsd totalWithdrawnUsd totalProfitUsd ethValueUsd
  stablecoinValueUsd otherValueUsd maxDrawdown sharpeRatio volatilityScore diversificationScore }"""
SNAPSHOTS = """snapshots(first: 9) { nodes { snapshotDate totalValueUsd totalAssets totalChains
  totalProtocols dailyPnlUsd dailyReturn totalPnlUsd totalPnlPct totalReturn maxDrawdown volatility
  allocationByAssetType allocationByChain allocationByProtocol } }"""


async def test_a_first_valuation_by_hand(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID
) -> None:
    await priced(stores, NOON, ether=2000)
    report = await run(worker_stores, alice, portfolio, NOON)
    assert (report.portfolios, report.positions, report.unpriced) == (1, 4, {})
    found = await read(stores, alice, portfolio, SUMMARY + SNAPSHOTS)
    # Spread over 4000, 1000 and 400 of 5400: 1 - 17,160,000 / 29,160,000.
    assert found["summary"] == {
        "totalValueUsd": "5000.00000000",
        "totalDepositedUsd": None,
        "totalWithdrawnUsd": None,
        "totalProfitUsd": None,
        "ethValueUsd": "4000.00000000",
        "stablecoinValueUsd": "600.00000000",
        "otherValueUsd": "400.00000000",
        "maxDrawdown": None,
        "sharpeRatio": None,
        "volatilityScore": None,
        "diversificationScore": "0.4115",
    }
    assert found["snapshots"]["nodes"] == [
        {
            "snapshotDate": "2025-06-01",
            "totalValueUsd": "5000.00000000",
            "totalAssets": 4,
            "totalChains": 1,
            "totalProtocols": 1,
            "dailyPnlUsd": None,
            "dailyReturn": None,
            "totalPnlUsd": "0.00000000",
            "totalPnlPct": 0,
            "totalReturn": 0,
            "maxDrawdown": None,
            "volatility": None,
            "allocationByAssetType": {"crypto": 1},
            "allocationByChain": {f"eip155:{CHAIN}": 0.92},
            "allocationByProtocol": {f"bank-{CHAIN}": 0.12},
        }
    ]


async def test_positions_show_worth_gain_and_share(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID
) -> None:
    await priced(stores, NOON, ether=2000)
    await run(worker_stores, alice, portfolio, NOON)
    shown = "positions(first: 9) { nodes { positionType valueUsd priceUsd allocation version"
    shown += " unrealizedPnlUsd unrealizedPnlPct } }"
    nodes = (await read(stores, alice, portfolio, shown))["positions"]["nodes"]
    found = [
        (
            node["positionType"],
            *(
                None if node[name] is None else Decimal(node[name])
                for name in ("priceUsd", "valueUsd", "allocation", "unrealizedPnlUsd",
                             "unrealizedPnlPct", "version")
            ),
        )
        for node in nodes
    ]  # fmt: skip
    assert found == [
        ("SPOT", 2000, 4000, Decimal("0.8"), 1000, Decimal("33.333333"), 1),
        ("LENDING", 1, 1000, Decimal("0.2"), None, None, 1),
        ("SPOT", 40, 400, Decimal("0.08"), None, None, 1),
        ("BORROWING", 1, -400, Decimal("-0.08"), 0, 0, 1),
    ]


async def test_four_days_by_hand_and_again(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID, sql: Sql
) -> None:
    days = [NOON + timedelta(days=each) for each in range(4)]
    for now, ether in zip(days[:2], (2000, 2500), strict=True):
        await priced(stores, now, ether=ether)
        await run(worker_stores, alice, portfolio, now)
    # 1,000 dollars of ether come in after the second valuation, which is no return.
    await worker_stores.postgres.copy_rows(
        "portfolio.transactions",
        ("portfolio_id", "user_id", "tx_type", "status", "occurred_at", "usd_value", "to_asset_id"),
        [(portfolio, alice.user_id, "token_transfer", "confirmed", days[1] + timedelta(hours=3),
          Decimal(1000), ETHER)],
    )  # fmt: skip
    await sql(
        "UPDATE portfolio.positions SET quantity = 2.4 WHERE portfolio_id = $1 AND asset_id = $2",
        portfolio,
        ETHER,
    )
    for now, ether in zip(days[2:], (2500, 2000), strict=True):
        await priced(stores, now, ether=ether)
        await run(worker_stores, alice, portfolio, now)
        await run(worker_stores, alice, portfolio, now + timedelta(hours=1))
    found = await read(stores, alice, portfolio, SUMMARY + SNAPSHOTS)
    nodes = found["snapshots"]["nodes"][::-1]
    assert [node["snapshotDate"] for node in nodes] == [
        f"2025-06-0{number}" for number in range(1, 5)
    ]
    assert [Decimal(node["totalValueUsd"]) for node in nodes] == [5000, 6000, 7000, 5800]
    assert [node["dailyPnlUsd"] and Decimal(node["dailyPnlUsd"]) for node in nodes] == [
        None, 1000, 0, -1200,
    ]  # fmt: skip
    assert [node["dailyReturn"] for node in nodes] == [
        None, pytest.approx(0.2), pytest.approx(0), pytest.approx(-1200 / 7000),
    ]  # fmt: skip
    assert [Decimal(node["totalPnlUsd"]) for node in nodes] == [0, 1000, 1000, -200]
    whole = 1.2 * (5800 / 7000) - 1
    assert [node["totalReturn"] for node in nodes] == [
        0, pytest.approx(0.2), pytest.approx(0.2), pytest.approx(whole),
    ]  # fmt: skip
    # Put in: the first worth of 5,000 and 1,000.
    assert nodes[3]["totalPnlPct"] == pytest.approx(-200 / 6000 * 100)
    assert nodes[3]["maxDrawdown"] == pytest.approx(1200 / 7000)
    summary = found["summary"]
    assert [summary["totalDepositedUsd"], summary["totalWithdrawnUsd"]] == [
        "1000.00000000",
        "0.00000000",
    ]
    assert [summary["totalProfitUsd"], summary["maxDrawdown"]] == ["4800.00000000", "0.1714"]
    returns = [0.2, 0, -1200 / 7000]
    middle = sum(returns) / 3
    spread = (sum((each - middle) ** 2 for each in returns) / 2) ** 0.5
    assert float(summary["sharpeRatio"]) == pytest.approx(middle / spread * 365**0.5, abs=1e-6)
    assert summary["volatilityScore"] == "1.0000"
    assert nodes[3]["volatility"] == pytest.approx(spread)


async def test_a_day_that_lacks_a_price_is_named_and_leaves_no_snapshot(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID, sql: Sql
) -> None:
    await priced(stores, NOON, ether=2000)
    await run(worker_stores, alice, portfolio, NOON)
    await worker_stores.postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "quantity", "price_usd", "value_usd"),
        [(portfolio, STALE, 1, Decimal(9), Decimal(9))],
    )
    tomorrow = NOON + timedelta(days=1)
    await priced(stores, tomorrow, ether=2500)
    report = await run(worker_stores, alice, portfolio, tomorrow)
    assert report.unpriced == {STALE: ("STALE", 1)}
    found = await read(stores, alice, portfolio, SUMMARY + SNAPSHOTS + "totals { unpricedCount }")
    assert found["totals"]["unpricedCount"] == 1
    assert found["summary"]["totalValueUsd"] == "6000.00000000"
    days = [node["snapshotDate"] for node in found["snapshots"]["nodes"]]
    assert days == ["2025-06-01"]
    # The next priced day is measured from the day before the gap.
    await sql("DELETE FROM portfolio.positions WHERE asset_id = $1", STALE)
    later = NOON + timedelta(days=2)
    await priced(stores, later, ether=2500)
    await run(worker_stores, alice, portfolio, later)
    newest = (await read(stores, alice, portfolio, SNAPSHOTS))["snapshots"]["nodes"][0]
    assert [newest["dailyReturn"], newest["totalReturn"]] == [None, pytest.approx(0.2)]


async def test_what_nobody_ever_priced_is_lacking_on_every_day_alike(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID
) -> None:
    unknown = uuid4()
    await worker_stores.postgres.copy_rows(
        "catalog.assets", ("id", "symbol", "name"), [(unknown, "SPAM", "Sent by a stranger")]
    )
    await worker_stores.postgres.copy_rows(
        "portfolio.positions", ("portfolio_id", "asset_id", "quantity"), [(portfolio, unknown, 7)]
    )
    for now, ether in ((NOON, 2000), (NOON + timedelta(days=1), 2500)):
        await priced(stores, now, ether=ether)
        report = await run(worker_stores, alice, portfolio, now)
        assert report.unpriced == {unknown: ("SPAM", 1)}
    newest = (await read(stores, alice, portfolio, SNAPSHOTS))["snapshots"]["nodes"][0]
    assert [newest["totalAssets"], newest["dailyReturn"]] == [5, pytest.approx(0.2)]


RISK = """riskMetrics { var95Usd cvar95Usd correlation liquidationDistancePct protocolRisk }
  correlations { correlation } risk { liquidation { score distance } }"""


async def test_debt_is_near_liquidation_by_hand(
    stores: Stores, worker_stores: Stores, alice: Viewer, portfolio: UUID, sql: Sql
) -> None:
    await priced(stores, NOON, ether=2000)
    await run(worker_stores, alice, portfolio, NOON)
    found = await read(stores, alice, portfolio, RISK)
    # 400 owed of 1000 * 0.8; nobody knows the past of what only its owner prices.
    metrics = found["riskMetrics"]
    assert Decimal(metrics["liquidationDistancePct"]) == 50
    assert Decimal(metrics["protocolRisk"]) == Decimal("0.3")
    assert [metrics["var95Usd"], metrics["cvar95Usd"]] == [None, None]
    assert [Decimal(found["risk"]["liquidation"][name]) for name in ("score", "distance")] == [
        Decimal("0.5"),
        Decimal("0.5"),
    ]
    board = redis_keys.key("risk_liquidation")
    assert await stores.redis.commands.zscore(board, str(portfolio)) == 0.5
    await sql("DELETE FROM portfolio.positions WHERE position_type = 'borrowing'")
    await run(worker_stores, alice, portfolio, NOON)
    found = await read(stores, alice, portfolio, RISK)
    assert found["riskMetrics"]["liquidationDistancePct"] is None
    assert found["risk"]["liquidation"] is None
    assert await stores.redis.commands.zscore(board, str(portfolio)) is None


async def test_value_at_risk_and_correlation_by_hand(
    stores: Stores, worker_stores: Stores, alice: Viewer, assets: None
) -> None:
    key = uuid4()
    await worker_stores.postgres.copy_rows(
        "portfolio.portfolios", ("id", "user_id", "name"), [(key, alice.user_id, "Falls")]
    )
    await worker_stores.postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "quantity"),
        [(key, FALLING, 1), (key, RISING, 0)],
    )
    await priced(stores, NOON, falling=100)
    await run(worker_stores, alice, key, NOON)
    found = await read(stores, alice, key, RISK)
    # It lost 1, 2, … 20 percent on twenty days, of 100 dollars today; the other rose as much.
    metrics = found["riskMetrics"]
    assert [float(metrics[name]) for name in ("var95Usd", "cvar95Usd", "correlation")] == [
        pytest.approx(19.05, abs=1e-6),
        pytest.approx(20, abs=1e-6),
        pytest.approx(-1),
    ]
    assert [float(each["correlation"]) for each in found["correlations"]] == [pytest.approx(-1)]
    assert metrics["liquidationDistancePct"] is None


async def test_every_active_portfolio_is_valued_in_batches(
    fresh_options: StoreOptions,
) -> None:
    async with await open_stores(replace(fresh_options, role="worker")) as worker:
        user, keys = uuid4(), [uuid4() for _ in range(5)]
        await worker.postgres.copy_rows("account.users", ("id",), [(user,)])
        await worker.postgres.copy_rows(
            "portfolio.portfolios",
            ("id", "user_id", "name", "is_active"),
            [(key, user, "One", place > 0) for place, key in enumerate(keys)],
        )
        assert (await value_portfolios(worker, NOON, batch=2)).portfolios == 4
        rows = await worker.postgres.fetch(
            Statement("look", "SELECT portfolio_id, total_value_usd FROM portfolio.summaries")
        )
        assert {row[0]: row[1] for row in rows} == dict.fromkeys(keys[1:], Decimal(0))
        look = "SELECT snapshot_date, isNull(total_return) FROM portfolio_snapshots FINAL"
        days = await worker.clickhouse.fetch(Statement("look", look))
        assert days == [(date(2025, 6, 1), 1)] * 4
