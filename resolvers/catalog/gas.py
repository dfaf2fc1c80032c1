"""What gas costs: now from Redis, else the newest in ClickHouse; the past from ClickHouse."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry

from resolvers.catalog.accuracy import GasAccuracy, gas_accuracy
from resolvers.catalog.bars import buckets, roll_up, series_values
from resolvers.connection import Connection
from resolvers.errors import BadInput
from resolvers.fields import batch, entity, one, page
from resolvers.plan import Table
from resolvers.reflection import entity_of
from resolvers.scalars import BigInt, exact
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
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.context import RequestContext
    from resolvers.trading.forecasts import GasForecast

_LOG: Final = logging.getLogger(__name__)
GAS = Table("postgres", "catalog.chains", key_kind="int")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@strawberry.type(description="Newest known price of gas on a chain, gwei a unit.")
class GasPriceNow:
    """Newest known price of gas on a chain."""

    gwei: Decimal = strawberry.field(description="Price for inclusion at normal speed, gwei.")
    low_gwei: Decimal | None = strawberry.field(
        description="Price for slow inclusion, gwei; null when the source does not say."
    )
    high_gwei: Decimal | None = strawberry.field(
        description="Price for fast inclusion, gwei; null when the source does not say."
    )
    instant_gwei: Decimal | None = strawberry.field(
        description="Price for inclusion in the next block, gwei; null when the source does not "
        "say."
    )
    base_fee_gwei: Decimal | None = strawberry.field(
        description="Base fee of the block, gwei; null where blocks have none."
    )
    block_number: BigInt | None = strawberry.field(description="Block observed; null when unknown.")
    at: datetime = strawberry.field(description="When the price held.")
    source: str = strawberry.field(description="Who reported it.")
    age_s: int = strawberry.field(description="Seconds since `at`; judge freshness by it.")
    is_live: bool = strawberry.field(
        description="True: half a minute old at most. False: the newest observation known, which "
        "may be old."
    )


@strawberry.type(description="Price of gas in one bucket, gwei.")
class GasPoint:
    """Price of gas in one bucket."""

    t: datetime = strawberry.field(description="Start of the bucket.")
    avg_gwei: Decimal | None = strawberry.field(description="Mean price, gwei.")
    low_gwei: Decimal | None = strawberry.field(description="Lowest price, gwei.")
    high_gwei: Decimal | None = strawberry.field(description="Highest price, gwei.")
    close_gwei: Decimal | None = strawberry.field(description="Last price, gwei.")


@strawberry.type(
    description="Price of gas over time from one source, gwei, oldest first, as columns or points."
)
class GasSeries:
    """Price of gas over time from one source."""

    interval: Interval = strawberry.field(description="Length of a bucket.")
    source: str | None = strawberry.field(
        description="The one source of the whole series; null when there is no price in range."
    )
    t: list[datetime] = strawberry.field(description="Starts of the buckets.")
    avg_gwei: list[Decimal | None] = strawberry.field(
        description="Mean prices, gwei, one for each entry of `t`; null when unknown. Each minute "
        "with a reading weighs the same."
    )
    low_gwei: list[Decimal | None] = strawberry.field(description="Lowest prices, gwei.")
    high_gwei: list[Decimal | None] = strawberry.field(description="Highest prices, gwei.")
    close_gwei: list[Decimal | None] = strawberry.field(description="Last prices, gwei.")

    @strawberry.field(description="The same as a list.")  # type: ignore[untyped-decorator]
    def points(self) -> list[GasPoint]:
        """The same as a list."""
        columns = (self.t, self.avg_gwei, self.low_gwei, self.high_gwei, self.close_gwei)
        return [
            GasPoint(t=t, avg_gwei=mean, low_gwei=low, high_gwei=high, close_gwei=close)
            for t, mean, low, high, close in zip(*columns, strict=True)
        ]


async def gas_now(context: RequestContext, keys: list[int]) -> Mapping[int, Any]:
    """Redis in one round trip, then ClickHouse in one statement for the chains Redis lacks."""
    found: dict[int, Any] = {}
    try:
        found.update(await _live(context, keys))
    except StoreError as error:
        _LOG.warning("gas: no live prices (%s), reading the history", error)
    missing = [key for key in keys if key not in found]
    if not missing:
        return found
    try:
        found.update(await _recorded(context, missing))
    except StoreError as error:
        if not found:
            raise
        found.update(dict.fromkeys(missing, error))
    return found


async def gas_histories(
    context: RequestContext,
    keys: list[int],
    *,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.HOUR,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[int, GasSeries]:
    """Gas prices over time, one statement."""
    if fill is Fill.ZERO:
        raise BadInput("`fill: ZERO` would say that gas was free.", hint="Use PREVIOUS.")
    asked = window(
        context.clock(), from_=from_, to=to, interval=interval, fill=fill, include_open=include_open
    )
    rows: list[Any] = []
    if asked.start < asked.end:
        level = roll_up(interval)
        query = f"gas.of_{'readings' if level == 'minutes' else level}"
        rows = await context.clickhouse(query, series_values(asked, keys), keys=len(keys))
    found = {row[0]: _series(asked, row[1], row[2]) for row in rows}
    return {key: found.get(key) or _series(asked, None, ()) for key in keys}


@entity(GAS, description="What gas costs on a chain.")
class Gas:
    """What gas costs on a chain."""

    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain.", local="id"
    )
    now: GasPriceNow | None = batch(
        "Newest known price: the live one, else the newest in the history; null when none was "
        "ever observed.",
        gas_now,
        store="redis",
    )
    history: GasSeries | None = batch(
        "Prices over time; intervals below an hour reach back two years, hours five.",
        gas_histories,
        store="clickhouse",
    )
    forecasts: (
        Connection[Annotated[GasForecast, strawberry.lazy("resolvers.trading.forecasts")]] | None
    ) = page("Forecasts of it, those for the latest instants first.", remote="chain_id")
    accuracy: list[GasAccuracy] | None = batch(
        "How good the forecasts for the instants of a span were, by model and then by how far they "
        "looked ahead; empty when no outcome is known.",
        gas_accuracy,
        missing=list,
        store="clickhouse",
    )


def gas_of(number: int) -> Gas:
    """Gas on the chain with this number; reads nothing."""
    made: Gas = entity_of(Gas).build(("id",), (number,))
    return made


async def _live(context: RequestContext, keys: Sequence[int]) -> dict[int, GasPriceNow]:
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(redis_keys.key("gas_price", chain_id=key))
    with context.step("redis", "gas_price", "HGETALL gas:{chain_id}:price", len(keys)) as step:
        hashes = await pipeline.execute()
        now = context.clock()
        read = {key: _parsed(fields, now) for key, fields in zip(keys, hashes, strict=True)}
        found = {key: price for key, price in read.items() if price is not None}
        step.rows = len(found)
    return found


def _parsed(fields: Mapping[str, str], now: datetime) -> GasPriceNow | None:
    """The price in a hash; None when there is none, or none that makes sense."""
    try:
        at = _EPOCH + timedelta(milliseconds=int(fields["ts"]))
        block = fields.get("block_number")
        medium = exact(Decimal(fields["medium"]))
        if medium is None:
            return None
        tiers = {
            name: Decimal(fields[name]) if name in fields else None
            for name in ("low", "high", "instant", "base_fee")
        }
        age_s = max(0, int((now - at).total_seconds()))
        return GasPriceNow(
            gwei=medium,
            low_gwei=exact(tiers["low"]),
            high_gwei=exact(tiers["high"]),
            instant_gwei=exact(tiers["instant"]),
            base_fee_gwei=exact(tiers["base_fee"]),
            block_number=None if block is None else BigInt(int(block)),
            at=at,
            source=fields.get("source", ""),
            age_s=(age_s := max(0, int((now - at).total_seconds()))),
            is_live=age_s <= redis_keys.ttl_s("gas_price"),
        )
    except (KeyError, ValueError, InvalidOperation, OverflowError):
        return None


async def _recorded(context: RequestContext, keys: Sequence[int]) -> dict[int, GasPriceNow]:
    rows: list[Any] = await context.clickhouse("gas.newest", {"keys": keys}, keys=len(keys))
    now = context.clock()
    return {
        number: GasPriceNow(
            gwei=gwei,
            low_gwei=None,
            high_gwei=None,
            instant_gwei=None,
            base_fee_gwei=base_fee,
            block_number=block,
            at=at,
            source=source,
            age_s=max(0, int((now - at).total_seconds())),
            is_live=False,
        )
        for number, at, gwei, base_fee, block, source in rows
    }


def _series(asked: Window, source: str | None, rows: Sequence[Sequence[Any]]) -> GasSeries:
    placed = buckets(asked, rows)

    def column(place: int) -> list[Decimal | None]:
        return [exact(row[place]) if row else None for _, row, _ in placed]

    return GasSeries(
        interval=asked.interval,
        source=source if any(row for _, row, _ in placed) else None,
        t=[t for t, _, _ in placed],
        avg_gwei=column(1),
        low_gwei=column(2),
        high_gwei=column(3),
        close_gwei=column(4),
    )
