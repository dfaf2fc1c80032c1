"""Quotes asked for, transfers followed, traders followed and copied."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.catalog.asset import Asset
from resolvers.catalog.place import Bridge
from resolvers.mutation import (
    AMOUNT,
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    mutation,
    not_found,
    outcome,
    taken,
)
from resolvers.scalars import Address, ChainId, Hash
from resolvers.trading.quotes import QuotedRoute, Unquotable, quote_route
from resolvers.trading.routes import TradeRoute
from resolvers.trading.transfers import BridgeTransfer

LEAST_AMOUNT: Final = Decimal("0.000000000000000001")
_MAX_SLIPPAGE_PCT: Final = 50
_PERCENT: Final = (12, 6)
_WHOLE: Final = "100"
_CHAIN: Final = "CAIP-2 id, EVM chain id or slug."


@strawberry.input(description="Which swap to quote.")
class RequestTradeRouteInput(IdempotentInput):
    """Which swap to quote."""

    chain: ChainId = strawberry.field(description=f"The chain: {_CHAIN}")
    token_in: Address = strawberry.field(
        description="Contract of the token given up; for the coin of the chain, its wrapped form."
    )
    token_out: Address = strawberry.field(description="Contract of the token received.")
    amount_in: Decimal = strawberry.field(
        description="How much is given up, whole units, above zero."
    )
    slippage_tolerance_pct: Decimal = strawberry.field(
        default=Decimal("0.5"),
        description="How much less than quoted may arrive, percent, 0 to 50.",
    )


@strawberry.type(description="What came of asking for a route.")
class RequestTradeRoutePayload(ReplayablePayload):
    """What came of asking for a route."""

    trade_route: TradeRoute | None = changed("The route, good for five minutes; null without one.")


@strawberry.input(description="Which route was used, and by what.")
class RecordTradeRouteExecutionInput:
    """Which route was used, and by what."""

    id: strawberry.ID = strawberry.field(description="The route.")
    tx_hash: Hash = strawberry.field(description="Transaction that used it.")


@strawberry.type(description="What came of saying that a route was used.")
class RecordTradeRouteExecutionPayload(Payload):
    """What came of saying that a route was used."""

    trade_route: TradeRoute | None = changed("The route; null when there is none.")


@strawberry.input(description="Which route is not needed any more.")
class DeleteTradeRouteInput:
    """Which route is not needed any more."""

    id: strawberry.ID = strawberry.field(description="The route.")


@strawberry.type(description="What came of deleting a route.")
class DeleteTradeRoutePayload(Payload):
    """What came of deleting a route."""

    deleted_id: strawberry.ID | None = outcome("Id of the route that is gone; null without one.")


@strawberry.input(description="Which transfer to follow.")
class TrackBridgeTransferInput(IdempotentInput):
    """Which transfer to follow."""

    bridge_id: strawberry.ID = strawberry.field(description="The bridge.")
    source_chain: ChainId = strawberry.field(description=f"The chain it leaves: {_CHAIN}")
    destination_chain: ChainId = strawberry.field(description=f"The chain it goes to: {_CHAIN}")
    asset_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The asset on the source chain, where it is listed."
    )
    amount: Decimal = strawberry.field(description="How much leaves, whole units, above zero.")
    source_tx_hash: Hash = strawberry.field(description="Transaction on the source chain.")


@strawberry.type(description="What came of following a transfer.")
class TrackBridgeTransferPayload(ReplayablePayload):
    """What came of following a transfer."""

    bridge_transfer: BridgeTransfer | None = changed(
        "The transfer, pending until it is seen on its chain; null when it is not followed."
    )


@strawberry.type(description="Quotes asked for, and transfers followed.")
class ExecutionMutation:
    """Quotes asked for, and transfers followed."""

    @mutation(
        "Quotes a swap from the pools that are known, directly or over one asset, the way that "
        "gives the most. The quote is kept for the viewer and holds for five minutes."
    )
    async def request_trade_route(
        self, change: Change, input: RequestTradeRouteInput
    ) -> RequestTradeRoutePayload:
        """Other stores are asked before the transaction begins."""
        amount = change.number("amount_in", input.amount_in, least=LEAST_AMOUNT, digits=AMOUNT)
        tolerance = change.number(
            "slippage_tolerance_pct",
            input.slippage_tolerance_pct,
            least=0,
            most=_MAX_SLIPPAGE_PCT,
            digits=_PERCENT,
        )
        if input.token_in == input.token_out:
            change.refuse("token_out", UserErrorCode.INVALID, "Name another token than `tokenIn`.")
        change.stop()
        assert amount is not None
        try:
            quoted = await quote_route(
                change.context, input.chain, input.token_in, input.token_out, amount
            )
        except Unquotable as error:
            # A request that succeeded before is answered as it was then, whatever holds now.
            await change.all("trading.nothing")
            change.refuse(error.path, UserErrorCode.NOT_FOUND, error.message)
            change.stop()
            raise
        row = await change.one(
            "trading.add_route",
            user_id=change.user_id,
            token_in_address=input.token_in,
            token_out_address=input.token_out,
            slippage_tolerance_pct=tolerance,
            **_columns(quoted),
        )
        assert row is not None
        change.created("trading.trade_routes", row, expires_at=row["expires_at"])
        return RequestTradeRoutePayload(trade_route=row["id"])

    @mutation("Says that a route was used. Once said it stays, with the transaction that used it.")
    async def record_trade_route_execution(
        self, change: Change, input: RecordTradeRouteExecutionInput
    ) -> RecordTradeRouteExecutionPayload:
        """Nothing is written when the same was said before."""
        key = change.key("id", input.id, TradeRoute)
        values = {"id": key, "user_id": change.user_id}
        before = await change.found("id", "TradeRoute", "trading.lock_route", **values)
        if before["is_executed"] and before["tx_hash"] != input.tx_hash:
            message = "It was used by another transaction. Request another quote."
            change.refuse("tx_hash", UserErrorCode.NOT_ALLOWED, message)
        elif not before["is_executed"] and before["is_over"]:
            message = "The quote holds no longer. Request another one."
            change.refuse("id", UserErrorCode.EXPIRED, message)
        elif not before["is_executed"]:
            after = await change.found(
                "id", "TradeRoute", "trading.execute_route", tx_hash=input.tx_hash, **values
            )
            kept = {name: before[name] for name in after.keys()}  # noqa: SIM118  # no dict
            change.updated("trading.trade_routes", kept, after)
        return RecordTradeRouteExecutionPayload(trade_route=key)

    @mutation("Deletes a route of the viewer's.")
    async def delete_trade_route(
        self, change: Change, input: DeleteTradeRouteInput
    ) -> DeleteTradeRoutePayload:
        """Also one that was used: what happened is on the chain."""
        key = change.key("id", input.id, TradeRoute)
        row = await change.found(
            "id", "TradeRoute", "trading.delete_route", id=key, user_id=change.user_id
        )
        change.deleted("trading.trade_routes", row)
        return DeleteTradeRoutePayload(deleted_id=input.id)

    @mutation(
        "Follows a transfer over a bridge from its transaction on the source chain on.",
        clashes={
            "bridge_transactions_user_id_source_key": taken(
                "source_tx_hash", "You follow this transfer already."
            )
        },
    )
    async def track_bridge_transfer(
        self, change: Change, input: TrackBridgeTransferInput
    ) -> TrackBridgeTransferPayload:
        """A job finds out where it stands."""
        bridge_id = change.key("bridge_id", input.bridge_id, Bridge)
        asset_id = change.key("asset_id", input.asset_id, Asset, required=False)
        amount = change.number("amount", input.amount, least=LEAST_AMOUNT, digits=AMOUNT)
        if input.source_chain == input.destination_chain:
            change.refuse("destination_chain", UserErrorCode.INVALID, "Name two chains.")
        source = await _chain(change, "source_chain", input.source_chain)
        destination = await _chain(change, "destination_chain", input.destination_chain)
        parts = await change.found(
            "bridge_id", "Bridge", "trading.transfer_parts", bridge_id=bridge_id, asset_id=asset_id
        )
        if source == destination:
            change.refuse("destination_chain", UserErrorCode.INVALID, "Name two chains.")
        elif not {source, destination} <= set(parts["chain_ids"]) or not parts["is_active"]:
            message = "It does not connect these chains. `bridgeFees` names those that do."
            change.refuse("bridge_id", UserErrorCode.INVALID, message)
        if asset_id is not None and parts["asset_chain_id"] != source:
            change.refuse("asset_id", UserErrorCode.NOT_FOUND, not_found("Asset"))
        row = await change.found(
            "bridge_id",
            "Bridge",
            "trading.add_transfer",
            user_id=change.user_id,
            bridge_id=bridge_id,
            source_chain_id=source,
            destination_chain_id=destination,
            asset_id=asset_id,
            amount=amount,
            source_tx_hash=input.source_tx_hash,
        )
        change.created("trading.bridge_transactions", row, status=row["status"])
        return TrackBridgeTransferPayload(bridge_transfer=row["id"])


async def _chain(change: Change, path: str, name: str) -> int | None:
    row = await change.one("trading.chain_number", name=name)
    if row is None:
        change.refuse(path, UserErrorCode.NOT_FOUND, "There is no such chain. See `chains`.")
        change.stop()
        return None
    number: int = row["id"]
    return number


def _columns(quoted: QuotedRoute) -> dict[str, Any]:
    """A quote as the columns of its row."""
    route, paid = quoted.route, quoted.costs
    return {
        "chain_id": quoted.chain_id,
        "token_in_id": quoted.token_in,
        "token_out_id": quoted.token_out,
        "amount_in": route.swaps[0].amount_in,
        "amount_out": route.amount_out,
        "route_path": [
            {
                "pool_id": str(swap.pool.pool_id),
                "protocol_id": str(swap.pool.protocol_id),
                "token_in_id": str(swap.token_in),
                "token_out_id": str(swap.token_out),
                "amount_in": f"{swap.amount_in:f}",
                "amount_out": f"{swap.amount_out:f}",
                "fee_bps": swap.pool.fee_bps,
                "price_impact_pct": f"{swap.price_impact_pct:f}",
                "share_pct": _WHOLE,
                "is_estimate": swap.pool.is_estimate,
                "observed_at": swap.pool.observed_at and swap.pool.observed_at.isoformat(),
            }
            for swap in route.swaps
        ],
        "dex_count": route.dex_count,
        "hop_count": len(route.swaps),
        "price_impact_pct": route.price_impact_pct,
        "gas_estimate": paid.gas,
        "gas_cost_usd": paid.gas_usd,
        "protocol_fees_usd": paid.fees_usd,
        "total_cost_usd": paid.total_usd,
        "is_estimate": route.is_estimate,
    }
