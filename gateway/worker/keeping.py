"""Keeps the services of a worker running: again after a failure, alone where one is enough.

A service that runs on one worker at a time holds an advisory lock in an open transaction, which
also works through a PgBouncer. The transaction reads nothing, so it keeps no old rows alive. The
server ends it when the worker gives no sign of life, and then another worker gets the lock.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final

from gateway.worker.reporting import Report
from gateway.worker.service import Service, ServiceContext
from stores.errors import StoreError
from stores.queries import load_queries

_LOG: Final = logging.getLogger(__name__)
_CALL_S: Final = 5.0
_LONGEST_BEAT_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0
_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class KeepingOptions:
    """How services are kept; times in seconds.

    Attributes:
        lease_s: silence after which the server takes the lock from a worker.
        poll_s: pause between two tries to get the lock, and the first pause after a failure.
    """

    lease_s: float = 30.0
    poll_s: float = 1.0


async def keep(
    service: Service, context: ServiceContext, stop: asyncio.Event, options: KeepingOptions
) -> None:
    """Run a service until `stop` is set and it has returned.

    It is begun again after `poll_s`, then after twice that and so on up to a minute; the count
    starts anew once it has run for a minute.
    """
    report = Report(service, context)
    telling = asyncio.create_task(report.keep_telling())
    try:
        await _keep(service, context, stop, options, report)
    finally:
        await end(telling)
        await report.gone()


async def _keep(
    service: Service,
    context: ServiceContext,
    stop: asyncio.Event,
    options: KeepingOptions,
    report: Report,
) -> None:
    failures = 0
    while not stop.is_set():
        began = time.monotonic()
        ran = True
        try:
            ran = await _run(service, context, stop, options, report)
            if ran and not stop.is_set():
                _LOG.warning("service %s returned before it was told to; it goes on", service.name)
        except StoreError as error:
            _LOG.warning("service %s waits for %s: %s", service.name, error.store, error)
            report.failed(error)
        except Exception as error:  # noqa: BLE001 - begun again, whatever it was
            _LOG.exception("service %s failed: %s", service.name, error)
            report.failed(error)
        await report.stopped()
        if not ran:
            await wait(stop, options.poll_s)
            continue
        failures = 1 if time.monotonic() - began > _LONGEST_PAUSE_S else failures + 1
        await wait(stop, pause_s(failures, options.poll_s))


async def _run(
    service: Service,
    context: ServiceContext,
    stop: asyncio.Event,
    options: KeepingOptions,
    report: Report,
) -> bool:
    """Run it once; False when it runs on another worker."""
    if service.single:
        return await _run_alone(service, context, stop, options, report)
    await report.begun()
    await service.function(context, stop)
    return True


async def _run_alone(
    service: Service,
    context: ServiceContext,
    stop: asyncio.Event,
    options: KeepingOptions,
    report: Report,
) -> bool:
    queries = load_queries("postgres")
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(_CALL_S):
            held = await stack.enter_async_context(
                context.stores.postgres.transaction(name="services.lead")
            )
            lead = queries["services.lead"]
            values = lead.arguments(service=service.name, lease_ms=round(options.lease_s * 1000))
            if await held.fetch_one(lead, *values) is None:
                return False
        await report.begun()
        work = asyncio.ensure_future(service.function(context, stop))
        try:
            beat_s = min(options.lease_s / 3, _LONGEST_BEAT_S)
            while not (await asyncio.wait([work], timeout=beat_s))[0]:
                # A lock that is lost with its connection is another worker's: this fails then.
                soon = time.monotonic() + _CALL_S
                await held.fetch_one(queries["services.hold"], deadline=soon)
            work.result()
        finally:
            await end(work)
    return True


def pause_s(failures: int, first_s: float) -> float:
    """Seconds until a service is begun again: doubling up to a minute, less up to a half."""
    longest = min(first_s * 2.0 ** (min(failures, _DOUBLINGS) - 1), _LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing


async def end(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait until it is over, whatever comes of it."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
