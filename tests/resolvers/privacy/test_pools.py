"""Shielded pools: what is shown, and that nothing over too few people is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.ids import encode_id
from resolvers.privacy.pools import PrivacyPool
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

CHAIN = 961_001
LARGE, LONELY, UNMEASURED, CLOSED = (uuid4() for _ in range(4))
AT = datetime(2025, 5, 5, 12, tzinfo=UTC)

POOL = """query ($id: ID!) { privacyPool(id: $id) {
  name poolType isActive tier privacyRating privacyScore minimumGroupSize hidesEnough anonymitySet
  participationPct dailyVolumePct totalSizeUsd ethSizeUsd stablecoinSizeUsd otherSizeUsd
  activeMixers newMixers24h deposits24h withdrawals24h volume24hUsd volume7dUsd volume30dUsd
  uniqueUsers
  totalDeposits totalWithdrawals avgDepositUsd avgWithdrawalUsd medianTransactionTimeS entropyLevel
  mixingEfficiency denominations chain { slug } observedAt } }"""
HISTORY = """query ($id: ID!, $metric: PrivacyPoolMetric!) { privacyPool(id: $id) {
  history(metric: $metric, from: "2025-05-05", to: "2025-05-09", interval: DAY) { t v } } }"""


def global_id(key: UUID) -> str:
    """The global id of a pool."""
    return encode_id(entity_of(PrivacyPool), key)


@pytest.fixture(scope="module", autouse=True)
async def pools(worker_stores: Stores) -> AsyncIterator[None]:
    """Four pools of one chain: large, with few people, never measured, and closed."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    columns = (
        *("id", "pool_type", "chain_id", "pool_name", "total_pool_size", "eth_pool_size"),
        *("stablecoin_pool_size", "other_tokens_pool_size", "active_mixers", "new_mixers_24h"),
        *("anonymity_set", "total_unique_users", "total_deposits", "total_withdrawals"),
        *("deposits_24h", "withdrawals_24h", "volume_24h", "volume_7d", "volume_30d"),
        *("entropy_level", "mixing_efficiency", "avg_deposit_size", "avg_withdrawal_size"),
        *("median_transaction_time", "is_active", "observed_at"),
    )
    large = [60_000_000, 40_000_000, 15_000_000, 5_000_000, 2_500, 9, 10_000, 9_000, 30_000, 20_000]
    lonely = [1_000, 1_000, 0, 0, 9, 1, 9, 9, 10, 10]
    rest = [Decimal(3), Decimal(2), Decimal(600_000), Decimal(700_000), Decimal(800_000)]
    more = [Decimal("0.9"), Decimal("0.8"), Decimal(100), Decimal(50), timedelta(minutes=90)]
    kinds = ("main", "high_volume", "maximum_privacy", "institutional")
    rows: list[tuple[Any, ...]] = [
        (LARGE, kinds[0], CHAIN, "Large", *large, *map(int, rest[:2]), *rest[2:], *more, True, AT),
        (LONELY, kinds[1], CHAIN, "Few", *lonely, *map(int, rest[:2]), *rest[2:], *more, True, AT),
        (UNMEASURED, kinds[2], CHAIN, "New", *[0] * 10, *[0] * 5, *[None] * 5, True, None),
        (CLOSED, kinds[3], CHAIN, "Shut", *large, *map(int, rest[:2]), *rest[2:], *more, False, AT),
    ]
    await postgres.copy_rows("privacy.pools", columns, rows)
    await worker_stores.clickhouse.insert(
        "pool_statistics",
        (
            *("ts", "pool_id", "pool_type", "chain_id", "total_pool_size", "active_mixers"),
            *("anonymity_set", "total_unique_users", "volume_24h"),
        ),
        [
            (AT, LARGE, "main", CHAIN, Decimal(100), 20, 30, 40, Decimal(5)),
            (AT + timedelta(hours=1), LARGE, "main", CHAIN, Decimal(110), 9, 30, 40, Decimal(6)),
            (AT + timedelta(days=1), LARGE, "main", CHAIN, Decimal(120), 10, 9, None, Decimal(7)),
            (AT + timedelta(days=2), LARGE, "main", CHAIN, Decimal(130), 10, 10, 9, None),
            (AT, LONELY, "high_volume", CHAIN, Decimal(1), 1, 1, 1, Decimal(1)),
        ],
    )
    yield
    text = "DELETE FROM privacy.pools WHERE chain_id = $1"
    await postgres.execute(Statement("tidy", text, ("chain",), "exec"), CHAIN)


async def test_figures_of_a_large_pool_are_shown(stores: Stores) -> None:
    answer = await ask(stores, POOL, id=global_id(LARGE))
    assert not answer.errors
    pool = answer.data["privacyPool"]
    assert pool.pop("denominations") == [
        *("0.001", "0.01", "0.1", "1", "10", "100", "1000", "10000", "100000", "1000000")
    ]
    numbers = {name: Decimal(value) for name, value in pool.items() if _is_number(name, value)}
    # 0.6 of the size (0.24), half the mixers (0.15), half the set (0.15).
    assert numbers == {
        "privacyScore": Decimal("0.54"),
        "minimumGroupSize": 10,
        "anonymitySet": 10_000,
        "participationPct": 25,
        "dailyVolumePct": 1,
        "totalSizeUsd": 60_000_000,
        "ethSizeUsd": 40_000_000,
        "stablecoinSizeUsd": 15_000_000,
        "otherSizeUsd": 5_000_000,
        "activeMixers": 2_500,
        "deposits24h": 3,
        "withdrawals24h": 2,
        "volume24hUsd": 600_000,
        "volume7dUsd": 700_000,
        "volume30dUsd": 800_000,
        "uniqueUsers": 9_000,
        "totalDeposits": 30_000,
        "totalWithdrawals": 20_000,
        "avgDepositUsd": 100,
        "avgWithdrawalUsd": 50,
        "medianTransactionTimeS": 5400,
        "entropyLevel": Decimal("0.9"),
        "mixingEfficiency": Decimal("0.8"),
    }
    assert {name: value for name, value in pool.items() if name not in numbers} == {
        "name": "Large",
        "poolType": "MAIN",
        "isActive": True,
        "tier": "PROFESSIONAL",
        "privacyRating": "LOW",
        "hidesEnough": True,
        "newMixers24h": None,  # nine people
        "chain": {"slug": f"chain-{CHAIN}"},
        "observedAt": "2025-05-05T12:00:00Z",
    }


def _is_number(name: str, value: object) -> bool:
    return name not in ("name", "observedAt", "poolType", "tier", "privacyRating") and (
        isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    )


@pytest.mark.parametrize("pool_id", [LONELY, UNMEASURED])
async def test_nothing_over_too_few_people_is_shown(stores: Stores, pool_id: UUID) -> None:
    answer = await ask(stores, POOL, id=global_id(pool_id))
    assert not answer.errors
    pool = answer.data["privacyPool"]
    known = {name for name, value in pool.items() if value is not None}
    always = {"name", "poolType", "isActive", "minimumGroupSize", "hidesEnough"}
    always |= {"denominations", "chain"}
    if pool_id == LONELY:
        always |= {"tier", "privacyRating", "observedAt"}
    assert known == always
    assert not pool["hidesEnough"]


async def test_pools_are_listed_by_how_well_they_hide(stores: Stores) -> None:
    answer = await ask(
        stores,
        """{ privacyPools(first: 500) { nodes { name chain { slug } tier privacyScore } } }""",
    )
    assert not answer.errors
    ours = [
        node
        for node in answer.data["privacyPools"]["nodes"]
        if node["chain"] == {"slug": f"chain-{CHAIN}"}
    ]
    assert {node["name"] for node in ours[:2]} == {"Large", "Shut"}
    assert [node["tier"] for node in ours if node["name"] == "Shut"] == [None]
    assert {node["privacyScore"] for node in ours[2:]} == {None}


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("SIZE_USD", {5: 110, 7: 130}),
        ("ANONYMITY_SET", {5: 30, 7: 10}),
        ("ACTIVE_MIXERS", {5: 20, 6: 10, 7: 10}),  # the later reading of the 5th had nine
        ("UNIQUE_USERS", {5: 40}),
        ("VOLUME_24H_USD", {5: 5, 6: 7}),
        ("PRIVACY_SCORE", {5: Decimal("0.0016504"), 7: Decimal("0.00075052")}),
    ],
)
async def test_history_leaves_out_times_with_too_few_people(
    stores: Stores, metric: str, values: dict[int, Any]
) -> None:
    answer = await ask(stores, HISTORY, id=global_id(LARGE), metric=metric)
    assert not answer.errors
    series = answer.data["privacyPool"]["history"]
    assert {int(t[8:10]): Decimal(v) for t, v in zip(series["t"], series["v"], strict=True)} == (
        values
    )
    answer = await ask(stores, HISTORY, id=global_id(LONELY), metric=metric)
    assert answer.data["privacyPool"]["history"] == {"t": [], "v": []}
