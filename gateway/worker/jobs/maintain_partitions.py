"""Monthly partitions: made ahead of their rows, dropped when what they hold is kept elsewhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from gateway.worker.job import CatchUp, JobContext, job
from stores.queries import load_queries

_MONTHS_AHEAD: Final = 3
_LOG: Final = logging.getLogger(__name__)


@job("maintain_partitions", every="20 0 * * *", catch_up=CatchUp.ONCE, timeout_s=1_800)
async def maintain_partitions(run: JobContext) -> None:
    """Makes the partitions of the next three months, and drops hot months whose history is kept."""
    queries = load_queries("postgres")
    postgres = run.stores.postgres
    made = await postgres.fetch(
        queries["operations.ensure_partitions"], _MONTHS_AHEAD, deadline=run.deadline
    )
    run.done(len(made))
    run.details["made"] = [row["partition"] for row in made]
    await _drop_cold_activity(run)
    stray = await postgres.fetch(queries["operations.stray_rows"], deadline=run.deadline)
    run.details["stray_rows"] = {row["parent"]: row["stray_rows"] for row in stray}
    for row in stray:
        _LOG.warning("%s rows of %s are in no month", row["stray_rows"], row["parent"])


async def _drop_cold_activity(run: JobContext) -> None:
    """Drop months before the hot window, counted from the newest row, that ClickHouse has whole.

    Recorded data may end years ago: counted from today, all of it would be gone.
    """
    queries = load_queries("postgres")
    postgres = run.stores.postgres
    months = await postgres.fetch(
        queries["operations.cold_activity"],
        timedelta(days=run.settings.hot_days),
        deadline=run.deadline,
    )
    kept = load_queries("clickhouse")["operations.activity_rows"]
    dropped: list[str] = []
    for month in months:
        counted = await run.stores.clickhouse.fetch(
            kept, {"start": month["starts_at"], "end": month["ends_at"]}, deadline=run.deadline
        )
        if counted[0][0] < month["row_count"]:
            _LOG.warning("%s has rows that the history lacks, and stays", month["partition"])
            break
        rows = await postgres.fetch(
            queries["operations.drop_activity"], month["ends_at"], deadline=run.deadline
        )
        dropped += [row["partition"] for row in rows]
    run.done(len(dropped))
    run.details["dropped"] = dropped
