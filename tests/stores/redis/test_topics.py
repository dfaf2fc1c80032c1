"""Topics: one upstream subscription, bounded conflating queues, healing after a cut."""

import asyncio
import gc
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stores.embedded import start
from stores.errors import StoreRejected, StoreUnavailable
from stores.redis.client import Redis
from stores.redis.topics import Subscription
from stores.urls import StoreUrls, with_path
from tests.stores.waiting import until


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[Redis]:
    async with Redis(engine_urls.redis) as opened:
        yield opened


@pytest.fixture
def topic() -> str:
    return f"test_{uuid.uuid4().hex}"


def numbers(subscription: Subscription) -> list[object]:
    """What is queued now."""
    return [payload["n"] for payload in subscription._queue.values()]


async def take(subscription: Subscription, count: int) -> list[object]:
    async with asyncio.timeout(2):
        return [(await anext(subscription))["n"] for _ in range(count)]


async def upstream(client: Redis, topic: str, wanted: int) -> int:
    """Upstream subscriptions of a topic, once they are as many as wanted or a second passed."""
    channel = client.topics.channel(topic)
    for _ in range(200):
        count = int((await client.commands.pubsub_numsub(channel))[0][1])
        if count == wanted:
            return count
        await asyncio.sleep(0.005)
    return count


async def test_every_subscriber_gets_every_message_over_one_upstream(
    client: Redis, topic: str
) -> None:
    async with client.topics.subscribe(topic) as one, client.topics.subscribe(topic) as two:
        assert await upstream(client, topic, 1) == 1
        for n in range(3):
            await client.topics.publish(topic, {"n": n})
        assert await take(one, 3) == [0, 1, 2]
        assert await take(two, 3) == [0, 1, 2]
    assert await upstream(client, topic, 0) == 0


async def test_topics_do_not_mix(client: Redis, topic: str) -> None:
    async with client.topics.subscribe(topic) as one, client.topics.subscribe(f"{topic}_b") as two:
        await client.topics.publish(f"{topic}_b", {"n": 2})
        await client.topics.publish(topic, {"n": 1})
        assert await take(two, 1) == [2]
        assert await take(one, 1) == [1]


async def test_newer_values_replace_untaken_ones(client: Redis, topic: str) -> None:
    async with client.topics.subscribe(topic, conflate_by="asset") as prices:
        for n in range(10):
            await client.topics.publish(topic, {"asset": n % 2, "n": n})
        await client.topics.publish(topic, {"asset": "last", "n": 10})
        await until(lambda: numbers(prices) == [8, 9, 10])
        assert await take(prices, 3) == [8, 9, 10]
        assert prices.dropped == 0


async def test_a_full_queue_drops_the_oldest(client: Redis, topic: str) -> None:
    async with client.topics.subscribe(topic, capacity=2) as slow:
        for n in range(5):
            await client.topics.publish(topic, {"n": n})
        await until(lambda: slow.dropped == 3)
        assert await take(slow, 2) == [3, 4]


async def test_closing_ends_the_iteration(client: Redis, topic: str) -> None:
    subscription = client.topics.subscribe(topic)
    await subscription.ready()
    reading = asyncio.create_task(anext(subscription, "the end"))
    await asyncio.sleep(0)
    await subscription.aclose()
    assert await reading == "the end"


async def test_a_forgotten_subscription_is_let_go(client: Redis, topic: str) -> None:
    subscription = client.topics.subscribe(topic)
    await subscription.ready()
    del subscription
    gc.collect()
    await client.topics.publish(topic, {"n": 1})
    assert await upstream(client, topic, 0) == 0


async def test_strangers_messages_are_ignored(client: Redis, topic: str) -> None:
    async with client.topics.subscribe(topic) as subscription:
        await client.commands.publish(client.topics.channel(topic), "no json")
        await client.commands.publish(client.topics.channel(topic), "[1]")
        await client.topics.publish(topic, {"n": 1})
        assert await take(subscription, 1) == [1]


async def test_what_is_no_json_cannot_be_published(client: Redis, topic: str) -> None:
    with pytest.raises(StoreRejected):
        await client.topics.publish(topic, {"n": object()})


async def test_no_server_is_told_in_time(topic: str) -> None:
    async with Redis("redis://127.0.0.1:1/0") as client:
        with pytest.raises(StoreUnavailable):
            await client.topics.subscribe(topic).ready(timeout_s=0.2)


async def test_a_cut_is_healed_and_counted(short_directory: Path, topic: str) -> None:
    engines = await asyncio.to_thread(start, short_directory, stores=("redis",), durable=False)
    try:
        async with (
            Redis(engines.urls.redis) as client,
            client.topics.subscribe(topic) as subscription,
        ):
            engines["redis"].kill()
            await asyncio.to_thread(engines["redis"].start)
            await until(lambda: subscription.gaps == 1)
            await subscription.ready()
            await client.topics.publish(topic, {"n": 1})
            assert await take(subscription, 1) == [1]
            assert subscription.gaps == 1
    finally:
        await asyncio.to_thread(engines.stop)


async def test_databases_of_one_server_do_not_hear_each_other(
    engine_urls: StoreUrls, topic: str
) -> None:
    async with (
        Redis(with_path(engine_urls.redis, "0")) as one,
        Redis(with_path(engine_urls.redis, "1")) as other,
        other.topics.subscribe(topic) as heard,
    ):
        await one.topics.publish(topic, {"n": 1})
        await other.topics.publish(topic, {"n": 2})
        assert await take(heard, 1) == [2]
