"""What operators do about runs that were given up, and how long they are kept."""

from __future__ import annotations

import time

from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from stores.lifecycle import StoreOptions, Stores
from stores.queries import load_queries
from tests.gateway.test_cli import run, store_variables
from tests.gateway.worker.conftest import rows, value

DEAD = """
INSERT INTO ops.job_queue (job, max_attempts, attempts, dead_at, error_message)
VALUES ($1, 3, 3, now() - make_interval(days => $2), 'no bread')
RETURNING id
"""


async def test_runs_that_were_given_up_are_shown_and_tried_again(
    fresh_options: StoreOptions, own_stores: Stores
) -> None:
    variables = store_variables(fresh_options)
    ids = [str(await value(own_stores, DEAD, job, 0)) for job in ("bake", "bake", "brew")]
    shown = await run("jobs dead", **variables)
    assert all(identity in shown.out for identity in ids)
    assert shown.out.count("no bread") == 3

    one = await run(f"jobs requeue {ids[0]}", **variables)
    assert (one.code, one.err.strip()) == (0, "1 run waits again")
    ready = "SELECT array_agg(attempts) FROM ops.job_queue WHERE dead_at IS NULL"
    assert await value(own_stores, ready) == [0]
    requeue = load_queries("postgres")["jobs.requeue"]
    assert await own_stores.postgres.execute(requeue, "bake") == 1
    assert await own_stores.postgres.execute(requeue, "bake") == 0
    left = "SELECT array_agg(job) FROM ops.job_queue WHERE dead_at IS NOT NULL"
    assert await value(own_stores, left) == ["brew"]


async def test_runs_that_were_given_up_go_after_ninety_days(own_stores: Stores) -> None:
    await value(own_stores, DEAD, "old", 91)
    kept = await value(own_stores, DEAD, "young", 89)
    context = JobContext(own_stores, time.monotonic() + 60)
    await JOBS["delete_dead_runs"].function(context)
    assert context.item_count == 1
    assert [row[0] for row in await rows(own_stores, "SELECT id FROM ops.job_queue")] == [kept]
