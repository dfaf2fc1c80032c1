"""What `gateway doctor` finds out: each store's health, schema and roles, with advice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gateway.config import STORE_VARIABLES, Settings
from gateway.relay.outbox import Outbox, StoreLag
from stores import migrate
from stores.errors import StoreError, StoreRejected
from stores.lifecycle import StoreHealth, Stores, open_stores
from stores.migrate import StoreStatus
from stores.postgres.replicas import Replicas
from stores.queries import load_queries
from stores.urls import StoreUrls, without_password

if TYPE_CHECKING:
    from stores.postgres.client import Row

_FULL: Final = 0.8
_SECOND_LOOK_S: Final = 0.5
_LONG_TRANSACTION_S: Final = 3_600

_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what it is.
        state: how it is.
        advice: what to do, '' when nothing.
        well: nothing has to be done.
    """

    subject: str
    state: str
    advice: str = ""
    well: bool = True


async def examine(settings: Settings, urls: StoreUrls) -> list[Finding]:
    """Look at every store; one that is down is a finding, never an error."""
    embedded = settings.embedded_stores()
    async with await open_stores(settings.store_options(urls)) as stores:
        health = await stores.health()
        copies = await _copies(stores.replicas)
    findings = [_reachable(name, found, urls, name in embedded) for name, found in health.items()]
    async with await open_stores(settings.store_options(urls, "worker")) as stores:
        worker = (await stores.health())["postgres"]
        database = await _database(stores) if worker.ok else []
        changes = await _relay(stores) if worker.ok else []
    findings.append(_role("worker", worker))
    schemas = await migrate.status(urls, qdrant_prefix=settings.qdrant_prefix)
    findings += [_schema(found) for found in schemas if found.files or found.error]
    return findings + copies + database + changes


async def _copies(replicas: Replicas | None) -> list[Finding]:
    if replicas is None:
        return []
    await replicas.measure()
    if replicas.fit_count < replicas.count:
        await asyncio.sleep(_SECOND_LOOK_S)  # what was written just now is on its way
        await replicas.measure()
    state = f"{replicas.fit_count} of {replicas.count} keep up"
    if replicas.fit_count == replicas.count:
        return [Finding("postgres replicas", state)]
    advice = "Check GATEWAY_POSTGRES_REPLICA_URLS and pg_stat_replication of the primary."
    return [Finding("postgres replicas", state, advice, well=False)]


async def _database(stores: Stores) -> list[Finding]:
    """Size, connections, rows in no month and the costliest statement; nothing without a schema."""
    queries = load_queries("postgres")
    try:
        size = await stores.postgres.fetch_one(queries["operations.database_size"])
        largest = await stores.postgres.fetch(queries["operations.largest_tables"], 3)
        held = await stores.postgres.fetch(queries["operations.connections"])
        stray = await stores.postgres.fetch(queries["operations.stray_rows"])
        kept = await stores.postgres.fetch_one(queries["operations.keeps_statements"])
        slowest = (
            await stores.postgres.fetch(queries["operations.slowest_statements"], 1)
            if kept is not None and kept["kept"]
            else []
        )
    except StoreError:
        return []  # an older schema, which is a finding of its own
    assert size is not None
    tables = ", ".join(f"{row['table_name']} {_bytes(row['size_bytes'])}" for row in largest)
    found = [Finding("postgres size", f"{_bytes(size['size_bytes'])}: {tables}"), _slots(held)]
    found += [
        Finding(
            row["parent"],
            f"{row['stray_rows']:,} rows are in no month",
            "Run gateway jobs run maintain_partitions, and see docs/operations.md.",
            well=False,
        )
        for row in stray
    ]
    found += [
        Finding(
            "costliest statement",
            f"{row['total_ms']:,.0f} ms in {row['calls']:,} calls: {row['statement'][:80]}",
        )
        for row in slowest
    ]
    return found


def _slots(held: Sequence[Row]) -> Finding:
    used, slots = sum(row["connection_count"] for row in held), held[0]["slots"] if held else 0
    by_role = ", ".join(f"{row['connection_count']} {row['role_name']}" for row in held[:3])
    longest = max((row["longest_transaction_s"] or 0 for row in held), default=0)
    if longest > _LONG_TRANSACTION_S:
        advice = f"A transaction is open for {longest:,.0f} s, which keeps old rows from going."
        return Finding("postgres connections", f"{used} of {slots}", advice, well=False)
    if slots and used > _FULL * slots:
        advice = "Raise max_connections, or put a PgBouncer in between: docs/deployment.md."
        return Finding("postgres connections", f"{used} of {slots}: {by_role}", advice, well=False)
    return Finding("postgres connections", f"{used} of {slots}: {by_role}")


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1_000:
            return f"{size:,.0f} {unit}"
        size /= 1_000
    return f"{size:,.1f} TB"


def _reachable(name: str, found: StoreHealth, urls: StoreUrls, embedded: bool) -> Finding:
    if found.ok:
        where = "embedded" if embedded else without_password(getattr(urls, name))
        state = f"{found.version} in {found.latency_ms:.0f} ms, {where}"
        return Finding(name, state)
    address = without_password(getattr(urls, name))
    advice = f"Is it running and is {STORE_VARIABLES[name]} right? ({address})"
    return Finding(name, f"unreachable: {found.error}", advice, well=False)


def _role(role: str, found: StoreHealth) -> Finding:
    subject = f"postgres role {role}"
    if found.ok:
        return Finding(subject, "can sign in")
    advice = f"Check GATEWAY_POSTGRES_{role.upper()}_URL and the role's password."
    return Finding(subject, f"cannot sign in: {found.error}", advice, well=False)


async def _relay(stores: Stores) -> list[Finding]:
    """How far the stores that hear of changes are behind."""
    try:
        return [_lag(each) for each in await Outbox(stores.postgres).lag()]
    except StoreRejected:  # the schema is older than the relay, which is a finding of its own
        return []


def _lag(found: StoreLag) -> Finding:
    subject = f"changes for {found.store}"
    if found.refused:
        state = f"{found.refused:,} refused, {found.waiting:,} waiting"
        return Finding(subject, state, "See gateway relay list.", well=False)
    if found.oldest_at is None:
        return Finding(subject, "all passed on")
    waited_s = (datetime.now(UTC) - found.oldest_at).total_seconds()
    state = f"{found.waiting:,} waiting, the oldest for {max(waited_s, 0):,.0f} s"
    if waited_s < _PATIENCE_S:
        return Finding(subject, state)
    if found.failing_since is not None:
        return Finding(subject, state, f"Is {found.store} running?", well=False)
    return Finding(subject, state, "Is a gateway worker running?", well=False)


def _schema(found: StoreStatus) -> Finding:
    subject = f"{found.store} schema"
    if found.error is not None:
        return Finding(subject, f"unknown: {found.error}", "See the store above.", well=False)
    odd = [(version, state) for version, _, state, _ in found.files if state != "applied"]
    if not odd:
        return Finding(subject, f"{len(found.files)} applied, nothing pending")
    states = sorted({state for _, state in odd})
    listed = ", ".join(f"{version} {state}" for version, state in odd[:3])
    more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
    if states == ["pending"] or "running" in states:
        advice = "Run gateway migrate up."
    else:
        advice = "Someone changed the schema or the files by hand: see gateway migrate status."
    return Finding(subject, f"{listed}{more}", advice, well=False)
