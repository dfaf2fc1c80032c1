"""How fast changes reach the other stores: a second, as they grow, and one on its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from bench.measure import Figure, percentile
from gateway.embedding import open_embedder
from gateway.relay.outbox import Outbox
from gateway.relay.relay import open_relay
from stores.lifecycle import Stores
from stores.queries import Statement

_FEWEST: Final = 1_000
_USERS: Final = 200
_SINGLE: Final = 100
# Every change has an owner, and one in ten is of a row that has a vector.
_FILL: Final = Statement(
    "fill",
    """
    INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload)
    SELECT
        CASE WHEN n % 10 = 0 THEN 'agents.agents' ELSE 'alerts.rules' END,
        CASE
            WHEN n % 10 = 0 THEN (SELECT (array_agg(id))[1 + n % 10]::text FROM agents.agents)
            ELSE gen_random_uuid()::text
        END,
        'updated',
        jsonb_build_object('user_id', md5((n % $2::integer)::text)::uuid, 'id', n)
    FROM generate_series(1, $1::integer) AS n
    """,
    kind="exec",
)
_LEFT: Final = Statement("left", "SELECT count(*) FROM ops.outbox WHERE published_at IS NULL")


async def measure(worker: Stores) -> AsyncIterator[Figure]:
    """Pass on portions of changes, each ten times the last, then single ones as they are made."""
    relay = open_relay(worker, open_embedder())
    await relay.catch_up()
    rates: list[float] = []
    for count in (_FEWEST, _FEWEST * 10, _FEWEST * 100):
        await worker.postgres.execute(_FILL, count, _USERS)
        before, cpu = time.perf_counter(), time.process_time()
        await relay.catch_up()
        took_s, cpu_s = time.perf_counter() - before, time.process_time() - cpu
        rates.append(count / took_s)
        yield Figure(f"{count:,} changes to three stores", rates[-1], "changes/s")
        yield Figure(f"{count:,} changes, CPU of the worker", cpu_s / count * 1e6, "µs/change")
    yield Figure("changes, time for 100 times as much", 100 * rates[0] / rates[-1], "times")
    assert (await worker.postgres.fetch(_LEFT))[0][0] == 0
    yield await _alone(worker)


async def _alone(stores: Stores) -> Figure:
    """From the commit of a change to its message in the topic of its owner."""
    stop, news = asyncio.Event(), asyncio.Event()
    listening = asyncio.create_task(stores.postgres.listen("outbox", news))
    running = asyncio.create_task(open_relay(stores, open_embedder()).run(stop, news))
    taken: list[float] = []
    owner = "a87ff679-a2f3-e71d-9181-a67b7542122c"  # md5 of 4
    try:
        async with stores.topics.subscribe(f"user:{owner}") as told:
            for _ in range(_SINGLE):
                await asyncio.sleep(0.01)
                one = Statement(
                    "one",
                    "INSERT INTO ops.outbox (aggregate, aggregate_id, event, payload) VALUES"
                    " ('alerts.rules', gen_random_uuid()::text, 'updated',"
                    " jsonb_build_object('user_id', $1::text))",
                    kind="exec",
                )
                await stores.postgres.execute(one, owner)
                before = time.perf_counter()
                await asyncio.wait_for(anext(told), 10)
                taken.append((time.perf_counter() - before) * 1000)
    finally:
        stop.set()
        await running
        listening.cancel()
    # The lag is outbox to subscriber; the lag that is left in the outbox has to be none.
    assert all(each.refused == 0 for each in await Outbox(stores.postgres).lag())
    return Figure("one change to its owner's topic, p95", percentile(taken, 0.95), "ms")
