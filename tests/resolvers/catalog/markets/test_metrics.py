"""Figures of protocols, pools, chains and gas over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.resolvers.catalog.markets.conftest import ALPHA, BETA, protocol_id
from tests.resolvers.conftest import Ask


def _short(column: list[Any]) -> list[Any]:
    return [None if value is None else float(value) for value in column]


async def test_total_of_a_protocol_is_its_own_or_the_sum_over_its_chains(ask: Ask) -> None:
    answer = await ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Protocol {
            all: tvlHistory(from: "2024-06-08T00:00:00Z", includeOpen: true) { t v }
            alpha: metricHistory(metric: TVL, chain: "alpha-chain", includeOpen: true,
                from: "2024-06-08T00:00:00Z") { v points { v } }
            hours: tvlHistory(interval: HOUR, from: "2024-06-09T00:00:00Z") { t v }
        } } }""",
        ids=[protocol_id(0), protocol_id(1), protocol_id(90)],
    )
    assert answer.errors == []
    first, second, third = answer.data["nodes"]
    assert first["all"]["t"] == [f"2024-06-{day}T00:00:00Z" for day in ("08", "09", "10")]
    assert _short(first["all"]["v"]) == [108, 99, 110]
    assert _short(first["alpha"]["v"]) == [98, 99, 100]
    assert [point["v"] for point in first["alpha"]["points"]] == first["alpha"]["v"]
    assert first["hours"]["t"] == ["2024-06-09T00:00:00Z", "2024-06-10T00:00:00Z"]
    assert _short(second["all"]["v"]) == [100, 80, 60]
    assert _short(second["alpha"]["v"]) == [50, 50, 50]
    assert (third["all"], third["alpha"]["v"]) == ({"t": [], "v": []}, [])


async def test_changes_of_a_protocol_count_chains_with_both_values(ask: Ask) -> None:
    answer = await ask(
        """query ($ids: [ID!]!, $chain: ChainId!) { nodes(ids: $ids) { ... on Protocol {
            day: change(metric: TVL, window: H24) { abs pct }
            week: change(metric: TVL, window: D7) { abs }
            alpha: change(metric: TVL, window: H24, chain: $chain) { abs pct }
            fees: change(metric: FEES_24H, window: H24) { abs }
        } } }""",
        ids=[protocol_id(0), protocol_id(1), protocol_id(90)],
        chain=ALPHA,
    )
    assert answer.errors == []
    first, second, third = answer.data["nodes"]
    # BETA has no value of a day ago: ALPHA alone counts, 100 against 99.
    assert (float(first["day"]["abs"]), first["day"]["pct"]) == (1, "1.010101")
    # A week ago neither has BETA; ALPHA had 93.
    assert float(first["week"]["abs"]) == 7
    assert first["alpha"] == first["day"]
    assert first["fees"] is None
    # Its own total, 60 against 80, whatever its chains say.
    assert (float(second["day"]["abs"]), second["day"]["pct"]) == (-20, "-25.000000")
    assert float(second["alpha"]["abs"]) == 0
    assert set(third.values()) == {None}


async def test_an_hour_ago_is_told_by_minutes(ask: Ask) -> None:
    answer = await ask(
        """query ($id: ID!) { protocol(id: $id) {
            hour: change(metric: TVL, window: H1) { abs pct }
            day: change(metric: TVL, window: H24) { abs } } }""",
        id=protocol_id(7),
    )
    assert answer.errors == []
    found = answer.data["protocol"]
    assert (float(found["hour"]["abs"]), found["hour"]["pct"]) == (10, "10.000000")
    assert found["day"] is None


async def test_unknown_chain_is_named(ask: Ask) -> None:
    answer = await ask(
        """query ($id: ID!) { protocol(id: $id) { name
            tvlHistory(chain: "nowhere") { t } similar(chain: 4242424242) { score } } }""",
        id=protocol_id(0),
    )
    assert answer.data["protocol"] == {"name": "Protocol 000", "tvlHistory": None, "similar": None}
    assert [code for _, code in answer.codes] == ["BAD_USER_INPUT"] * 2
    assert sorted(error.message.partition(". ")[0].rstrip(".") for error in answer.errors) == [
        "There is no chain 'eip155:4242424242'",
        "There is no chain 'nowhere'",
    ]


async def test_yields_of_a_pool(ask: Ask) -> None:
    answer = await ask(
        """{ protocol(slug: "market-000") { yieldPools { nodes {
            history(from: "2024-06-07T00:00:00Z", fill: PREVIOUS, includeOpen: true) {
                t apyPct apyBasePct apyRewardPct tvlUsd points { apyPct tvlUsd } }
            apy: change(metric: APY, window: D7) { abs pct }
            tvl: change(metric: TVL, window: H24) { abs pct }
            month: change(metric: TVL, window: D30) { abs }
            assets { symbol } rewardAssets { symbol }
        } } } }"""
    )
    assert answer.errors == []
    (found,) = answer.data["protocol"]["yieldPools"]["nodes"]
    history = found["history"]
    assert [t[8:10] for t in history["t"]] == ["07", "08", "09", "10"]
    assert _short(history["apyPct"]) == [5.3, 5.2, 5.1, 5.1]
    assert history["apyBasePct"] == [None] * 4
    assert _short(history["apyRewardPct"]) == [1.5] * 4
    assert _short(history["tvlUsd"]) == [997, 998, 999, 999]
    assert [point["tvlUsd"] for point in history["points"]] == history["tvlUsd"]
    assert found["apy"] == {"abs": "-0.7", "pct": "-12.068966"}
    assert float(found["tvl"]["abs"]) == 1
    assert found["month"] is None
    assert found["assets"] == [{"symbol": "MK001"}, {"symbol": "MK000"}]
    assert found["rewardAssets"] == []


async def test_pools_that_take_an_asset_are_listed_largest_first(ask: Ask) -> None:
    answer = await ask(
        """{ asset(chain: "alpha-chain", address: "0x0000000000000000000000000000000000000005") {
            symbol yieldPools { name rewardAssets { symbol } }
            one: yieldPools(first: 1) { name } } }"""
    )
    assert answer.errors == []
    assert answer.data["asset"] == {
        "symbol": "MK005",
        "yieldPools": [
            {"name": "Pool 005", "rewardAssets": [{"symbol": "MK000"}]},
            {"name": "Pool 004", "rewardAssets": []},
        ],
        "one": [{"name": "Pool 005"}],
    }


async def test_chain_is_found_by_each_of_its_names(ask: Ask) -> None:
    answer = await ask(
        f"""{{ caip2: chain(id: "eip155:{ALPHA}") {{ name }} number: chain(id: {ALPHA}) {{ name }}
            slug: chain(id: "ALPHA-chain") {{ name }} none: chain(id: "nowhere") {{ name }} }}"""
    )
    assert answer.errors == []
    assert answer.data == {
        "caip2": {"name": "Alpha"},
        "number": {"name": "Alpha"},
        "slug": {"name": "Alpha"},
        "none": None,
    }


async def test_value_locked_on_chains(ask: Ask) -> None:
    answer = await ask(
        """{ chains(where: {slug: {in: ["alpha-chain", "beta-chain", "empty-chain"]}}) { nodes {
            slug tvlUsd
            tvlHistory(from: "2024-06-08T00:00:00Z", includeOpen: true) { t v } } } }"""
    )
    assert answer.errors == []
    alpha, beta, empty = answer.data["chains"]["nodes"]
    assert _short([alpha["tvlUsd"], beta["tvlUsd"], empty["tvlUsd"]]) == [150.5, 7, None]
    assert _short(alpha["tvlHistory"]["v"]) == [148, 149, 150]
    assert [t[8:10] for t in beta["tvlHistory"]["t"]] == ["08", "10"]
    assert _short(beta["tvlHistory"]["v"]) == [10, 10]
    assert empty["tvlHistory"] == {"t": [], "v": []}


NOW = "now { gwei lowGwei baseFeeGwei blockNumber at source ageS isLive }"


@pytest.mark.usefixtures("live")
async def test_gas_is_live_where_it_can_be(ask: Ask) -> None:
    answer = await ask(
        f"""{{ chains(where: {{slug: {{in: ["alpha-chain", "beta-chain", "empty-chain"]}}}}) {{
            nodes {{ gas {{ chain {{ slug }} {NOW} }} }} }} }}"""
    )
    assert answer.errors == []
    alpha, beta, empty = (node["gas"] for node in answer.data["chains"]["nodes"])
    assert alpha == {
        "chain": {"slug": "alpha-chain"},
        "now": {
            "gwei": "21.5",
            "lowGwei": None,
            "baseFeeGwei": "20",
            "blockNumber": "77",
            "at": "2024-06-10T12:29:57Z",
            "source": "node",
            "ageS": 3,
            "isLive": True,
        },
    }
    assert (float(beta["now"]["gwei"]), beta["now"]["isLive"]) == (0.1, False)
    assert empty["now"] is None


async def test_gas_over_time(ask: Ask) -> None:
    answer = await ask(
        f"""{{ gas(chain: {ALPHA}) {{ {NOW}
            hours: history(from: "2024-06-10T09:00:00Z", fill: PREVIOUS)
                {{ source t avgGwei lowGwei highGwei closeGwei points {{ avgGwei }} }}
            minutes: history(interval: MIN_5, from: "2024-06-10T08:00:00Z") {{ t avgGwei }}
            days: history(interval: DAY, includeOpen: true, from: "2024-06-09T00:00:00Z")
                {{ t avgGwei }}
            none: history(interval: DAY, from: "2023-01-01T00:00:00Z", to: "2023-02-01T00:00:00Z")
                {{ source t }} }} }}"""
    )
    assert answer.errors == []
    gas = answer.data["gas"]
    # Two sources of one moment: the last by name.
    assert (float(gas["now"]["gwei"]), gas["now"]["source"]) == (99, "other")
    assert gas["hours"]["source"] == "node"
    assert [t[11:13] for t in gas["hours"]["t"]] == ["09", "10", "11"]
    assert _short(gas["hours"]["avgGwei"]) == [20, 20, 25]
    assert _short(gas["hours"]["lowGwei"]) == [10, 10, 25]
    assert _short(gas["hours"]["highGwei"]) == [30, 30, 25]
    assert _short(gas["hours"]["closeGwei"]) == [30, 30, 25]
    assert [t[11:16] for t in gas["minutes"]["t"]] == ["09:00", "11:00"]
    assert _short(gas["minutes"]["avgGwei"]) == [20, 25]
    assert [round(float(v), 6) for v in gas["days"]["avgGwei"]] == [21.666667]
    assert gas["none"] == {"source": None, "t": []}


async def test_gas_of_an_unknown_chain_is_refused(ask: Ask) -> None:
    answer = await ask('{ gas(chain: "nowhere") { now { gwei } } }')
    assert answer.codes == [("gas", "BAD_USER_INPUT")]


async def test_trades_page_newest_first(ask: Ask) -> None:
    answer = await ask(
        """query ($id: ID!) { protocol(id: $id) { dexTrades(first: 2) {
            totalCount { value } pageInfo { hasNextPage endCursor }
            nodes { tradedAt amount0 txHash chain { slug } token0 { symbol }
                protocol { slug } } } } }""",
        id=protocol_id(1),
    )
    assert answer.errors == []
    trades = answer.data["protocol"]["dexTrades"]
    assert trades["totalCount"] == {"value": 4}
    assert trades["pageInfo"]["hasNextPage"]
    assert [t["tradedAt"][11:16] for t in trades["nodes"]] == ["00:07", "00:05"]
    assert trades["nodes"][0]["token0"] == {"symbol": "MK000"}
    assert trades["nodes"][0]["chain"] == {"slug": "alpha-chain"}
    assert trades["nodes"][0]["protocol"] == {"slug": "market-001"}
    rest = await ask(
        """query ($id: ID!, $after: String) { protocol(id: $id) {
            dexTrades(first: 9, after: $after) { nodes { tradedAt } } } }""",
        id=protocol_id(1),
        after=trades["pageInfo"]["endCursor"],
    )
    times = [t["tradedAt"][11:16] for t in rest.data["protocol"]["dexTrades"]["nodes"]]
    assert times == ["00:03", "00:01"]
    found = await ask(
        """{ dexTrades(where: {dexName: {eq: "market-swap"}, amount0: {gt: 5}}) {
            nodes { amount0 } } }"""
    )
    assert [float(t["amount0"]) for t in found.data["dexTrades"]["nodes"]] == [7, 6]


async def test_what_clickhouse_feeds_is_null_while_it_is_away(
    ask_without: Callable[..., Any],
) -> None:
    ask = await ask_without("clickhouse")
    answer = await ask(
        f"""{{ chain(id: {BETA}) {{ name tvlUsd tvlHistory {{ t }} gas {{ now {{ gwei }} }} }}
            protocol(slug: "market-000") {{ name tvlHistory {{ t }} dexTrades {{ nodes {{ id }} }}
                change(metric: TVL, window: H24) {{ abs }} }}
            topMovers(by: PRICE) {{ value }} dexTrades {{ nodes {{ id }} }} }}"""
    )
    assert answer.data["chain"] == {
        "name": "Beta",
        "tvlUsd": "7.00000000",
        "tvlHistory": None,
        "gas": {"now": None},
    }
    assert answer.data["protocol"] == {
        "name": "Protocol 000",
        "tvlHistory": None,
        "dexTrades": None,
        "change": None,
    }
    assert answer.data["topMovers"] is None
    assert answer.data["dexTrades"] is None
    assert {code for _, code in answer.codes} == {"STORE_UNAVAILABLE"}
