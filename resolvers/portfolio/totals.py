"""What portfolios are worth: at the last valuation, now, and over time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.price import live_quotes
from resolvers.portfolio.enums import PositionType
from resolvers.resolve import load_one
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    histories,
    window,
)
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.price import Quote
    from resolvers.catalog.protocol import Protocol
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
# What the query calls its levels.
_BY_CHAIN, _BY_PROTOCOL, _BY_KIND, _WHOLE = 3, 5, 6, 7

# US dollars are kept to eight digits.
_CENTS: Final = Decimal("0.00000001")

_VALUE: Final = (
    "Value at the last valuation less debt, US dollars; null when nothing in it is priced."
)
_DEBT: Final = "Debt within it as a positive number, US dollars."
_COUNT: Final = "Number of positions in it."


@strawberry.type(description="What a portfolio has on one chain.")
class ChainTotal:
    """What a portfolio has on one chain."""

    chain_id: strawberry.Private[int | None]
    value_usd: Decimal | None = strawberry.field(description=_VALUE)
    debt_usd: Decimal = strawberry.field(description=_DEBT)
    position_count: int = strawberry.field(description=_COUNT)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The chain; null for what is on none, such as holdings entered by hand."
    )
    async def chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.chain_id)
        return found


@strawberry.type(description="What a portfolio has in one protocol.")
class ProtocolTotal:
    """What a portfolio has in one protocol."""

    protocol_id: strawberry.Private[UUID | None]
    value_usd: Decimal | None = strawberry.field(description=_VALUE)
    debt_usd: Decimal = strawberry.field(description=_DEBT)
    position_count: int = strawberry.field(description=_COUNT)

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The protocol; null for what is in none, such as plain balances."
    )
    async def protocol(
        self, info: Info
    ) -> Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None:
        """All protocols of a level are one statement."""
        from resolvers.catalog.protocol import Protocol

        found: Protocol | None = await load_one(info, Protocol, self.protocol_id)
        return found


@strawberry.type(description="What a portfolio holds in one way.")
class KindTotal:
    """What a portfolio holds in one way."""

    position_type: PositionType = strawberry.field(description="How it is held.")
    value_usd: Decimal | None = strawberry.field(description=_VALUE)
    debt_usd: Decimal = strawberry.field(description=_DEBT)
    position_count: int = strawberry.field(description=_COUNT)


@strawberry.type(description="Sums over the positions of a portfolio, at their last valuation.")
class PortfolioTotals:
    """Sums over the positions of a portfolio."""

    value_usd: Decimal | None = strawberry.field(description=_VALUE)
    debt_usd: Decimal = strawberry.field(description=_DEBT)
    position_count: int = strawberry.field(description=_COUNT)
    unpriced_count: int = strawberry.field(
        description="Positions without a price, which no sum includes."
    )
    by_chain: list[ChainTotal] = strawberry.field(
        description="The same by chain, most valuable first."
    )
    by_protocol: list[ProtocolTotal] = strawberry.field(
        description="The same by protocol, most valuable first."
    )
    by_kind: list[KindTotal] = strawberry.field(
        description="The same by how it is held, most valuable first; debt is negative."
    )


@strawberry.type(description="What a portfolio is worth at the newest prices.")
class LiveValue:
    """What a portfolio is worth at the newest prices."""

    value_usd: Decimal | None = strawberry.field(
        description="Value less debt, US dollars: amounts at live prices, and the last valuation "
        "for what has none; null when nothing is priced at all."
    )
    live_count: int = strawberry.field(description="Positions valued at a live price.")
    last_known_count: int = strawberry.field(
        description="Positions without a live price, taken at their last valuation."
    )
    unpriced_count: int = strawberry.field(
        description="Positions with neither, which the value lacks."
    )
    oldest_price_at: datetime | None = strawberry.field(
        description="When the oldest of the live prices held; null when there is none."
    )


def no_totals() -> PortfolioTotals:
    """Of a portfolio without positions."""
    return PortfolioTotals(
        value_usd=Decimal(0),
        debt_usd=Decimal(0),
        position_count=0,
        unpriced_count=0,
        by_chain=[],
        by_protocol=[],
        by_kind=[],
    )


def no_value() -> LiveValue:
    """Of a portfolio without positions."""
    return LiveValue(
        value_usd=Decimal(0),
        live_count=0,
        last_known_count=0,
        unpriced_count=0,
        oldest_price_at=None,
    )


async def totals_of(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, PortfolioTotals]:
    """Totals of the viewer's portfolios, one statement."""
    rows: list[Any] = await context.postgres(
        "portfolio.totals", keys, context.viewer.user_id, keys=len(keys), as_viewer=True
    )
    found: dict[UUID, PortfolioTotals] = {}
    for key, level, chain_id, protocol_id, kind, value, debt, count, unpriced in rows:
        made = found.setdefault(key, no_totals())
        sums = {"value_usd": value, "debt_usd": debt, "position_count": count}
        if level == _WHOLE:
            made.value_usd, made.debt_usd = value, debt
            made.position_count, made.unpriced_count = count, unpriced
        elif level == _BY_CHAIN:
            made.by_chain.append(ChainTotal(chain_id=chain_id, **sums))
        elif level == _BY_PROTOCOL:
            made.by_protocol.append(ProtocolTotal(protocol_id=protocol_id, **sums))
        elif level == _BY_KIND:
            made.by_kind.append(KindTotal(position_type=PositionType(kind), **sums))
    return found


async def live_values(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, LiveValue]:
    """Values of the viewer's portfolios now: one statement and one round trip to Redis."""
    rows: list[Any] = await context.postgres(
        "portfolio.holdings", keys, context.viewer.user_id, keys=len(keys), as_viewer=True
    )
    assets = list(dict.fromkeys(row[1] for row in rows if row[3]))
    prices: Mapping[UUID, Quote] = {}
    if assets:
        try:
            prices = await live_quotes(context, assets)
        except StoreError as error:
            _LOG.warning("portfolio: no live prices (%s), taking the last valuation", error)
    with localcontext(prec=200):  # the stores keep more digits than the default context
        return _summed(rows, prices)


async def value_history(
    context: RequestContext,
    keys: list[UUID],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[UUID, Series]:
    """Snapshots of portfolios, one statement; the keys were read as the viewer's own."""
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    return await histories(
        context, "portfolio.values", keys, wanted, user_id=str(context.viewer.user_id)
    )


def _summed(rows: list[Any], prices: Mapping[UUID, Quote]) -> dict[UUID, LiveValue]:
    found: dict[UUID, LiveValue] = {}
    for key, asset_id, is_debt, is_fungible, quantity, value, count, unpriced in rows:
        made = found.get(key)
        if made is None:
            made = found[key] = no_value()
            made.value_usd = None
        price = prices.get(asset_id) if is_fungible else None
        if price is not None:
            value = -quantity * price.usd if is_debt else quantity * price.usd
            made.live_count += count
            made.oldest_price_at = min(made.oldest_price_at or price.at, price.at)
        else:
            made.last_known_count += count - unpriced
            made.unpriced_count += unpriced
        if value is not None:
            made.value_usd = ((made.value_usd or Decimal(0)) + value).quantize(_CENTS)
    return found
