"""Activity of users is kept for as long as each of them allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.worker.job import CatchUp, JobContext, job
from resolvers.lifecycle.holdings import Holdings, activity_kept_days, holdings
from stores.queries import load_queries
from stores.relational.owned import delete_aged_rows

if TYPE_CHECKING:
    from stores.postgres.client import Rows

_USERS: Final = 1_000
_ROWS: Final = 5_000
_FIRST: Final = UUID(int=0)


@job("apply_retention", every="40 3 * * *", catch_up=CatchUp.ONCE, timeout_s=7_200)
async def apply_retention(run: JobContext) -> None:
    """Deletes what users did that is older than the days each of them allows."""
    query, held = load_queries("postgres")["lifecycle.retentions"], holdings()
    run.details |= dict.fromkeys((*held.activity, *held.activity_clickhouse), 0)
    after = _FIRST
    while users := await run.stores.postgres.fetch(query, after, _USERS, deadline=run.deadline):
        after = users[-1]["id"]
        await _age_rows(run, held, users)
        await _age_series(run, held, users)


async def _age_rows(run: JobContext, held: Holdings, users: Rows) -> None:
    ids, days = [row["id"] for row in users], [row["days"] for row in users]
    for table, dated in held.activity.items():
        statement = delete_aged_rows(table, held.tables[table].column, dated)
        deleted = _ROWS
        while deleted == _ROWS:  # short transactions: nobody waits long for a locked row
            deleted = await run.stores.postgres.execute(
                statement, ids, days, _ROWS, deadline=run.deadline
            )
            _note(run, table, deleted)


async def _age_series(run: JobContext, held: Holdings, users: Rows) -> None:
    """A deletion rewrites parts of a table, so it is asked for only where there is something."""
    queries = load_queries("clickhouse")
    days = [activity_kept_days(row["days"], row["consented"]) for row in users]
    columns = {place.name: place.column for place in held.clickhouse}
    for table, dated in held.activity_clickhouse.items():
        params = {
            "table": table,
            "column": columns[table],
            "dated": dated,
            "ids": [row["id"] for row in users],
            "days": days,
        }
        counted = await run.stores.clickhouse.fetch(
            queries["lifecycle.count_aged"], params, deadline=run.deadline
        )
        number = counted[0][0]
        assert isinstance(number, int)
        if number:
            await run.stores.clickhouse.execute(
                queries["lifecycle.delete_aged"], params, deadline=run.deadline
            )
            _note(run, table, number)


def _note(run: JobContext, table: str, number: int) -> None:
    noted = run.details[table]
    assert isinstance(noted, int)
    run.details[table] = noted + number
    run.done(number)
