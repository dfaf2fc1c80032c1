"""Traders followed, and how far their trades are copied."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    outcome,
    taken,
)
from resolvers.permissions import Tier
from resolvers.trading.traders import Trader, TraderFollow

# Shares of percent are kept to six digits, money to eight.
_SHARE: Final = (12, 6)
_LEAST_SHARE: Final = Decimal("0.000001")
_LEAST_USD: Final = Decimal("0.00000001")
_MAX_SLIPPAGE_PCT: Final = 50
_SETTINGS: Final = (
    *("is_copying", "copy_share_pct", "max_trade_usd", "max_daily_usd", "max_slippage_pct"),
)


@strawberry.input(description="Whom to follow.")
class FollowTraderInput(IdempotentInput):
    """Whom to follow."""

    trader_id: strawberry.ID = strawberry.field(description="The trader.")


@strawberry.type(description="What came of following a trader.")
class FollowTraderPayload(ReplayablePayload):
    """What came of following a trader."""

    trader_follow: TraderFollow | None = changed(
        "The follow, which copies nothing yet; null when it was not made."
    )


@strawberry.input(description="How far trades are copied; what is left out stays as it is.")
class UpdateCopySettingsInput(VersionedInput):
    """How far trades are copied."""

    id: strawberry.ID = strawberry.field(description="The follow.")
    is_copying: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether new trades are copied; needs `copySharePct` and `maxTradeUsd`.",
    )
    copy_share_pct: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Size of a copy, percent of the trade copied, above 0 to 100; null for none.",
    )
    max_trade_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Largest single copy, US dollars, above zero; null for none.",
    )
    max_daily_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Copied in a day (UTC) at most, US dollars; null without limit.",
    )
    max_slippage_pct: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="How much worse than the original price a copy may be, percent, 0 to 50.",
    )


@strawberry.type(description="What came of changing how far trades are copied.")
class UpdateCopySettingsPayload(Payload):
    """What came of changing how far trades are copied."""

    trader_follow: TraderFollow | None = changed("The follow; null when there is none.")


@strawberry.input(description="Whose trades to copy no more.")
class StopCopyingInput:
    """Whose trades to copy no more."""

    id: strawberry.ID = strawberry.field(description="The follow.")


@strawberry.type(description="What came of stopping to copy.")
class StopCopyingPayload(Payload):
    """What came of stopping to copy."""

    trader_follow: TraderFollow | None = changed("The follow; null when there is none.")


@strawberry.input(description="Whom to follow no more.")
class UnfollowTraderInput:
    """Whom to follow no more."""

    id: strawberry.ID = strawberry.field(description="The follow.")


@strawberry.type(description="What came of following a trader no more.")
class UnfollowTraderPayload(Payload):
    """What came of following a trader no more."""

    deleted_id: strawberry.ID | None = outcome("Id of the follow that is gone; null without one.")


@strawberry.type(description="Traders followed, and how far their trades are copied.")
class FollowMutation:
    """Traders followed, and how far their trades are copied."""

    @mutation(
        "Follows a trader. Nothing is copied until `updateCopySettings` says so.",
        clashes={
            "trader_follows_user_id_trader_id_key": taken(
                "trader_id", "You follow this trader already."
            )
        },
    )
    async def follow_trader(self, change: Change, input: FollowTraderInput) -> FollowTraderPayload:
        """A trader that may not be copied is as good as none."""
        row = await change.found(
            "trader_id",
            "Trader",
            "trading.add_follow",
            user_id=change.user_id,
            trader_id=change.key("trader_id", input.trader_id, Trader),
        )
        change.created("trading.trader_follows", row, trader_id=row["trader_id"])
        return FollowTraderPayload(trader_follow=row["id"])

    @mutation("Says whether and how far the trades of a followed trader are copied.", tier=Tier.PRO)
    async def update_copy_settings(
        self, change: Change, input: UpdateCopySettingsInput
    ) -> UpdateCopySettingsPayload:
        """The row is locked, compared and written."""
        key = change.key("id", input.id, TraderFollow)
        wanted = _wanted(change, input)
        values = {"id": key, "user_id": change.user_id}
        before = await change.found("id", "TraderFollow", "trading.lock_follow", **values)
        change.expect(before)
        settings = {name: wanted.get(name, before[name]) for name in _SETTINGS}
        if settings["is_copying"]:
            for name in ("copy_share_pct", "max_trade_usd"):
                change.required(name, settings[name])
        after = await change.found(
            "id", "TraderFollow", "trading.update_follow", **values, **settings
        )
        change.updated("trading.trader_follows", before, after, is_copying=after["is_copying"])
        return UpdateCopySettingsPayload(trader_follow=key)

    @mutation("Stops copying at once, whatever version the settings have; limits stay as they are.")
    async def stop_copying(self, change: Change, input: StopCopyingInput) -> StopCopyingPayload:
        """Nothing is written when nothing was copied."""
        key = change.key("id", input.id, TraderFollow)
        values = {"id": key, "user_id": change.user_id}
        before = await change.found("id", "TraderFollow", "trading.lock_follow", **values)
        if before["is_copying"]:
            settings = {**{name: before[name] for name in _SETTINGS}, "is_copying": False}
            after = await change.found(
                "id", "TraderFollow", "trading.update_follow", **values, **settings
            )
            change.updated("trading.trader_follows", before, after, is_copying=False)
        return StopCopyingPayload(trader_follow=key)

    @mutation("Follows a trader no more, so nothing more is copied; what was copied stays listed.")
    async def unfollow_trader(
        self, change: Change, input: UnfollowTraderInput
    ) -> UnfollowTraderPayload:
        """The settings go with it."""
        row = await change.found(
            "id",
            "TraderFollow",
            "trading.delete_follow",
            id=change.key("id", input.id, TraderFollow),
            user_id=change.user_id,
        )
        change.deleted("trading.trader_follows", row, trader_id=row["trader_id"])
        return UnfollowTraderPayload(deleted_id=input.id)


def _wanted(change: Change, input: UpdateCopySettingsInput) -> dict[str, Any]:
    """What the caller wrote, checked; null only where there may be none."""
    checked: dict[str, Any] = {
        "is_copying": input.is_copying,
        "copy_share_pct": change.number(
            "copy_share_pct", input.copy_share_pct, least=_LEAST_SHARE, most=100, digits=_SHARE
        ),
        "max_trade_usd": change.number("max_trade_usd", input.max_trade_usd, least=_LEAST_USD),
        "max_daily_usd": change.number("max_daily_usd", input.max_daily_usd, least=_LEAST_USD),
        "max_slippage_pct": change.number(
            "max_slippage_pct",
            input.max_slippage_pct,
            least=0,
            most=_MAX_SLIPPAGE_PCT,
            digits=_SHARE,
        ),
    }
    for name in ("is_copying", "max_slippage_pct"):
        if given(getattr(input, name)) and getattr(input, name) is None:
            change.refuse(name, UserErrorCode.REQUIRED, "Leave it out to keep it.")
    return {name: value for name, value in checked.items() if given(getattr(input, name))}
