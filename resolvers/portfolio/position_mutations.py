"""Positions that owners state themselves: added, changed, removed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.catalog.asset import Asset
from resolvers.catalog.protocol import Protocol
from resolvers.catalog.wallet import Wallet
from resolvers.mutation import (
    AMOUNT,
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    not_found,
    outcome,
)
from resolvers.portfolio.enums import PositionType
from resolvers.portfolio.position_rows import CLASHES, MAX_POSITIONS, RESOURCE, over, placed
from resolvers.portfolio.types import Portfolio, Position
from resolvers.scalars import Address, ChainId

_PRICE: Final = (20, 18)


@strawberry.input(
    description="A position: what is held, how and where, and how much. One with the same asset, "
    "way of holding, chain, protocol and wallet is changed, otherwise it is added."
)
class UpsertPositionInput(VersionedInput, IdempotentInput):
    """A position to add or change."""

    portfolio_id: strawberry.ID = strawberry.field(description="The portfolio it is in.")
    asset_id: strawberry.ID = strawberry.field(description="What is held.")
    position_type: PositionType = strawberry.field(
        default=PositionType.SPOT, description="How it is held."
    )
    chain: ChainId | None = strawberry.field(
        default=strawberry.UNSET,
        description="The chain it is on: a CAIP-2 id, an EVM chain id or a slug.",
    )
    protocol_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The protocol that holds it."
    )
    wallet_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The wallet that holds it."
    )
    quantity: Decimal = strawberry.field(description="Amount in whole units, not negative.")
    average_cost_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Mean price paid for one unit, US dollars; left out, it stays; null is "
        "unknown.",
    )
    price_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Price of one unit, US dollars, until the next valuation; left out, it stays.",
    )
    protocol_address: Address | None = strawberry.field(
        default=strawberry.UNSET, description="Contract that holds it; left out, it stays."
    )
    first_acquired_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When the first unit was acquired; not in the future."
    )


@strawberry.input(description="Which position to remove.")
class DeletePositionInput(VersionedInput):
    """Which position to remove."""

    id: strawberry.ID = strawberry.field(description="Which position.")


@strawberry.type(description="What came of stating a position.")
class UpsertPositionPayload(ReplayablePayload):
    """What came of stating a position."""

    position: Position | None = changed("The position; null when nothing was changed.")
    was_created: bool | None = outcome("Whether it was added rather than changed.")


@strawberry.type(description="What came of removing a position.")
class DeletePositionPayload(Payload):
    """What came of removing a position."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")
    portfolio: Portfolio | None = changed("The portfolio it was in.")


@strawberry.type(description="Changes of positions.")
class PositionMutation:
    """Changes of positions."""

    @mutation("Adds a position to a portfolio of the viewer's, or changes it.", clashes=CLASHES)
    async def upsert_position(
        self, change: Change, input: UpsertPositionInput
    ) -> UpsertPositionPayload:
        """The position as it is, with what was given put over it."""
        key = change.key("portfolio_id", input.portfolio_id, Portfolio)
        held = {
            "asset_id": change.key("asset_id", input.asset_id, Asset),
            "position_type": input.position_type.value,
            "protocol_id": change.key("protocol_id", input.protocol_id, Protocol, required=False),
            "wallet_id": change.key("wallet_id", input.wallet_id, Wallet, required=False),
        }
        facts = _facts(change, input)
        mine = {"portfolio_id": key, "user_id": change.user_id}
        await change.found(
            "portfolio_id", "Portfolio", "portfolio_changes.lock", id=key, user_id=change.user_id
        )
        held["chain_id"] = await _chain(change, input)
        before = await change.one("portfolio_changes.lock_holding", **mine, **held)
        _expect(change, input, before)
        if before is None:
            await change.limit(MAX_POSITIONS, "portfolio_changes.count_positions", **mine)
        (after,) = await placed(change, key, [over(before, {**held, **facts})])
        if before is None:
            change.created(RESOURCE, after, portfolio_id=key)
        else:
            change.updated(RESOURCE, before, after, portfolio_id=key)
        return UpsertPositionPayload(position=after["id"], was_created=before is None)

    @mutation("Removes a position from a portfolio of the viewer's.")
    async def delete_position(
        self, change: Change, input: DeletePositionInput
    ) -> DeletePositionPayload:
        """One row."""
        mine = {"id": change.key("id", input.id, Position), "user_id": change.user_id}
        before = await change.found("id", "Position", "portfolio_changes.lock_position", **mine)
        change.expect(before)
        await change.one("portfolio_changes.remove_position", **mine)
        change.deleted(RESOURCE, before, portfolio_id=before["portfolio_id"])
        return DeletePositionPayload(deleted_id=input.id, portfolio=before["portfolio_id"])


def _facts(change: Change, input: UpsertPositionInput) -> dict[str, Any]:
    """Columns that were given, null included."""
    quantity = change.number("quantity", input.quantity, least=0, digits=AMOUNT)
    cost = change.number("average_cost_usd", input.average_cost_usd, least=0, digits=_PRICE)
    price = change.number("price_usd", input.price_usd, least=0, digits=_PRICE)
    since = change.moment(
        "first_acquired_at", input.first_acquired_at, latest=change.context.clock()
    )
    said = (
        ("average_cost", cost, input.average_cost_usd),
        ("price_usd", price, input.price_usd),
        ("protocol_address", input.protocol_address, input.protocol_address),
        ("first_acquired_at", since, input.first_acquired_at),
    )
    return {"quantity": quantity} | {name: value for name, value, raw in said if given(raw)}


async def _chain(change: Change, input: UpsertPositionInput) -> Any:
    if not given(input.chain) or input.chain is None:
        return None
    rows = await change.all("chains.numbers", names=[input.chain])
    if not rows:
        change.refuse("chain", UserErrorCode.NOT_FOUND, not_found("chain"))
        change.stop()
    return rows[0]["id"]


def _expect(change: Change, input: UpsertPositionInput, before: Any) -> None:
    if before is not None:
        change.expect(before)
    elif given(input.expected_version) and input.expected_version is not None:
        change.refuse(
            "expected_version",
            UserErrorCode.CONFLICT,
            "It is not there any more: somebody removed it. Send it without a version to add it.",
        )
        change.stop()
