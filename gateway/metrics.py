"""`/metrics` for Prometheus: stores, changes on their way, jobs, and this process.

It listens on a port of its own, for operators: what waits and how much is nobody else's business.
Numbers are read when they are asked for, so a process that nobody scrapes spends nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.relay.outbox import StoreLag
from gateway.server import listen
from stores.errors import StoreError
from stores.lifecycle import StoreHealth, Stores
from stores.queries import load_queries

if TYPE_CHECKING:
    from stores.postgres.client import Rows

_PREFIX: Final = "onchain_gateway"
_CALL_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the stores say now.

    Attributes:
        health: by store.
        lags: how far each store is behind; empty while Postgres is away.
        jobs: rows of `jobs.counts`; empty while Postgres is away.
        at: when it was asked.
    """

    health: dict[str, StoreHealth]
    lags: Sequence[StoreLag] = ()
    jobs: Sequence[Any] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


async def snapshot(stores: Stores) -> Snapshot:
    """Ask every store; one that is away is an answer. Works as either role."""
    health = await stores.health()
    try:
        return Snapshot(
            health,
            [StoreLag(*row) for row in await _asked(stores, "relay.lag")],
            await _asked(stores, "jobs.counts"),
        )
    except StoreError:
        return Snapshot(health)


class StoreCollector(Collector):
    """The families of one snapshot."""

    def __init__(self, taken: Snapshot) -> None:
        self._taken = taken

    def collect(self) -> Iterable[Metric]:
        """Every family, in a fixed order."""
        yield from self._of_stores()
        yield from self._of_changes()
        yield from self._of_jobs()

    def _of_stores(self) -> Iterator[Metric]:
        up = _gauge("store_up", "Whether the store answers: 1 or 0.", "store")
        took = _gauge("store_latency_seconds", "Time of one small question.", "store")
        for name, found in self._taken.health.items():
            up.add_metric([name], float(found.ok))
            if found.ok:
                took.add_metric([name], found.latency_ms / 1000)
        yield from (up, took)

    def _of_changes(self) -> Iterator[Metric]:
        waiting = _gauge("outbox_waiting", "Changes the store has not heard of.", "store")
        refused = _gauge("outbox_refused", "Changes the store refuses.", "store")
        lag = _gauge(
            "outbox_lag_seconds", "Age of the oldest change not passed on; 0 for none.", "store"
        )
        failing = _gauge("outbox_store_failing", "Whether the store takes nothing now.", "store")
        for each in self._taken.lags:
            waiting.add_metric([each.store], each.waiting)
            refused.add_metric([each.store], each.refused)
            lag.add_metric([each.store], self._age_s(each.oldest_at))
            failing.add_metric([each.store], float(each.failing_since is not None))
        yield from (waiting, refused, lag, failing)

    def _of_jobs(self) -> Iterator[Metric]:
        runs = _gauge("jobs", "Runs in the queue: waiting, running, dead.", "job", "state")
        late = _gauge(
            "job_wait_seconds",
            "How long the oldest run that may be tried waits; 0 for none.",
            "job",
        )
        for row in self._taken.jobs:
            for state in ("waiting", "running", "dead"):
                runs.add_metric([row["job"], state], row[state])
            late.add_metric([row["job"]], self._age_s(row["oldest_due_at"]))
        yield from (runs, late)

    def _age_s(self, moment: datetime | None) -> float:
        return 0.0 if moment is None else max(0.0, (self._taken.at - moment).total_seconds())


def exposition(taken: Snapshot) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(StoreCollector(taken))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return generate_latest(registry)


def metrics_app(stores: Stores) -> Starlette:
    """The application behind the port: `/metrics` and nothing else."""

    async def metrics(_: Request) -> Response:
        return Response(exposition(await snapshot(stores)), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics)])


class _Quiet(uvicorn.Server):
    """Leaves signals to the process it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_metrics(stores: Stores, host: str, port: int, stop: asyncio.Event) -> None:
    """Answer until `stop` is set or the task is cancelled.

    Raises:
        CannotListen: the port is in use or not ours.
    """
    with listen(host, port) as listener:
        config = uvicorn.Config(metrics_app(stores), log_config=None, access_log=False)
        server = _Quiet(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await stop.wait()
        finally:
            server.should_exit = True
            await serving


def _gauge(name: str, description: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{_PREFIX}_{name}", description, labels=labels)


async def _asked(stores: Stores, name: str) -> Rows:
    deadline = time.monotonic() + _CALL_S
    return await stores.postgres.fetch(load_queries("postgres")[name], deadline=deadline)
