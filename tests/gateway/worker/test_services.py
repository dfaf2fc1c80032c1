"""What a worker promises about its services: begun again, alone where one is enough, stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.worker.running import Worker, WorkerOptions
from gateway.worker.service import Service, ServiceContext, service
from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.queries import load_queries
from tests.gateway.worker.conftest import rows

OPTIONS = WorkerOptions(slots=1, lease_s=1, poll_s=0.02, drain_s=5, instance="one")
END_HOLDER = (
    "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l"
    " JOIN pg_database AS d ON d.oid = l.database WHERE l.locktype = 'advisory'"
    " AND d.datname = current_database()"
)


@asynccontextmanager
async def working(
    stores: Stores, services: dict[str, Service], options: WorkerOptions = OPTIONS
) -> AsyncIterator[asyncio.Event]:
    """A worker with services and no jobs, stopped in order at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(stores, {}, options, None, services).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def test_a_service_that_fails_or_returns_is_begun_again_and_told_to_stop(
    own_stores: Stores,
) -> None:
    begun, running, stopped = 0, asyncio.Event(), asyncio.Event()
    services: dict[str, Service] = {}

    @service("bells", registry=services)
    async def bells(context: ServiceContext, stop: asyncio.Event) -> None:
        """Rings.

        And more.
        """
        nonlocal begun
        begun += 1
        assert context.instance == "one"
        if begun == 1:
            raise ValueError("cracked")
        if begun == 3:
            running.set()
            await stop.wait()
            stopped.set()

    assert services["bells"].description == "Rings."
    async with working(own_stores, services):
        await asyncio.wait_for(running.wait(), 20)
    assert (begun, stopped.is_set()) == (3, True)


async def test_a_service_that_does_not_stop_is_ended(own_stores: Stores) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    services: dict[str, Service] = {}

    @service("deaf", single=True, registry=services)
    async def deaf(context: ServiceContext, stop: asyncio.Event) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with working(own_stores, services, replace(OPTIONS, drain_s=0.05)):
        await asyncio.wait_for(begun.wait(), 20)
    assert ended.is_set()


async def test_there_are_no_two_services_of_one_name() -> None:
    services: dict[str, Service] = {}

    async def nothing(context: ServiceContext, stop: asyncio.Event) -> None:
        pass

    service("twin", registry=services)(nothing)
    with pytest.raises(ValueError, match="two services named twin"):
        service("twin", registry=services)(nothing)


async def test_another_worker_takes_over_when_the_holder_loses_its_lock(
    own_stores: Stores,
) -> None:
    at_work: list[str] = []
    most = 0
    changed = asyncio.Condition()
    services: dict[str, Service] = {}

    @service("alone", single=True, registry=services)
    async def alone(context: ServiceContext, stop: asyncio.Event) -> None:
        nonlocal most
        async with changed:
            at_work.append(context.instance)
            most = max(most, len(at_work))
            changed.notify_all()
        try:
            await stop.wait()
        finally:
            at_work.remove(context.instance)

    async def holder(*, but: str = "") -> str:
        async with changed, asyncio.timeout(20):
            await changed.wait_for(lambda: at_work not in ([], [but]))
            return at_work[-1]

    async with (
        working(own_stores, services),
        working(own_stores, services, replace(OPTIONS, instance="other")),
    ):
        first = await holder()
        assert first in ("one", "other")
        # The server ends the connection of the holder, as it does when a worker is gone.
        await rows(own_stores, END_HOLDER)
        second = await holder(but=first)
        assert {first, second} <= {"one", "other"}
    assert at_work == []


async def test_the_lock_of_a_worker_that_hangs_passes_on_after_its_lease(
    own_stores: Stores,
) -> None:
    taken = asyncio.Event()
    services: dict[str, Service] = {}

    @service("alone", single=True, registry=services)
    async def alone(context: ServiceContext, stop: asyncio.Event) -> None:
        taken.set()
        await stop.wait()

    lead = load_queries("postgres")["services.lead"]

    async def hang() -> None:
        async with own_stores.postgres.transaction() as held:
            assert await held.fetch_one(lead, *lead.arguments(service="alone", lease_ms=300))
            async with working(own_stores, services):
                await asyncio.wait_for(taken.wait(), 20)

    with pytest.raises(StoreError):  # the server has ended its transaction
        await hang()
