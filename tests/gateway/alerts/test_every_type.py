"""The job looks at what rules of every type are about, and those fire whose condition holds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from resolvers.alerts.enums import AlertType
from resolvers.alerts.sweep import is_due, sweep
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.alerts.kinds import OTHER_PORTFOLIO, PORTFOLIO, USER, World, add_rule, rows

# Type, target, condition: it fires, or it does not.
RULES = [
    ("price_change", "asset", "gt 109.99", True),
    ("price_change", "asset", "gt 110", False),
    ("price_change", "asset", "gte 110", True),
    ("price_change", "asset", "lt 110", False),
    ("price_change", "asset", "lte 110", True),
    ("price_change", "asset", "gte 10 %", True),
    ("price_change", "asset", "gt 10 %", False),
    ("tvl_change", "protocol", "gt 5899", True),
    ("tvl_change", "protocol", "gt 5900", False),
    ("tvl_change", "protocol", "lte -10 %", True),
    ("tvl_change", "protocol", "lt -10 %", False),
    ("volume_spike", "asset", "gte 400 %", True),
    ("volume_spike", "asset", "gt 400 %", False),
    ("volume_spike", "protocol", "gte 400 %", True),
    ("volume_spike", "protocol", "gte 50", True),
    ("volume_spike", "protocol", "gt 50", False),
    ("gas_price", "chain", "gt 29", True),
    ("gas_price", "chain", "lt 29", False),
    ("gas_price", "chain", "gte 50 %", True),
    ("gas_price", "other chain", "gt 0", False),
    ("portfolio_value", "portfolio", "lt 401", True),
    ("portfolio_value", "portfolio", "lt 400", False),
    ("portfolio_value", "portfolio", "lte -20 %", True),
    ("portfolio_value", "portfolio", "lt -20 %", False),
    ("risk_score", "protocol", "gte 0.75", True),
    ("risk_score", "protocol", "gt 0.75", False),
    ("risk_score", "protocol", "gte 50 %", True),
    ("risk_score", "asset", "gte 0", False),
    ("security_risk", "wallet", "eq 2", True),
    ("security_risk", "wallet", "ne 2", False),
    ("security_risk", "wallet", "gt 0 %", False),
    ("security_risk", "asset", "eq 0", True),
    ("security_risk", "protocol", "eq 0", True),
    ("security_risk", "portfolio", "gt 0", False),
    ("whale_movement", "asset", "gte 1", True),
    ("whale_movement", "asset", "gte 2", False),
    # One has no known worth: it may be another whale, so neither of these is sure.
    ("whale_movement", "chain", "eq 1", False),
    ("whale_movement", "chain", "lte 5", False),
    ("whale_movement", "wallet", "eq 1", True),
    ("whale_movement", "other chain", "eq 0", True),
    ("smart_money", "asset", "eq 1", True),
    ("smart_money", "asset", "ne 1", False),
    ("smart_money", "smart", "eq 2", True),
    ("smart_money", "wallet", "gt 0", False),
    ("new_listing", "protocol", "eq 1", True),
    ("new_listing", "protocol", "gt 1", False),
    ("new_listing", "other chain", "gte 1", True),
    ("new_listing", "chain", "gte 1", False),
]


@pytest.fixture(scope="module")
async def world(own_stores: Stores) -> World:
    """What rules look at."""
    made = World(own_stores)
    await made.settle_in()
    await made.happen()
    return made


async def evaluate(stores: Stores) -> dict[str, Any]:
    context = JobContext(stores, time.monotonic() + 60)
    await JOBS["evaluate_alerts"].function(context)
    return {"subjects": context.item_count, **context.details}


async def look(stores: Stores, *kinds: AlertType) -> None:
    """What the job does for rules of some types."""
    for kind in kinds:
        async for _ in sweep(stores, kind, datetime.now(UTC)):
            pass


async def test_rules_of_every_type_fire_when_their_condition_holds(world: World) -> None:
    wanted = {
        await add_rule(world.stores, kind, target, condition): (kind, target, condition, fires)
        for kind, target, condition, fires in RULES
    }
    done = await evaluate(world.stores)
    events = await rows(
        world.stores,
        "SELECT rule_id, message, baseline_value FROM alerts.events WHERE user_id = $1",
        USER,
    )
    events = [event for event in events if event["rule_id"] in wanted]
    fired = {wanted[event["rule_id"]][:3] for event in events}
    assert fired == {rule[:3] for rule in RULES if rule[3]}
    assert done["fired"] >= len(fired)
    assert "not_looked_at" not in done
    said = {wanted[e["rule_id"]][:3]: e["message"] for e in events}
    assert said["tvl_change", "protocol", "lte -10 %"] == (
        "tvl_change ≤ -10 %: 900, from 1000 (-10 %)."
    )
    assert said["whale_movement", "asset", "gte 1"] == "whale_movement ≥ 1: at least 1."
    # What was seen is seen again, and nothing fires twice for it.
    assert (await evaluate(world.stores))["fired"] == 0


async def test_a_rule_looks_at_one_chain_when_told_so(world: World) -> None:
    on_one = await add_rule(world.stores, "tvl_change", "protocol", "lte 900", chain_id=962_301)
    on_other = await add_rule(world.stores, "new_listing", "protocol", "gte 1", chain_id=962_302)
    await look(world.stores, AlertType.TVL_CHANGE, AlertType.NEW_LISTING)
    text = "SELECT rule_id FROM alerts.events WHERE rule_id = ANY ($1::uuid[])"
    assert [row[0] for row in await rows(world.stores, text, [on_one, on_other])] == [on_one]


async def test_what_is_old_says_nothing_about_now(world: World) -> None:
    rule = await add_rule(world.stores, "portfolio_value", "other portfolio", "lt 1000")
    valued = """INSERT INTO portfolio.summaries (portfolio_id, total_value_usd, last_calculated_at)
        VALUES ($1::uuid, 400, $2::timestamptz) ON CONFLICT (portfolio_id)
        DO UPDATE SET last_calculated_at = excluded.last_calculated_at RETURNING 1"""
    count = "SELECT count(*) FROM alerts.events WHERE rule_id = $1::uuid"
    for at, fired in ((world.ago(3 * 1_440), 0), (world.now, 1)):
        await rows(world.stores, valued, OTHER_PORTFOLIO, at)
        await look(world.stores, AlertType.PORTFOLIO_VALUE)
        assert (await rows(world.stores, count, rule))[0][0] == fired


async def test_what_a_portfolio_is_worth_is_kept_for_rules_about_changes(world: World) -> None:
    await add_rule(world.stores, "portfolio_value", "portfolio", "gt 1000 %")
    await look(world.stores, AlertType.PORTFOLIO_VALUE)
    await look(world.stores, AlertType.PORTFOLIO_VALUE)
    text = """SELECT ts, value_usd FROM portfolio_values FINAL
        WHERE portfolio_id = {key:UUID} ORDER BY ts"""
    kept = await world.stores.clickhouse.fetch(Statement("t", text), {"key": str(PORTFOLIO)})
    assert [tuple(row) for row in kept] == [
        (world.ago(62), Decimal(500)),
        (world.ago(1), Decimal(400)),
    ]


@pytest.mark.parametrize(
    ("minutes", "looks"), [(1, 60), (60, 60), (119, 60), (120, 30), (1_200, 3), (43_200, 1)]
)
def test_long_timeframes_are_looked_at_less_often(minutes: int, looks: int) -> None:
    hour = datetime(2026, 5, 1, tzinfo=UTC)
    assert sum(is_due(minutes, hour + timedelta(minutes=n)) for n in range(60)) == looks
