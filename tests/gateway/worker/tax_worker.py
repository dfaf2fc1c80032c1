"""A worker that makes tax reports and nothing else, to be killed: `python -m` this module."""

from __future__ import annotations

import asyncio

from gateway.config import load_settings
from gateway.worker.jobs import JOBS
from gateway.worker.running import Worker, WorkerOptions, worker_stores

LEASE_S = 2.0


async def _work() -> None:
    settings = load_settings()
    options = settings.store_options(settings.store_urls(), "worker")
    async with worker_stores(options) as stores:
        jobs = {"make_tax_reports": JOBS["make_tax_reports"]}
        limits = WorkerOptions(slots=1, lease_s=LEASE_S, poll_s=0.2)
        await Worker(stores, jobs, limits, settings).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(_work())
