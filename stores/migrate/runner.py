"""Migrates the stores: library entry points behind `gateway migrate`."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import metadata, resources
from typing import TYPE_CHECKING, Final, Literal, Protocol

from stores.errors import StoreError
from stores.lexing import split_statements
from stores.migrate import plan
from stores.migrate.clickhouse import ClickHouseMigrator
from stores.migrate.cluster import for_cluster
from stores.migrate.files import load_migrations, migration_folder
from stores.migrate.model import Applied, Migration, MigrationError, StoreStatus
from stores.migrate.postgres import PostgresMigrator
from stores.migrate.qdrant import QdrantMigrator, parse_collections
from stores.redis.keys import KeyRegistryError, parse_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from importlib.resources.abc import Traversable

    from stores.lexing import Dialect
    from stores.migrate.model import Direction, FileState, Recorded
    from stores.urls import StoreUrls

Store = Literal["postgres", "clickhouse", "redis", "qdrant"]
STORES: Final[tuple[Store, ...]] = ("postgres", "clickhouse", "redis", "qdrant")
_LOG: Final = logging.getLogger("stores.migrate")


class _Migrator(Protocol):
    """What both SQL stores can do."""

    async def prepare(self) -> None: ...
    async def recorded(self) -> dict[str, Recorded]: ...
    async def apply(self, migration: Migration, record: Recorded | None) -> int: ...
    async def undo(self, migration: Migration, record: Recorded | None) -> int: ...
    async def adopt(self, migration: Migration) -> None: ...


async def migrate(
    urls: StoreUrls,
    *,
    stores: Collection[Store] = STORES,
    target: str | None = None,
    dry_run: bool = False,
    qdrant_prefix: str = "",
    cluster: str | None = None,
    lock_wait_s: float = 300.0,
    folder: Traversable | None = None,
) -> list[Applied]:
    """Apply what is not applied yet; what was done, in order.

    Two runners at once: one applies, the other waits and finds nothing to do. The Postgres lock is
    held until all stores are through.

    Args:
        urls: the stores; Postgres is reached as `migrator`, directly and not through a pooler.
        stores: which ones.
        target: last version to apply; only with a single SQL store.
        dry_run: say what would be done and touch nothing.
        qdrant_prefix: put before every collection and alias.
        cluster: ClickHouse cluster to define everything on, such as `{cluster}`.
        lock_wait_s: how long to wait for another runner.
        folder: where the files are instead of the packaged `sql`.

    Raises:
        MigrationError: files and store contradict each other, or a statement failed.
        StoreError: a store cannot be reached.
    """
    _check_target(stores, target)
    root = folder if folder is not None else resources.files("sql")
    wait = None if dry_run else lock_wait_s
    done: list[Applied] = []
    async with AsyncExitStack() as stack:
        for store in _in_order(stores):
            if store == "redis":
                _check_keys(root / "redis")
            elif store == "qdrant":
                done += await _migrate_qdrant(urls, root, qdrant_prefix, dry_run)
            else:
                files = load_migrations(root / store, store)
                migrator = await stack.enter_async_context(_opened(store, urls, wait, cluster))
                done += await _migrate_sql(store, migrator, files, target, dry_run, cluster)
    return done


async def rollback(
    urls: StoreUrls,
    store: Literal["postgres", "clickhouse"],
    *,
    steps: int = 1,
    target: str | None = None,
    dry_run: bool = False,
    cluster: str | None = None,
    lock_wait_s: float = 300.0,
    folder: Traversable | None = None,
) -> list[Applied]:
    """Undo the newest migrations of one store; what was done, newest first.

    Args:
        urls: as `migrate`.
        store: which one.
        steps: how many, when there is no target.
        target: last version that stays; "0" undoes everything.
        dry_run: as `migrate`.
        cluster: as `migrate`.
        lock_wait_s: as `migrate`.
        folder: as `migrate`.

    Raises:
        MigrationError: one of them cannot be undone (nothing is, then), or as `migrate`.
    """
    files = load_migrations((folder or resources.files("sql")) / store, store)
    done: list[Applied] = []
    async with _opened(store, urls, None if dry_run else lock_wait_s, cluster) as migrator:
        recorded = await migrator.recorded()
        for migration in plan.to_undo(files, recorded, steps=steps, target=target):
            ms = 0
            if not dry_run:
                ms = await migrator.undo(migration, recorded.get(migration.version))
                _LOG.info("%s: undone %s in %d ms", store, migration.filename, ms)
            done.append(_applied(store, migration, "down", ms, dry_run, cluster))
    return done


async def status(
    urls: StoreUrls,
    *,
    stores: Collection[Store] = STORES,
    qdrant_prefix: str = "",
    folder: Traversable | None = None,
) -> list[StoreStatus]:
    """Where each store stands; touches nothing, and a store that is down is a status too."""
    root = folder if folder is not None else resources.files("sql")
    found: list[StoreStatus] = []
    for store in _in_order(stores):
        try:
            files = await _states(store, urls, root, qdrant_prefix)
            found.append(StoreStatus(store, tuple(files)))
        except (StoreError, MigrationError) as error:
            found.append(StoreStatus(store, (), str(error)))
    return found


def render(
    store: Literal["postgres", "clickhouse"],
    *,
    direction: Direction = "up",
    cluster: str | None = None,
    folder: Traversable | None = None,
) -> str:
    """Every statement of a store as one script, without connecting to anything."""
    files = load_migrations(folder / store if folder else migration_folder(store), store)
    ordered = files if direction == "up" else list(reversed(files))
    parts = [f"-- {each.filename}\n{_text(store, each, direction, cluster)}" for each in ordered]
    return "\n\n".join(parts) + "\n"


async def _migrate_sql(
    store: Dialect,
    migrator: _Migrator,
    files: list[Migration],
    target: str | None,
    dry_run: bool,
    cluster: str | None,
) -> list[Applied]:
    if not dry_run:
        await migrator.prepare()
    recorded = await migrator.recorded()
    pending = plan.to_apply(files, recorded, target)
    if not dry_run:
        for migration in files:
            record = recorded.get(migration.version)
            if record is not None and record.checksum is None:
                await migrator.adopt(migration)
    done: list[Applied] = []
    for migration in pending:
        ms = 0
        if not dry_run:
            ms = await migrator.apply(migration, recorded.get(migration.version))
            _LOG.info("%s: applied %s in %d ms", store, migration.filename, ms)
        done.append(_applied(store, migration, "up", ms, dry_run, cluster))
    return done


async def _migrate_qdrant(
    urls: StoreUrls, root: Traversable, prefix: str, dry_run: bool
) -> list[Applied]:
    collections = parse_collections(_collections_text(root))
    async with QdrantMigrator.opened(urls.qdrant, prefix=prefix) as migrator:
        return await migrator.migrate(collections, dry_run=dry_run)


async def _states(
    store: Store, urls: StoreUrls, root: Traversable, prefix: str
) -> list[tuple[str, str, FileState, str]]:
    if store == "redis":
        _check_keys(root / "redis")
        return []
    if store == "qdrant":
        async with QdrantMigrator.opened(urls.qdrant, prefix=prefix) as qdrant:
            return await qdrant.states(parse_collections(_collections_text(root)))
    files = load_migrations(root / store, store)
    async with _opened(store, urls, None, None) as migrator:
        return plan.states(files, await migrator.recorded())


@asynccontextmanager
async def _opened(
    store: Dialect, urls: StoreUrls, lock_wait_s: float | None, cluster: str | None
) -> AsyncIterator[_Migrator]:
    version = _app_version()
    if store == "postgres":
        async with PostgresMigrator.opened(
            urls.postgres_migrator, app_version=version, lock_wait_s=lock_wait_s
        ) as postgres:
            yield postgres
    else:
        async with ClickHouseMigrator.opened(
            urls.clickhouse, app_version=version, lock_wait_s=lock_wait_s, cluster=cluster
        ) as clickhouse:
            yield clickhouse


def _applied(
    store: Dialect,
    migration: Migration,
    direction: Direction,
    ms: int,
    dry_run: bool,
    cluster: str | None,
) -> Applied:
    text = _text(store, migration, direction, cluster)
    return Applied(store, migration.version, migration.name, direction, text, ms, dry_run)


def _text(store: Dialect, migration: Migration, direction: Direction, cluster: str | None) -> str:
    section = migration.up if direction == "up" else migration.down
    if section is None:
        return f"-- cannot be undone: {migration.irreversible}"
    if store == "postgres" or cluster is None:
        return section.sql
    statements = split_statements(section.sql, store)
    return ";\n\n".join(for_cluster(each, cluster) for each in statements) + ";"


def _check_target(stores: Collection[Store], target: str | None) -> None:
    unknown = sorted(set(stores) - set(STORES))
    if unknown:
        raise MigrationError(f"unknown store {unknown[0]!r}; there are {', '.join(STORES)}")
    if target is not None and set(stores) not in ({"postgres"}, {"clickhouse"}):
        raise MigrationError("a target needs a single store, postgres or clickhouse")


def _check_keys(folder: Traversable) -> None:
    """Refuse a key registry that contradicts itself or names a script that is not there."""
    try:
        families = parse_registry((folder / "keys.toml").read_text(encoding="utf-8"))
    except (KeyRegistryError, ValueError) as error:
        raise MigrationError(f"keys.toml: {error}") from error
    for family in families.values():
        for script in family.scripts:
            if not (folder / f"{script}.lua").is_file():
                raise MigrationError(
                    f"keys.toml: {family.name} names {script}.lua, which is not there"
                )


def _collections_text(root: Traversable) -> str:
    return (root / "qdrant" / "collections.toml").read_text(encoding="utf-8")


def _in_order(stores: Collection[Store]) -> list[Store]:
    return [store for store in STORES if store in stores]


def _app_version() -> str:
    try:
        return metadata.version("onchain-gateway")
    except metadata.PackageNotFoundError:
        return "unknown"
