"""A store that is away lets nobody in who should not be, and keeps nobody out for long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from resolvers.account.standing import forget
from stores.embedded import Engine, start
from stores.lifecycle import Stores
from stores.redis.client import Redis
from stores.redis.keys import key
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import Edge, People, serving

NOWHERE = "postgresql://gateway:x@127.0.0.1:9/onchain"


@dataclass(frozen=True)
class OwnRedis:
    """A Redis that may be stopped."""

    engine: Engine
    urls: StoreUrls


@pytest.fixture
def own_redis(short_directory: Path, store_urls: StoreUrls) -> Iterator[OwnRedis]:
    """The shared stores with a Redis of the test's own."""
    with start(short_directory, stores=["redis"]) as engines:
        yield OwnRedis(engines["redis"], replace(store_urls, redis=engines.urls.redis))


async def admitted(edge: Edge, text: str) -> bool:
    """Whether a credential lets in."""
    response = await edge.ask(authorization=f"Bearer {text}")
    assert response.status_code in (200, 401), response.text
    return response.status_code == 200


async def revoke(people: People, table: str, credential_id: object) -> None:
    await people.sql.execute(
        f"UPDATE account.{table} SET revoked_at = now() WHERE id = $1", credential_id
    )


async def test_without_redis_postgres_is_asked_each_time(
    own_redis: OwnRedis, people: People
) -> None:
    user_id = await people.user()
    token, session_id = await people.session(user_id)
    text, key_id = await people.key(user_id)
    async with serving(own_redis.urls, credentials_kept_s=60) as edge:
        assert await admitted(edge, token)
        assert await admitted(edge, text)
        own_redis.engine.kill()
        assert await admitted(edge, token)
        assert await admitted(edge, text)
        await revoke(people, "sessions", session_id)
        await revoke(people, "api_keys", key_id)
        assert not await admitted(edge, token)
        assert not await admitted(edge, text)


async def test_what_redis_remembers_of_before_an_outage_is_not_believed(
    own_redis: OwnRedis, people: People
) -> None:
    user_id = await people.user()
    token, session_id = await people.session(user_id)
    async with (
        Redis(own_redis.urls.redis) as redis,
        serving(own_redis.urls, credentials_kept_s=60) as edge,
    ):
        assert await admitted(edge, token)
        (digest,) = await redis.commands.smembers(key("user_sessions", user_id=user_id))
        name = key("session", token_sha256=digest)
        before = await redis.commands.hgetall(name)
        own_redis.engine.kill()
        # Nobody can be told of this revocation.
        await revoke(people, "sessions", session_id)
        await forget(redis, user_id)
        own_redis.engine.start()
        # A server that kept its data has the record still.
        await redis.commands.hset(name, mapping=before)  # type: ignore[arg-type]
        assert not await admitted(edge, token)


async def test_without_postgres_nobody_is_told_that_their_credential_is_wrong(
    store_urls: StoreUrls, people: People
) -> None:
    text, _ = await people.key(await people.user())
    async with serving(replace(store_urls, postgres=NOWHERE)) as edge:
        response = await edge.ask(x_api_key=text)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        (error,) = response.json()["errors"]
        assert error["extensions"] == {"code": "STORE_UNAVAILABLE"}
        assert (await edge.who())["userId"] is None
        async with edge.socket() as socket:
            message = {"type": "connection_init", "payload": {"X-API-Key": text}}
            await socket.send(json.dumps(message))
            await socket.wait_closed()
            assert socket.close_code == 1013


async def test_a_session_that_redis_knows_goes_on_without_postgres(
    store_urls: StoreUrls, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    token, _ = await people.session(user_id)
    away = replace(store_urls, postgres=NOWHERE)
    async with serving(away, credentials_kept_s=0) as edge, serving(store_urls) as other:
        assert (await edge.ask(authorization=f"Bearer {token}")).status_code == 503
        assert await admitted(other, token)
        assert await admitted(edge, token)
        await forget(stores.redis, user_id)
        assert (await edge.ask(authorization=f"Bearer {token}")).status_code == 503
