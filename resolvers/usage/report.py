"""How much the viewer asked for, by day and by kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from strawberry import Info

from resolvers.days import DEFAULT_DAYS, span_of_days
from resolvers.scalars import BigInt
from resolvers.usage.limits import RateLimit, limits_of_viewer

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_TYPE: Final = "What was done, such as query, subscription or export."
_RESOURCE: Final = "Kind of what was used; empty when it has none."
_COUNT: Final = "How often."
_COST: Final = "Cost points charged for it; null when nobody counted them."

FromDay = Annotated[
    date | None,
    strawberry.argument(
        name="from",
        description=f"First day, inclusive; {DEFAULT_DAYS} days before `to` when absent.",
    ),
]
ToDay = Annotated[
    date | None,
    strawberry.argument(description="Last day, exclusive; tomorrow when not given. Days are UTC."),
]


@strawberry.type(description="What was asked for on one day, of one kind.")
class UsageDay:
    """What was asked for on one day, of one kind."""

    day: date = strawberry.field(description="The day (UTC).")
    event_type: str = strawberry.field(description=_TYPE)
    resource_type: str = strawberry.field(description=_RESOURCE)
    count: BigInt = strawberry.field(description=_COUNT)
    cost: BigInt | None = strawberry.field(description=_COST)


@strawberry.type(description="What was asked for in all, of one kind.")
class UsageKind:
    """What was asked for in all, of one kind."""

    event_type: str = strawberry.field(description=_TYPE)
    resource_type: str = strawberry.field(description=_RESOURCE)
    count: BigInt = strawberry.field(description=_COUNT)
    cost: BigInt | None = strawberry.field(description=_COST)


@strawberry.type(description="Cost points charged on one day for one kind of request.")
class UsageCost:
    """Cost points charged on one day for one kind of request."""

    day: date = strawberry.field(description="The day (UTC).")
    event_type: str = strawberry.field(description=_TYPE)
    requests: BigInt = strawberry.field(description="How many requests.")
    cost: BigInt = strawberry.field(description="Cost points charged for them.")


@strawberry.type(description="How much the viewer asked for in a span of days.")
class Usage:
    """How much the viewer asked for in a span of days."""

    first: date = strawberry.field(name="from", description="First day, inclusive (UTC).")
    end: date = strawberry.field(name="to", description="Last day, exclusive (UTC).")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="By day and kind, as bills count it, oldest first; days without any are left "
        "out."
    )
    async def days(self, info: Info) -> list[UsageDay]:
        """One statement."""
        rows = await self._counted(info.context, "usage.by_day")
        return [
            UsageDay(day=a, event_type=b, resource_type=c, count=d, cost=e)
            for a, b, c, d, e in rows
        ]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="By kind over the whole span, as bills count it, most first."
    )
    async def kinds(self, info: Info) -> list[UsageKind]:
        """One statement."""
        rows = await self._counted(info.context, "usage.by_kind")
        return [UsageKind(event_type=a, resource_type=b, count=c, cost=d) for a, b, c, d in rows]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Cost points by day, from the events themselves, oldest first; null while "
        "their store is away. Events older than two years are forgotten; `days` stay."
    )
    async def costs(self, info: Info) -> list[UsageCost] | None:
        """One statement, which names the user: that store has no row level security."""
        context: RequestContext = info.context
        values = {
            "user_id": str(context.viewer.user_id),
            "start": datetime.combine(self.first, datetime.min.time(), UTC),
            "end": datetime.combine(self.end, datetime.min.time(), UTC),
        }
        rows: list[Any] = await context.clickhouse("usage.costs", values)
        return [UsageCost(day=a, event_type=b, requests=c, cost=d) for a, b, c, d in rows]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="How much the viewer's tier may ask for, by what is limited and shortest span "
        "first; all of them hold. Changes of the price list show within a minute."
    )
    async def limits(self, info: Info) -> list[RateLimit]:
        """One statement a minute and process."""
        return await limits_of_viewer(info.context)

    async def _counted(self, context: RequestContext, query: str) -> list[Any]:
        viewer_id = context.viewer.user_id
        rows: list[Any] = await context.postgres(
            query, viewer_id, self.first, self.end, as_viewer=True
        )
        return rows


def usage_between(now: datetime, first: date | None, end: date | None) -> Usage:
    """The usage of a span; nothing is read before a field is selected.

    Raises:
        BadInput: as `span_of_days`.
    """
    since, until = span_of_days(first, end, default_end=now.date() + timedelta(days=1))
    return Usage(first=since, end=until)
