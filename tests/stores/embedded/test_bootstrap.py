"""bootstrap.sql gives each role its power and no more, and may run again."""

import re
import uuid
from collections.abc import AsyncIterator, Iterator
from importlib import resources
from typing import Any

import asyncpg
import pytest

from stores.embedded import Engines, start
from stores.urls import with_path

_ROLES = ("migrator", "gateway", "worker", "analytics")


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    directory = tmp_path_factory.mktemp("bootstrap")
    with start(directory, stores=["postgres"], durable=False) as running:
        yield running


@pytest.fixture
async def superuser(engines: Engines) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(engines.postgres.url("postgres"))
    yield connection
    await connection.close()


@pytest.fixture
async def migrator(engines: Engines) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(engines.urls.postgres_migrator)
    yield connection
    await connection.close()


def _script() -> str:
    return resources.files("sql").joinpath("postgres", "bootstrap.sql").read_text()


async def test_roles_have_exactly_their_attributes(superuser: Any) -> None:
    rows = await superuser.fetch(
        "SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, "
        "rolbypassrls, rolinherit FROM pg_roles WHERE rolname = ANY($1)",
        list(_ROLES),
    )
    granted = {
        row["rolname"]: {name for name, value in row.items() if value is True} for row in rows
    }
    assert granted == {
        "migrator": {"rolcanlogin", "rolcreatedb", "rolinherit"},
        "gateway": {"rolcanlogin"},
        "worker": {"rolcanlogin", "rolbypassrls", "rolinherit"},
        "analytics": {"rolcanlogin", "rolinherit"},
    }


async def test_migrator_owns_the_database_and_no_stranger_enters(superuser: Any) -> None:
    owner = await superuser.fetchval(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'onchain'"
    )
    assert owner == "migrator"
    await superuser.execute("CREATE ROLE stranger LOGIN")
    enters = await superuser.fetchval(
        "SELECT has_database_privilege('stranger', 'onchain', 'CONNECT')"
    )
    await superuser.execute("DROP ROLE stranger")
    assert enters is False


async def test_migrator_makes_template_databases(engines: Engines, migrator: Any) -> None:
    name = f"t_{uuid.uuid4().hex}"
    await migrator.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await migrator.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    clone = await asyncpg.connect(with_path(engines.urls.postgres, f"{name}_copy"))
    assert await clone.fetchval("SELECT current_user") == "gateway"
    await clone.close()
    await migrator.execute(f"DROP DATABASE {name}_copy")
    await migrator.execute(f"DROP DATABASE {name}")


async def test_migrator_gives_objects_to_the_worker_and_does_not_inherit_from_it(
    migrator: Any,
) -> None:
    await migrator.execute(
        "CREATE SCHEMA s; GRANT USAGE, CREATE ON SCHEMA s TO worker; SET search_path = s; "
        "CREATE TABLE secret (n int); ALTER TABLE secret ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE secret FORCE ROW LEVEL SECURITY; "
        "CREATE MATERIALIZED VIEW seen AS SELECT 1 AS n; "
        "ALTER MATERIALIZED VIEW seen OWNER TO worker"
    )
    await migrator.execute("GRANT INSERT ON secret TO worker")
    await migrator.execute("SET ROLE worker; INSERT INTO secret VALUES (1); RESET ROLE")
    assert await migrator.fetchval("SELECT count(*) FROM secret") == 0
    await migrator.execute("SET ROLE worker; DROP MATERIALIZED VIEW seen; RESET ROLE")
    await migrator.execute("DROP SCHEMA s CASCADE")


@pytest.mark.parametrize("role", ["gateway", "analytics", "worker"])
async def test_other_roles_make_nothing_of_their_own(engines: Engines, role: str) -> None:
    connection = await asyncpg.connect(engines.postgres.url(role))
    for statement in ("CREATE TABLE t (n int)", "CREATE SCHEMA s", "CREATE DATABASE d"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SET ROLE migrator")
    await connection.close()


async def test_running_again_changes_only_passwords(engines: Engines, superuser: Any) -> None:
    before = await superuser.fetch("SELECT * FROM pg_roles ORDER BY rolname")
    kept = {role: re.sub(r".*:(.*)@.*", r"\1", engines.postgres.url(role)) for role in _ROLES}
    try:
        for role in _ROLES:
            await superuser.execute("SELECT set_config($1, 'it''s new', false)", _setting(role))
        await superuser.execute(_script())
        changed = await asyncpg.connect(engines.urls.postgres, password="it's new")
        await changed.close()
    finally:
        for role, password in kept.items():
            await superuser.execute("SELECT set_config($1, $2, false)", _setting(role), password)
        await superuser.execute(_script())
    assert await superuser.fetch("SELECT * FROM pg_roles ORDER BY rolname") == before


async def test_a_missing_password_is_an_error(superuser: Any) -> None:
    with pytest.raises(asyncpg.RaiseError, match=r"bootstrap\.migrator_password is not set"):
        await superuser.execute(_script())


async def test_passwords_are_stored_as_scram(superuser: Any) -> None:
    stored = await superuser.fetch(
        "SELECT rolpassword FROM pg_authid WHERE rolname = ANY($1)", list(_ROLES)
    )
    assert all(row["rolpassword"].startswith("SCRAM-SHA-256$") for row in stored)


def _setting(role: str) -> str:
    return f"bootstrap.{role}_password"
