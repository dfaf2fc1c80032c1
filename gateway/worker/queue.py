"""The queue in Postgres: runs are added, held by a lease, and leave it done or given up."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.worker.job import CatchUp, Job
from stores.errors import StoreConflict
from stores.postgres.client import Postgres
from stores.queries import Statement, load_queries

if TYPE_CHECKING:
    from stores.postgres.client import Row

_CALL_S: Final = 5.0
_LATE_S: Final = 60
_MOST_MISSED: Final = 1_000
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker holds.

    Attributes:
        id: the entry of the queue.
        run_id: this try; whoever holds another one of the same entry has taken it over.
        attempts: tries, this one included.
    """

    id: UUID
    job: str
    run_id: UUID
    scheduled_for: datetime | None
    arguments: Mapping[str, object]
    attempts: int


class Queue:
    """What can be done with the queue; every call is one statement or one transaction."""

    __slots__ = ("_lease_s", "_postgres", "_queries")

    def __init__(self, postgres: Postgres, *, lease_s: float) -> None:
        self._postgres = postgres
        self._lease_s = lease_s
        self._queries: Mapping[str, Statement] = load_queries("postgres")

    async def plan(self, jobs: Collection[Job]) -> int:
        """Add the runs that have fallen due, unless another worker is doing it; how many."""
        scheduled = {job.name: job for job in jobs if job.schedule is not None}
        added = 0
        deadline = _soon()
        async with self._postgres.transaction(name="jobs.plan", deadline=deadline) as change:
            leads = await change.fetch_one(self._queries["jobs.lead"], deadline=deadline)
            if leads is None:
                return 0
            await change.execute(self._queries["jobs.bury_abandoned"], deadline=deadline)
            planned = await change.fetch(
                self._queries["jobs.planned"], list(scheduled), deadline=deadline
            )
            for name, until in planned:
                job = scheduled[name]
                due = missed(job, until, leads["at"])
                if due:
                    statement = self._queries["jobs.plan"]
                    values = statement.arguments(
                        job=name,
                        due=due,
                        exclusive=job.exclusive,
                        max_attempts=job.max_attempts,
                        one_is_enough=job.catch_up is not CatchUp.ALL,
                    )
                    added += await change.execute(statement, *values, deadline=deadline)
        return added

    async def add(self, job: Job, arguments: Mapping[str, object] | None = None) -> UUID:
        """Ask for a run now; the id of its entry."""
        row = await self._one(
            "jobs.add",
            job=job.name,
            arguments=dict(arguments or {}),
            exclusive=job.exclusive,
            max_attempts=job.max_attempts,
        )
        assert row is not None
        return UUID(str(row["id"]))

    async def claim(
        self, jobs: Collection[str], instance: str, *, only: UUID | None = None
    ) -> Claim | None:
        """Take the run that waits longest; None when nothing may be tried now."""
        try:
            row = await self._one(
                "jobs.claim",
                jobs=list(jobs),
                instance=instance,
                lease_s=self._lease_s,
                only=only,
            )
        except StoreConflict:  # another worker took a run of the same job at the same moment
            return None
        if row is None:
            return None
        return Claim(
            row["id"],
            row["job"],
            row["run_id"],
            row["scheduled_for"],
            row["arguments"],
            row["attempts"],
        )

    async def renew(self, claim: Claim, item_count: int) -> bool:
        """Hold the run for another lease; False when it was taken over."""
        row = await self._of(claim, "jobs.renew", item_count=item_count, lease_s=self._lease_s)
        return row is not None

    async def succeed(self, claim: Claim, item_count: int, details: Mapping[str, object]) -> bool:
        """Say that it is done; False when it was taken over."""
        row = await self._of(claim, "jobs.succeed", item_count=item_count, details=dict(details))
        return row is not None

    async def fail(self, claim: Claim, item_count: int, error: str) -> bool:
        """Try again later, or give it up after the last try; False when it was taken over."""
        row = await self._of(
            claim, "jobs.fail", item_count=item_count, error=error, pause_s=pause_s(claim.attempts)
        )
        return row is not None

    async def give_back(self, claim: Claim, item_count: int) -> None:
        """Leave it to another worker, who may begin at once."""
        await self._of(claim, "jobs.give_back", item_count=item_count)

    async def _of(self, claim: Claim, name: str, **values: object) -> Row | None:
        return await self._one(name, id=claim.id, run_id=claim.run_id, **values)

    async def _one(self, name: str, **values: object) -> Row | None:
        statement = self._queries[name]
        return await self._postgres.fetch_one(
            statement, *statement.arguments(**values), deadline=_soon()
        )


def missed(job: Job, planned_until: datetime, now: datetime) -> list[datetime]:
    """The due times later than one moment, up to another, that the job's catch-up asks for."""
    assert job.schedule is not None
    most = _MOST_MISSED if job.catch_up is CatchUp.ALL else 1
    due = job.schedule.between(planned_until, now, most=most)
    if job.catch_up is CatchUp.SKIP:
        return [at for at in due if now - at < timedelta(seconds=_LATE_S)]
    return due


def pause_s(attempts: int) -> float:
    """Seconds until the next try: doubling up to half an hour, less up to a half."""
    longest = min(_FIRST_PAUSE_S * 2.0 ** (min(attempts, 20) - 1), _LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing


def _soon() -> float:
    return time.monotonic() + _CALL_S
