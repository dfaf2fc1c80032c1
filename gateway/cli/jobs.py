"""`gateway jobs`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table

from gateway.cli.engines import engines
from gateway.cli.terminal import MISUSED, UNWELL, explained, fail, notes, out, settings
from gateway.cli.worker import worker_options
from gateway.config import set_up_logging
from gateway.worker.jobs import JOBS
from gateway.worker.running import Worker, WorkerOptions, worker_stores
from gateway.worker.services import SERVICES
from stores.lifecycle import Stores
from stores.queries import load_queries

if TYPE_CHECKING:
    from stores.postgres.client import Row

_T = TypeVar("_T")
_Name = Annotated[str, typer.Argument(help="Name of the job, as gateway jobs list shows it.")]


def build() -> typer.Typer:
    """The commands about background jobs."""
    app = typer.Typer(help="See, run and look back at background jobs.", no_args_is_help=True)
    app.command("list")(list_jobs)
    app.command("run")(run)
    app.command("history")(history)
    app.command("dead")(dead)
    app.command("requeue")(requeue)
    return app


def list_jobs() -> None:
    """Show every job: when it is due (UTC), what waits for it, and when it last succeeded.

    Below are the services: loops that run in every worker, or in one of them at a time.
    """

    async def ask(stores: Stores) -> tuple[Sequence[Row], Sequence[Row]]:
        queries = load_queries("postgres")
        return (
            await stores.postgres.fetch(queries["jobs.overview"], list(JOBS)),
            await stores.postgres.fetch(queries["services.instances"]),
        )

    table = table_of(
        "job", "due (UTC)", "waiting", "running", "given up", "succeeded", "what it does"
    )
    overview, instances = with_worker_stores(ask)
    for row in overview:
        job = JOBS[row["job"]]
        counts = (str(row[name]) for name in ("waiting", "running", "dead"))
        due = "on request" if job.schedule is None else job.schedule.text
        table.add_row(job.name, due, *counts, time_of(row["succeeded_at"]), job.description)
    out().print(table)
    out().print()
    out().print(_services(instances))


def _services(instances: Sequence[Row]) -> Table:
    """The services, and where they run now."""
    table = table_of("service", "runs on", "now on", "failures", "what it does")
    for each in SERVICES.values():
        seen = [row for row in instances if row["service"] == each.name]
        now = ", ".join(row["instance"] for row in seen if row["is_running"])
        failures = str(sum(row["failure_count"] for row in seen))
        where = "one worker" if each.single else "every worker"
        table.add_row(each.name, where, now or "none", failures, each.description)
    return table


def run(name: _Name) -> None:
    """Run a job here and now, whatever its schedule says."""
    _known(name)
    config = settings()

    async def go(stores: Stores) -> bool | None:
        worker = Worker(stores, JOBS, worker_options(config, WorkerOptions()), config)
        return await worker.run_entry(await worker.queue.add(JOBS[name]))

    succeeded = with_worker_stores(go)
    if succeeded is None:
        notes().print(f"{name} is at work already; the run waits for a worker")
    elif not succeeded:
        fail(f"{name} failed: see gateway jobs history {name}", UNWELL)
    else:
        notes().print(f"{name} is done")


def history(
    name: Annotated[str | None, typer.Argument(help="Only this job.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1_000, help="Runs at most.")] = 20,
) -> None:
    """Show the newest runs: how long they took, what they dealt with, why they failed."""
    if name is not None:
        _known(name)

    async def ask(stores: Stores) -> Sequence[Row]:
        query = load_queries("postgres")["jobs.latest_runs"]
        return await stores.postgres.fetch(query, *query.arguments(job=name, count=count))

    table = table_of("job", "began (UTC)", "took", "status", "items", "error")
    for row in with_worker_stores(ask):
        finished: datetime | None = row["finished_at"]
        took = "" if finished is None else f"{(finished - row['started_at']).total_seconds():.1f} s"
        error = row["error_message"] or ""
        began = time_of(row["started_at"])
        table.add_row(row["job"], began, took, row["status"], f"{row['item_count']:,}", error)
    out().print(table)


def dead(
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Runs at most.")] = 50,
) -> None:
    """Show the runs that were given up, newest first, and why."""

    async def ask(stores: Stores) -> Sequence[Row]:
        query = load_queries("postgres")["jobs.dead"]
        return await stores.postgres.fetch(query, *query.arguments(count=count))

    table = table_of("id", "job", "given up (UTC)", "tries", "arguments", "error")
    for row in with_worker_stores(ask):
        told = (str(row["id"]), row["job"], time_of(row["dead_at"]), str(row["attempts"]))
        table.add_row(*told, str(row["arguments"] or ""), row["error_message"] or "")
    out().print(table)


def requeue(
    which: Annotated[str, typer.Argument(help="Id of a run, or name of a job for all of its.")],
) -> None:
    """Have runs that were given up tried again, as often as a new one."""

    async def ask(stores: Stores) -> int:
        query = load_queries("postgres")["jobs.requeue"]
        return await stores.postgres.execute(query, *query.arguments(which=which))

    if not (count := with_worker_stores(ask)):
        fail(f"no run was given up that has the id or is of the job {which}", MISUSED)
    notes().print(f"{count:,} {'run waits' if count == 1 else 'runs wait'} again")


def _known(name: str) -> None:
    if name not in JOBS:
        fail(f"there is no job {name}; there are {', '.join(JOBS)}", MISUSED)


def with_worker_stores(ask: Callable[[Stores], Awaitable[_T]]) -> _T:
    """What asking the stores as the role worker gives; failures end the command."""
    config = settings()
    set_up_logging("error")

    async def go() -> _T:
        async with worker_stores(config.store_options(urls, "worker")) as stores:
            return await ask(stores)

    with explained(), engines(config) as urls:
        return asyncio.run(go())


def table_of(*columns: str) -> Table:
    """An empty table; long texts wrap, everything else stays on one line."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(
            column, no_wrap=column not in {"error", "what it does", "what", "arguments"}
        )
    return table


def time_of(moment: datetime | None) -> str:
    """A time in UTC, to the second."""
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"
