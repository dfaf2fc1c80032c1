"""Routes are quoted from pools, by figures checked by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.permissions import scopes_of
from stores.lifecycle import Stores
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    BOB,
    COIN,
    DAY,
    DOLLAR,
    DUST,
    ETHER,
    EURO,
    EXCHANGE,
    HOME,
    OTHER_EXCHANGE,
    QUIET,
    SIGNED_IN,
    STRANGER,
    address_of,
    rows_of,
)

READ, VALUED, DEAD = uuid4(), uuid4(), uuid4()
EURO_PRICED_MS = 1_746_489_600_000  # 2025-05-06T00:00:00Z


@pytest.fixture(scope="module", autouse=True)
async def pools(worker_stores: Stores) -> None:
    """A pool whose reserves were read, one known by its value, and one that is dead."""
    await worker_stores.postgres.copy_rows(
        "catalog.yield_pools",
        ("id", "protocol_id", "chain_id", "name", "asset_ids", "tvl_usd", "is_active"),
        [
            (READ, EXCHANGE, HOME, "WETH-USDC", [ETHER, DOLLAR], Decimal(4_000_000), True),
            (VALUED, OTHER_EXCHANGE, HOME, "USDC-EURC", [DOLLAR, EURO], Decimal(2_200_000), True),
            (DEAD, EXCHANGE, HOME, "WETH-EURC", [ETHER, EURO], Decimal(10**12), False),
        ],
    )
    await worker_stores.postgres.copy_rows(
        "trading.pool_reserves",
        (
            *("pool_id", "token0_id", "token1_id", "reserve0", "reserve1", "fee_bps"),
            *("observed_at", "source"),
        ),
        [(READ, DOLLAR, ETHER, Decimal(2_000_000), Decimal(1000), 30, DAY, "test")],
    )


@pytest.fixture
async def prices(stores: Stores) -> AsyncIterator[None]:
    """Prices of a moment, and of gas; the euro was priced longer ago."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    written: dict[str, Any] = {
        redis_keys.key("price_current", asset_id=asset): {"price": usd, "ts": at, "source": "t"}
        for asset, usd, at in (
            (ETHER, "2000", now),
            (COIN, "2000", now),
            (DOLLAR, "1", now),
            (EURO, "1.1", EURO_PRICED_MS),
        )
    }
    gas = {"medium": "10", "ts": now, "source": "t"}
    written[redis_keys.key("gas_price", chain_id=HOME)] = gas
    for key, fields in written.items():
        await stores.redis.commands.hset(key, mapping=fields)
    yield
    await stores.redis.commands.delete(*written)


REQUEST = """mutation ($input: RequestTradeRouteInput!) { requestTradeRoute(input: $input) {
  replayed userErrors { field code message }
  tradeRoute { id tokenInAddress amountIn amountOut minAmountOut dexCount hopCount priceImpactPct
    slippageTolerancePct gasEstimate gasCostUsd protocolFeesUsd totalCostUsd isEstimate isExecuted
    isExpired txHash executedAt expiresAt createdAt chain { name } tokenIn { symbol }
    tokenOut { symbol } steps { amountIn amountOut feeBps priceImpactPct sharePct isEstimate
      observedAt pool { name } protocol { name } tokenIn { symbol } tokenOut { symbol } } } } }"""


def wish(amount: str, start: UUID = ETHER, end: UUID = DOLLAR, **more: Any) -> dict[str, Any]:
    """The input of a request."""
    return {
        "chain": f"eip155:{HOME}",
        "tokenIn": address_of(start),
        "tokenOut": address_of(end),
        "amountIn": amount,
        **more,
    }


async def request(stores: Stores, wish: Any, viewer: Viewer = SIGNED_IN) -> dict[str, Any]:
    """What came of a request."""
    answer = await ask(stores, REQUEST, viewer=viewer, input=wish)
    assert not answer.errors
    found: dict[str, Any] = answer.data["requestTradeRoute"]
    return found


async def test_a_direct_swap_is_quoted_from_reserves(stores: Stores, prices: None) -> None:
    found = await request(stores, wish("10"))

    assert (found["userErrors"], found["replayed"]) == ([], False)
    route = found["tradeRoute"]
    # Ten less 0.3 percent is 9.97: 2,000,000 * 9.97 / 1009.97 = 19743.160687941…, six digits kept.
    assert route["amountOut"] == "19743.160687000000000000"
    # Half a percent less.
    assert route["minAmountOut"] == "19644.444883565000000000"
    assert (route["dexCount"], route["hopCount"], route["isEstimate"]) == (1, 1, False)
    # 9.97 / 1009.97
    assert route["priceImpactPct"] == "0.987158"
    assert route["gasEstimate"] == "140000"
    # 140,000 * 10 gwei = 0.0014 coins at 2,000 dollars.
    assert route["gasCostUsd"] == "2.80000000"
    # 0.03 ether.
    assert route["protocolFeesUsd"] == "60.00000000"
    # And 9.97 / 1009.97 of 20,000 dollars: 197.43160688.
    assert route["totalCostUsd"] == "260.23160688"
    assert (route["isExecuted"], route["isExpired"], route["txHash"]) == (False, False, None)
    life = [datetime.fromisoformat(route[name]) for name in ("createdAt", "expiresAt")]
    assert life[1] - life[0] == timedelta(minutes=5)
    assert route["steps"] == [
        {
            "amountIn": "10",
            "amountOut": "19743.160687",
            "feeBps": 30,
            "priceImpactPct": "0.987158",
            "sharePct": "100",
            "isEstimate": False,
            "observedAt": "2025-05-05T00:00:00Z",
            "pool": {"name": "WETH-USDC"},
            "protocol": {"name": "Swap"},
            "tokenIn": {"symbol": "TWETH"},
            "tokenOut": {"symbol": "TUSDC"},
        }
    ]


async def test_two_swaps_lead_where_no_pool_does(stores: Stores, prices: None) -> None:
    route = (await request(stores, wish("10", end=EURO)))["tradeRoute"]

    # The second pool holds 1,100,000 dollars and 1,000,000 euros by its value. Of 19743.160687
    # less 0.3 percent 19683.931204939 are left: 1,000,000 * 19683.931204939 / 1119683.931204939.
    assert route["amountOut"] == "17579.899698000000000000"
    assert (route["dexCount"], route["hopCount"], route["isEstimate"]) == (2, 2, True)
    assert [step["isEstimate"] for step in route["steps"]] == [False, True]
    assert [step["pool"]["name"] for step in route["steps"]] == ["WETH-USDC", "USDC-EURC"]
    assert route["steps"][1]["amountIn"] == "19743.160687"
    # An estimate is as old as the oldest figure in it.
    observed = [step["observedAt"] for step in route["steps"]]
    assert observed == ["2025-05-05T00:00:00Z", "2025-05-06T00:00:00Z"]
    # 60 dollars of the first pool, 59.229482061 of the second.
    assert route["protocolFeesUsd"] == "119.22948206"
    assert route["gasEstimate"] == "230000"


async def test_without_prices_what_was_read_is_quoted_and_costs_are_unknown(
    stores: Stores,
) -> None:
    direct = (await request(stores, wish("10")))["tradeRoute"]
    over = await request(stores, wish("10", end=EURO))

    assert direct["amountOut"] == "19743.160687000000000000"
    unknown = ("gasEstimate", "gasCostUsd", "protocolFeesUsd", "totalCostUsd")
    assert [direct[name] for name in unknown] == [None] * 4
    # A pool known by its value alone is out.
    assert over["tradeRoute"] is None
    assert [(each["field"], each["code"]) for each in over["userErrors"]] == [([], "NOT_FOUND")]


@pytest.mark.parametrize("kind", ["redis", "clickhouse"])
async def test_a_store_that_is_away_leaves_costs_unknown(stores: Stores, kind: str) -> None:
    from stores.clickhouse.client import ClickHouse

    away: Any = {
        "redis": Redis("redis://127.0.0.1:9/0"),
        "clickhouse": ClickHouse("http://127.0.0.1:9/x"),
    }[kind]
    found = await request(replace(stores, **{kind: away}), wish("10"))
    await away.close()

    assert found["userErrors"] == []
    assert found["tradeRoute"]["amountOut"] == "19743.160687000000000000"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"amountIn": "0"}, "amountIn", "INVALID"),
        ({"amountIn": "-1"}, "amountIn", "INVALID"),
        ({"amountIn": "1e58"}, "amountIn", "INVALID"),
        ({"amountIn": "0.0000000000000000001"}, "amountIn", "INVALID"),
        ({"slippageTolerancePct": "50.1"}, "slippageTolerancePct", "INVALID"),
        ({"slippageTolerancePct": "-0.1"}, "slippageTolerancePct", "INVALID"),
        ({"slippageTolerancePct": "0.1234567"}, "slippageTolerancePct", "INVALID"),
        ({"tokenOut": address_of(ETHER).upper().replace("0X", "0x")}, "tokenOut", "INVALID"),
        ({"tokenOut": f"0x{'b' * 40}"}, "tokenOut", "NOT_FOUND"),
        ({"tokenIn": f"0x{'b' * 40}"}, "tokenIn", "NOT_FOUND"),
        ({"chain": "nowhere-at-all"}, "chain", "NOT_FOUND"),
        ({"chain": f"quiet{QUIET}"}, "tokenIn", "NOT_FOUND"),
        ({"idempotencyKey": "k" * 201}, "idempotencyKey", "TOO_LONG"),
    ],
)
async def test_a_wrong_request_says_what_is_wrong(
    stores: Stores, worker_stores: Stores, change: dict[str, str], field: str, code: str
) -> None:
    count = "SELECT count(*) FROM trading.trade_routes"
    before = await rows_of(worker_stores, count)

    found = await request(stores, {**wish("10"), **change})

    assert found["tradeRoute"] is None
    assert [(each["field"], each["code"]) for each in found["userErrors"]] == [([field], code)]
    assert await rows_of(worker_stores, count) == before


async def test_dust_gives_no_route_rather_than_nothing_for_something(
    stores: Stores, prices: None
) -> None:
    found = await request(stores, wish("0.0000000000000001"))
    nowhere = await request(stores, wish("1", start=DUST))

    for each in (found, nowhere):
        assert each["tradeRoute"] is None
        assert [error["code"] for error in each["userErrors"]] == ["NOT_FOUND"]


async def test_a_request_sent_again_is_not_quoted_again(
    stores: Stores, worker_stores: Stores, prices: None
) -> None:
    key = uuid4().hex
    first = await request(stores, wish("10", idempotencyKey=key))
    again = await request(stores, wish("10", idempotencyKey=key))
    other = await request(stores, wish("11", idempotencyKey=key))

    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["tradeRoute"] == first["tradeRoute"]
    assert [(each["field"], each["code"]) for each in other["userErrors"]] == [
        (["idempotencyKey"], "CONFLICT")
    ]
    # Another user's key is another key.
    his = await request(stores, wish("10", idempotencyKey=key), STRANGER)
    assert his["replayed"] is False
    assert his["tradeRoute"]["id"] != first["tradeRoute"]["id"]


async def test_a_request_sent_again_is_answered_though_there_is_no_way_any_more(
    stores: Stores, prices: None
) -> None:
    key = uuid4().hex
    first = await request(stores, wish("10", end=EURO, idempotencyKey=key))
    priced = [redis_keys.key("price_current", asset_id=asset) for asset in (DOLLAR, EURO)]
    await stores.redis.commands.delete(*priced)

    again = await request(stores, wish("10", end=EURO, idempotencyKey=key))

    assert (again["replayed"], again["tradeRoute"]) == (True, first["tradeRoute"])


async def test_nobody_and_a_key_that_only_reads_change_nothing(stores: Stores) -> None:
    nobody = await ask(stores, REQUEST, input=wish("10"))
    reader = replace(SIGNED_IN, scopes=scopes_of(["read"]))
    reading = await ask(stores, REQUEST, viewer=reader, input=wish("10"))

    assert nobody.data == reading.data == {"requestTradeRoute": None}
    assert nobody.codes == [("requestTradeRoute", "UNAUTHENTICATED")]
    assert reading.codes == [("requestTradeRoute", "FORBIDDEN")]
    assert nobody.statements == reading.statements == []


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_routes(
    stores: Stores, worker_stores: Stores, count: int
) -> None:
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    step = {
        "pool_id": str(READ),
        "protocol_id": str(EXCHANGE),
        "token_in_id": str(ETHER),
        "token_out_id": str(DOLLAR),
        "amount_in": "1",
        "amount_out": "2",
        "fee_bps": 30,
        "price_impact_pct": "0",
        "share_pct": "100",
        "is_estimate": False,
        "observed_at": None,
    }
    await worker_stores.postgres.copy_rows(
        "trading.trade_routes",
        (
            *("user_id", "chain_id", "token_in_address", "token_out_address", "token_in_id"),
            *("token_out_id", "amount_in", "amount_out", "route_path"),
        ),
        [(user, HOME, "0xa", "0xb", ETHER, DOLLAR, n, n, [step]) for n in range(count)],
    )

    answer = await ask(
        stores,
        """query ($count: Int!) { tradeRoutes(first: $count, orderBy: [{field: AMOUNT_IN}]) {
             nodes { amountIn chain { name } tokenIn { symbol } tokenOut { symbol }
               steps { pool { name } protocol { name } tokenIn { symbol } tokenOut { symbol } }
             } } }""",
        viewer=Viewer(user, "user"),
        count=count,
    )

    assert not answer.errors
    nodes = answer.data["tradeRoutes"]["nodes"]
    assert [Decimal(node["amountIn"]) for node in nodes] == list(range(count))
    assert all(node["steps"][0]["pool"] == {"name": "WETH-USDC"} for node in nodes)
    assert len(kinds_of_calls(answer)) == 6


async def test_the_quote_is_made_before_the_transaction_begins(
    stores: Stores, prices: None
) -> None:
    context = RequestContext(Viewer(BOB, "user"), stores, trace=[])
    answer = await ask(stores, REQUEST, context=context, input=wish("10"))

    assert not answer.errors
    assert context.trace is not None
    order = [step.name for step in context.trace]
    written = order.index("trading.add_route")
    assert max(order.index(name) for name in ("price_current", "gas_price")) < written


async def test_a_key_sent_again_with_other_tokens_is_another_wish(
    stores: Stores, prices: None
) -> None:
    key = str(uuid4())
    first = await request(stores, wish("10", idempotencyKey=key))
    assert first["userErrors"] == []
    again = await request(stores, wish("10", idempotencyKey=key))
    assert (again["replayed"], again["tradeRoute"]["tokenIn"]) == (True, {"symbol": "TWETH"})
    other = await request(stores, wish("10", EURO, DOLLAR, idempotencyKey=key))
    assert (other["replayed"], other["tradeRoute"]) == (False, None)
    assert [error["code"] for error in other["userErrors"]] == ["CONFLICT"]
