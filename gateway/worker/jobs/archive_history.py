"""Old public history leaves ClickHouse for Parquet files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.archive.moving import Archiver
from gateway.worker.job import CatchUp, JobContext, job


@job("archive_history", every="30 1 * * *", catch_up=CatchUp.ONCE, timeout_s=14_400)
async def archive_history(run: JobContext) -> None:
    """Moves months of public history that arrived GATEWAY_HISTORY_DAYS ago into Parquet files."""
    archiver = Archiver(run.stores, run.settings.objects(), run.deadline)
    days = run.settings.history_days
    left: dict[str, int] = {}
    if days == 0:
        months = archiver.resume()
    else:
        months = archiver.archive(datetime.now(UTC) - timedelta(days=days))
    async for month in months:
        left[month.series] = left.get(month.series, 0) + month.row_count
        run.done(month.row_count)
        run.details["rows"] = left
