"""Either wall around owned rows holds alone, and a hole in either is noticed.

The first wall is the owner's predicate in the statement, the second row level security. Each is
tested with the other one taken away: the predicate over a connection that row level security does
not bind, the policies without the predicate. Then it is broken itself, and the same check has to
see the owner's row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pytest

from gateway.executor import reading
from gateway.schema import build_schema
from resolvers import reads
from resolvers.audit import entities
from resolvers.context import RequestContext, Viewer
from resolvers.node import Node
from resolvers.permissions import Tier
from stores.lifecycle import Stores
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import People
from tests.gateway.estates import (
    OWNER_COLUMNS,
    THROUGH,
    Estate,
    bases_of,
    found_estate,
    ids_of,
)

GRAPH: Final = build_schema()
OWNED: Final = {
    each.name: each
    for each in entities(GRAPH)
    if each.table.owner is not None and issubclass(each.cls, Node)
}
# Views that hold the wall themselves, over figures that no policy can be put on.
WALLED_BY_VIEW: Final = {"portfolio.my_portfolio_summary"}
TABLES: Final = sorted([*OWNER_COLUMNS, *THROUGH])


@dataclass(frozen=True)
class Scene:
    """An estate and a stranger who asks for it, on both paths."""

    estate: Estate
    ids: dict[str, list[str]]
    stranger: Viewer
    gateway: Stores
    worker: Stores
    migrator: asyncpg.Connection

    async def seen(self, name: str, stores: Stores) -> bool:
        """Whether the stranger is shown a row of the estate."""
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ id }} }} }}"
        found = []
        for executor in ("plain", "compiled"):
            result = await GRAPH.execute(
                query,
                variable_values={"ids": self.ids[name]},
                context_value=RequestContext(self.stranger, stores),
                operation_extensions={"gateway.executor": executor},
            )
            found.append(result.data is not None and any(result.data["nodes"]))
        assert found[0] == found[1], name
        return found[0]


@pytest.fixture(scope="module")
async def scene(
    store_urls: StoreUrls, stores: Stores, worker_stores: Stores
) -> AsyncIterator[Scene]:
    worker = await asyncpg.connect(store_urls.postgres_worker)
    gateway = await asyncpg.connect(store_urls.postgres)
    migrator = await asyncpg.connect(store_urls.postgres_migrator)
    try:
        estate = await found_estate(worker, worker_stores)
        stranger = await People(worker).user()
        viewer = Viewer(stranger, "user", tier=Tier.ENTERPRISE)
        ids = {name: await ids_of(gateway, each, estate) for name, each in OWNED.items()}
        yield Scene(estate, ids, viewer, stores, worker_stores, migrator)
    finally:
        for connection in (worker, gateway, migrator):
            await connection.close()


@contextmanager
def without_predicate() -> Iterator[None]:
    """Statements that do not name the owner."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (reads, reading):
            patch.setattr(module, "owned", lambda context, entity: None)
        yield


@asynccontextmanager
async def hole(
    migrator: asyncpg.Connection, tables: list[str], command: str = "SELECT"
) -> AsyncIterator[None]:
    """A policy too many, which lets the gateway do something with everybody's rows."""
    checks = {"SELECT": "USING (true)", "DELETE": "USING (true)", "INSERT": "WITH CHECK (true)"}
    clause = checks.get(command, "USING (true) WITH CHECK (true)")
    try:
        for table in tables:
            await migrator.execute(
                f"CREATE POLICY hole_{command} ON {table} FOR {command} TO gateway {clause}"
            )
        yield
    finally:
        for table in tables:
            await migrator.execute(f"DROP POLICY IF EXISTS hole_{command} ON {table}")


@pytest.mark.parametrize("name", sorted(OWNED))
async def test_the_predicate_holds_alone_and_its_absence_is_noticed(
    name: str, scene: Scene
) -> None:
    if OWNED[name].table.relation in WALLED_BY_VIEW:
        assert not await scene.seen(name, scene.worker)
        return
    assert not await scene.seen(name, scene.worker)
    with without_predicate():
        assert await scene.seen(name, scene.worker)


@pytest.mark.parametrize(
    "name", sorted(name for name, each in OWNED.items() if each.table.store == "postgres")
)
async def test_row_level_security_holds_alone_and_a_hole_is_noticed(
    name: str, scene: Scene
) -> None:
    relation = OWNED[name].table.relation
    bases = await bases_of(scene.migrator, relation)
    with without_predicate():
        assert not await scene.seen(name, scene.gateway)
        if relation in WALLED_BY_VIEW:
            return
        assert bases, f"{relation} reads no private table"
        async with hole(scene.migrator, bases):
            assert await scene.seen(name, scene.gateway)
    # With a hole in the second wall, the first still stands.
    async with hole(scene.migrator, bases):
        assert not await scene.seen(name, scene.gateway)


async def attempt(url: str, viewer: Viewer, text: str, *values: Any) -> int:
    """Rows that a stranger's statement touches; 0 when it is refused. Nothing of it stays.

    What only another row keeps from being done was let through by every policy.
    """
    connection = await asyncpg.connect(url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                "SELECT set_config('app.current_user_id', $1, true)", str(viewer.user_id)
            )
            status = await connection.execute(text, *values)
            return int(status.rpartition(" ")[2])
        except asyncpg.InsufficientPrivilegeError:
            return 0
        except asyncpg.IntegrityConstraintViolationError:
            return 1
        finally:
            await transaction.rollback()
    finally:
        await connection.close()


_GRANTED: Final = """
SELECT a.attname FROM pg_attribute a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND a.attidentity = ''
    AND has_column_privilege('gateway', a.attrelid, a.attnum, $2)
ORDER BY a.attnum
"""


@pytest.mark.parametrize("table", TABLES)
async def test_a_hole_in_any_policy_is_noticed(
    table: str, scene: Scene, store_urls: StoreUrls
) -> None:
    """Each command that the gateway may use at all: refused, and done once its policy is open."""
    column = OWNER_COLUMNS.get(table) or THROUGH[table]["column"]
    row = scene.estate.rows[table]
    granted = {
        command: [each[0] for each in await scene.migrator.fetch(_GRANTED, table, command)]
        for command in ("SELECT", "INSERT", "UPDATE")
    }
    matches = f"WHERE {column} = $1"
    attempts: dict[str, tuple[str, list[Any]]] = {}
    if column in granted["SELECT"]:
        attempts["SELECT"] = (f"SELECT {column} FROM {table} {matches}", [row[column]])
    if granted["UPDATE"]:
        name = granted["UPDATE"][0]
        attempts["UPDATE"] = (f"UPDATE {table} SET {name} = {name} {matches}", [row[column]])
    if await scene.migrator.fetchval("SELECT has_table_privilege('gateway', $1, 'DELETE')", table):
        attempts["DELETE"] = (f"DELETE FROM {table} {matches}", [row[column]])
    if column in granted["INSERT"]:
        names = granted["INSERT"]
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        attempts["INSERT"] = (text, [row[name] for name in names])
    assert attempts, f"{table}: the gateway may do nothing with it, so close it"
    for command, (text, values) in attempts.items():
        assert await attempt(store_urls.postgres, scene.stranger, text, *values) == 0, command
        # A statement that looks for rows is bound by what may be read as well.
        async with hole(scene.migrator, [table], "SELECT"):
            if command == "SELECT":
                done = await attempt(store_urls.postgres, scene.stranger, text, *values)
            else:
                async with hole(scene.migrator, [table], command):
                    done = await attempt(store_urls.postgres, scene.stranger, text, *values)
        assert done > 0, f"{command} of {table}: a hole is not noticed"


async def test_the_gateway_cannot_step_over_row_level_security(store_urls: StoreUrls) -> None:
    gateway = await asyncpg.connect(store_urls.postgres)
    try:
        role = await gateway.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolinherit, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert role is not None
        assert not any(role)
        for statement in (
            "SET ROLE worker",
            "SET ROLE migrator",
            "ALTER TABLE account.users DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE account.users NO FORCE ROW LEVEL SECURITY",
            "CREATE POLICY hole ON account.users USING (true)",
            "ALTER ROLE gateway BYPASSRLS",
            "UPDATE account.users SET role = 'admin'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(statement)
        # Without row level security a statement fails rather than to show less than there is.
        await gateway.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await gateway.fetch("SELECT id FROM account.users")
    finally:
        await gateway.close()


async def test_an_identity_does_not_outlive_its_transaction_on_a_pooled_connection(
    scene: Scene, store_urls: StoreUrls
) -> None:
    from stores.postgres.client import Postgres, PostgresOptions
    from stores.queries import Statement

    mine = Statement("mine", "SELECT ops.current_user_id(), pg_backend_pid()", ())
    count = Statement("count", "SELECT count(id) FROM account.users", ())
    owner = scene.estate.owner
    async with Postgres(store_urls.postgres, PostgresOptions(pool_size=1)) as pool:
        ((told, process),) = await pool.fetch(mine, viewer_id=owner)
        assert told == owner
        assert [tuple(row) for row in await pool.fetch(mine)] == [(None, process)]
        assert (await pool.fetch(count))[0][0] == 0
        with pytest.raises(ZeroDivisionError):
            await failing(pool, owner)
        assert [tuple(row) for row in await pool.fetch(mine)] == [(None, process)]


async def failing(pool: Any, owner: Any) -> None:
    """A transaction of the owner that breaks off."""
    async with pool.transaction(viewer_id=owner):
        raise ZeroDivisionError
