"""What users of the platform did, by day: only what says nothing of a single one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry import Info

from resolvers.days import DEFAULT_DAYS, span_of_days
from resolvers.scalars import BigInt

FromDay = Annotated[
    date | None,
    strawberry.argument(
        name="from",
        description=f"First day, inclusive; {DEFAULT_DAYS} days before `to` when absent. Thirty "
        "days are kept, up to the newest entry.",
    ),
]
ToDay = Annotated[
    date | None,
    strawberry.argument(description="Last day, exclusive; today when not given. Days are UTC."),
]


@strawberry.type(
    description="What users did on one day. Null is a figure over fewer users than "
    "`PlatformMetrics.minimumGroupSize`."
)
class PlatformDay:
    """What users did on one day."""

    day: date = strawberry.field(description="The day (UTC).")
    unique_users: BigInt | None = strawberry.field(
        description="Users with an entry in their ledger; null when they are too few."
    )
    transactions: BigInt | None = strawberry.field(
        description="Entries in all ledgers; null when of too few users."
    )
    deposits_usd: Decimal | None = strawberry.field(
        description="Paid in, US dollars; null when by too few users, or more than half by one."
    )
    withdrawals_usd: Decimal | None = strawberry.field(
        description="Taken out, US dollars; null when by too few users, or more than half by one."
    )
    avg_confidentiality_score: Decimal | None = strawberry.field(
        description="How hard the entries are to link on average, 0 to 1; null when of too few "
        "users."
    )


@strawberry.type(description="What users of the platform did, by day.")
class PlatformMetrics:
    """What users of the platform did, by day."""

    first: strawberry.Private[date]
    end: strawberry.Private[date]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Users a figure must be over to be shown."
    )
    async def minimum_group_size(self, info: Info) -> int:
        """Where it is stated, the store says it."""
        rows: list[Any] = await info.context.postgres("status.minimum_group_size")
        size: int = rows[0][0]
        return size

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="Days that are over, oldest first; a day on which nobody did anything is left "
        "out. What the running day brings is told when it is over: from one look to the next it "
        "would tell what one user just did."
    )
    async def days(self, info: Info) -> list[PlatformDay]:
        """One statement; figures that may not be told never leave the store."""
        rows: list[Any] = await info.context.postgres("status.platform", self.first, self.end)
        return [
            PlatformDay(
                day=row[0],
                unique_users=row[1],
                transactions=row[2],
                deposits_usd=row[3],
                withdrawals_usd=row[4],
                avg_confidentiality_score=row[5],
            )
            for row in rows
        ]


def platform_metrics(now: datetime, first: date | None, end: date | None) -> PlatformMetrics:
    """The days of a span; nothing is read before a field is selected.

    Raises:
        BadInput: as `span_of_days`.
    """
    since, until = span_of_days(first, end, default_end=now.date())
    return PlatformMetrics(first=since, end=until)
