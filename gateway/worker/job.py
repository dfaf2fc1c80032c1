"""What a job is: a name, a schedule and a function over the stores.

    @job("refresh_views", every="*/5 * * * *", catch_up=CatchUp.ONCE, timeout_s=240)
    async def refresh_views(run: JobContext) -> None:
        \"\"\"Brings the views up to date.\"\"\"

The first line of the docstring tells operators what it does. A worker may be killed at any moment
and the run repeated, so a job has to do no harm when it runs twice.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.config import Settings
from gateway.worker.cron import Cron
from stores.lifecycle import Stores

Function = Callable[["JobContext"], Awaitable[None]]


class CatchUp(enum.Enum):
    """What happens to runs that fell due while no worker was there."""

    SKIP = "skip"
    """They are left out; one that is less than a minute late still runs."""
    ONCE = "once"
    """The latest one runs for all of them."""
    ALL = "all"
    """Each one runs, in order, a thousand at most."""


@dataclass(slots=True)
class JobContext:
    """What a run has to work with.

    Attributes:
        stores: opened as the role `worker`, which sees every row.
        deadline: `time.monotonic()` value at which the run is cut off.
        arguments: what it is to work on; empty for scheduled runs.
        settings: the configuration.
        item_count: things dealt with so far; shown while it runs.
        details: figures of the run for its record, such as what was found; JSON values.
    """

    stores: Stores
    deadline: float
    arguments: Mapping[str, object] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    item_count: int = 0
    details: dict[str, object] = field(default_factory=dict)

    def done(self, count: int = 1) -> None:
        """Count things that were dealt with."""
        self.item_count += count


@dataclass(frozen=True, slots=True)
class Job:
    """A job as declared.

    Attributes:
        name: unique; what operators call it.
        function: does the work.
        schedule: when it is due; None when it only runs on request.
        catch_up: what happens to missed runs.
        timeout_s: longest run, in seconds.
        max_attempts: tries after which a run is given up.
        exclusive: no two runs of it are at work at the same time.
        description: what it does, in one line.
    """

    name: str
    function: Function
    schedule: Cron | None
    catch_up: CatchUp
    timeout_s: float
    max_attempts: int
    exclusive: bool
    description: str


class Registry(Mapping[str, Job]):
    """Jobs by name, in the order of their names."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        """Take a job in.

        Raises:
            ValueError: there is one of this name.
        """
        if job.name in self._jobs:
            raise ValueError(f"there are two jobs named {job.name}")
        self._jobs[job.name] = job

    def __getitem__(self, name: str) -> Job:
        return self._jobs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._jobs))

    def __len__(self) -> int:
        return len(self._jobs)


JOBS: Final = Registry()


def job(
    name: str,
    *,
    every: str | None = None,
    catch_up: CatchUp = CatchUp.ONCE,
    timeout_s: float,
    max_attempts: int = 5,
    exclusive: bool = True,
    registry: Registry = JOBS,
) -> Callable[[Function], Function]:
    """Declare the decorated function as a job; see `Job` for the arguments.

    Args:
        name: unique name.
        every: schedule in the syntax of cron, UTC; None when it only runs on request.
        catch_up: what happens to missed runs.
        timeout_s: longest run, in seconds.
        max_attempts: tries after which a run is given up.
        exclusive: no two runs of it are at work at the same time.
        registry: where it is listed.

    Raises:
        CronError: the schedule cannot be read.
        ValueError: there is a job of this name.
    """
    schedule = None if every is None else Cron.parse(every)

    def declare(function: Function) -> Function:
        said = (function.__doc__ or "").strip().partition("\n")[0]
        registry.add(
            Job(name, function, schedule, catch_up, timeout_s, max_attempts, exclusive, said)
        )
        return function

    return declare
