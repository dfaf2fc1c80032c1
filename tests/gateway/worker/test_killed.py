"""Real workers, one of them killed with SIGKILL: its run is done all the same."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from gateway.worker.jobs import JOBS
from gateway.worker.queue import Queue
from stores.lifecycle import StoreOptions, Stores
from stores.queries import Statement
from tests.gateway.test_cli import run, started, store_variables
from tests.gateway.worker.conftest import rows, until

JOB = "delete_expired"
LOCK = Statement("hold", "LOCK TABLE trading.trade_routes IN ACCESS EXCLUSIVE MODE", kind="exec")
RUNNING = "SELECT instance FROM ops.job_runs WHERE job = $1 AND status = 'running'"


async def at_work(stores: Stores, *, but: str = "") -> str:
    """The worker that is at the run, other than one; waits until there is one."""
    async with asyncio.timeout(40):
        while True:
            found = [row[0] for row in await rows(stores, RUNNING, JOB)]
            if found and found != [but]:
                return str(found[0])
            await asyncio.sleep(0.05)


async def test_a_killed_worker_loses_nothing_and_a_stopped_one_leaves_in_order(
    fresh_options: StoreOptions, own_stores: Stores
) -> None:
    await Queue(own_stores.postgres, lease_s=2).add(JOBS[JOB])
    command, variables = "worker --lease 2", store_variables(fresh_options)
    async with (
        started(command, **variables) as one,
        started(command, **variables) as other,
    ):
        async with own_stores.postgres.transaction(name="hold") as held:
            await held.execute(LOCK)  # the run waits here
            first = await at_work(own_stores)
            pid = int(first.rpartition(":")[2])
            assert pid in {one.pid, other.pid}
            os.kill(pid, signal.SIGKILL)
            second = await at_work(own_stores, but=first)
            assert int(second.rpartition(":")[2]) == ({one.pid, other.pid} - {pid}).pop()
        await until(own_stores, "SELECT NOT EXISTS (SELECT FROM ops.job_queue WHERE job = $1)", JOB)
        survivor = one if other.pid == pid else other
        survivor.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(survivor.communicate(), 30)
        assert survivor.returncode == 0
        assert said.decode().splitlines()[-1] == "stopped"

    tries = await rows(own_stores, "SELECT * FROM ops.job_runs WHERE job = $1 ORDER BY id", JOB)
    assert [(each["status"], each["error_message"]) for each in tries] == [
        ("failed", "The worker vanished."),
        ("succeeded", None),
    ]
    assert [each["details"]["attempt"] for each in tries] == [1, 2]
    lost: Any = tries[0]["finished_at"] - tries[0]["started_at"]
    assert lost.total_seconds() >= 1.5, "it was not taken away before its lease ran out"


async def test_jobs_are_listed_run_and_looked_back_at(fresh_options: StoreOptions) -> None:
    variables = store_variables(fresh_options)
    ran = await run("jobs run refresh_views", **variables)
    assert (ran.code, ran.err.strip()) == (0, "refresh_views is done")
    listed = await run("jobs list", **variables)
    assert all(name in listed.out for name in JOBS)
    assert "*/5 * * * *" in listed.out
    history = await run("jobs history refresh_views", **variables)
    (line,) = history.out.strip().splitlines()[1:]
    assert line.split()[-2:] == ["succeeded", "4"]
    unknown = await run("jobs run bake", **variables)
    assert unknown.code == 2
    assert "there is no job bake" in unknown.err
