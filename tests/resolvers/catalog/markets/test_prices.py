"""Prices: live, recorded, over time and changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stores.lifecycle import Stores
from stores.redis import keys
from tests.resolvers.catalog.markets.conftest import HOUR, NOW, asset, asset_id
from tests.resolvers.conftest import Ask

PRICE = "price { usd at source ageS isLive change24hPct volume24hUsd marketCapUsd }"
LIVE = {
    "usd": "111.5",
    "at": "2024-06-10T12:29:55Z",
    "source": "feed",
    "ageS": 5,
    "isLive": True,
    "change24hPct": "1.25",
    "volume24hUsd": "7",
    "marketCapUsd": None,
}
RECORDED = {
    "usd": "110.000000000000000000",
    "at": "2024-06-10T12:10:00Z",
    "source": "feed",
    "ageS": 1200,
    "isLive": False,
    "change24hPct": "2.5",
    "volume24hUsd": None,
    "marketCapUsd": "5000.00000000",
}


@pytest.mark.usefixtures("live")
async def test_live_price_comes_first_and_the_history_fills_in(ask: Ask) -> None:
    answer = await ask(
        f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Asset {{ {PRICE} }} }} }}",
        ids=[asset_id(n) for n in (0, 1, 2, 90)],
    )
    assert answer.errors == []
    prices = [node["price"] for node in answer.data["nodes"]]
    assert prices[0] == LIVE
    assert (prices[1]["source"], prices[1]["usd"][:3]) == ("daily", "99.")
    assert prices[1]["at"] == "2024-06-09T23:59:59.999000Z"
    assert (prices[2]["source"], prices[2]["usd"][:2]) == ("alpha", "2.")
    assert prices[3] is None
    assert [name for name in answer.statements if name[0] != "postgres"] == [
        ("clickhouse", "prices.newest"),
        ("redis", "price_current"),
    ]


async def test_newest_observation_stands_when_there_is_no_live_one(ask: Ask) -> None:
    answer = await ask(f"query ($id: ID!) {{ asset(id: $id) {{ {PRICE} }} }}", id=asset_id(0))
    assert answer.errors == []
    assert answer.data["asset"]["price"] == RECORDED


async def test_a_hash_that_makes_no_sense_counts_as_missing(ask: Ask, market: Stores) -> None:
    name = keys.key("price_current", asset_id=asset(0))
    await market.redis.commands.hset(name, mapping={"price": "NaN", "ts": "soon"})
    try:
        answer = await ask(f"query ($id: ID!) {{ asset(id: $id) {{ {PRICE} }} }}", id=asset_id(0))
    finally:
        await market.redis.commands.delete(name)
    assert answer.errors == []
    assert answer.data["asset"]["price"] == RECORDED


async def test_an_old_price_is_not_live_wherever_it_is_kept(ask: Ask, market: Stores) -> None:
    name = keys.key("price_current", asset_id=asset(0))
    an_hour_ago = int((NOW - HOUR).timestamp() * 1000)
    await market.redis.commands.hset(name, mapping={"price": "1", "ts": an_hour_ago})
    try:
        answer = await ask(
            "query ($id: ID!) { asset(id: $id) { price { ageS isLive } } }", id=asset_id(0)
        )
    finally:
        await market.redis.commands.delete(name)
    assert answer.data["asset"]["price"] == {"ageS": 3600, "isLive": False}


@pytest.mark.usefixtures("live")
async def test_history_answers_while_redis_is_away(ask_without: Callable[..., Any]) -> None:
    ask = await ask_without("redis")
    answer = await ask(f"query ($id: ID!) {{ asset(id: $id) {{ {PRICE} }} }}", id=asset_id(0))
    assert answer.errors == []
    assert answer.data["asset"]["price"] == RECORDED


@pytest.mark.usefixtures("live")
async def test_only_what_needs_clickhouse_is_null_while_it_is_away(
    ask_without: Callable[..., Any],
) -> None:
    ask = await ask_without("clickhouse")
    answer = await ask(
        f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Asset {{
            symbol {PRICE} change(window: H24) {{ abs }} priceHistory {{ t }} }} }} }}""",
        ids=[asset_id(0), asset_id(1)],
    )
    first, second = answer.data["nodes"]
    assert first == {"symbol": "MK000", "price": LIVE, "change": None, "priceHistory": None}
    assert second == {"symbol": "MK001", "price": None, "change": None, "priceHistory": None}
    assert sorted(answer.codes) == [
        ("nodes.0.change", "STORE_UNAVAILABLE"),
        ("nodes.0.priceHistory", "STORE_UNAVAILABLE"),
        ("nodes.1.change", "STORE_UNAVAILABLE"),
        ("nodes.1.price", "STORE_UNAVAILABLE"),
        ("nodes.1.priceHistory", "STORE_UNAVAILABLE"),
    ]


async def test_price_is_null_with_a_code_while_both_stores_are_away(
    ask_without: Callable[..., Any],
) -> None:
    ask = await ask_without("clickhouse", "redis")
    answer = await ask(f"query ($id: ID!) {{ asset(id: $id) {{ {PRICE} }} }}", id=asset_id(0))
    assert answer.data["asset"] == {"price": None}
    assert answer.codes == [("asset.price", "STORE_UNAVAILABLE")]


HISTORY = """query ($id: ID!, $interval: Interval!, $from: DateTime, $fill: Fill! = NONE,
      $open: Boolean! = false, $source: String) {
  asset(id: $id) {
    priceHistory(interval: $interval, from: $from, fill: $fill, includeOpen: $open, source: $source)
    { source t open high low close volume24hUsd bars { t close } points { volume24hUsd } }
  }
}"""


def _short(column: list[Any]) -> list[Any]:
    return [None if value is None else float(value) for value in column]


async def test_hours_are_bars_of_one_source(ask: Ask) -> None:
    answer = await ask(HISTORY, id=asset_id(0), interval="HOUR", **{"from": "2024-06-10T09:00:00Z"})
    assert answer.errors == []
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert series["source"] == "feed"
    assert series["t"] == ["2024-06-10T09:00:00Z", "2024-06-10T11:00:00Z"]
    assert _short(series["open"]) == [90, 100]
    assert _short(series["high"]) == [95, 100]
    assert _short(series["low"]) == [85, 100]
    assert _short(series["close"]) == [85, 100]
    assert [bar["t"] for bar in series["bars"]] == series["t"]
    assert [bar["close"] for bar in series["bars"]] == series["close"]


async def test_gaps_carry_the_last_price_and_the_open_bucket_comes_when_asked(ask: Ask) -> None:
    answer = await ask(
        HISTORY,
        id=asset_id(0),
        interval="HOUR",
        fill="PREVIOUS",
        open=True,
        **{"from": "2024-06-10T08:00:00Z"},
    )
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert [t[11:13] for t in series["t"]] == ["08", "09", "10", "11", "12"]
    assert _short(series["open"]) == [80, 90, 85, 100, 110]
    assert _short(series["high"]) == [80, 95, 85, 100, 110]
    assert _short(series["close"]) == [80, 85, 85, 100, 110]


async def test_quarters_of_an_hour_come_from_minutes(ask: Ask) -> None:
    answer = await ask(
        HISTORY, id=asset_id(0), interval="MIN_15", **{"from": "2024-06-10T09:00:00Z"}
    )
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert [t[11:16] for t in series["t"]] == ["09:00", "09:15", "09:45", "11:00", "12:00"]
    assert _short(series["close"]) == [90, 95, 85, 100, 110]


async def test_days_come_from_the_source_with_most_of_them(ask: Ask) -> None:
    answer = await ask(HISTORY, id=asset_id(0), interval="DAY", **{"from": "2024-06-07T00:00:00Z"})
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert series["source"] == "daily"
    assert series["t"] == [f"2024-06-0{day}T00:00:00Z" for day in (7, 8, 9)]
    assert _short(series["open"]) == [96, 97, 98]
    assert _short(series["close"]) == [97, 98, 99]
    assert _short(series["volume24hUsd"]) == [3, 2, 1]
    assert [float(point["volume24hUsd"]) for point in series["points"]] == [3, 2, 1]


async def test_the_source_can_be_chosen(ask: Ask) -> None:
    answer = await ask(
        HISTORY,
        id=asset_id(0),
        interval="DAY",
        source="feed",
        open=True,
        **{"from": "2024-06-07T00:00:00Z"},
    )
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert series["source"] == "feed"
    assert [t[:10] for t in series["t"]] == ["2024-06-09", "2024-06-10"]
    assert _short(series["close"]) == [80, 110]


async def test_weeks_begin_on_mondays(ask: Ask) -> None:
    answer = await ask(HISTORY, id=asset_id(1), interval="WEEK", **{"from": "2024-06-03T00:00:00Z"})
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert series["t"] == ["2024-06-03T00:00:00Z"]
    assert [_short(series[name])[0] for name in ("open", "high", "low", "close")] == [
        92,
        101,
        90,
        99,
    ]


async def test_daily_prices_do_not_pose_as_hours(ask: Ask) -> None:
    answer = await ask(HISTORY, id=asset_id(1), interval="HOUR", **{"from": "2024-06-09T00:00:00Z"})
    assert answer.errors == []
    series = answer.data["asset"]["priceHistory"]
    assert (series["source"], series["t"]) == (None, [])


async def test_zero_is_no_price(ask: Ask) -> None:
    answer = await ask(HISTORY, id=asset_id(1), interval="DAY", fill="ZERO")
    assert answer.codes == [("asset.priceHistory", "BAD_USER_INPUT")]


async def test_changes_count_back_from_the_newest_observation(ask: Ask) -> None:
    answer = await ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Asset {
            hour: change(window: H1) { abs pct } day: change(window: H24) { abs pct }
            week: change(window: D7) { abs pct } } } }""",
        ids=[asset_id(n) for n in (0, 1, 2)],
    )
    assert answer.errors == []
    first, second, third = answer.data["nodes"]
    assert float(first["hour"]["abs"]) == 10
    assert first["hour"]["pct"] == "10.000000"
    assert (float(first["day"]["abs"]), first["day"]["pct"]) == (30, "37.500000")
    assert first["week"] is None
    assert second["hour"] is None
    assert (float(second["day"]["abs"]), second["day"]["pct"]) == (1, "1.020408")
    assert (float(second["week"]["abs"]), second["week"]["pct"]) == (7, "7.608696")
    assert third == {"hour": None, "day": None, "week": None}
