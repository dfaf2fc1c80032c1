"""The Postgres client on a live server: values, deadlines, transactions, identity, errors."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from stores.errors import StoreConflict, StoreRejected, StoreTimeout, StoreUnavailable
from stores.postgres import driver
from stores.postgres.client import Postgres, PostgresOptions
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.stores.waiting import until

ONE = Statement("test.one", "SELECT 1")
SLEEP = Statement("test.sleep", "SELECT pg_sleep(30)")
VIEWER = Statement("test.viewer", "SELECT current_setting('app.current_user_id', true)")
RUNNING = Statement(
    "test.running",
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query = $2 "
    "AND state = 'active'",
)


def do(text: str) -> Statement:
    return Statement("test.do", text, kind="exec")


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[Postgres]:
    """A client of its own name, two connections at most."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    options = PostgresOptions(pool_size=2, acquire_timeout_s=0.3, application_name=name)
    async with Postgres(engine_urls.postgres_migrator, options) as opened:
        yield opened


@pytest.fixture
async def table(client: Postgres) -> AsyncIterator[str]:
    """A table (id int primary key, note text), gone afterwards."""
    name = f"public.t{uuid.uuid4().hex}"
    await client.execute(do(f"CREATE TABLE {name} (id int PRIMARY KEY, note text)"))
    yield name
    await client.execute(do(f"DROP TABLE {name}"))


async def settled_running(client: Postgres, text: str) -> int:
    """Statements of this text that still run, once that is zero or five seconds passed."""
    name = client._options.application_name
    give_up_at = time.monotonic() + 5
    while True:
        rows = await client.fetch(RUNNING, name, text)
        if rows[0][0] == 0 or time.monotonic() > give_up_at:
            return int(rows[0][0])


async def test_json_numbers_and_times_round_trip(client: Postgres) -> None:
    statement = Statement("test.values", "SELECT $1::jsonb, $2::numeric, $3::timestamptz, $4::json")
    now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    document = {"a": [1, None, "ü"], "b": {"c": True}}
    row = await client.fetch_one(statement, document, Decimal("1.000000000000000001"), now, [1])
    assert row is not None
    assert tuple(row) == (document, Decimal("1.000000000000000001"), now, [1])
    assert row[2].utcoffset().total_seconds() == 0


async def test_decimals_inside_json_keep_every_digit(client: Postgres) -> None:
    statement = Statement("test.json", "SELECT $1::jsonb")
    row = await client.fetch_one(statement, {"amount": Decimal("1E-9")})
    assert row is not None
    assert row[0] == {"amount": "0.000000001"}


async def test_identity_lasts_for_one_statement(engine_urls: StoreUrls) -> None:
    viewer = uuid.uuid4()
    async with Postgres(engine_urls.postgres, PostgresOptions(pool_size=1)) as gateway:
        assert (await gateway.fetch(VIEWER, viewer_id=viewer))[0][0] == str(viewer)
        assert not (await gateway.fetch(VIEWER))[0][0]


async def test_identity_lasts_for_one_transaction(client: Postgres) -> None:
    viewer = uuid.uuid4()
    async with client.transaction(viewer_id=viewer) as transaction:
        row = await transaction.fetch_one(VIEWER)
        assert row is not None
        assert row[0] == str(viewer)


async def test_only_a_uuid_can_be_an_identity(client: Postgres) -> None:
    with pytest.raises(StoreRejected, match="badly formed"):
        await client.fetch(ONE, viewer_id="'; DROP TABLE x --")  # type: ignore[arg-type]
    assert client.in_use == 0


async def test_transaction_commits_and_rolls_back(client: Postgres, table: str) -> None:
    async with client.transaction() as transaction:
        assert await transaction.execute(do(f"INSERT INTO {table} VALUES (1), (2)")) == 2
        await transaction.execute_many(do(f"INSERT INTO {table} VALUES ($1, $2)"), [(3, "c")])

    async def fail() -> None:
        async with client.transaction() as transaction:
            await transaction.execute(do(f"DELETE FROM {table}"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    rows = await client.fetch(Statement("test.all", f"SELECT id FROM {table} ORDER BY id"))
    assert [row[0] for row in rows] == [1, 2, 3]
    assert client.in_use == 0


async def test_copy_stores_all_rows_or_none(client: Postgres, table: str) -> None:
    assert await client.copy_rows(table, ["id", "note"], ((n, f"n{n}") for n in range(500))) == 500
    with pytest.raises(StoreConflict):
        await client.copy_rows(table, ["id", "note"], [(1000, "new"), (1, "old")])
    count = await client.fetch(Statement("test.count", f"SELECT count(*) FROM {table}"))
    assert count[0][0] == 500


async def test_unique_violation_is_a_conflict(client: Postgres, table: str) -> None:
    insert = Statement("alerts.insert_rule", f"INSERT INTO {table} VALUES (1)", kind="exec")
    await client.execute(insert)
    with pytest.raises(StoreConflict) as caught:
        await client.execute(insert)
    assert caught.value.operation == "alerts.insert_rule"
    assert caught.value.constraint == f"{table.partition('.')[2]}_pkey"
    assert not caught.value.retryable


@pytest.mark.parametrize("text", ["SELECT nothing FROM nowhere", "SELEC", "SELECT 1/0"])
async def test_a_bad_statement_is_rejected(client: Postgres, text: str) -> None:
    with pytest.raises(StoreRejected) as caught:
        await client.fetch(Statement("test.bad", text), viewer_id=uuid.uuid4())
    assert caught.value.__cause__ is not None
    assert (await client.fetch(ONE))[0][0] == 1


async def test_a_value_of_the_wrong_type_is_rejected(client: Postgres) -> None:
    with pytest.raises(StoreRejected):
        await client.fetch(Statement("test.typed", "SELECT $1::int"), "many")


@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("viewer", [None, uuid.uuid4()])
async def test_deadline_ends_the_call_and_the_sql(
    client: Postgres, viewer: uuid.UUID | None, warm: bool
) -> None:
    if warm:
        await client.fetch(ONE)
    started = time.monotonic()
    with pytest.raises(StoreTimeout) as caught:
        await client.fetch(SLEEP, viewer_id=viewer, deadline=started + 0.2)
    assert time.monotonic() - started < 3
    assert caught.value.retryable
    assert await settled_running(client, SLEEP.text) == 0


async def test_a_connection_serves_again_after_a_cancelled_statement(
    engine_urls: StoreUrls,
) -> None:
    backend = Statement("test.backend", "SELECT pg_backend_pid()")
    async with Postgres(engine_urls.postgres_migrator, PostgresOptions(pool_size=1)) as client:
        before = await client.fetch(backend)
        with pytest.raises(StoreTimeout):
            await client.fetch(SLEEP, deadline=time.monotonic() + 0.1)
        assert await client.fetch(backend) == before


async def test_a_passed_deadline_sends_nothing(client: Postgres, table: str) -> None:
    with pytest.raises(StoreTimeout):
        await client.execute(
            do(f"INSERT INTO {table} VALUES (9)"), deadline=time.monotonic() - 0.001
        )
    assert await client.fetch(Statement("test.all", f"SELECT id FROM {table}")) == []


@pytest.mark.parametrize("warm", [True, False])
async def test_cancelling_the_task_cancels_the_sql(client: Postgres, warm: bool) -> None:
    if warm:
        await client.fetch(ONE)
    task = asyncio.create_task(client.fetch(SLEEP))
    while (await client.fetch(RUNNING, client._options.application_name, SLEEP.text))[0][0] == 0:
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await settled_running(client, SLEEP.text) == 0


async def test_the_server_has_its_own_limit(client: Postgres) -> None:
    limit = Statement("test.limit", "SELECT current_setting('statement_timeout')")
    deadline = time.monotonic() + 2
    row = await client.fetch(limit, viewer_id=uuid.uuid4(), deadline=deadline)
    assert row[0][0] in ("2s", *(f"{ms}ms" for ms in range(1900, 2000)))
    assert (await client.fetch(limit))[0][0] == "5500ms"


async def test_a_full_pool_waits_a_bounded_time(client: Postgres) -> None:
    deadline = time.monotonic() + 2
    busy = [asyncio.create_task(client.fetch(SLEEP, deadline=deadline)) for _ in range(2)]
    await until(lambda: client.in_use == 2)
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="all 2 connections are busy"):
        await client.fetch(ONE)
    assert 0.25 < time.monotonic() - started < 1.8
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)


async def test_a_waiter_gets_the_next_free_connection(client: Postgres) -> None:
    rows = await asyncio.gather(*(client.fetch(ONE) for _ in range(50)))
    assert all(each[0][0] == 1 for each in rows)
    assert client.in_use == 0
    assert client.waiting == 0


async def test_terminated_backends_cost_no_read(client: Postgres, engine_urls: StoreUrls) -> None:
    await asyncio.gather(client.fetch(ONE), client.fetch(ONE))
    end = Statement(
        "test.end",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        kind="exec",
    )
    async with Postgres(engine_urls.postgres_migrator) as other:
        await other.fetch(end, client._options.application_name)
    answers = await asyncio.gather(*(client.fetch(ONE) for _ in range(8)))
    assert len(answers) == 8


async def test_a_write_is_not_sent_again(client: Postgres) -> None:
    await client.fetch(ONE)
    kill = Statement("test.kill", "SELECT pg_terminate_backend(pg_backend_pid())", kind="exec")
    with pytest.raises(StoreUnavailable) as caught:
        await client.fetch(kill)
    assert caught.value.retryable
    assert (await client.fetch(ONE))[0][0] == 1
    assert client.in_use == 0


async def test_errors_leave_the_connection_in_the_pool(engine_urls: StoreUrls) -> None:
    backend = Statement("test.backend", "SELECT pg_backend_pid()")
    async with Postgres(engine_urls.postgres_migrator, PostgresOptions(pool_size=1)) as client:
        before = await client.fetch(backend)
        for text, value in (("SELECT 1 / $1::int", 0), ("SELECT $1::int", "many")):
            with pytest.raises(StoreRejected):
                await client.fetch(Statement("test.bad", text), value)
        with pytest.raises(StoreTimeout):
            await client.fetch(ONE, deadline=time.monotonic() - 0.001)
        assert await client.fetch(backend) == before


def test_a_farewell_out_of_turn_is_a_lost_connection() -> None:
    confused = asyncpg.InternalClientError("cannot switch to state 12")
    assert driver.is_lost(confused)
    told = driver.translate("test.one", confused)
    assert isinstance(told, StoreUnavailable)
    assert told.retryable


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("migrator:", "migrator:wrong", "cannot log in"),
        ("/onchain", "/nothing_here", "cannot log in"),
    ],
)
async def test_a_wrong_login_is_unavailable_for_good(
    engine_urls: StoreUrls, old: str, new: str, words: str
) -> None:
    async with Postgres(engine_urls.postgres_migrator.replace(old, new)) as client:
        with pytest.raises(StoreUnavailable, match=words) as caught:
            await client.fetch(ONE)
    assert not caught.value.retryable


async def test_nobody_listening_is_noticed_at_once() -> None:
    async with Postgres("postgresql://u:secret@127.0.0.1:1/x") as client:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable) as caught:
            await client.fetch(ONE)
    assert time.monotonic() - started < 5
    assert caught.value.retryable
    assert "secret" not in str(caught.value)


async def test_works_without_prepared_statements(engine_urls: StoreUrls) -> None:
    options = replace(PostgresOptions(), behind_pooler=True)
    async with Postgres(engine_urls.postgres_migrator, options) as client:
        for _ in range(3):
            assert (await client.fetch(ONE, viewer_id=uuid.uuid4()))[0][0] == 1
        prepared = Statement("test.prepared", "SELECT count(*) FROM pg_prepared_statements")
        assert (await client.fetch(prepared))[0][0] == 0


async def test_version_is_told(client: Postgres) -> None:
    assert int((await client.version()).partition(".")[0]) >= 16


async def test_a_closed_client_says_so(engine_urls: StoreUrls) -> None:
    client = Postgres(engine_urls.postgres_migrator)
    await client.fetch(ONE)
    await client.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await client.fetch(ONE)
