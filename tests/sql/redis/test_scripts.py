"""The Lua scripts on a real server: atomic under concurrency, by the server's clock."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tests.sql.redis.keys import read

HOUR_MS = 3_600_000


@pytest.fixture
def key() -> str:
    return f"test:{uuid4().hex}"


async def charge(redis: Redis, key: str, limit: int, window_ms: int, cost: float) -> list[int]:
    answer: list[int] = await redis.eval(read("gcra.lua"), 1, key, limit, window_ms, cost)
    return answer


async def claim(redis: Redis, key: str, cooldown_ms: int, max_per_day: int) -> list[object]:
    answer: list[object] = await redis.eval(read("cooldown.lua"), 1, key, cooldown_ms, max_per_day)
    return answer


async def test_003_07_forty_parallel_calls_with_limit_ten_let_ten_through(
    redis: Redis, key: str
) -> None:
    answers = await asyncio.gather(*(charge(redis, key, 10, HOUR_MS, 1) for _ in range(40)))
    assert sum(answer[0] for answer in answers) == 10
    assert sorted(answer[1] for answer in answers if answer[0]) == list(range(10))


@pytest.mark.parametrize("limit", [1, 3, 6, 7, 10, 97, 1000])
async def test_full_allowance_is_exactly_the_limit(redis: Redis, key: str, limit: int) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for _ in range(limit + 1):
            pipe.eval(read("gcra.lua"), 1, key, limit, HOUR_MS, 1)
        answers = await pipe.execute()
    assert [answer[0] for answer in answers] == [1] * limit + [0]
    assert [answer[1] for answer in answers] == [*range(limit - 1, -1, -1), 0]


async def test_refused_call_says_when_to_come_back_and_changes_nothing(
    redis: Redis, key: str
) -> None:
    assert (await charge(redis, key, 10, HOUR_MS, 8))[:3] == [1, 2, 0]
    before = await redis.get(key)
    allowed, remaining, retry_after_ms, reset_ms = await charge(redis, key, 10, HOUR_MS, 5)
    assert (allowed, remaining) == (0, 2)
    assert 0.29 * HOUR_MS < retry_after_ms <= 0.3 * HOUR_MS
    assert 0.79 * HOUR_MS < reset_ms <= 0.8 * HOUR_MS
    assert await redis.get(key) == before
    assert (await charge(redis, key, 10, HOUR_MS, 2))[0] == 1


async def test_allowance_refills_evenly_with_time(redis: Redis, key: str) -> None:
    await charge(redis, key, 10, HOUR_MS, 10)
    assert (await charge(redis, key, 10, HOUR_MS, 1))[0] == 0
    # Half an hour passes: the instant at which the allowance is full comes that much nearer.
    full_at = int(await redis.get(key) or 0)
    await redis.set(key, full_at - HOUR_MS // 2 * 1000)
    assert (await charge(redis, key, 10, HOUR_MS, 0))[1] == 5
    assert (await charge(redis, key, 10, HOUR_MS, 6))[0] == 0
    assert (await charge(redis, key, 10, HOUR_MS, 5))[:2] == [1, 0]


async def test_cost_above_the_limit_never_passes_and_says_so(redis: Redis, key: str) -> None:
    assert await charge(redis, key, 10, HOUR_MS, 11) == [0, 10, -1, 0]
    assert await redis.exists(key) == 0


async def test_looking_costs_nothing_and_leaves_no_key(redis: Redis, key: str) -> None:
    assert await charge(redis, key, 10, HOUR_MS, 0) == [1, 10, 0, 0]
    assert await redis.exists(key) == 0


async def test_limit_key_expires_when_the_allowance_is_full_again(redis: Redis, key: str) -> None:
    await charge(redis, key, 10, HOUR_MS, 5)
    assert 0.49 * HOUR_MS < await redis.pttl(key) <= 0.5 * HOUR_MS


async def test_clock_set_back_locks_nobody_out_for_longer_than_a_window(
    redis: Redis, key: str
) -> None:
    seconds, _ = await redis.time()
    await redis.set(key, (int(seconds) + 86_400 * 30) * 1_000_000)
    retry_after_ms = (await charge(redis, key, 10, HOUR_MS, 1))[2]
    assert 0 < retry_after_ms <= HOUR_MS


@pytest.mark.parametrize(
    ("limit", "window_ms", "cost"), [(0, 1000, 1), (10, 0, 1), (10, 1000, -1), ("x", 1000, 1)]
)
async def test_senseless_limits_are_refused(
    redis: Redis, key: str, limit: int | str, window_ms: int, cost: int
) -> None:
    with pytest.raises(ResponseError, match="gcra"):
        await redis.eval(read("gcra.lua"), 1, key, limit, window_ms, cost)


async def test_lock_of_another_owner_is_neither_deleted_nor_renewed(redis: Redis, key: str) -> None:
    assert await redis.set(key, "theirs", nx=True, px=HOUR_MS)
    assert await redis.eval(read("unlock.lua"), 1, key, "ours") == 0
    assert await redis.eval(read("renew.lua"), 1, key, "ours", 2 * HOUR_MS) == 0
    assert await redis.get(key) == "theirs"
    assert await redis.pttl(key) <= HOUR_MS


async def test_own_lock_is_renewed_and_given_back_once(redis: Redis, key: str) -> None:
    assert await redis.set(key, "ours", nx=True, px=HOUR_MS)
    assert await redis.eval(read("renew.lua"), 1, key, "ours", 2 * HOUR_MS) == 1
    assert await redis.pttl(key) > HOUR_MS
    assert await redis.eval(read("unlock.lua"), 1, key, "ours") == 1
    assert await redis.eval(read("unlock.lua"), 1, key, "ours") == 0


async def test_000_11_one_of_forty_workers_fires_the_alert(redis: Redis, key: str) -> None:
    answers = await asyncio.gather(*(claim(redis, key, HOUR_MS, 10) for _ in range(40)))
    assert sum(1 for answer in answers if answer[0]) == 1
    assert {answer[1] for answer in answers if not answer[0]} == {"cooldown"}


async def test_daily_cap_holds_without_a_cooldown(redis: Redis, key: str) -> None:
    answers = await asyncio.gather(*(claim(redis, key, 0, 10) for _ in range(40)))
    assert sum(1 for answer in answers if answer[0]) == 10
    refused = [answer for answer in answers if not answer[0]]
    assert {answer[1] for answer in refused} == {"daily_cap"}
    assert all(isinstance(answer[2], int) and 0 < answer[2] <= 86_400_000 for answer in refused)


async def test_a_new_day_begins_a_new_count(redis: Redis, key: str) -> None:
    await claim(redis, key, 0, 1)
    assert (await claim(redis, key, 0, 1))[1] == "daily_cap"
    await redis.hincrby(key, "day", -1)
    assert await claim(redis, key, 0, 1) == [1, "ok", 0, 1]


async def test_cooldown_key_outlives_cooldown_and_day(redis: Redis, key: str) -> None:
    await claim(redis, key, 3 * 86_400_000, 0)
    assert 2.9 * 86_400_000 < await redis.pttl(key) <= 3 * 86_400_000


async def test_004_22_fresh_opportunity_survives_an_old_one(redis: Redis, key: str) -> None:
    ranking, old, fresh = f"{key}:opps", f"{key}:opp:old", f"{key}:opp:fresh"
    await redis.zadd(ranking, {"old": 5.0, "fresh": 9.0})
    await redis.hset(old, "net_profit_usd", "5")
    await redis.hset(fresh, "net_profit_usd", "9")
    await redis.pexpire(fresh, 30_000)
    await redis.pexpire(old, 0)  # its own 30 seconds are over
    alive = [
        member
        for member in await redis.zrevrange(ranking, 0, -1)
        if await redis.exists(f"{key}:opp:{member!s}")
    ]
    assert alive == ["fresh"]
    assert await redis.ttl(ranking) == -1


async def test_004_23_alert_of_a_dead_consumer_is_taken_over(redis: Redis, key: str) -> None:
    await redis.xgroup_create(key, "delivery", mkstream=True)
    await redis.xadd(key, {"event_id": "e1"})
    taken = await redis.xreadgroup("delivery", "dies", {key: ">"})
    assert taken
    _, claimed, _ = await redis.xautoclaim(key, "delivery", "lives", min_idle_time=0)
    assert [fields["event_id"] for _, fields in claimed] == ["e1"]
    assert await redis.xack(key, "delivery", claimed[0][0]) == 1
    assert (await redis.xpending(key, "delivery"))["pending"] == 0
