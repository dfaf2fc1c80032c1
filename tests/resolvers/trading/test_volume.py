"""What is traded: sums by chain, exchange and pool, and over time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    AWAY,
    DAY,
    DOLLAR,
    ETHER,
    EURO,
    EXCHANGE,
    HOME,
    MANY,
    OTHER_EXCHANGE,
    address_of,
    at_noon,
    global_id,
    hash_of,
)

DEX, OTHER_DEX = "t-swap", "t-trade"
FIRST, SECOND = f"0x{'a' * 39}1", f"0x{'a' * 39}2"
SPAN: dict[str, Any] = {"start": DAY.isoformat(), "end": (DAY + timedelta(days=2)).isoformat()}


@pytest.fixture(scope="module", autouse=True)
async def trades(worker_stores: Stores) -> None:
    """Two exchanges, two pools, one trade without a price and one sent twice."""
    columns = (
        *("ts", "chain_id", "dex_name", "protocol_id", "pair_address", "token0_id", "token1_id"),
        *("amount0", "amount1", "amount_usd", "wallet_id", "tx_hash", "log_index"),
    )

    def trade(number: int, hour: int, usd: str | None, *where: Any, wallet: int | None) -> Any:
        value = None if usd is None else Decimal(usd)
        who = None if wallet is None else MANY[wallet]
        at = DAY + timedelta(hours=hour)
        return (at, *where, Decimal(1), Decimal(-2), value, who, hash_of(number), number)

    swap = (HOME, DEX, EXCHANGE, FIRST, ETHER, DOLLAR)
    other = (HOME, OTHER_DEX, OTHER_EXCHANGE, SECOND, EURO, DOLLAR)
    away = (AWAY, DEX, EXCHANGE, FIRST, None, None)
    rows = [
        trade(1, 1, "100.5", *swap, wallet=1),
        trade(2, 2, "50", *swap, wallet=1),
        trade(3, 25, "7", *swap, wallet=2),
        trade(4, 26, None, *swap, wallet=None),
        trade(5, 3, "1000", *other, wallet=3),
        trade(6, 4, None, *away, wallet=None),
    ]
    await worker_stores.clickhouse.insert("dex_trades", columns, rows)
    await worker_stores.clickhouse.insert("dex_trades", columns, rows[:1])


VOLUME = """query ($by: [VolumeBy!]!, $chain: ChainId, $dex: String, $pair: Address, $first: Int!,
  $start: DateTime!, $end: DateTime!) {
  dexVolume(by: $by, chain: $chain, dexName: $dex, pairAddress: $pair, first: $first,
            from: $start, to: $end) {
    chain { slug } dexName pairAddress volumeUsd trades unpricedTrades wallets
    overTime { t v } } }"""


async def volume(stores: Stores, *by: str, **more: Any) -> list[dict[str, Any]]:
    """Groups of the two days."""
    values = {"first": 20, **SPAN, **more}
    answer = await ask(stores, VOLUME, context=at_noon(stores), by=list(by), **values)
    assert not answer.errors
    found: list[dict[str, Any]] = answer.data["dexVolume"]
    return found


async def test_volume_is_summed_by_exchange(stores: Stores) -> None:
    found = await volume(stores, "DEX", chain=str(HOME))

    assert found == [
        {
            "chain": None,
            "dexName": OTHER_DEX,
            "pairAddress": None,
            "volumeUsd": "1000.00000000",
            "trades": 1,
            "unpricedTrades": 0,
            "wallets": 1,
            "overTime": {"t": ["2025-05-05T00:00:00Z"], "v": ["1000.00000000"]},
        },
        {
            "chain": None,
            "dexName": DEX,
            "pairAddress": None,
            "volumeUsd": "157.50000000",
            "trades": 4,
            "unpricedTrades": 1,
            "wallets": 2,
            "overTime": {
                "t": ["2025-05-05T00:00:00Z", "2025-05-06T00:00:00Z"],
                "v": ["150.50000000", "7.00000000"],
            },
        },
    ]


async def test_groups_may_be_finer_or_one(stores: Stores) -> None:
    pairs = await volume(stores, "CHAIN", "PAIR", dex=DEX)
    whole = await volume(stores, chain=str(HOME))
    pair = await volume(stores, pair=SECOND)
    first = await volume(stores, "PAIR", chain=str(HOME), first=1)

    # One pool on two chains; where nothing is priced the value is unknown, and stands last.
    shown = [
        (row["chain"]["slug"], row["pairAddress"].lower(), row["volumeUsd"], row["trades"])
        for row in pairs
    ]
    assert shown == [
        (f"home-{HOME}", FIRST, "157.50000000", 4),
        (f"away-{AWAY}", FIRST, None, 1),
    ]
    assert pairs[1]["overTime"]["v"] == []
    assert [(row["chain"], row["volumeUsd"], row["trades"], row["wallets"]) for row in whole] == [
        (None, "1157.50000000", 5, 3)
    ]
    assert [row["volumeUsd"] for row in pair] == ["1000.00000000"]
    assert [row["pairAddress"].lower() for row in first] == [SECOND]


async def test_a_wish_out_of_range_is_refused(stores: Stores) -> None:
    values: dict[str, Any] = {"by": ["DEX"], "first": 101, **SPAN}

    answer = await ask(stores, VOLUME, **values)

    assert answer.codes == [("dexVolume", "BAD_USER_INPUT")]
    assert answer.statements == []


SERIES = """query ($chains: [String!]!, $ids: [ID!]!, $assets: [ID!]!, $start: DateTime!,
  $end: DateTime!) {
  chains(where: {slug: {in: $chains}}, orderBy: [{field: NAME}]) { nodes { name
    dexVolume(from: $start, to: $end) { v }
    dexTrades { totalCount { value } } } }
  exchanges: nodes(ids: $ids) { ... on Protocol { name dexVolume(from: $start, to: $end) { v } } }
  assets: nodes(ids: $assets) { ... on Asset { symbol
    dexVolume(from: $start, to: $end) { v } } } }"""


async def test_chains_exchanges_and_assets_know_their_volume(stores: Stores) -> None:
    answer = await ask(
        stores,
        SERIES,
        context=at_noon(stores),
        chains=[f"home-{HOME}", f"away-{AWAY}"],
        ids=[global_id("Protocol", key) for key in (EXCHANGE, OTHER_EXCHANGE)],
        assets=[global_id("Asset", key) for key in (ETHER, DOLLAR)],
        **SPAN,
    )

    assert not answer.errors
    away, home = answer.data["chains"]["nodes"]
    assert away["dexVolume"]["v"] == []
    assert away["dexTrades"]["totalCount"] == {"value": 1}
    assert home["dexVolume"]["v"] == ["1150.50000000", "7.00000000"]
    assert home["dexTrades"]["totalCount"] == {"value": 5}
    volumes = {each["name"]: each["dexVolume"]["v"] for each in answer.data["exchanges"]}
    assert volumes == {"Swap": ["150.50000000", "7.00000000"], "Trade": ["1000.00000000"]}
    # The dollar is on either side of all of them.
    volumes = {each["symbol"]: each["dexVolume"]["v"] for each in answer.data["assets"]}
    assert volumes == {
        "TWETH": ["150.50000000", "7.00000000"],
        "TUSDC": ["1150.50000000", "7.00000000"],
    }


@pytest.mark.parametrize("count", [1, 2])
async def test_statements_do_not_grow_with_parents(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        SERIES,
        chains=[f"home-{HOME}", f"away-{AWAY}"][:count],
        ids=[global_id("Protocol", key) for key in (EXCHANGE, OTHER_EXCHANGE)][:count],
        assets=[global_id("Asset", key) for key in (ETHER, DOLLAR)][:count],
        **SPAN,
    )

    assert not answer.errors
    assert kinds_of_calls(answer) == [*["clickhouse"] * 4, *["postgres"] * 3]


async def test_a_trade_is_found_by_its_pool_address_in_any_case(stores: Stores) -> None:
    (found,) = await volume(stores, "PAIR", pair=FIRST.upper().replace("0X", "0x"), chain=str(HOME))

    assert found["trades"] == 4
    assert found["pairAddress"] != address_of(EXCHANGE)
