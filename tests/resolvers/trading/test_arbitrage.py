"""What can be arbitraged now, and the bridges that help."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    AWAY,
    DOLLAR,
    ETHER,
    EXCHANGE,
    FAST,
    HOME,
    SLOW,
    at_noon,
    global_id,
    milliseconds_ago,
)

BEST, TIED, EXPIRED, ELSEWHERE, SENSELESS, VANISHED = (uuid4() for _ in range(6))


@pytest.fixture
async def opportunities(stores: Stores) -> AsyncIterator[None]:
    """Ranked ids: two of one profit, one expired, one elsewhere, one senseless, one gone."""
    commands = stores.redis.commands
    ranking = redis_keys.key("arbitrage_ranking")
    usual = {
        "opportunity_type": "arbitrage",
        "chain_id": str(HOME),
        "token_id": str(ETHER),
        "protocol_ids": orjson.dumps([str(EXCHANGE), str(uuid4())]).decode(),
        "estimated_profit_usd": "12.5",
        "gas_cost_estimate_usd": "2.5",
        "net_profit_usd": "10",
        "detected_at_ms": str(milliseconds_ago(5)),
        "expires_at_ms": str(milliseconds_ago(-20)),
    }
    written: dict[Any, dict[str, str]] = {
        BEST: usual,
        TIED: usual,
        EXPIRED: {**usual, "net_profit_usd": "99", "expires_at_ms": str(milliseconds_ago(0))},
        ELSEWHERE: {**usual, "chain_id": str(AWAY), "net_profit_usd": "3", "token_id": ""},
        SENSELESS: {**usual, "opportunity_type": "magic", "net_profit_usd": "50"},
    }
    for key, fields in written.items():
        mapping: Any = fields
        name = redis_keys.key("arbitrage_opportunity", opportunity_id=key)
        await commands.hset(name, mapping=mapping)
        await commands.zadd(ranking, {str(key): float(fields["net_profit_usd"])})
    await commands.zadd(ranking, {str(VANISHED): 1000.0, "no id": 2000.0})
    yield
    names = [redis_keys.key("arbitrage_opportunity", opportunity_id=key) for key in written]
    await commands.delete(ranking, *names)


OPEN = """query ($chain: ChainId, $least: Decimal, $first: Int!) {
  arbitrageNow(chain: $chain, minNetProfitUsd: $least, first: $first) {
    opportunityId kind netProfitUsd estimatedProfitUsd gasCostUsd detectedAt expiresAt
    chain { name } token { symbol } protocols { name } } }"""


async def test_what_is_open_now_is_ranked_by_profit(stores: Stores, opportunities: None) -> None:
    answer = await ask(stores, OPEN, context=at_noon(stores), first=10)

    assert not answer.errors
    found = answer.data["arbitrageNow"]
    # Of two with one profit the smaller id is first; the expired and the senseless are left out.
    ranked = [*sorted((BEST, TIED)), ELSEWHERE]
    assert [row["opportunityId"] for row in found] == [str(key) for key in ranked]
    assert {name: value for name, value in found[0].items() if name != "opportunityId"} == {
        "kind": "ARBITRAGE",
        "netProfitUsd": "10",
        "estimatedProfitUsd": "12.5",
        "gasCostUsd": "2.5",
        "detectedAt": "2025-05-07T23:59:55Z",
        "expiresAt": "2025-05-08T00:00:20Z",
        "chain": {"name": "Home"},
        "token": {"symbol": "TWETH"},
        "protocols": [{"name": "Swap"}],
    }
    assert (found[2]["chain"], found[2]["token"]) == ({"name": "Away"}, None)


async def test_what_is_gone_leaves_the_ranking(stores: Stores, opportunities: None) -> None:
    await ask(stores, OPEN, context=at_noon(stores), first=1)

    left = await stores.redis.commands.zrange(redis_keys.key("arbitrage_ranking"), 0, -1)
    assert set(left) == {str(key) for key in (BEST, TIED, EXPIRED, ELSEWHERE, SENSELESS)}


async def test_what_is_open_is_narrowed_down(stores: Stores, opportunities: None) -> None:
    cases: list[tuple[dict[str, Any], list[UUID]]] = [
        ({"chain": str(AWAY)}, [ELSEWHERE]),
        ({"least": "3.5"}, sorted((BEST, TIED))),
        ({"least": "3", "chain": str(AWAY)}, [ELSEWHERE]),
        ({"least": "11"}, []),
    ]
    for values, expected in cases:
        answer = await ask(stores, OPEN, context=at_noon(stores), first=5, **values)
        assert not answer.errors
        found = [row["opportunityId"] for row in answer.data["arbitrageNow"]]
        assert found == [str(key) for key in expected]


async def test_without_redis_nothing_open_is_known(stores: Stores) -> None:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await ask(replace(stores, redis=nobody), OPEN, first=5)
    await nobody.close()

    assert answer.data == {"arbitrageNow": None}
    assert (await ask(stores, OPEN, first=101)).codes == [("arbitrageNow", "BAD_USER_INPUT")]


@pytest.mark.parametrize("count", [1, 2])
async def test_routes_of_assets_are_one_call(stores: Stores, count: int) -> None:
    key = redis_keys.key("arbitrage_routes", asset_id=ETHER)
    wide = {
        "source_price_usd": "2000",
        "target_price_usd": "2050",
        "fee_usd": "4",
        "fee_bps": "5",
        "eta_s": 60,
        "ts": milliseconds_ago(3),
    }
    fields: Any = {
        f"{HOME}:{AWAY}:slow-{SLOW}": '{"source_price_usd": "2000", "target_price_usd": "2010"}',
        f"{HOME}:{AWAY}:fast-{FAST}": orjson.dumps(wide),
        f"{AWAY}:{HOME}:unlisted": "{}",
        "nonsense": "{}",
    }
    await stores.redis.commands.hset(key, mapping=fields)

    ids = [global_id("Asset", asset) for asset in (ETHER, DOLLAR)][:count]
    answer = await ask(
        stores,
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Asset { arbitrageRoutes {
             sourcePriceUsd destinationPriceUsd spreadPct feeUsd feeBps etaS at
             sourceChain { name } destinationChain { name } bridge { name } } } } }""",
        ids=ids,
    )
    await stores.redis.commands.delete(key)

    assert not answer.errors
    best, second, unknown = answer.data["nodes"][0]["arbitrageRoutes"]
    assert best == {
        "sourcePriceUsd": "2000",
        "destinationPriceUsd": "2050",
        "spreadPct": "2.500000",
        "feeUsd": "4",
        "feeBps": "5",
        "etaS": 60,
        "at": "2025-05-07T23:59:57Z",
        "sourceChain": {"name": "Home"},
        "destinationChain": {"name": "Away"},
        "bridge": {"name": "Fast"},
    }
    assert (second["spreadPct"], second["bridge"]) == ("0.500000", {"name": "Slow"})
    assert (unknown["spreadPct"], unknown["bridge"]) == (None, None)
    assert [node["arbitrageRoutes"] for node in answer.data["nodes"][1:]] == [[]] * (count - 1)
    assert kinds_of_calls(answer) == ["postgres"] * 3 + ["redis"]
