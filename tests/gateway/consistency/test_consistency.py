"""Stores that differ are told apart from stores that agree, and are mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from gateway.consistency.checks import Agreement, check
from gateway.embedding import open_embedder
from gateway.relay.outbox import Outbox
from gateway.relay.relay import Relay
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions, Stores
from stores.qdrant.client import Point
from stores.queries import Statement
from stores.redis.keys import key
from tests.gateway.relay.conftest import Ledger
from tests.gateway.relay.test_receivers import AGENT, MENTION, PROTOCOL, points
from tests.gateway.worker.conftest import rows

AT = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=123_000)
WINDOW = timedelta(days=90)
CHAIN, WALLET = 990_056, uuid4()
SERIES = ("ts", "chain_id", "id", "wallet_id", "tx_hash", "transaction_type", "amount_in")
HOT = """
INSERT INTO catalog.wallet_transactions
    (occurred_at, chain_id, id, wallet_id, tx_hash, transaction_type, amount_in)
VALUES ($1, $2, $3, $4, $5, $6::text::catalog.wallet_transaction_type, $7)
"""


@pytest.fixture
async def town(fresh_options: StoreOptions) -> AsyncIterator[Stores]:
    """A wallet with three transactions in both stores, and rows with vectors in all of them."""
    async with worker_stores(fresh_options) as stores:
        await rows(
            stores,
            "INSERT INTO catalog.chains (id, slug, name, caip2, native_symbol, is_evm)"
            " VALUES ($1::bigint, 'dee', 'Dee', 'eip155:' || $1::bigint, 'D', true)",
            CHAIN,
        )
        await rows(
            stores,
            "INSERT INTO catalog.wallets (id, chain_id, address) VALUES ($1, $2, '0xd0')",
            WALLET,
            CHAIN,
        )
        for row in activity():
            await rows(stores, HOT, *row)
        await stores.clickhouse.insert("wallet_transactions", SERIES, activity())
        await rows(stores, PROTOCOL, uuid4(), "one", "One")
        await rows(stores, MENTION, uuid4())
        await rows(stores, AGENT, uuid4())
        await mended(stores)
        yield stores


def activity() -> list[tuple[object, ...]]:
    return [
        (AT - timedelta(days=day), CHAIN, UUID(int=day + 1), WALLET, f"0x{day}", "swap", amount)
        for day, amount in enumerate((Decimal("1.50"), Decimal("0"), None))
    ]


async def agreement(stores: Stores) -> Agreement:
    return await check(stores, open_embedder(), WINDOW)


async def mended(stores: Stores) -> Agreement:
    return await check(stores, open_embedder(), WINDOW, repair=True)


def differing(found: Agreement) -> dict[str, tuple[int, int, int]]:
    return {
        each.copy: (len(each.missing), len(each.extra), len(each.different))
        for each in found.comparisons
        if not each.agrees
    }


async def test_stores_that_agree_are_said_to(town: Stores) -> None:
    found = await agreement(town)
    assert found.agrees
    by_copy = {each.copy: each for each in found.comparisons}
    counts = {name: (each.expected.count, each.found.count) for name, each in by_copy.items()}
    assert counts["catalog.wallet_transactions"] == (3, 3)
    assert counts["protocol_analysis"] == counts["market_sentiment"] == (1, 1)
    ((agents,),) = await rows(town, "SELECT count(*) FROM agents.agents WHERE is_active")
    assert counts["agent_profiles"] == (agents, agents)
    assert counts["change_events"] == (3, 3)
    assert all(each.expected.checksum == each.found.checksum for each in found.comparisons)
    assert by_copy["protocol_analysis"].found.checksum != "0" * 16


async def test_vectors_that_lack_or_lie_are_found_and_made_again(town: Stores) -> None:
    ((protocol,),) = await rows(town, "SELECT id FROM catalog.protocols")
    ((mention,),) = await rows(town, "SELECT id FROM research.mentions")
    await town.qdrant.delete("market_sentiment", [mention])
    stray = uuid4()
    lie = Point(str(protocol), [0.5] * 768, {"protocol_name": "Two"})
    await town.qdrant.upsert("protocol_analysis", [lie, Point(str(stray), [0.5] * 768, {})])
    found = await agreement(town)
    assert not found.agrees
    assert differing(found) == {"protocol_analysis": (0, 1, 1), "market_sentiment": (1, 0, 0)}
    assert (await mended(town)).repaired == 3
    assert (await agreement(town)).agrees
    told = await points(town, "protocol_analysis", [protocol, stray])
    assert [payload["protocol_name"] for payload in told.values()] == ["One"]


async def test_activity_goes_to_the_store_that_lacks_it(town: Stores) -> None:
    await rows(town, "DELETE FROM catalog.wallet_transactions WHERE tx_hash = '0x0'")
    await rows(town, "UPDATE catalog.wallet_transactions SET amount_in = 7 WHERE tx_hash = '0x1'")
    await town.clickhouse.execute(
        Statement("drop", "DELETE FROM wallet_transactions WHERE tx_hash = '0x2'", kind="exec")
    )
    found = await agreement(town)
    assert differing(found) == {"catalog.wallet_transactions": (1, 1, 1)}
    assert (await mended(town)).repaired == 3
    assert (await agreement(town)).agrees
    amounts = await rows(
        town, "SELECT tx_hash, trim_scale(amount_in) FROM catalog.wallet_transactions ORDER BY 1"
    )
    assert [tuple(row) for row in amounts] == [
        ("0x0", Decimal("1.5")),
        ("0x1", Decimal("0")),
        ("0x2", None),
    ]


async def test_activity_of_unknown_wallets_and_before_the_window_is_no_difference(
    town: Stores,
) -> None:
    (row, *_) = activity()
    stranger = (*row[:2], uuid4(), uuid4(), *row[4:])
    old = (AT - timedelta(days=91), *row[1:2], uuid4(), *row[3:])
    await town.clickhouse.insert("wallet_transactions", SERIES, [stranger, old])
    found = await agreement(town)
    assert found.agrees
    activity_ = found.comparisons[0]
    assert (activity_.expected.count, activity_.found.count) == (3, 3)
    assert activity_.expected.checksum == activity_.found.checksum


async def test_remains_of_what_is_gone_are_dropped(town: Stores) -> None:
    gone, digest = uuid4(), "cd" * 32
    redis = town.redis.commands
    await town.clickhouse.insert(
        "risk_metrics", ("ts", "portfolio_id", "user_id"), [(AT, gone, uuid4())]
    )
    await town.qdrant.upsert(
        "trading_patterns",
        [
            Point(str(each), [0.5] * 512, {"subject_type": "wallet", "wallet_id": str(each)})
            for each in (gone, WALLET)
        ],
    )
    await redis.zadd(key("risk_liquidation"), {str(gone): 0.9})
    await redis.hset(key("session", token_sha256=digest), "user_id", str(gone))
    found = await agreement(town)
    assert differing(found) == {
        "risk_metrics": (0, 1, 0),
        "trading_patterns": (0, 1, 0),
        "risk_liquidation": (0, 1, 0),
        "session": (0, 1, 0),
    }
    assert (await mended(town)).agrees
    assert await redis.zcard(key("risk_liquidation")) == 0
    assert not await redis.exists(key("session", token_sha256=digest))
    assert list(await points(town, "trading_patterns", [gone, WALLET])) == [str(WALLET)]


async def test_changes_that_the_series_lost_are_recorded_again(town: Stores) -> None:
    await town.clickhouse.execute(Statement("drop", "TRUNCATE TABLE change_events", kind="exec"))
    assert differing(await agreement(town)) == {"change_events": (3, 0, 0)}
    assert (await mended(town)).agrees


async def test_a_change_on_its_way_is_told_and_a_refused_one_is_no_agreement(
    town: Stores,
) -> None:
    await rows(town, "UPDATE catalog.protocols SET name = 'Later'")
    found = await agreement(town)
    assert (found.waiting, differing(found)) == (1, {"protocol_analysis": (0, 0, 1)})
    refusing = Ledger("qdrant")
    refusing.refused = {"updated"}
    await Relay(Outbox(town.postgres), [refusing]).catch_up()
    found = await agreement(town)
    assert (found.agrees, found.refused) == (False, 1)
    assert (await mended(town)).agrees
