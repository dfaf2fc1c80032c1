"""A worker: plans, claims and runs, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from gateway.config import Settings
from gateway.worker.job import Job, JobContext
from gateway.worker.keeping import KeepingOptions, end, keep, wait
from gateway.worker.queue import Claim, Queue
from gateway.worker.service import SERVICES, Service, ServiceContext
from stores.errors import StoreError
from stores.lifecycle import StoreOptions, Stores, open_stores

_LOG: Final = logging.getLogger(__name__)
_LONGEST_STATEMENT_S: Final = 3_600.0
_REDIS_S: Final = 3.0
_CLICKHOUSE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker behaves; times in seconds.

    Attributes:
        slots: runs at once.
        lease_s: how long a run is held without a sign of life; what a killed worker costs.
        poll_s: pause between two looks at an empty queue, and between two plans.
        drain_s: how long runs may go on after the worker was told to stop.
        instance: what the worker is called in the record of runs.
    """

    slots: int = 2
    lease_s: float = 30.0
    poll_s: float = 1.0
    drain_s: float = 5.0
    instance: str = f"{socket.gethostname()}:{os.getpid()}"


@asynccontextmanager
async def worker_stores(options: StoreOptions) -> AsyncIterator[Stores]:
    """The stores for jobs: as the role `worker`, with time for long statements.

    Nobody waits for an answer, so ClickHouse and Redis get more time than requests give them.

    Each service that runs on one worker at a time keeps a connection; they are added to the pool.
    """
    patient = replace(
        options.postgres,
        command_timeout_s=_LONGEST_STATEMENT_S,
        pool_size=options.postgres.pool_size + sum(each.single for each in SERVICES.values()),
    )
    redis = replace(options.redis, read_timeout_s=_REDIS_S, connect_timeout_s=_REDIS_S)
    clickhouse = replace(options.clickhouse, command_timeout_s=_CLICKHOUSE_S)
    unhurried = replace(
        options, role="worker", postgres=patient, redis=redis, clickhouse=clickhouse
    )
    async with await open_stores(unhurried) as stores:
        yield stores


class Worker:
    """Runs jobs and services of registries; any number of workers may share one queue.

    Args:
        stores: what jobs work on, see `worker_stores`.
        jobs: by name.
        options: how this worker behaves.
        settings: the configuration, for jobs; read from the environment when not given.
        services: by name; none when not given.
    """

    def __init__(
        self,
        stores: Stores,
        jobs: Mapping[str, Job],
        options: WorkerOptions,
        settings: Settings | None = None,
        services: Mapping[str, Service] | None = None,
    ) -> None:
        self._stores = stores
        self._jobs = jobs
        self._services = dict(services or {})
        self._options = options
        self._settings = settings or Settings()
        self.queue: Final = Queue(stores.postgres, lease_s=options.lease_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; runs get `drain_s` to finish, then go back to the queue.

        Services are told to stop and get the same time. A store that is away is waited for.
        """
        loops = [asyncio.create_task(self._plan(stop))]
        loops += [asyncio.create_task(self._work(stop)) for _ in range(self._options.slots)]
        loops += [asyncio.create_task(self._serve(each, stop)) for each in self._services.values()]
        try:
            await stop.wait()
            await asyncio.wait(loops, timeout=self._options.drain_s)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def run_entry(self, entry: UUID) -> bool | None:
        """Run one entry of the queue now; whether it succeeded, None when it may not be tried."""
        claim = await self.queue.claim(self._jobs, self._options.instance, only=entry)
        return None if claim is None else await self._run(claim)

    async def _serve(self, service: Service, stop: asyncio.Event) -> None:
        context = ServiceContext(self._stores, self._settings, self._options.instance)
        limits = KeepingOptions(self._options.lease_s, self._options.poll_s)
        await keep(service, context, stop, limits)

    async def _plan(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.queue.plan(list(self._jobs.values()))
            except StoreError as error:
                _LOG.warning("jobs cannot be planned: %s", error)
            await wait(stop, self._options.poll_s)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            claim = None
            try:
                claim = await self.queue.claim(self._jobs, self._options.instance)
                if claim is not None:
                    await self._run(claim)
            except StoreError as error:
                # What became of the run is not known: its lease runs out and it is tried again.
                _LOG.warning("the queue of jobs cannot be reached: %s", error)
                claim = None
            if claim is None:
                await wait(stop, self._options.poll_s)

    async def _run(self, claim: Claim) -> bool:
        """Run what was claimed and say what came of it; whether it succeeded."""
        job = self._jobs[claim.job]
        context = JobContext(
            self._stores,
            time.monotonic() + job.timeout_s,
            claim.arguments,
            self._settings,
        )
        work = asyncio.create_task(_cut_off(job, context))
        keeper = asyncio.create_task(self._keep(claim, context, work))
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError:
            await end(work)
            await self.queue.give_back(claim, context.item_count)
            raise
        finally:
            await end(keeper)
        return await self._settle(claim, context, work)

    async def _settle(self, claim: Claim, context: JobContext, work: asyncio.Task[None]) -> bool:
        if work.cancelled():
            _LOG.warning("job %s was taken over by another worker", claim.job)
            return False
        error = work.exception()
        if error is None:
            return await self.queue.succeed(claim, context.item_count, context.details)
        _LOG.error("job %s failed: %s", claim.job, error, exc_info=error)
        await self.queue.fail(claim, context.item_count, _said(error))
        return False

    async def _keep(self, claim: Claim, context: JobContext, work: asyncio.Task[None]) -> None:
        """Renew the lease while the run goes on; end the run when the lease is lost."""
        held_until = time.monotonic() + self._options.lease_s
        while True:
            await asyncio.sleep(self._options.lease_s / 3)
            asked = time.monotonic()
            try:
                if not await self.queue.renew(claim, context.item_count):
                    break
                held_until = asked + self._options.lease_s
            except StoreError as error:
                _LOG.warning("the lease of job %s cannot be renewed: %s", claim.job, error)
                if time.monotonic() >= held_until:
                    break
        work.cancel()


async def _cut_off(job: Job, context: JobContext) -> None:
    limit = asyncio.timeout(job.timeout_s)
    try:
        async with limit:
            await job.function(context)
    except TimeoutError as error:
        if limit.expired():
            raise TimeoutError(f"It took longer than {job.timeout_s:g} s.") from error
        raise


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
