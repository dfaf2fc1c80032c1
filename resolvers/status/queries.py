"""Root fields of the status: stores and data, parts, jobs, settings, and use of the platform."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from resolvers.catalog.chains import chain_number
from resolvers.connection import Connection
from resolvers.fields import root_field, root_page
from resolvers.permissions import Access
from resolvers.scalars import BigInt, ChainId
from resolvers.status.operations import JobRun, QueuedRun, SystemSetting, public_settings
from resolvers.status.platform import FromDay, PlatformMetrics, ToDay, platform_metrics
from resolvers.status.relay import RelayLag, relay_lag
from resolvers.status.stores import StoreFreshness, ask_stores, lag
from resolvers.status.system import SystemStatus, system_status

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(description="How far a chain has been read.")
class MetaHead:
    """How far a chain has been read."""

    block_number: BigInt = strawberry.field(description="Height of the newest block read.")
    block_at: datetime = strawberry.field(description="Time written in that block.")
    indexed_at: datetime = strawberry.field(description="When the block reached the stores.")
    lag_s: int = strawberry.field(description="Seconds from `blockAt` until now.")
    source: str | None = strawberry.field(description="Where the block came from.")


@strawberry.type(description="How the gateway is and how fresh its data is.")
class Meta:
    """How the gateway is and how fresh its data is."""

    chain_argument: strawberry.Private[ChainId | None]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Version of the gateway that answers."
    )
    def version(self) -> str:
        """Version of the package."""
        return version("onchain-gateway")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Every store. One that is away is an entry with `isUp: false`, not an error."
    )
    async def stores(self, info: Info) -> list[StoreFreshness]:
        """All stores are asked at once."""
        return await ask_stores(info.context)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="How far changes made in Postgres are on their way to each other store; null "
        "with an error while Postgres is away."
    )
    async def relay(self, info: Info) -> list[RelayLag] | None:
        """One statement."""
        return await relay_lag(info.context)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="How far the chain of the argument `chain` has been read; null without that "
        "argument or when no block has been."
    )
    async def head(self, info: Info) -> MetaHead | None:
        """One row."""
        if self.chain_argument is None:
            return None
        context: RequestContext = info.context
        number = await chain_number(context, self.chain_argument)
        rows: list[Any] = await context.postgres("status.head", number)
        if not rows:
            return None
        block_number, block_at, indexed_at, source = rows[0]
        return MetaHead(
            block_number=block_number,
            block_at=block_at,
            indexed_at=indexed_at,
            lag_s=lag(context, block_at),
            source=source,
        )


@strawberry.type(description="How the gateway is.")
class StatusQuery:
    """Root fields of the status."""

    job_runs: Connection[JobRun] | None = root_page(
        "Runs of background jobs, newest first; for operators.", access=Access.ADMIN
    )

    queued_runs: Connection[QueuedRun] | None = root_page(
        "Runs of background jobs that wait, are at work or were given up, newest first; for "
        "operators. `where: {deadAt: {isNull: false}}` shows those that were given up.",
        access=Access.ADMIN,
    )

    @root_field(
        "How the gateway is: its version, its stores and how fresh their data is, and how far a "
        "chain has been read.",
        access=Access.PUBLIC,
        name="_meta",
    )
    def meta(
        self,
        info: Info,
        chain: Annotated[
            ChainId | None,
            strawberry.argument(
                description="Chain for `head`: a CAIP-2 id, an EVM chain id or a slug."
            ),
        ] = None,
    ) -> Meta:
        """Nothing is read before a field is selected."""
        return Meta(chain_argument=chain)

    @root_field(
        "How the system and its parts are now, as a status page shows it.", access=Access.PUBLIC
    )
    async def system_status(self, info: Info) -> SystemStatus | None:
        """All stores are asked at once."""
        return await system_status(info.context)

    @root_field("Settings of the system that everybody may read, by name.", access=Access.PUBLIC)
    async def system_settings(self, info: Info) -> list[SystemSetting] | None:
        """One statement."""
        return await public_settings(info.context)

    @root_field(
        "What users of the platform did, by day: only figures that say nothing of a single one.",
        access=Access.PUBLIC,
    )
    def platform_metrics(
        self, info: Info, from_: FromDay = None, to: ToDay = None
    ) -> PlatformMetrics | None:
        """Nothing is read before a field is selected."""
        return platform_metrics(info.context.clock(), from_, to)
