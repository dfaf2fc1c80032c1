"""In what order changes are passed on, and what becomes of those that a store does not take."""

from __future__ import annotations

import asyncio

import pytest

from gateway.relay.outbox import Outbox
from gateway.relay.passing import PassingOptions
from gateway.relay.relay import Relay
from stores.errors import StoreUnavailable
from stores.lifecycle import Stores
from tests.gateway.relay.conftest import Ledger, add, counts
from tests.gateway.worker.conftest import rows, until

OPTIONS = PassingOptions(poll_s=0.05, first_pause_s=0.01, longest_pause_s=0.05, max_attempts=3)
AILING = "SELECT failing_since IS NOT NULL FROM ops.relay_progress WHERE consumer = 'redis'"
DUE = "UPDATE ops.relay_failures SET retry_at = now()"


def relay(outbox: Outbox, *ledgers: Ledger) -> Relay:
    return Relay(outbox, ledgers, OPTIONS)


async def test_changes_are_heard_once_in_the_order_they_were_made(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    await add(own_stores, *(f"a:{number}" for number in range(8)))
    await relay(outbox, ledger).catch_up()
    await add(own_stores, "a:8")
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == [str(number) for number in range(9)]
    assert await counts(own_stores) == (0, 0)


async def test_a_change_that_commits_late_is_heard_and_changes_of_one_thing_stay_in_order(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    postgres = own_stores.postgres
    async with postgres.transaction() as slow:
        await add(slow, "b:slow")  # a lower number, which nobody can see yet
        async with postgres.transaction() as quick:
            await add(quick, "a:first")
        await relay(outbox, ledger).catch_up()
        assert ledger.heard == ["first"]
        await add(own_stores, "a:second")
    await add(own_stores, "b:after")
    await relay(outbox, ledger).catch_up()
    assert sorted(ledger.heard) == ["after", "first", "second", "slow"]
    assert ledger.heard.index("first") < ledger.heard.index("second")
    assert ledger.heard.index("slow") < ledger.heard.index("after")


async def test_positions_are_given_once_however_many_give_them(
    own_stores: Stores, outbox: Outbox
) -> None:
    await add(own_stores, *(f"a:{number}" for number in range(30)))
    given = await asyncio.gather(*(outbox.number() for _ in range(5)))
    assert sum(given) == 30
    found = await rows(own_stores, "SELECT position FROM ops.outbox ORDER BY sequence")
    assert [row[0] for row in found] == list(range(1, 31))


async def test_a_refused_change_waits_with_those_behind_it_while_others_go_on(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    ledger.refused = {"bad"}
    await add(own_stores, "a:1", "x:bad", "b:1", "x:behind", "a:2")
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == ["1", "1", "2"]
    assert await counts(own_stores) == (0, 2)
    await add(own_stores, "x:later", "b:2")
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == ["1", "1", "2", "2"]
    found = await rows(
        own_stores,
        "SELECT attempts, error_message, set_aside_at IS NULL AS hope FROM ops.relay_failures"
        " ORDER BY position",
    )
    assert found[0]["error_message"] == "ValueError: bad makes no sense"
    assert [row["attempts"] > 0 for row in found] == [True, False, False]
    ledger.refused = set()
    await rows(own_stores, DUE)
    await relay(outbox, ledger).catch_up()
    assert ledger.heard[4:] == ["bad", "behind", "later"]
    assert await counts(own_stores) == (0, 0)


async def test_a_change_refused_again_and_again_is_set_aside_until_asked_for(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    ledger.refused = {"bad"}
    await add(own_stores, "x:bad", "x:behind")
    for _ in range(3):
        await relay(outbox, ledger).catch_up()
        await rows(own_stores, DUE)
    ledger.refused = set()
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == [], "it was given up"
    (failure, _) = await outbox.failures(10)
    assert (failure["attempts"], failure["set_aside_at"] is None) == (3, False)
    (why,) = await rows(
        own_stores, "SELECT attempts, last_error FROM ops.outbox WHERE event = 'bad'"
    )
    assert tuple(why) == (3, "ValueError: bad makes no sense")
    assert await outbox.try_again(failure["position"]) == 1
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == ["bad", "behind"]


async def test_a_dropped_change_lets_those_behind_it_go_on(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    ledger.refused = {"bad"}
    await add(own_stores, "x:bad", "x:behind")
    await relay(outbox, ledger).catch_up()
    (failure, _) = await outbox.failures(10)
    assert await outbox.drop(failure["position"]) == 1
    await relay(outbox, ledger).catch_up()
    assert ledger.heard == ["behind"]


async def test_a_store_that_is_away_holds_up_no_other_and_misses_nothing(
    own_stores: Stores, outbox: Outbox
) -> None:
    away, here = Ledger("qdrant"), Ledger("redis")
    away.error = StoreUnavailable("qdrant", "upsert", "nobody there")
    await add(own_stores, "a:1", "b:1", "c:1", "d:1")
    with pytest.raises(StoreUnavailable):
        await relay(outbox, away, here).catch_up()
    assert (away.heard, here.heard) == ([], ["1"] * 4)
    assert await counts(own_stores, "qdrant") == (4, 0)
    assert await counts(own_stores, "redis") == (0, 0)
    unpublished = "SELECT count(*) FROM ops.outbox WHERE published_at IS NULL"
    assert (await rows(own_stores, unpublished))[0][0] == 4
    away.error = None
    third = Ledger("clickhouse")
    await relay(outbox, away, here, third).catch_up()
    assert (len(away.heard), len(here.heard)) == (4, 4)
    assert (await rows(own_stores, unpublished))[0][0] == 0


async def test_the_relay_wakes_for_a_change_and_says_since_when_a_store_is_away(
    own_stores: Stores, outbox: Outbox
) -> None:
    ledger = Ledger()
    stop, news = asyncio.Event(), asyncio.Event()
    patient = PassingOptions(poll_s=30, first_pause_s=0.01, longest_pause_s=0.02)
    listening = asyncio.create_task(own_stores.postgres.listen("outbox", news))
    await asyncio.wait_for(news.wait(), 10)  # the connection stands
    running = asyncio.create_task(Relay(outbox, [ledger], patient).run(stop, news))
    try:
        ledger.error = StoreUnavailable("redis", "eval", "nobody there")
        await add(own_stores, "a:1")
        await until(own_stores, AILING)
        ledger.error = None
        await asyncio.wait_for(ledger.news.wait(), 10)
        ledger.news.clear()
        await add(own_stores, "a:2")
        await asyncio.wait_for(ledger.news.wait(), 10)
        assert ledger.heard == ["1", "2"]
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)
        listening.cancel()
    assert (await outbox.lag())[2].failing_since is None
