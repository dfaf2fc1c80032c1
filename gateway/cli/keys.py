"""`gateway keys`."""

from __future__ import annotations

import asyncio
import base64
import secrets
from typing import Annotated

import typer

from gateway.cli.engines import engines
from gateway.cli.terminal import MISUSED, UNWELL, explained, fail, notes, out, settings, step
from gateway.config import set_up_logging
from gateway.lifecycle.resealing import BATCH, Rotation, rotate
from gateway.worker.running import worker_stores
from resolvers.account.secrets import SecretKeys, parse_secret_keys

_KEY_BYTES = 32


def build() -> typer.Typer:
    """The commands about keys."""
    app = typer.Typer(help="Make and change the keys that seal secrets.", no_args_is_help=True)
    app.command("new")(new)
    app.command("rotate")(rotate_keys)
    return app


def new() -> None:
    """Print GATEWAY_SECRET_KEYS with a new key added, which then seals."""
    given = settings().secret_keys
    text = given.get_secret_value() if given else ""
    version = max(parse_secret_keys(text).keys, default=0) + 1 if text else 1
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    out().print(f"{text},{version}:{key}" if text else f"{version}:{key}")


def rotate_keys(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only see whether everything opens; change nothing.")
    ] = False,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Secrets sealed in one transaction.")
    ] = BATCH,
) -> None:
    """Seal all secrets under the newest key, and tell which older keys nothing needs any more.

    Give the new key to every process first. It may be stopped and called again at any time.
    """
    config = settings()
    set_up_logging("error")
    if config.secret_keys is None:
        fail("GATEWAY_SECRET_KEYS is not set: there is nothing to seal with", MISUSED)
    keys = parse_secret_keys(config.secret_keys.get_secret_value())
    title = "opening" if dry_run else "sealing under"
    with explained(), engines(config) as urls:

        async def go() -> Rotation:
            async with worker_stores(config.store_options(urls, "worker")) as stores:
                return await rotate(stores.postgres, keys, dry_run=dry_run, batch=batch)

        with step(f"{title} key {keys.current_version}") as said:
            found = asyncio.run(go())
            said.append(f"{sum(found.resealed.values()):,} secrets")
    _tell(found, keys, dry_run=dry_run)


def _tell(found: Rotation, keys: SecretKeys, *, dry_run: bool) -> None:
    for table, number in found.resealed.items():
        said = "would be sealed anew" if dry_run else "sealed anew"
        lost = f", {found.lost[table]:,} do not open" if found.lost[table] else ""
        out().print(f"{table}: {number:,} {said}{lost}")
    for version in sorted(keys.keys):
        if version == found.newest:
            continue
        users = found.users_of(version)
        said = f"needed by {users:,} secrets" if users else "may be removed"
        out().print(f"key {version}: {said}")
    for version in found.missing(keys):
        notes().print(
            f"key {version}: needed by {found.users_of(version):,} secrets, and not given"
        )
    if sum(found.lost.values()):
        fail("some secrets do not open with the keys given; they were left as they are", UNWELL)
