"""The four engines answer the clients that production uses."""

import asyncpg
import clickhouse_connect
from qdrant_client import AsyncQdrantClient
from redis.asyncio import Redis

from stores.urls import StoreUrls


async def test_postgres_knows_the_roles(engine_urls: StoreUrls) -> None:
    for url, role in (
        (engine_urls.postgres, "gateway"),
        (engine_urls.postgres_worker, "worker"),
        (engine_urls.postgres_migrator, "migrator"),
    ):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_user") == role
        assert await connection.fetchval("SHOW timezone") == "UTC"
        await connection.close()


async def test_redis_answers(engine_urls: StoreUrls) -> None:
    client = Redis.from_url(engine_urls.redis)
    assert await client.ping()
    await client.aclose()


async def test_clickhouse_answers(engine_urls: StoreUrls) -> None:
    client = await clickhouse_connect.get_async_client(dsn=engine_urls.clickhouse)
    assert (await client.query("SELECT currentDatabase()")).result_rows == [("onchain",)]
    await client.close()


async def test_qdrant_answers(engine_urls: StoreUrls) -> None:
    client = AsyncQdrantClient(url=engine_urls.qdrant, prefer_grpc=False)
    assert await client.collection_exists("absent") is False
    await client.close()
