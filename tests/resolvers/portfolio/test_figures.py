"""Figures of portfolios by hand: spread and drift, performance, risk, gains, privacy, addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.portfolio.allocation import allocation
from resolvers.portfolio.performance import Day, performance
from resolvers.portfolio.types import Portfolio
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask, kinds_of_calls

CHAIN = 920_051
ALICE, BOB = uuid4(), uuid4()
MINE, VOID, HIS = uuid4(), uuid4(), uuid4()
ETHER, DOLLAR, EURO, COIN = uuid4(), uuid4(), uuid4(), uuid4()
FIRST, SECOND = uuid4(), uuid4()
ADDRESS = f"0x{FIRST.hex:0>40}"
NOBODY = f"0x{SECOND.hex:0>40}"
DAY = datetime(2025, 3, 3, tzinfo=UTC)
OWNER, STRANGER = Viewer(ALICE, "user"), Viewer(BOB, "user")


def global_id(key: UUID) -> str:
    """The global id of a portfolio."""
    return encode_id(entity_of(Portfolio), key)


@pytest.fixture(scope="module", autouse=True)
async def rows(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """Alice's portfolio with everything a figure is made of, an empty one, and Bob's."""
    postgres, clickhouse = worker_stores.postgres, worker_stores.clickhouse
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "is_stablecoin"),
        [
            (ETHER, "TETH", "Ether", False),
            (DOLLAR, "TUSD", "Dollar", True),
            (EURO, "TEUR", "Euro", True),
            (COIN, "TCOIN", "Coin", False),
        ],
    )
    await postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name", "target_allocation", "anonymity_level"),
        [
            (MINE, ALICE, "Mine", {"TETH": 0.5, "stablecoins": 0.4, "TBTC": 0.1}, "anonymous"),
            (VOID, ALICE, "Void", {}, "public"),
            (HIS, BOB, "His", {}, "public"),
        ],
    )
    await postgres.copy_rows(
        "portfolio.positions",
        ("portfolio_id", "asset_id", "position_type", "quantity", "value_usd", "cost_basis_usd"),
        [
            (MINE, ETHER, "spot", 1, Decimal(500), Decimal(400)),
            (MINE, ETHER, "staked", 1, Decimal(200), Decimal(250)),
            (MINE, DOLLAR, "spot", 1, Decimal(150), None),
            (MINE, EURO, "spot", 1, Decimal(100), Decimal(90)),
            (MINE, COIN, "spot", 1, Decimal(50), Decimal(10)),
            (MINE, COIN, "staked", 1, None, Decimal(10)),
            (HIS, ETHER, "spot", 1, Decimal(9), Decimal(1)),
        ],
    )
    await _ledger(worker_stores)
    names: tuple[str, ...] = ("ts", "snapshot_date", "portfolio_id", "user_id")
    names += ("total_value_usd", "total_assets", "total_chains", "total_protocols")
    names += ("daily_return", "sharpe_ratio", "allocation_by_chain")
    await clickhouse.insert(
        "portfolio_snapshots",
        names,
        [
            (DAY, DAY.date(), MINE, ALICE, Decimal(100), 2, 1, 1, None, None, {"eip155:1": 1.0}),
            _snapshot(1, 110, 0.1, 1.5),
            _snapshot(2, 88, -0.2, None),
            # Paid in 100: the return says more than the worth.
            _snapshot(3, 192, 0.05, 0.25),
            (DAY, DAY.date(), HIS, BOB, Decimal(7), 1, 1, 1, 0.5, 9.0, {}),
        ],
    )
    await clickhouse.insert(
        "risk_metrics",
        ("ts", "portfolio_id", "user_id", "var_95", "cvar_95", "correlation_score",
         "liquidation_distance", "protocol_risk_score"),
        [
            (DAY, MINE, ALICE, Decimal("10.5"), Decimal(20), 0.25, None, 0.1),
            (DAY + timedelta(days=1), MINE, ALICE, Decimal("12.5"), Decimal(22), -0.5, 0.4, 0.2),
            (DAY, HIS, BOB, Decimal(99), Decimal(99), 1.0, None, 1.0),
        ],
    )  # fmt: skip
    key = redis_keys.key("risk_correlation", portfolio_id=MINE)
    pair, weaker = f"{ETHER}:{DOLLAR}", f"{DOLLAR}:{EURO}"
    fields: Any = {weaker: "0.25", pair: "-0.75", "nonsense": "1", f"{ETHER}:{EURO}": "7"}
    await stores.redis.commands.hset(key, mapping=fields)
    await _wallets(worker_stores)
    yield
    await stores.redis.commands.delete(key)


def _snapshot(days: int, value: int, daily: float, sharpe: float | None) -> tuple[Any, ...]:
    at = DAY + timedelta(days=days)
    return (at, at.date(), MINE, ALICE, Decimal(value), 2, 1, 1, daily, sharpe, {})


async def _ledger(worker_stores: Stores) -> None:
    """Two sales out of two purchases, set against them by FIFO, and one by LIFO."""
    postgres = worker_stores.postgres
    entries = [uuid4() for _ in range(3)]
    await postgres.copy_rows(
        "portfolio.transactions",
        ("id", "portfolio_id", "user_id", "tx_type", "status", "occurred_at", "usd_value",
         "fee_usd", "privacy_level", "confidentiality_score"),
        [
            (entries[0], MINE, ALICE, "swap", "confirmed", DAY, Decimal(50), Decimal("1.5"),
             "public", None),
            (entries[1], MINE, ALICE, "privacy_deposit", "confirmed", DAY, Decimal(30),
             Decimal("0.5"), "anonymous", Decimal("0.8")),
            (entries[2], MINE, ALICE, "swap", "failed", DAY, Decimal(7), Decimal(9), "public",
             None),
        ],
    )  # fmt: skip
    sales = [uuid4(), uuid4()]
    await postgres.copy_rows(
        "portfolio.tax_transactions",
        ("id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type",
         "source_transaction_id", "cost_basis_method"),
        [
            (sales[0], ALICE, CHAIN, f"0x{sales[0].hex}", DAY, "sell", entries[0], "fifo"),
            (sales[1], ALICE, CHAIN, f"0x{sales[1].hex}", DAY, "sell", entries[1], "lifo"),
        ],
    )  # fmt: skip
    lots = [uuid4(), uuid4()]
    await postgres.copy_rows(
        "portfolio.tax_lots",
        ("id", "user_id", "asset_id", "asset_symbol", "chain_id", "acquired_at",
         "acquired_amount", "acquired_price_usd", "cost_basis_usd", "remaining_amount"),
        [
            (lots[0], ALICE, ETHER, "TETH", CHAIN, DAY - timedelta(days=400), 1, 10, 10, 0),
            (lots[1], ALICE, ETHER, "TETH", CHAIN, DAY - timedelta(days=100), 1, 30, 30, 0),
        ],
    )  # fmt: skip
    await postgres.copy_rows(
        "portfolio.tax_lot_disposals",
        ("user_id", "lot_id", "transaction_id", "amount", "price_usd", "proceeds_usd", "gain_usd",
         "disposed_at"),
        [
            (ALICE, lots[0], sales[0], 1, 25, 25, 15, DAY),
            (ALICE, lots[1], sales[0], 1, 25, 25, -5, DAY),
            (ALICE, lots[1], sales[1], 1, 40, 40, 10, DAY),
        ],
    )  # fmt: skip


async def _wallets(worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address", "transaction_count", "total_trades", "total_pnl_usd",
         "first_seen_at", "last_activity_at"),
        [(FIRST, CHAIN, ADDRESS, 3, 2, Decimal("12.5"), DAY, DAY + timedelta(days=1))],
    )  # fmt: skip
    await worker_stores.clickhouse.insert(
        "wallet_transactions",
        ("ts", "chain_id", "wallet_id", "tx_hash", "transaction_type", "token_in_id", "amount_in",
         "amount_in_usd", "token_out_id", "amount_out", "amount_out_usd"),
        [
            (DAY, CHAIN, FIRST, "0x1", "swap", ETHER, Decimal(3), Decimal(30), DOLLAR,
             Decimal(30), Decimal(30)),
            (DAY, CHAIN, FIRST, "0x2", "transfer", None, None, None, ETHER, Decimal("0.5"),
             Decimal(6)),
            # Told twice, counts once.
            (DAY, CHAIN, FIRST, "0x2", "transfer", None, None, None, ETHER, Decimal("0.5"),
             Decimal(6)),
        ],
    )  # fmt: skip
    await worker_stores.clickhouse.insert(
        "market_data",
        ("ts", "asset_id", "price", "source"),
        [(DAY, ETHER, Decimal(100), "test")],
    )


async def _ask(stores: Stores, shown: str, key: UUID = MINE, viewer: Viewer = OWNER) -> Any:
    answer: Answer = await ask(
        stores,
        f"query ($id: ID!) {{ portfolio(id: $id) {{ {shown} }} }}",
        viewer=viewer,
        id=global_id(key),
    )
    assert answer.errors == [], answer.errors
    return answer.data["portfolio"]


async def test_spread_and_drift_are_those_by_hand(stores: Stores) -> None:
    found = await _ask(
        stores,
        "allocation { totalValueUsd driftPct"
        " entries { name valueUsd sharePct targetPct driftPct adjustUsd } }",
    )
    whole = found["allocation"]
    assert [Decimal(whole[name]) for name in ("totalValueUsd", "driftPct")] == [1000, 25]
    names = ("valueUsd", "sharePct", "targetPct", "driftPct", "adjustUsd")
    entries = [(e["name"], *(Decimal(e[name]) for name in names)) for e in whole["entries"]]
    assert entries == [
        ("TETH", 700, 70, 50, 20, -200),
        ("stablecoins", 250, 25, 40, -15, 150),
        ("TCOIN", 50, 5, 0, 5, -50),
        ("TBTC", 0, 0, 10, -10, 100),
    ]


async def test_an_empty_portfolio_is_spread_over_nothing(stores: Stores) -> None:
    found = await _ask(stores, "allocation { totalValueUsd driftPct entries { name } }", VOID)
    assert found["allocation"] == {"totalValueUsd": None, "driftPct": None, "entries": []}


def test_without_a_target_there_is_no_drift() -> None:
    made = allocation({"A": (Decimal(3), False), "B": (Decimal(1), True)}, {})
    assert [(e.name, e.share_pct, e.target_pct, e.adjust_usd) for e in made.entries] == [
        ("A", Decimal(75), None, None),
        ("B", Decimal(25), None, None),
    ]
    assert made.drift_pct is None


def test_more_debt_than_worth_has_no_shares() -> None:
    made = allocation({"A": (Decimal(3), False), "B": (Decimal(-5), True)}, {"A": 1, "odd": "x"})
    assert made.total_value_usd == -2
    assert [(e.name, e.share_pct, e.target_pct, e.drift_pct) for e in made.entries] == [
        ("A", None, Decimal(100), None),
        ("B", None, Decimal(0), None),
    ]


PERFORMANCE = """performance(from: "2025-03-01", to: "2025-04-01") { fromDate toDate days
  startValueUsd endValueUsd returnPct annualReturnPct volatilityPct sharpeRatio maxDrawdownPct
  bestDayPct worstDayPct }"""


async def test_performance_is_that_by_hand(stores: Stores) -> None:
    found = (await _ask(stores, PERFORMANCE))["performance"]
    # Returns 0.1, -0.2, 0.05: 1.1 * 0.8 * 1.05 = 0.924; mean -1/60, variance 0.0258333….
    assert found == {
        "fromDate": "2025-03-03",
        "toDate": "2025-03-06",
        "days": 4,
        "startValueUsd": "100.00000000",
        "endValueUsd": "192.00000000",
        "returnPct": "-7.600000",
        "annualReturnPct": None,
        "volatilityPct": "307.069482",
        "sharpeRatio": "-1.981093",
        "maxDrawdownPct": "20.000000",
        "bestDayPct": "10.000000",
        "worstDayPct": "-20.000000",
    }


def test_performance_without_recorded_returns_is_that_of_the_worth() -> None:
    start = date(2025, 1, 1)
    days = [Day(start + timedelta(days=31 * n), Decimal(v), None) for n, v in ((0, 100), (1, 110))]
    made = performance(days)
    assert (made.return_pct, made.volatility_pct, made.sharpe_ratio) == (Decimal(10), None, None)
    assert made.annual_return_pct == Decimal("207.160585")
    alone = performance(days[:1])
    assert (alone.days, alone.return_pct, alone.max_drawdown_pct) == (1, None, None)
    flat = performance([Day(start + timedelta(days=n), Decimal(5), 0.1) for n in range(4)])
    assert (flat.sharpe_ratio, flat.volatility_pct) == (None, Decimal(0))
    ruined = performance([Day(start, Decimal(0), None), Day(date(2025, 1, 2), Decimal(5), None)])
    assert ruined.return_pct is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('from: "2025-03-02", to: "2025-03-02"', "`from` is not before `to`."),
        ('from: "1990-01-01", to: "2025-03-02"', "The span is longer than 3,660 days."),
        ('to: "0001-01-02"', "`to` is out of range."),
    ],
)
async def test_wrong_spans_are_explained(stores: Stores, arguments: str, message: str) -> None:
    query = f"query ($id: ID!) {{ portfolio(id: $id) {{ performance({arguments}) {{ days }} }} }}"
    answer = await ask(stores, query, viewer=OWNER, id=global_id(MINE))
    assert answer.codes == [("portfolio.performance", "BAD_USER_INPUT")]
    assert answer.errors[0].message.startswith(message)


async def test_measures_over_time(stores: Stores) -> None:
    span = 'from: "2025-03-03T00:00:00Z", to: "2025-03-07T00:00:00Z"'
    found = await _ask(
        stores,
        f"sharpe: performanceHistory(measure: SHARPE_RATIO, {span}, fill: PREVIOUS) {{ v }}"
        f" daily: performanceHistory(measure: DAILY_RETURN_PCT, {span}) {{ t v }}"
        f" var: riskHistory(measure: VAR_95_USD, {span}) {{ v }}"
        f" distance: riskHistory(measure: LIQUIDATION_DISTANCE_PCT, {span}) {{ t v }}",
    )
    assert found["sharpe"]["v"] == [None, "1.5", "1.5", "0.25"]
    assert found["daily"] == {
        "t": [f"2025-03-0{n}T00:00:00Z" for n in (4, 5, 6)],
        "v": ["10.0", "-20.0", "5.0"],
    }
    assert found["var"]["v"] == ["10.5", "12.5"]
    assert found["distance"] == {"t": ["2025-03-04T00:00:00Z"], "v": ["40.0"]}


async def test_risk_now_and_how_holdings_move_together(stores: Stores) -> None:
    found = await _ask(
        stores,
        "riskMetrics { at var95Usd cvar95Usd correlation liquidationDistancePct protocolRisk }"
        " correlations { correlation first { symbol } second { symbol } }",
    )
    assert found["riskMetrics"] == {
        "at": "2025-03-04T00:00:00Z",
        "var95Usd": "12.50000000",
        "cvar95Usd": "22.00000000",
        "correlation": "-0.5",
        "liquidationDistancePct": "40.0",
        "protocolRisk": "0.2",
    }
    assert found["correlations"] == [
        {"correlation": "-0.75", "first": {"symbol": "TETH"}, "second": {"symbol": "TUSD"}},
        {"correlation": "0.25", "first": {"symbol": "TUSD"}, "second": {"symbol": "TEUR"}},
    ]


async def test_snapshots_come_newest_first(stores: Stores) -> None:
    found = await _ask(
        stores,
        "snapshots(first: 2) { totalCount { value } nodes { takenAt totalValueUsd dailyReturn } }"
        " last: snapshots(last: 1) { nodes { snapshotDate allocationByChain totalAssets } }",
    )
    assert found["snapshots"] == {
        "totalCount": {"value": 4},
        "nodes": [
            {
                "takenAt": "2025-03-06T00:00:00Z",
                "totalValueUsd": "192.00000000",
                "dailyReturn": 0.05,
            },
            {
                "takenAt": "2025-03-05T00:00:00Z",
                "totalValueUsd": "88.00000000",
                "dailyReturn": -0.2,
            },
        ],
    }
    assert found["last"]["nodes"] == [
        {"snapshotDate": "2025-03-03", "allocationByChain": {"eip155:1": 1.0}, "totalAssets": 2}
    ]


PNL = """method realizedUsd longTermUsd shortTermUsd proceedsUsd disposalCount feesUsd unrealizedUsd
  unrealizedPct unknownCount totalUsd"""


def _numbers(pnl: dict[str, Any]) -> list[Any]:
    return [
        value if value is None or isinstance(value, int) else Decimal(value)
        for name, value in pnl.items()
        if name != "method"
    ]


async def test_gains_by_method_are_those_by_hand(stores: Stores) -> None:
    found = await _ask(
        stores,
        f"fifo: pnl {{ {PNL} }} lifo: pnl(method: LIFO) {{ {PNL} }}"
        f' later: pnl(from: "2025-03-04T00:00:00Z") {{ {PNL} }}',
    )
    # 500 - 400 + 200 - 250 + 100 - 90 + 50 - 10 = 100 over a cost of 750.
    open_ = [100, Decimal("13.333333"), 2]
    assert _numbers(found["fifo"]) == [10, 15, -5, 50, 2, 2, *open_, 110]
    assert _numbers(found["lifo"]) == [10, None, 10, 40, 1, 2, *open_, 110]
    assert _numbers(found["later"]) == [None, None, None, None, 0, None, *open_, 100]
    assert (await _ask(stores, f"pnl {{ {PNL} }}", VOID))["pnl"] is None


async def test_privacy_is_that_of_the_ledger(stores: Stores) -> None:
    found = await _ask(
        stores,
        "privacy { anonymityLevel privacyScore totalPrivacyDeposits totalPrivacyVolumeUsd"
        " avgDepositPrivacy stealthUsageRate }",
    )
    assert found["privacy"] == {
        "anonymityLevel": "ANONYMOUS",
        "privacyScore": None,
        "totalPrivacyDeposits": "1",
        "totalPrivacyVolumeUsd": "30.00000000",
        "avgDepositPrivacy": "0.8000",
        "stealthUsageRate": "0.5000",
    }


async def test_the_overview_is_the_viewers_own(stores: Stores, worker_stores: Stores) -> None:
    view = "portfolio.user_portfolio_summary"
    refresh = Statement("refresh", f"SELECT ops.refresh_view('{view}'::regclass)", kind="exec")
    await worker_stores.postgres.fetch(refresh)
    query = "{ portfolioOverview { totalPortfolios totalAssets totalValueUsd } }"
    mine = await ask(stores, query, viewer=OWNER)
    assert mine.data["portfolioOverview"] == {
        "totalPortfolios": "2",
        "totalAssets": "4",
        "totalValueUsd": "1000.00000000",
    }
    none = await ask(stores, query, viewer=Viewer(uuid4(), "user"))
    assert (none.data, none.errors) == ({"portfolioOverview": None}, [])
    assert (await ask(stores, query)).codes == [("portfolioOverview", "UNAUTHENTICATED")]


async def test_holdings_over_all_portfolios_are_the_viewers_own(stores: Stores) -> None:
    query = """{ positions(first: 2) { totalCount { value } nodes { valueUsd portfolio { name } } }
      ledger { totalCount { value } } strategies { totalCount { value } } }"""
    mine = await ask(stores, query, viewer=OWNER)
    assert mine.errors == []
    assert mine.data["positions"] == {
        "totalCount": {"value": 6},
        "nodes": [
            {"valueUsd": "500.00000000", "portfolio": {"name": "Mine"}},
            {"valueUsd": "200.00000000", "portfolio": {"name": "Mine"}},
        ],
    }
    assert mine.data["ledger"] == {"totalCount": {"value": 3}}
    his = await ask(stores, query, viewer=STRANGER)
    assert [node["valueUsd"] for node in his.data["positions"]["nodes"]] == ["9.00000000"]
    assert his.data["ledger"] == {"totalCount": {"value": 0}}
    nobody = await ask(stores, query)
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}
    assert nobody.statements == []


async def test_a_stranger_gets_no_figure_even_by_the_key(stores: Stores) -> None:
    from resolvers.portfolio import allocation as spread
    from resolvers.portfolio import performance as past
    from resolvers.portfolio import pnl, risk_series

    assert await _ask(stores, "allocation { driftPct }", MINE, STRANGER) is None
    context = RequestContext(STRANGER, stores, clock=lambda: DAY + timedelta(days=5))
    assert await spread.allocations(context, [MINE]) == {}
    assert await past.performances(context, [MINE]) == {}
    assert await pnl.pnls(context, [MINE]) == {}
    assert await risk_series.risk_metrics(context, [MINE]) == {}
    history = await risk_series.risk_history(
        context, [MINE], measure=risk_series.RiskMeasure.VAR_95_USD
    )
    assert history[MINE].v == []
    measures = await past.measure_history(
        context, [MINE], measure=past.PerformanceMeasure.SHARPE_RATIO
    )
    assert measures[MINE].v == []


OF = """query ($addresses: [Address!]!, $chains: [ChainId!]) {
  portfolioOf(addresses: $addresses, chains: $chains) {
    unknownAddresses walletCount transactionCount tradeCount realizedPnlUsd firstSeenAt
    lastActivityAt wallets { address chain { slug } }
    holdings { asset { symbol } quantity cameIn wentOut cameInUsd wentOutUsd priceUsd valueUsd }
  } }"""


async def test_addresses_nobody_owns_show_what_is_public(stores: Stores) -> None:
    answer = await ask(stores, OF, addresses=[ADDRESS.upper().replace("X", "x"), NOBODY])
    assert answer.errors == []
    found = answer.data["portfolioOf"]
    holdings = found.pop("holdings")
    assert [a.lower() for a in found.pop("unknownAddresses")] == [NOBODY]
    (wallet,) = found.pop("wallets")
    assert (wallet["address"].lower(), wallet["chain"]) == (ADDRESS, {"slug": f"chain-{CHAIN}"})
    assert found == {
        "walletCount": 1,
        "transactionCount": 3,
        "tradeCount": 2,
        "realizedPnlUsd": "12.50000000",
        "firstSeenAt": "2025-03-03T00:00:00Z",
        "lastActivityAt": "2025-03-04T00:00:00Z",
    }
    shown = [
        (h["asset"]["symbol"], *(h[n] and Decimal(h[n]) for n in list(h) if n != "asset"))
        for h in holdings
    ]
    assert shown == [
        ("TETH", Decimal("2.5"), 3, Decimal("0.5"), 30, 6, 100, 250),
        ("TUSD", -30, 0, 30, None, 30, None, None),
    ]
    # However many holdings and wallets: addresses, figures, wallets, chains, assets; the archive
    # and the newest prices; live prices.
    assert kinds_of_calls(answer) == ["clickhouse"] * 2 + ["postgres"] * 5 + ["redis"]


async def test_addresses_are_limited_and_chains_are_known(stores: Stores) -> None:
    many = await ask(stores, OF, addresses=[NOBODY] * 51)
    assert many.codes == [("portfolioOf", "BAD_USER_INPUT")]
    assert many.statements == []
    assert (await ask(stores, OF, addresses=[])).codes == [("portfolioOf", "BAD_USER_INPUT")]
    nowhere = await ask(stores, OF, addresses=[ADDRESS], chains=["nowhere"])
    assert nowhere.codes == [("portfolioOf", "BAD_USER_INPUT")]
    absent = await ask(stores, OF, addresses=[NOBODY])
    assert absent.data["portfolioOf"]["holdings"] == []
    assert absent.data["portfolioOf"]["walletCount"] == 0
