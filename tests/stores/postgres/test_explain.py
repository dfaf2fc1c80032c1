"""Postgres explains what reads, and nothing it explains leaves a trace."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stores.errors import StoreRejected, StoreTimeout
from stores.postgres.client import Postgres, PostgresOptions
from stores.queries import Statement
from stores.urls import StoreUrls


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[Postgres]:
    """One connection."""
    async with Postgres(engine_urls.postgres_migrator, PostgresOptions(pool_size=1)) as opened:
        yield opened


async def plan_of(client: Postgres, text: str, *values: object, **options: Any) -> dict[str, Any]:
    """The plan of a statement."""
    plan = await client.explain(Statement("test.explained", text), *values, **options)
    assert isinstance(plan, dict)
    return plan


async def test_a_plan_says_what_was_found_and_how_long_it_took(client: Postgres) -> None:
    plan = await plan_of(client, "SELECT * FROM generate_series(1, $1::int)", 7)
    assert plan["Plan"]["Actual Rows"] == 7
    assert plan["Execution Time"] > 0


async def test_a_plan_without_running_the_statement(client: Postgres) -> None:
    plan = await plan_of(client, "SELECT pg_sleep(30)", analyze=False)
    assert plan["Plan"]["Node Type"] == "Result"
    assert "Execution Time" not in plan


async def test_it_is_explained_as_the_viewer(client: Postgres) -> None:
    viewer = uuid.uuid4()
    text = "SELECT 1 / (current_setting('app.current_user_id') = $1::text)::int"
    assert await plan_of(client, text, str(viewer), viewer_id=viewer)
    with pytest.raises(StoreRejected, match="division by zero"):
        await plan_of(client, text, "nobody", viewer_id=viewer)
    assert client.in_use == 0


async def test_what_may_write_is_not_explained(client: Postgres) -> None:
    for statement in (
        Statement("test.write", "DELETE FROM nothing"),
        Statement("test.do", "SELECT 1", kind="exec"),
    ):
        with pytest.raises(StoreRejected, match="only statements that read"):
            await client.explain(statement)


async def test_what_writes_in_secret_is_refused_by_the_server(client: Postgres) -> None:
    name = f"public.f{uuid.uuid4().hex}"
    body = f"CREATE TABLE {name}_table ()"
    await client.execute(
        Statement(
            "ddl",
            f"CREATE FUNCTION {name}() RETURNS int LANGUAGE plpgsql AS "
            f"$$ BEGIN EXECUTE '{body}'; RETURN 1; END $$",
            kind="exec",
        )
    )
    try:
        with pytest.raises(StoreRejected, match="read-only transaction"):
            await plan_of(client, f"SELECT {name}()")
    finally:
        await client.execute(Statement("ddl", f"DROP FUNCTION {name}", kind="exec"))


async def test_a_deadline_ends_it_and_the_connection_serves_again(client: Postgres) -> None:
    with pytest.raises(StoreTimeout):
        await plan_of(client, "SELECT pg_sleep(30)", deadline=time.monotonic() + 0.1)
    assert (await client.fetch(Statement("test.one", "SELECT 1")))[0][0] == 1
