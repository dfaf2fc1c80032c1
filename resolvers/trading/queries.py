"""Root fields of markets and execution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from resolvers.catalog.boards import FirstRanked
from resolvers.catalog.chains import ChainArgument, chain_number, optional_chain_number
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.ids import checked_text
from resolvers.permissions import Access
from resolvers.scalars import Address, ChainId
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    To,
    Window,
    window,
)
from resolvers.trading.arbitrage import (
    MAX_OPPORTUNITIES,
    ArbitrageOpportunity,
    open_opportunities,
)
from resolvers.trading.bridges import MAX_FEES, BridgeFee, bridge_fees
from resolvers.trading.forecasts import GasForecast
from resolvers.trading.leaderboard import RankedTrader, trader_leaderboard
from resolvers.trading.lending import LendingEvent, LendingTotal, lending_totals
from resolvers.trading.mev import MevEvent, MevTotal, mev_totals
from resolvers.trading.routes import TradeRoute
from resolvers.trading.traders import CopyTrade, Trader, TraderFollow
from resolvers.trading.transfers import BridgeTransfer
from resolvers.trading.volume import (
    MAX_GROUPS,
    DexVolume,
    VolumeBy,
    VolumeQuestion,
    dex_volumes,
)

if TYPE_CHECKING:
    from resolvers.context import RequestContext


def _totals(
    description: str,
    total: type[Any],
    read: Callable[[RequestContext, int | None, Window], Awaitable[list[Any]]],
) -> Any:
    """A root field of sums over a span, on one chain or all; one statement."""

    async def resolver(
        self: Any,
        info: Info,
        chain: ChainArgument = None,
        from_: From = None,
        to: To = None,
        interval: IntervalArgument = Interval.DAY,
        fill: FillArgument = Fill.NONE,
        include_open: IncludeOpen = False,
    ) -> Any:
        now = info.context.clock()
        asked = window(
            now, from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
        )
        return await read(info.context, await optional_chain_number(info.context, chain), asked)

    resolver.__annotations__["return"] = list[total] | None  # type: ignore[valid-type]
    return root_field(description, access=Access.PUBLIC)(resolver)


@strawberry.type(description="Markets, and what they do to those who trade.")
class MarketActivityQuery:
    """Root fields of public facts about markets."""

    gas_forecasts: Connection[GasForecast] | None = root_page(
        "Forecasts of gas prices, those for the latest instants first; null while their store is "
        "away.",
        access=Access.PUBLIC,
    )
    mev_event: MevEvent | None = root_one(
        "One MEV opportunity by its id; null when there is none.", by=("id",), access=Access.PUBLIC
    )
    mev_events: Connection[MevEvent] | None = root_page(
        "MEV opportunities, newest first; null while their store is away.", access=Access.PUBLIC
    )

    lending_events: Connection[LendingEvent] | None = root_page(
        "What happens in lending protocols, newest first; null while their store is away.",
        access=Access.PUBLIC,
    )

    lending_by_action: list[LendingTotal] | None = _totals(
        "What happens in lending protocols by what is done over a span, the most frequent first.",
        LendingTotal,
        lending_totals,
    )
    mev_by_kind: list[MevTotal] | None = _totals(
        "MEV opportunities by kind over a span, the most frequent first.", MevTotal, mev_totals
    )

    @root_field(
        "What is traded on decentralised exchanges over a span, the groups with the largest value "
        "first.",
        access=Access.PUBLIC,
    )
    async def dex_volume(
        self,
        info: Info,
        by: Annotated[
            list[VolumeBy],
            strawberry.argument(
                description="What to sum by; several make finer groups, none makes one sum."
            ),
        ],
        chain: ChainArgument = None,
        dex_name: Annotated[
            str | None, strawberry.argument(description="Only on this exchange.")
        ] = None,
        pair_address: Annotated[
            Address | None, strawberry.argument(description="Only in this pool.")
        ] = None,
        from_: From = None,
        to: To = None,
        interval: IntervalArgument = Interval.DAY,
        fill: FillArgument = Fill.NONE,
        include_open: IncludeOpen = False,
        first: Annotated[
            int, strawberry.argument(description=f"Groups at most; {MAX_GROUPS} is the maximum.")
        ] = 20,
    ) -> list[DexVolume] | None:
        """One statement."""
        asked = window(
            info.context.clock(),
            from_=from_,
            to=to,
            interval=interval,
            fill=fill,
            include_open=include_open,
        )
        question = VolumeQuestion(
            frozenset(by),
            await optional_chain_number(info.context, chain),
            None if dex_name is None else checked_text("dexName", dex_name),
            pair_address,
            first,
        )
        return await dex_volumes(info.context, question, asked)

    @root_field(
        "Opportunities that are open right now, the most profitable first; null while the live "
        "store is away. `mevEvents` has those of the past.",
        access=Access.PUBLIC,
    )
    async def arbitrage_now(
        self,
        info: Info,
        chain: ChainArgument = None,
        min_net_profit_usd: Annotated[
            Decimal | None,
            strawberry.argument(
                description="Only with at least this profit after gas, US dollars."
            ),
        ] = None,
        first: Annotated[
            int, strawberry.argument(description=f"How many; {MAX_OPPORTUNITIES} at most.")
        ] = 20,
    ) -> list[ArbitrageOpportunity] | None:
        """From Redis alone."""
        return await open_opportunities(
            info.context,
            chain_id=await optional_chain_number(info.context, chain),
            min_net_profit_usd=min_net_profit_usd,
            first=first,
        )

    @root_field(
        "What the bridges between two chains charge now, the cheapest first, those that have told "
        "nothing lately last; null while the live store is away.",
        access=Access.PUBLIC,
    )
    async def bridge_fees(
        self,
        info: Info,
        from_: Annotated[
            ChainId,
            strawberry.argument(
                name="from", description="Chain to leave: CAIP-2 id, EVM chain id or slug."
            ),
        ],
        to: Annotated[
            ChainId, strawberry.argument(description="Chain to reach, named the same ways.")
        ],
        amount_usd: Annotated[
            Decimal, strawberry.argument(description="How much to move, US dollars.")
        ] = Decimal(1000),
        first: Annotated[
            int, strawberry.argument(description=f"How many; {MAX_FEES} at most.")
        ] = 20,
    ) -> list[BridgeFee] | None:
        """One statement, and one call of Redis."""
        context = info.context
        source, destination = await asyncio.gather(
            chain_number(context, from_), chain_number(context, to)
        )
        return await bridge_fees(context, source, destination, amount_usd, first)


@strawberry.type(description="Traders, and what the viewer does with them.")
class TradingQuery:
    """Root fields of traders, and of what a user does."""

    trader: Trader | None = root_one(
        "One trader by id; null when there is none.", by=("id",), access=Access.PUBLIC
    )
    traders: Connection[Trader] | None = root_page(
        "Traders that may be copied or could once, the most profitable first, those whose profit "
        "is unknown last.",
        access=Access.PUBLIC,
    )
    trade_route: TradeRoute | None = root_one(
        "One route of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    trade_routes: Connection[TradeRoute] | None = root_page(
        "Routes quoted to the viewer, newest first.", access=Access.OWNER
    )
    bridge_transfer: BridgeTransfer | None = root_one(
        "One transfer of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    bridge_transfers: Connection[BridgeTransfer] | None = root_page(
        "The viewer's transfers over bridges, newest first.", access=Access.OWNER
    )
    trader_follow: TraderFollow | None = root_one(
        "One follow of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    trader_follows: Connection[TraderFollow] | None = root_page(
        "Traders the viewer follows, newest first.", access=Access.OWNER
    )
    copy_trade: CopyTrade | None = root_one(
        "One copy of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    copy_trades: Connection[CopyTrade] | None = root_page(
        "Trades the viewer copied, newest first, those not made yet last.", access=Access.OWNER
    )

    @root_field(
        "The traders with the highest profit that may be copied, best first.", access=Access.PUBLIC
    )
    async def trader_leaderboard(
        self, info: Info, first: FirstRanked = 10
    ) -> list[RankedTrader] | None:
        """From Redis, else from the last refresh."""
        return await trader_leaderboard(info.context, first)
