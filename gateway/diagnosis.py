"""What `gateway doctor` finds out: each store's health, schema and roles, with advice."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.config import STORE_VARIABLES, Settings
from stores import migrate
from stores.lifecycle import StoreHealth, open_stores
from stores.migrate import StoreStatus
from stores.urls import StoreUrls, without_password


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
    findings = [_reachable(name, found, urls, name in embedded) for name, found in health.items()]
    async with await open_stores(settings.store_options(urls, "worker")) as stores:
        worker = (await stores.health())["postgres"]
    findings.append(_role("worker", worker))
    schemas = await migrate.status(urls, qdrant_prefix=settings.qdrant_prefix)
    return findings + [_schema(found) for found in schemas if found.files or found.error]


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
