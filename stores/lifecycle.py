"""The four stores together: opened, asked how they are, closed.

Nothing else imports all four adapters.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from stores.clickhouse.client import ClickHouse, ClickHouseOptions
from stores.errors import StoreError
from stores.postgres.client import Postgres, PostgresOptions
from stores.postgres.replicas import ReplicaReader, Replicas
from stores.qdrant.client import Qdrant, QdrantOptions
from stores.redis.client import Redis, RedisOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from stores.redis.topics import Topics
    from stores.urls import StoreUrls

_HEALTH_S: Final = 1.0
Role = Literal["gateway", "worker"]


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Where the stores are and how long to wait for them.

    Attributes:
        urls: addresses.
        qdrant_prefix: put before every collection and alias.
        role: `gateway` is subject to row level security; `worker`, for loading and jobs, is not.
        replica_urls: copies of Postgres, as the role `gateway`, for reads of what anybody may see.
        replica_lag_s: how far behind a copy may be, in seconds.
    """

    urls: StoreUrls
    qdrant_prefix: str = ""
    role: Role = "gateway"
    replica_urls: tuple[str, ...] = field(default=(), repr=False)
    replica_lag_s: float = 5.0
    postgres: PostgresOptions = field(default_factory=PostgresOptions)
    clickhouse: ClickHouseOptions = field(default_factory=ClickHouseOptions)
    redis: RedisOptions = field(default_factory=RedisOptions)
    qdrant: QdrantOptions = field(default_factory=QdrantOptions)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How one store is.

    Attributes:
        ok: it answered.
        version: what it says it is.
        latency_ms: time of one small question.
        error: why it is not ok; for operators, without secrets.
    """

    ok: bool
    version: str | None
    latency_ms: float
    error: str | None


@dataclass(frozen=True, slots=True)
class Stores:
    """Every store of a process; each heals by itself.

    Attributes:
        replicas: copies of Postgres; None when there are none.
    """

    postgres: Postgres
    clickhouse: ClickHouse
    redis: Redis
    qdrant: Qdrant
    replicas: Replicas | None = None

    def for_anybody(self) -> Stores:
        """The same stores for one request of somebody unknown, whose reads may go to copies."""
        if self.replicas is None:
            return self
        return replace(self, postgres=ReplicaReader(self.postgres, self.replicas))

    @property
    def topics(self) -> Topics:
        """Publish and subscribe."""
        return self.redis.topics

    async def health(self) -> dict[str, StoreHealth]:
        """Ask every store at once; takes a second at most."""
        deadline = time.monotonic() + _HEALTH_S
        asked: dict[str, Awaitable[str]] = {
            "postgres": self.postgres.version(deadline=deadline),
            "clickhouse": self.clickhouse.version(deadline=deadline),
            "redis": self.redis.version(),
            "qdrant": self.qdrant.version(deadline=deadline),
        }
        answers = await asyncio.gather(*(_health(answer) for answer in asked.values()))
        return dict(zip(asked, answers, strict=True))

    async def close(self) -> None:
        """Close every connection; one store that fails to does not keep the others open."""
        if self.replicas is not None:
            await self.replicas.close()
        await asyncio.gather(
            self.postgres.close(),
            self.clickhouse.close(),
            self.redis.close(),
            self.qdrant.close(),
            return_exceptions=True,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


async def open_stores(options: StoreOptions) -> Stores:
    """Open the four stores. Never fails because one is down: each connects when first used."""
    urls = options.urls
    postgres_url = urls.postgres if options.role == "gateway" else urls.postgres_worker
    named = f"{options.postgres.application_name}/{options.role}"
    connecting = replace(options.postgres, application_name=named)
    postgres = Postgres(postgres_url, connecting)
    copies = options.replica_urls if options.role == "gateway" else ()
    return Stores(
        postgres=postgres,
        clickhouse=ClickHouse(urls.clickhouse, options.clickhouse),
        redis=Redis(urls.redis, options.redis),
        qdrant=Qdrant(urls.qdrant, options.qdrant, prefix=options.qdrant_prefix),
        replicas=(
            Replicas(copies, postgres, connecting, max_lag_s=options.replica_lag_s)
            if copies
            else None
        ),
    )


async def _health(answer: Awaitable[str]) -> StoreHealth:
    started = time.perf_counter()
    version, error = None, None
    try:
        version = await answer
    except StoreError as failure:
        error = failure.message
    latency_ms = (time.perf_counter() - started) * 1000
    return StoreHealth(error is None, version, round(latency_ms, 3), error)
