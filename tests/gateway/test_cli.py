"""The command `gateway`, as a program: what it prints and what it exits with."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from gateway.cli import build
from gateway.server import listen
from stores.lifecycle import StoreOptions
from stores.urls import StoreUrls

COMMANDS = [
    "demo",
    "serve",
    "worker",
    "jobs list",
    "jobs run",
    "jobs history",
    "keys new",
    "keys rotate",
    "archive list",
    "archive query",
    "archive run",
    "backup",
    "backups list",
    "backups prune",
    "backups verify",
    "restore",
    "wal put",
    "load",
    "schema",
    "doctor",
    "explain",
    "migrate",
    "migrate up",
    "migrate down",
    "migrate status",
    "migrate sql",
]


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return kept | {"NO_COLOR": "1", "COLUMNS": "200"} | variables


def store_variables(options: StoreOptions) -> dict[str, str]:
    urls = options.urls
    return {
        "GATEWAY_POSTGRES_URL": urls.postgres,
        "GATEWAY_POSTGRES_WORKER_URL": urls.postgres_worker,
        "GATEWAY_POSTGRES_MIGRATOR_URL": urls.postgres_migrator,
        "GATEWAY_CLICKHOUSE_URL": urls.clickhouse,
        "GATEWAY_REDIS_URL": urls.redis,
        "GATEWAY_QDRANT_URL": urls.qdrant,
        "GATEWAY_QDRANT_PREFIX": options.qdrant_prefix,
    }


@asynccontextmanager
async def started(command: str, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        *command.split(),
        env=environment(**variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def run(command: str, **variables: str) -> Finished:
    async with started(command, **variables) as process:
        out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    finished = CliRunner().invoke(build(), [*command.split(), "--help"])
    assert finished.exit_code == 0
    assert "Usage" in finished.output


async def test_no_command_shows_the_commands() -> None:
    finished = await run("")
    shown = finished.out + finished.err
    assert all(name in shown for name in ("demo", "serve", "load", "migrate", "schema", "doctor"))


@pytest.mark.parametrize("command", ["serve", "doctor", "migrate up", "demo"])
async def test_wrong_configuration_is_one_line_without_a_traceback(command: str) -> None:
    finished = await run(command, GATEWAY_LOG_LEVEL="loud")
    assert finished.code == 2
    (line,) = finished.err.strip().splitlines()
    assert line.startswith("✗ GATEWAY_LOG_LEVEL should be")


async def test_wrong_url_names_its_variable_and_hides_its_password() -> None:
    finished = await run("serve", GATEWAY_POSTGRES_URL="mysql://gateway:hunter2@db/onchain")
    assert finished.code == 2
    (line,) = finished.err.strip().splitlines()
    assert line == "✗ GATEWAY_POSTGRES_URL must start with postgresql://, got mysql."


async def test_url_where_nobody_listens_names_its_variable_and_hides_its_password(
    store_options: StoreOptions,
) -> None:
    nobody = "postgresql://gateway:hunter2@127.0.0.1:1/onchain"
    here = store_variables(store_options) | {
        "GATEWAY_POSTGRES_URL": nobody,
        "GATEWAY_POSTGRES_WORKER_URL": nobody,
        "GATEWAY_POSTGRES_MIGRATOR_URL": nobody,
    }
    finished = await run("migrate up", **here)
    assert finished.code == 3
    (line,) = finished.err.strip().splitlines()
    assert line.startswith("✗ postgres: connection failed")
    assert line.endswith("Is it running and is GATEWAY_POSTGRES_URL right?")
    assert "hunter2" not in finished.out + finished.err


@pytest.mark.parametrize("command", ["serve", "demo"])
async def test_port_in_use_is_found_before_anything_is_started(
    command: str, tmp_path: Path
) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        options = f"--port {port}"
        finished = await run(f"{command} {options}", GATEWAY_DATA_DIR=str(tmp_path / "data"))
    assert finished.code == 3
    (line,) = finished.err.strip().splitlines()
    assert line.startswith(f"✗ Port {port} on 127.0.0.1 is in use")
    assert not (tmp_path / "data").exists()


async def test_schema_is_printed_as_sdl() -> None:
    finished = await run("schema")
    assert finished.code == 0
    assert "type Query" in finished.out


OLD = """
type Query { protocol(slug: String): Protocol old: Int kind: Kind }
type Protocol @key(fields: "slug") { slug: String! tvl: Float }
enum Kind { DEX }
"""
NEW = """
type Query { protocol(slug: String!): Protocol kind: Kind fresh: Int }
type Protocol { slug: String! tvl: Float }
enum Kind { DEX LENDING }
"""


async def test_schema_check_names_changes_by_what_they_do_to_clients(tmp_path: Path) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(OLD)
    new.write_text(NEW)

    found = await run(f"schema check {old} {new}")
    same = await run(f"schema check {old} {old}")

    assert found.code == 1
    assert [line.split(":")[0].strip("✗!✓ ") for line in found.out.splitlines()] == [
        *["breaking"] * 2,
        "dangerous",
        "safe",
    ]
    for said in ("Query.old was removed", "Query.protocol(slug:) has changed", "LENDING", "fresh"):
        assert said in found.out
    assert "2 breaking, 1 dangerous, 1 safe" in found.err
    assert (same.code, same.out) == (0, "")


async def test_a_dangerous_change_fails_only_a_strict_check(tmp_path: Path) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(OLD)
    new.write_text(OLD.replace("DEX", "DEX LENDING"))

    assert (await run(f"schema check {old} {new}")).code == 0
    assert (await run(f"schema check {old} {new} --strict")).code == 1


async def test_a_file_that_is_no_schema_is_explained(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.graphql"
    wrong.write_text("type Query {")

    absent = await run(f"schema check {tmp_path / 'absent.graphql'}")
    broken = await run(f"schema check {wrong}")

    assert (absent.code, broken.code) == (2, 2)
    assert "cannot be read: No such file or directory" in absent.err
    assert "is no schema definition: line 1, column 13" in broken.err


async def test_the_graph_itself_passes_the_lint() -> None:
    finished = await run("schema lint")
    assert (finished.code, finished.out) == (0, "")


async def test_migration_script_is_printed_without_connecting() -> None:
    finished = await run("migrate sql postgres")
    assert finished.code == 0
    assert "CREATE SCHEMA" in finished.out.upper()


async def test_doctor_finds_migrated_stores_well(fresh_options: StoreOptions) -> None:
    finished = await run("doctor", **store_variables(fresh_options))
    assert finished.code == 0, finished.out + finished.err
    for name in ("postgres", "clickhouse", "redis", "qdrant", "postgres schema"):
        assert name in finished.out
    assert "✗" not in finished.out


async def test_doctor_says_what_to_do_about_a_store_that_is_down(
    store_options: StoreOptions,
) -> None:
    variables = store_variables(store_options)
    variables["GATEWAY_CLICKHOUSE_URL"] = "http://gateway:hunter2@127.0.0.1:9/onchain"
    finished = await run("doctor", **variables)
    assert finished.code == 1
    assert "GATEWAY_CLICKHOUSE_URL" in finished.out
    assert "hunter2" not in finished.out + finished.err
    assert "Traceback" not in finished.err


async def test_load_into_stores_without_a_schema_says_what_to_do(
    engine_urls: StoreUrls, tmp_path: Path
) -> None:
    finished = await run(f"load {tmp_path}", **store_variables(StoreOptions(engine_urls, "none_")))
    assert finished.code == 3
    assert "no schema of this version in postgres, clickhouse, qdrant" in finished.err
    assert "gateway migrate up" in finished.err
    assert len(finished.err.splitlines()) == 1


async def test_load_tells_what_it_left_out_and_where_to_read_why(
    fresh_options: StoreOptions, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    (folder / "gas").mkdir(parents=True)
    (folder / "gas" / "ethereum_daily.csv").write_text(
        "chain_id,date,avg_gas_price_wei\n"
        "1,2015-07-30,0\n1,2015-08-07,604684154870\n1,yesterday,604684154870\n"
    )
    (folder / "gas" / "notes.txt").write_text("not data\n")
    variables = store_variables(fresh_options) | {"GATEWAY_DATA_DIR": str(tmp_path / "kept")}
    finished = await run(f"load {folder}", **variables)
    assert finished.code == 0, finished.err
    assert "gas/notes.txt is not a file we know" in finished.err
    last = finished.err.splitlines()[-1]
    assert last == f"3 rows read, 1 rejected, 1 skipped: see {tmp_path / 'kept' / 'rejected'}"
    assert (tmp_path / "kept" / "rejected" / "gas" / "ethereum_daily.csv.jsonl").is_file()
    again = await run(f"load {folder} --strict", **variables)
    assert again.code == 1, again.err


async def test_load_says_that_rejected_rows_cannot_be_written(
    fresh_options: StoreOptions, tmp_path: Path
) -> None:
    (tmp_path / "gas").mkdir()
    (tmp_path / "gas" / "ethereum_daily.csv").write_text(
        "chain_id,date,avg_gas_price_wei\n1,yesterday,604684154870\n"
    )
    (tmp_path / "file").touch()
    variables = store_variables(fresh_options) | {"GATEWAY_DATA_DIR": str(tmp_path / "file")}
    finished = await run(f"load {tmp_path}", **variables)
    assert finished.code == 3
    assert "Traceback" not in finished.err
    last = finished.err.splitlines()[-1]
    assert last.startswith("✗ rejected rows cannot be written to GATEWAY_DATA_DIR: ")


async def test_load_of_an_empty_directory_says_what_would_be_read(
    fresh_options: StoreOptions, tmp_path: Path
) -> None:
    finished = await run(f"load {tmp_path}", **store_variables(fresh_options))
    assert finished.code == 0, finished.err
    assert "docs/data-layout.md" in finished.err.splitlines()[-1]


async def test_migrate_finds_nothing_to_do_on_migrated_stores(store_options: StoreOptions) -> None:
    finished = await run("migrate", **store_variables(store_options))
    assert finished.code == 0, finished.err
    assert "nothing to do" in finished.err
    status = await run("migrate status", **store_variables(store_options))
    assert status.code == 0, status.out + status.err
    assert "0001" in status.out


async def test_migrate_refuses_a_target_without_a_store(store_options: StoreOptions) -> None:
    finished = await run("migrate up --target 0001", **store_variables(store_options))
    assert finished.code == 3
    assert "a target needs a single store" in finished.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_served_graph_answers_and_leaves_with_code_zero(
    store_options: StoreOptions, number: signal.Signals
) -> None:
    async with started("serve --port 0", **store_variables(store_options)) as process:
        assert process.stderr is not None
        url = None
        while url is None:
            line = (await asyncio.wait_for(process.stderr.readline(), 30)).decode()
            assert line, "the server ended before it served"
            url = re.search(r"serving (http://\S+)/graphql", line)
        async with httpx2.AsyncClient(timeout=10) as client:
            answer = await client.post(f"{url[1]}/graphql", json={"query": "{ __typename }"})
            assert answer.json() == {"data": {"__typename": "Query"}}
            assert (await client.get(f"{url[1]}/readyz")).json()["status"] == "ready"
            assert (await client.get(f"{url[1]}/")).status_code == 200
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 10) == 0
