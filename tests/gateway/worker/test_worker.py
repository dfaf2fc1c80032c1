"""What a worker promises about its runs: none is lost, failures come again, leases are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from gateway.worker.job import CatchUp, JobContext, Registry, job
from gateway.worker.queue import Queue
from gateway.worker.running import Worker, WorkerOptions
from stores.lifecycle import Stores
from tests.gateway.worker.conftest import rows, until, value

Function = Callable[[JobContext], Awaitable[None]]
LATER = timedelta(minutes=5)


def registry(function: Function, **options: object) -> Registry:
    jobs = Registry()
    settings: dict[str, object] = {"timeout_s": 30, "registry": jobs, **options}
    job("sample", **settings)(function)  # type: ignore[arg-type]
    return jobs


async def nothing(run: JobContext) -> None:
    """Does nothing."""
    run.done(3)


@pytest.fixture
def options() -> WorkerOptions:
    return WorkerOptions(slots=2, lease_s=2, poll_s=0.02, drain_s=5, instance="here")


async def run_until(
    stores: Stores, jobs: Registry, options: WorkerOptions, finished: asyncio.Event
) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(stores, jobs, options).run(stop))
    await asyncio.wait_for(finished.wait(), 30)
    stop.set()
    await task


async def test_a_run_that_succeeds_leaves_the_queue_and_a_record(
    own_stores: Stores, options: WorkerOptions
) -> None:
    worker = Worker(own_stores, registry(nothing), options)
    assert await worker.run_entry(await worker.queue.add(worker._jobs["sample"])) is True
    assert await value(own_stores, "SELECT count(*) FROM ops.job_queue") == 0
    (run,) = await rows(own_stores, "SELECT * FROM ops.job_runs")
    assert (run["job"], run["instance"], run["status"]) == ("sample", "here", "succeeded")
    assert (run["item_count"], run["error_message"]) == (3, None)
    assert run["finished_at"] >= run["started_at"]


async def test_a_run_that_fails_waits_longer_each_time_and_is_given_up_with_its_reason(
    own_stores: Stores, options: WorkerOptions
) -> None:
    async def broken(run: JobContext) -> None:
        raise ValueError("no bread")

    jobs = registry(broken, max_attempts=2)
    worker = Worker(own_stores, jobs, options)
    entry = await worker.queue.add(jobs["sample"])
    assert await worker.run_entry(entry) is False
    assert await worker.run_entry(entry) is None, "it has to wait"
    assert await value(own_stores, "SELECT run_after > now() FROM ops.job_queue")
    await rows(own_stores, "UPDATE ops.job_queue SET run_after = now()")
    assert await worker.run_entry(entry) is False
    (dead,) = await rows(own_stores, "SELECT * FROM ops.job_queue")
    assert dead["dead_at"] is not None
    assert (dead["attempts"], dead["error_message"]) == (2, "ValueError: no bread")
    await rows(own_stores, "UPDATE ops.job_queue SET run_after = now()")
    assert await worker.run_entry(entry) is None, "it was given up"


async def test_a_run_that_takes_too_long_is_cut_off(
    own_stores: Stores, options: WorkerOptions
) -> None:
    async def endless(run: JobContext) -> None:
        await asyncio.Event().wait()

    jobs = registry(endless, timeout_s=0.05)
    worker = Worker(own_stores, jobs, options)
    assert await worker.run_entry(await worker.queue.add(jobs["sample"])) is False
    said = await value(own_stores, "SELECT error_message FROM ops.job_runs")
    assert said == "TimeoutError: It took longer than 0.05 s."


async def test_due_runs_are_planned_once_however_many_plan(own_stores: Stores) -> None:
    jobs = registry(nothing, every="0 * * * *", catch_up=CatchUp.ALL)
    queues = [Queue(own_stores.postgres, lease_s=5) for _ in range(5)]
    assert await queues[0].plan(list(jobs.values())) == 0, "a new job has missed nothing"
    back = (
        "UPDATE ops.job_schedules"
        " SET planned_until = date_trunc('hour', now()) - interval '3 hours'"
    )
    await rows(own_stores, back)
    planned = await asyncio.gather(*(queue.plan(list(jobs.values())) for queue in queues))
    assert sum(planned) == 3
    await rows(own_stores, back)
    assert await queues[0].plan(list(jobs.values())) == 0, "the same times are the same runs"


async def test_one_waiting_run_is_enough_where_the_job_catches_up_once(
    own_stores: Stores,
) -> None:
    jobs = registry(nothing, every="* * * * *", catch_up=CatchUp.ONCE)
    queue = Queue(own_stores.postgres, lease_s=5)
    await queue.plan(list(jobs.values()))
    back = "UPDATE ops.job_schedules SET planned_until = now() - interval '3 hours'"
    counts = []
    for _ in range(2):
        await rows(own_stores, back)
        counts.append(await queue.plan(list(jobs.values())))
        await rows(
            own_stores,
            "UPDATE ops.job_queue SET scheduled_for = scheduled_for - $1::interval",
            LATER,
        )
    assert counts == [1, 0]


async def test_runs_of_an_exclusive_job_follow_each_other(
    own_stores: Stores, options: WorkerOptions
) -> None:
    at_work, most, count = 0, 0, 0
    finished = asyncio.Event()

    async def counted(run: JobContext) -> None:
        nonlocal at_work, most, count
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        count += 1
        if count == 6:
            finished.set()

    jobs = registry(counted)
    queue = Queue(own_stores.postgres, lease_s=5)
    for _ in range(6):
        await queue.add(jobs["sample"])
    await run_until(own_stores, jobs, options, finished)
    assert (most, count) == (1, 6)


async def test_a_worker_that_was_taken_over_neither_goes_on_nor_reports(
    own_stores: Stores, options: WorkerOptions
) -> None:
    ended = asyncio.Event()

    async def long(run: JobContext) -> None:
        await rows(run.stores, "UPDATE ops.job_queue SET run_id = gen_random_uuid()")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    jobs = registry(long)
    worker = Worker(own_stores, jobs, options)
    assert await worker.run_entry(await worker.queue.add(jobs["sample"])) is False
    assert ended.is_set()
    assert await value(own_stores, "SELECT count(*) FROM ops.job_queue") == 1


async def test_a_long_run_keeps_its_lease_and_shows_its_progress(
    own_stores: Stores, options: WorkerOptions
) -> None:
    async def long(run: JobContext) -> None:
        first = await value(run.stores, "SELECT lease_expires_at FROM ops.job_queue")
        run.done(41)
        await until(run.stores, "SELECT lease_expires_at > $1 FROM ops.job_queue", first)
        run.details["seen"] = await value(run.stores, "SELECT item_count FROM ops.job_runs")
        run.done()

    jobs = registry(long)
    worker = Worker(own_stores, jobs, options)
    assert await worker.run_entry(await worker.queue.add(jobs["sample"])) is True
    (run,) = await rows(own_stores, "SELECT item_count, details FROM ops.job_runs")
    assert (run["item_count"], run["details"]["seen"]) == (42, 41)


async def test_a_stopped_worker_lets_runs_finish_and_gives_back_those_that_do_not(
    own_stores: Stores,
) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def waiting(run: JobContext) -> None:
        started.set()
        await release.wait()

    jobs = registry(waiting)
    queue = Queue(own_stores.postgres, lease_s=30)
    for drain_s, status, attempts in ((0.01, "failed", [0]), (20, "succeeded", [])):
        if drain_s < 1:
            await queue.add(jobs["sample"])
        started.clear()
        stop = asyncio.Event()
        options = WorkerOptions(slots=1, lease_s=30, poll_s=0.02, drain_s=drain_s)
        task = asyncio.create_task(Worker(own_stores, jobs, options).run(stop))
        await asyncio.wait_for(started.wait(), 20)
        stop.set()
        if drain_s > 1:
            release.set()
        await task
        newest = "SELECT status FROM ops.job_runs ORDER BY id DESC LIMIT 1"
        assert await value(own_stores, newest) == status
        left = await rows(own_stores, "SELECT attempts FROM ops.job_queue WHERE run_id IS NULL")
        assert [row["attempts"] for row in left] == attempts
