"""How a portfolio did: returns, measures over time, snapshots."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from resolvers.portfolio.performance import Day, performance
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.figures import MINE, OWNER, figures_of, global_id

pytestmark = pytest.mark.usefixtures("figures")


PERFORMANCE = """performance(from: "2025-03-01", to: "2025-04-01") { fromDate toDate days
  startValueUsd endValueUsd returnPct annualReturnPct volatilityPct sharpeRatio maxDrawdownPct
  bestDayPct worstDayPct }"""


async def test_performance_is_that_by_hand(stores: Stores) -> None:
    found = (await figures_of(stores, PERFORMANCE))["performance"]
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
    found = await figures_of(
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


async def test_snapshots_come_newest_first(stores: Stores) -> None:
    found = await figures_of(
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
