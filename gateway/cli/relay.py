"""`gateway relay`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.jobs import table_of, time_of, with_worker_stores
from gateway.cli.terminal import MISUSED, fail, notes, out
from gateway.relay.outbox import Outbox, StoreLag

if TYPE_CHECKING:
    from stores.lifecycle import Stores
    from stores.postgres.client import Rows

_Position = Annotated[int, typer.Argument(help="Position of the change, as relay list shows it.")]


def build() -> typer.Typer:
    """The commands about changes on their way to other stores."""
    app = typer.Typer(help="See changes on their way to other stores.", no_args_is_help=True)
    app.command("list")(list_changes)
    app.command("retry")(retry)
    app.command("drop")(drop)
    return app


def list_changes(
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Refused changes at most.")] = 50,
) -> None:
    """Show how far each store is behind, and the changes that a store refuses."""

    async def ask(stores: Stores) -> tuple[list[StoreLag], Rows]:
        outbox = Outbox(stores.postgres)
        return await outbox.lag(), await outbox.failures(count)

    lags, failures = with_worker_stores(ask)
    table = table_of("store", "waiting", "refused", "oldest (UTC)", "takes nothing since")
    for each in lags:
        oldest = "" if each.oldest_at is None else time_of(each.oldest_at)
        since = "" if each.failing_since is None else time_of(each.failing_since)
        table.add_row(each.store, f"{each.waiting:,}", f"{each.refused:,}", oldest, since)
    out().print(table)
    if failures:
        refused = table_of("position", "store", "what", "event", "tries", "given up", "error")
        for row in failures:
            given_up = "" if row["set_aside_at"] is None else time_of(row["set_aside_at"])
            what = f"{row['aggregate']} {row['aggregate_id']}"
            tries, place = str(row["attempts"]), str(row["position"])
            values = (place, row["consumer"], what, row["event"], tries, given_up)
            refused.add_row(*values, row["error_message"])
        out().print()
        out().print(refused)


def retry(
    position: Annotated[
        int | None, typer.Argument(help="Position of the change; all refused ones when not given.")
    ] = None,
) -> None:
    """Have refused changes tried again at once, given up or not."""
    count = with_worker_stores(lambda stores: Outbox(stores.postgres).try_again(position))
    notes().print(f"{count:,} refused changes are tried again")


def drop(position: _Position) -> None:
    """Give up passing one change on, so that later ones of the same thing go on.

    The store keeps what it has until the thing changes again; gateway doctor --repair mends it.
    """
    if not with_worker_stores(lambda stores: Outbox(stores.postgres).drop(position)):
        fail(f"no store refuses the change at position {position}", MISUSED)
    notes().print(f"the change at position {position} is given up")
