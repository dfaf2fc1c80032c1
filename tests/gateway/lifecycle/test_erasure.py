"""Whoever asks to be erased leaves nothing but what law makes us keep; others are not touched."""

from __future__ import annotations

import json
import os
import signal
from typing import Any
from uuid import UUID, uuid4

from resolvers.account.types import ErasureRequest
from resolvers.ids import encode_id
from resolvers.lifecycle.holdings import holdings
from resolvers.lifecycle.proof import checksum
from resolvers.reflection import entity_of
from stores.queries import Statement
from tests.gateway.estates import checksums
from tests.gateway.lifecycle.conftest import Person, Town, client_of
from tests.gateway.test_cli import started, store_variables
from tests.gateway.worker.conftest import until

KEPT = {table for each in holdings().kept for table in each.tables}
#: Where an id of a kept row, an amount or what was done may still be found.
STAYS = KEPT | set(holdings().kept_apart)
HOLD = Statement("hold", "LOCK TABLE portfolio.positions IN ACCESS EXCLUSIVE MODE", kind="exec")
BLOCKED = """SELECT EXISTS (SELECT FROM pg_locks
WHERE NOT granted AND relation = 'portfolio.positions'::regclass)"""


async def request_of(town: Town, person: Person) -> Any:
    key = person.estate.rows["ops.erasure_requests"]["id"]
    row = await town.sql.fetchrow("SELECT * FROM ops.erasure_requests WHERE id = $1", key)
    assert row is not None
    return row


async def withdraw(town: Town, person: Person) -> None:
    """They stay, after all."""
    await town.sql.execute("DELETE FROM ops.erasure_requests WHERE user_id = $1", person.id)


async def test_nothing_is_left_but_what_is_kept_under_the_pseudonym(town: Town) -> None:
    gone, stays = await town.settle(), await town.settle()
    await withdraw(town, stays)
    before = await checksums(town.sql, stays.id)
    marked = await town.found(gone.estate.marks)
    assert {"redis", "qdrant", "objects", "risk_scores", "usage_events"} < marked.keys()

    assert (await town.job("erase_users"))[1] == {"erased": 1, "outlived": 0, "overdue": 0}

    request = await request_of(town, gone)
    await _shows_what_was_done(town, request)
    left = await town.found(gone.estate.marks)
    assert left.keys() <= STAYS
    personal = {str(gone.id), gone.estate.rows["account.sessions"]["token_hash"].hex()}
    assert await town.found(personal) == {}
    for table in KEPT:
        owners = await town.sql.fetch(
            f"SELECT DISTINCT user_id FROM {table} WHERE user_id <> $1", stays.id
        )
        assert [row[0] for row in owners] == [request["pseudonym"]], table
    await _the_pseudonym_is_empty(town, request["pseudonym"])

    assert await checksums(town.sql, stays.id) == before
    assert await town.stores.redis.commands.exists(*stays.keys) == len(stays.keys)
    assert (await town.stores.qdrant.by_ids("trading_patterns", [stays.point, gone.point]))[0].id
    assert await town.objects.exists(stays.file)
    assert (await town.found(stays.estate.marks)).keys() >= {"redis", "qdrant", "risk_scores"}

    again = await town.job("erase_users")
    assert again == (0, {"erased": 0, "outlived": 0, "overdue": 0})
    assert dict(await request_of(town, gone)) == dict(request)
    _says_what_was_done(gone, request)
    await _the_log_stays(town, gone, request["pseudonym"])

    await town.sql.execute("UPDATE ops.erasure_requests SET kept_until = now()")
    assert (await town.job("erase_users"))[1]["outlived"] == 1
    for table in (*KEPT, "account.users"):
        owner = holdings().tables[table].column
        query = f"SELECT count(*) FROM {table} WHERE {owner} = $1"
        assert await town.sql.fetchval(query, request["pseudonym"]) == 0, table
        assert await town.sql.fetchval(query, stays.id) > 0, table


def _says_what_was_done(gone: Person, request: Any) -> None:
    report = json.loads(request["report"])
    assert request["report_sha256"] == checksum(report)
    assert request["user_id"] == request["pseudonym"]
    deleted = report["deleted"]
    assert deleted["clickhouse"] == {each.name: 1 for each in holdings().clickhouse}
    assert deleted["qdrant"] == {"trading_patterns": 1}
    # Sessions are ended before anything is counted.
    assert deleted["redis"] == {"keys": len(gone.keys) - 2}
    assert deleted["postgres"]["account.users"] == deleted["postgres"]["portfolio.positions"] == 1
    everywhere = set(holdings().tables) - STAYS
    assert everywhere <= deleted["postgres"].keys(), "a table was forgotten"
    assert {each["place"]: each["years"] for each in report["kept"]} == {
        **dict.fromkeys(KEPT, 10),
        "ops.audit_log": None,
    }


async def _shows_what_was_done(town: Town, request: Any) -> None:
    """To nobody in particular, who has the id."""
    ask = "query ($id: ID!) { erasureProof(id: $id) { completedAt report reportSha256 } }"
    async with client_of(town) as client:

        async def proof(key: UUID) -> Any:
            variables = {"id": encode_id(entity_of(ErasureRequest), key)}
            answer = await client.post("/graphql", json={"query": ask, "variables": variables})
            return answer.json()["data"]["erasureProof"]

        shown = await proof(request["id"])
        assert shown["report"] == json.loads(request["report"])
        assert shown["reportSha256"] == checksum(shown["report"])
        waits = await town.sql.fetchval(
            "INSERT INTO ops.erasure_requests (user_id, requested_at)"
            " VALUES ($1, now() + interval '1 day') RETURNING id",
            (await town.sql.fetchval("SELECT id FROM account.users WHERE is_active LIMIT 1")),
        )
        assert await proof(waits) is None
        assert await proof(uuid4()) is None
        await town.sql.execute("DELETE FROM ops.erasure_requests WHERE id = $1", waits)


async def _the_log_stays(town: Town, gone: Person, pseudonym: Any) -> None:
    log = await town.sql.fetch(
        "SELECT * FROM ops.audit_log WHERE actor_user_id = $1 OR resource_id = $1::text", pseudonym
    )
    assert ("admin", "ban") in {(row["actor_role"], row["action"]) for row in log}
    assert {(row["changes"], row["ip_address"], row["user_agent"]) for row in log} == {
        ("{}", None, None)
    }
    assert not any(str(gone.id) in str(dict(row)) for row in log)


async def _the_pseudonym_is_empty(town: Town, pseudonym: Any) -> None:
    user = await town.sql.fetchrow("SELECT * FROM account.users WHERE id = $1", pseudonym)
    assert user is not None
    said = ("email", "username", "first_name", "last_name", "display_name", "password_hash")
    assert [user[name] for name in said] == [None] * len(said)
    assert not user["is_active"]
    assert user["deleted_at"] is not None


async def test_an_erasure_that_is_killed_goes_on_and_ends_equal(town: Town) -> None:
    whole = await town.settle()
    await town.job("erase_users")
    killed = await town.settle()
    variables = store_variables(town.options) | {
        "GATEWAY_ERASURE_WAIT_DAYS": "0",
        "GATEWAY_DATA_DIR": str(town.settings.data_dir),
    }
    async with (
        started("jobs run erase_users", **variables) as process,
        town.stores.postgres.transaction(name="hold") as held,
    ):
        await held.execute(HOLD)
        await until(town.stores, BLOCKED)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    half = await request_of(town, killed)
    assert half["status"] == "running"
    assert half["report"] is None
    await town.job("erase_users")
    one, other = [await request_of(town, each) for each in (whole, killed)]
    reports = [json.loads(each["report"]) for each in (one, other)]
    for report in reports:
        for name in ("request", "pseudonym", "requestedAt", "startedAt", "completedAt"):
            del report[name]
        report["deleted"]["postgres"].pop("ops.job_runs")
    assert reports[0] == reports[1]
    assert (await town.found(killed.estate.marks)).keys() <= STAYS
