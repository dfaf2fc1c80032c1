"""Runs of background jobs, and settings that everybody may read."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import column, entity
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Table
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.context import RequestContext

JOB_RUNS = Table("postgres", "ops.job_runs", order=("-started_at",), readers=Access.ADMIN)


QUEUED_RUNS = Table("postgres", "ops.job_queue", order=("-id",), readers=Access.ADMIN)


@strawberry.enum(description="Where a run of a job stands.")
class JobRunStatus(enum.Enum):
    """Where a run of a job stands."""

    RUNNING = strawberry.enum_value("running", description="It is at work.")
    SUCCEEDED = strawberry.enum_value("succeeded", description="It did what it should.")
    FAILED = strawberry.enum_value("failed", description="It gave up.")


@entity(JOB_RUNS, description="A run of a background job; for operators.")
class JobRun(Node):
    """A run of a background job."""

    job: str = column("Name of the job.")
    instance: str | None = column("Process that ran it; null when it did not say.")
    status: JobRunStatus = column("Where it stands.")
    started_at: datetime = column("When it began.")
    finished_at: datetime | None = column("When it ended; null while it runs.")
    item_count: BigInt = column("Things it dealt with.")
    details: JSON = column("Figures of the run, such as a position to go on from.")
    error_message: str | None = column("Why it failed; null when it did not.")


@entity(
    QUEUED_RUNS,
    description="A run of a background job that waits, is at work, or was given up; for operators. "
    "One that succeeds is a `JobRun` only.",
)
class QueuedRun(Node):
    """A run of a background job in the queue."""

    job: str = column("Name of the job.")
    scheduled_for: datetime | None = column("When the schedule says; null when it was asked for.")
    run_after: datetime = column("From when it may be tried.")
    attempts: int = column("How often it was tried, the try at work included.")
    max_attempts: int = column("After how many tries it is given up.")
    lease_expires_at: datetime | None = column(
        "Until when a worker has it; null while none is at work on it."
    )
    dead_at: datetime | None = column("When it was given up; null while there is hope.")
    error_message: str | None = column("Why the latest try failed; null when none did.")
    created_at: datetime = column("When it was added.")


@strawberry.type(description="A setting that may be changed while the system runs.")
class SystemSetting:
    """A setting that may be changed while the system runs."""

    key: str = strawberry.field(description="Its name.")
    value: JSON | None = strawberry.field(description="Its value.")
    description: str = strawberry.field(description="What it does.")
    updated_at: datetime = strawberry.field(description="When it last changed.")


async def public_settings(context: RequestContext) -> list[SystemSetting]:
    """Settings marked public, by name; one statement."""
    rows: list[Any] = await context.postgres("status.settings")
    return [SystemSetting(key=a, value=b, description=c, updated_at=d) for a, b, c, d in rows]
