"""Commands and scripts of the Redis client on a live server."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stores.errors import StoreConflict, StoreRejected, StoreUnavailable
from stores.redis.client import Redis
from stores.urls import StoreUrls


@pytest.fixture
async def client(engine_urls: StoreUrls, tmp_path: Path) -> AsyncIterator[Redis]:
    """A client with one script."""
    (tmp_path / "add.lua").write_text("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    async with Redis(engine_urls.redis, scripts=tmp_path) as opened:
        yield opened


@pytest.fixture
async def key(client: Redis) -> AsyncIterator[str]:
    name = f"test:{uuid.uuid4()}"
    yield name
    await client.commands.delete(name)


async def test_text_goes_in_and_out(client: Redis, key: str) -> None:
    await client.commands.hset(key, mapping={"price": "1.5", "source": "ü"})
    assert await client.commands.hgetall(key) == {"price": "1.5", "source": "ü"}


async def test_a_script_runs_and_survives_being_forgotten(client: Redis, key: str) -> None:
    assert await client.run_script("add", [key], [2]) == 2
    await client.commands.script_flush()
    assert await client.run_script("add", [key], [3]) == 5
    assert await client.run_script("add", [key], [1]) == 6


@pytest.mark.parametrize("name", ["nothing", "../redis/keys"])
async def test_an_unknown_script_is_rejected(client: Redis, name: str) -> None:
    with pytest.raises(StoreRejected, match="there is no script"):
        await client.run_script(name, [])


async def test_a_wrong_kind_of_value_is_rejected(client: Redis, key: str) -> None:
    await client.commands.set(key, "text")
    with pytest.raises(StoreRejected) as caught:
        await client.commands.hget(key, "a")
    assert (caught.value.store, caught.value.operation) == ("redis", "hget")


async def test_pipelines_fail_in_our_terms(client: Redis, key: str) -> None:
    async with client.commands.pipeline() as pipe:
        pipe.set(key, "text")
        pipe.hget(key, "a")
        with pytest.raises(StoreRejected):
            await pipe.execute()


async def test_a_changed_watched_key_is_a_conflict(client: Redis, key: str) -> None:
    async with client.commands.pipeline() as pipe:
        await pipe.watch(key)
        await client.commands.set(key, "theirs")
        pipe.multi()  # type: ignore[no-untyped-call]
        pipe.set(key, "ours")
        with pytest.raises(StoreConflict) as caught:
            await pipe.execute()
    assert caught.value.retryable


async def test_a_blocking_read_outlasts_the_read_timeout(client: Redis, key: str) -> None:
    waiting = asyncio.ensure_future(client.blocking.blpop([key], timeout=5))
    done, _ = await asyncio.wait([waiting], timeout=0.6)
    assert not done
    await client.commands.rpush(key, "x")
    assert list(await waiting or ()) == [key, "x"]


async def test_a_wrong_password_is_unavailable_for_good(engine_urls: StoreUrls) -> None:
    url = engine_urls.redis.replace("redis://", "redis://stranger:secret@")
    async with Redis(url) as client:
        with pytest.raises(StoreUnavailable) as caught:
            await client.commands.get("a")
    assert not caught.value.retryable
    assert "secret" not in str(caught.value)


async def test_version_is_told(client: Redis) -> None:
    assert (await client.version()).partition(" ")[0] in ("valkey", "redis")
