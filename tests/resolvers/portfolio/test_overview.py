"""Figures over all portfolios are their owner's alone, whatever way they are asked for."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.figures import DAY, MINE, OWNER, STRANGER, figures_of

pytestmark = pytest.mark.usefixtures("figures")


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

    assert await figures_of(stores, "allocation { driftPct }", MINE, STRANGER) is None
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
