"""`gateway worker`."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from gateway.cli.engines import engines
from gateway.cli.terminal import explained, notes, settings
from gateway.config import Settings, set_up_logging
from gateway.worker.jobs import JOBS
from gateway.worker.running import Worker, WorkerOptions, worker_stores
from gateway.worker.services import SERVICES
from stores.urls import StoreUrls


def worker(
    slots: Annotated[int, typer.Option(min=1, max=64, help="Runs at once.")] = 2,
    lease: Annotated[
        float, typer.Option(min=1, help="Seconds after which runs of a killed worker go on.")
    ] = 30.0,
) -> None:
    """Run background jobs and services until SIGTERM or Ctrl-C. Any number of workers may run.

    Runs get GATEWAY_SHUTDOWN_GRACE_S to finish, then another worker goes on with them.
    """
    config = settings()
    set_up_logging(config.log_level)
    with explained(), engines(config) as urls:
        asyncio.run(_until_told(config, urls, WorkerOptions(slots=slots, lease_s=lease)))


async def _until_told(config: Settings, urls: StoreUrls, options: WorkerOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    notes().print(
        f"running {len(JOBS)} jobs, {options.slots} at once, and {len(SERVICES)} services"
    )
    await work(config, urls, options, stop)
    notes().print("stopped")


async def work(
    config: Settings, urls: StoreUrls, options: WorkerOptions, stop: asyncio.Event
) -> None:
    """A worker over these stores until `stop` is set."""
    limits = worker_options(config, options)
    async with worker_stores(config.store_options(urls, "worker")) as stores:
        await Worker(stores, JOBS, limits, config, SERVICES).run(stop)


def worker_options(config: Settings, options: WorkerOptions) -> WorkerOptions:
    """The options with what the configuration says."""
    return WorkerOptions(
        slots=options.slots,
        lease_s=options.lease_s,
        drain_s=config.shutdown_grace_s,
    )
