"""What a swap gives: constant-product pools, one or two of them in a row. Pure arithmetic.

A pool keeps the product of its reserves. Of an amount `a` its fee is taken first; what is left,
`a'`, gives `reserve_out * a' / (reserve_in + a')`, and moves the price against itself by
`a' / (reserve_in + a')`. More in never gives less out, so the best way over some asset begins with
the pool that gives the most of it.

Amounts are whole units with 18 digits at most, rounded down to what the token can hold: a quote
never promises more than the pool would pay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Final
from uuid import UUID

_MAX_DECIMALS: Final = 18
_BPS: Final = Decimal(10_000)
_PERCENT: Final = Decimal("0.000001")
_CENTS: Final = Decimal("0.00000001")
# Calling the router and paying for the transaction itself, then each swap: what exchanges of this
# kind use, rounded up.
_GAS_BASE: Final = 50_000
_GAS_HOP: Final = 90_000


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of two assets.

    Attributes:
        pool_id, protocol_id: the pool, and the exchange that runs it.
        tokens: its two assets.
        reserves: how much it holds of each, whole units, above zero.
        decimals: digits after the point of each; 18 where unknown.
        fee_bps: fee of a swap, taken from what goes in.
        is_estimate: its reserves were estimated, not read.
        observed_at: when it held that much, or the oldest figure of an estimate; None when unknown.
    """

    pool_id: UUID
    protocol_id: UUID
    tokens: tuple[UUID, UUID]
    reserves: tuple[Decimal, Decimal]
    decimals: tuple[int, int]
    fee_bps: int
    is_estimate: bool = False
    observed_at: datetime | None = None

    def other(self, token: UUID) -> UUID | None:
        """The asset on the other side; None when the pool does not hold the given one."""
        first, second = self.tokens
        if token == first:
            return second
        return first if token == second else None


@dataclass(frozen=True, slots=True)
class Swap:
    """One swap in one pool; `price_impact` is a ratio, 0 to 1, fees not counted."""

    pool: Pool
    token_in: UUID
    token_out: UUID
    amount_in: Decimal
    amount_out: Decimal
    price_impact: Decimal

    @property
    def price_impact_pct(self) -> Decimal:
        """In percent, to six digits."""
        return (self.price_impact * 100).quantize(_PERCENT)

    @property
    def fee(self) -> Decimal:
        """What the pool keeps, in whole units of what goes in."""
        with localcontext(prec=120):
            return self.amount_in * self.pool.fee_bps / _BPS


@dataclass(frozen=True, slots=True)
class Route:
    """Swaps in a row, one or two."""

    swaps: tuple[Swap, ...]

    @property
    def amount_out(self) -> Decimal:
        """What comes out at the end, whole units."""
        return self.swaps[-1].amount_out

    @property
    def price_impact(self) -> Decimal:
        """How much the swaps together move the price, a ratio."""
        with localcontext(prec=120):
            kept = Decimal(1)
            for each in self.swaps:
                kept *= 1 - each.price_impact
            return 1 - kept

    @property
    def price_impact_pct(self) -> Decimal:
        """In percent, to six digits."""
        with localcontext(prec=120):
            return (self.price_impact * 100).quantize(_PERCENT)

    @property
    def dex_count(self) -> int:
        """Exchanges used."""
        return len({each.pool.protocol_id for each in self.swaps})

    @property
    def is_estimate(self) -> bool:
        """Whether the reserves of any pool are an estimate."""
        return any(each.pool.is_estimate for each in self.swaps)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a route costs, US dollars; None where a price is missing.

    Attributes:
        gas: gas units; None where gas is not counted as on EVM chains.
        gas_usd: network fee.
        fees_usd: fees of the exchanges.
        total_usd: both and the price impact.
    """

    gas: int | None
    gas_usd: Decimal | None
    fees_usd: Decimal | None
    total_usd: Decimal | None


def best_route(
    pools: Iterable[Pool], token_in: UUID, token_out: UUID, amount_in: Decimal
) -> Route | None:
    """The way that gives the most, directly or over one asset; None when there is none.

    Of ways that give the same the shorter stands, then the one whose pools come first.

    Args:
        pools: to choose from.
        token_in: the asset given up.
        token_out: the asset received, another one.
        amount_in: how much is given up, whole units, above zero.
    """
    by_token: defaultdict[UUID, list[Pool]] = defaultdict(list)
    for pool in sorted(pools, key=lambda each: each.pool_id):
        for token in pool.tokens:
            by_token[token].append(pool)
    best: Route | None = None
    direct = _best_swap(by_token[token_in], token_in, token_out, amount_in)
    if direct is not None:
        best = Route((direct,))
    between = {pool.other(token_in) for pool in by_token[token_in]} - {token_out, None}
    for token in sorted(filter(None, between)):
        first = _best_swap(by_token[token_in], token_in, token, amount_in)
        second = first and _best_swap(by_token[token], token, token_out, first.amount_out)
        if (
            first is not None
            and second is not None
            and (best is None or second.amount_out > best.amount_out)
        ):
            best = Route((first, second))
    return best


def swap(pool: Pool, token_in: UUID, amount_in: Decimal) -> Swap | None:
    """What a pool gives for an amount; None when that is less than the token can express."""
    place = pool.tokens.index(token_in)
    reserve_in, reserve_out = pool.reserves[place], pool.reserves[1 - place]
    with localcontext(prec=200):
        left = amount_in * (_BPS - pool.fee_bps) / _BPS
        if left <= 0:
            return None
        moved = left / (reserve_in + left)
        places = min(pool.decimals[1 - place], _MAX_DECIMALS)
        out = (reserve_out * left / (reserve_in + left)).quantize(
            Decimal(1).scaleb(-places), ROUND_DOWN
        )
    if out <= 0:
        return None
    return Swap(pool, token_in, pool.tokens[1 - place], amount_in, out, moved)


def estimated_reserves(
    value_usd: Decimal, prices: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal] | None:
    """Reserves of a pool known by its value alone, half of it on each side.

    A pool that gathers its liquidity around the price moves less than this says, so the estimate
    is on the careful side. None when nothing can be told.
    """
    if value_usd <= 0 or min(prices) <= 0:
        return None
    with localcontext(prec=120):
        return value_usd / 2 / prices[0], value_usd / 2 / prices[1]


def costs(
    route: Route,
    prices: Mapping[UUID, Decimal],
    *,
    gas_price_gwei: Decimal | None,
    native_usd: Decimal | None,
) -> Costs:
    """What a route costs at these prices.

    Args:
        route: the route.
        prices: US dollars of a whole unit, as far as known.
        gas_price_gwei: price of gas; None where it is unknown or gas works otherwise.
        native_usd: price of the coin that pays for gas; None when unknown.
    """
    with localcontext(prec=120):
        gas = None if gas_price_gwei is None else _GAS_BASE + _GAS_HOP * len(route.swaps)
        gas_usd = None
        if gas is not None and gas_price_gwei is not None and native_usd is not None:
            gas_usd = (gas * gas_price_gwei / Decimal(10**9) * native_usd).quantize(_CENTS)
        fees_usd = _fees(route.swaps, prices)
        paid = prices.get(route.swaps[0].token_in)
        total = None
        if gas_usd is not None and fees_usd is not None and paid is not None:
            moved = route.price_impact * route.swaps[0].amount_in * paid
            total = (gas_usd + fees_usd + moved).quantize(_CENTS)
    return Costs(gas, gas_usd, fees_usd, total)


def _fees(swaps: Sequence[Swap], prices: Mapping[UUID, Decimal]) -> Decimal | None:
    total = Decimal(0)
    for each in swaps:
        price = prices.get(each.token_in)
        if price is None:
            return None
        total += each.fee * price
    return total.quantize(_CENTS)


def _best_swap(
    pools: Sequence[Pool], token_in: UUID, token_out: UUID, amount_in: Decimal
) -> Swap | None:
    best: Swap | None = None
    for pool in pools:
        if pool.other(token_in) != token_out:
            continue
        found = swap(pool, token_in, amount_in)
        if found is not None and (best is None or found.amount_out > best.amount_out):
            best = found
    return best
