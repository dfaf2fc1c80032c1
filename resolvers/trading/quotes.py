"""Quotes of swaps, from the pools the catalogue knows and the prices of the moment."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.chains import chain_number
from resolvers.catalog.gas import GasPriceNow, gas_now
from resolvers.catalog.price import Quote, quotes
from resolvers.errors import BadInput
from resolvers.trading.quoting import Costs, Pool, Route, best_route, costs, estimated_reserves
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from resolvers.scalars import ChainId

_LOG: Final = logging.getLogger(__name__)
# Pools looked at on each side: the most valuable ones.
MAX_POOLS: Final = 100
# What most pools take, for those whose fee nobody read.
_USUAL_FEE_BPS: Final = 30
_USUAL_DECIMALS: Final = 18


@dataclass(frozen=True, slots=True)
class QuotedRoute:
    """A route and what it costs.

    Attributes:
        chain_id: number of the chain.
        token_in, token_out: the assets.
        route: the way that gives the most.
        costs: what it costs.
    """

    chain_id: int
    token_in: UUID
    token_out: UUID
    route: Route
    costs: Costs


class Unquotable(Exception):
    """There is no quote, and the caller can do something about it.

    Attributes:
        path: value of the input that is to blame; empty for none.
        message: what is wrong and what to do.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


async def quote_route(
    context: RequestContext, chain: ChainId, token_in: str, token_out: str, amount_in: Decimal
) -> QuotedRoute:
    """The way to swap that gives the most, directly or over one asset.

    Three statements of Postgres, then prices and gas together: a price that cannot be had leaves
    costs unknown, and pools known by their value alone out.

    Args:
        context: of the request.
        chain: the chain.
        token_in: contract of the token given up, as stored.
        token_out: contract of the token received.
        amount_in: how much is given up, whole units, above zero.

    Raises:
        Unquotable: the chain or a token is not known, or no pool leads from one to the other.
        StoreError: of Postgres.
    """
    try:
        chain_id = await chain_number(context, chain)
    except BadInput as error:
        raise Unquotable("chain", str(error)) from None
    tokens: list[Any] = await context.postgres(
        "trading.route_tokens", [token_in, token_out], chain_id
    )
    ids: Mapping[str, UUID] = {row["contract_address"]: row["asset_id"] for row in tokens}
    for path, address in (("token_in", token_in), ("token_out", token_out)):
        if address not in ids:
            message = "There is no such token on this chain. `assets` lists those there are."
            raise Unquotable(path, message)
    start, end = ids[token_in], ids[token_out]
    rows: list[Any] = await context.postgres("trading.route_pools", start, end, chain_id, MAX_POOLS)
    native: UUID | None = tokens[0]["native_asset_id"]
    found = await _prices(context, _priced(rows, start, native))
    prices = {key: quote.usd for key, quote in found.items()}
    route = best_route(_pools(rows, found), start, end, amount_in)
    if route is None:
        message = "No known pool leads from one token to the other, directly or over a third one."
        raise Unquotable("", f"{message} Try another token or a larger amount.")
    gas_price = await _gas_price(context, chain_id) if tokens[0]["is_evm"] else None
    native_usd = None if native is None else prices.get(native)
    paid = costs(route, prices, gas_price_gwei=gas_price, native_usd=native_usd)
    return QuotedRoute(chain_id, start, end, route, paid)


def _priced(rows: Sequence[Any], start: UUID, native: UUID | None) -> list[UUID]:
    """Assets whose prices a quote may need, each once."""
    listed = [start, *([] if native is None else [native])]
    for row in rows:
        listed += (row["token0_id"], row["token1_id"])
    return list(dict.fromkeys(listed))


async def _prices(context: RequestContext, assets: list[UUID]) -> dict[UUID, Quote]:
    try:
        found = await quotes(context, assets)
    except StoreError as error:
        _LOG.warning("routes: no prices (%s), quoting from reserves alone", error)
        return {}
    return {key: quote for key, quote in found.items() if isinstance(quote, Quote)}


async def _gas_price(context: RequestContext, chain_id: int) -> Decimal | None:
    try:
        found = (await gas_now(context, [chain_id])).get(chain_id)
    except StoreError as error:
        _LOG.warning("routes: no gas price (%s)", error)
        return None
    return found.gwei if isinstance(found, GasPriceNow) else None


def _pools(rows: Iterable[Any], prices: Mapping[UUID, Quote]) -> list[Pool]:
    made = (_read(row) if row["reserve0"] is not None else _estimated(row, prices) for row in rows)
    return [pool for pool in made if pool is not None]


def _read(row: Any) -> Pool:
    """A pool whose reserves were read from its chain."""
    return Pool(
        pool_id=row["pool_id"],
        protocol_id=row["protocol_id"],
        tokens=(row["token0_id"], row["token1_id"]),
        reserves=(row["reserve0"], row["reserve1"]),
        decimals=(_digits(row["decimals0"]), _digits(row["decimals1"])),
        fee_bps=row["fee_bps"],
        observed_at=row["read_at"],
    )


def _estimated(row: Any, prices: Mapping[UUID, Quote]) -> Pool | None:
    """A pool known by its value; None when that, or a price, is not known."""
    tokens = (row["token0_id"], row["token1_id"])
    first, second = prices.get(tokens[0]), prices.get(tokens[1])
    if row["tvl_usd"] is None or first is None or second is None:
        return None
    reserves = estimated_reserves(row["tvl_usd"], (first.usd, second.usd))
    if reserves is None:
        return None
    # An estimate is as old as the oldest figure in it.
    moments = [first.at, second.at, *([row["valued_at"]] if row["valued_at"] else [])]
    return Pool(
        pool_id=row["pool_id"],
        protocol_id=row["protocol_id"],
        tokens=tokens,
        reserves=reserves,
        decimals=(_digits(row["decimals0"]), _digits(row["decimals1"])),
        fee_bps=_USUAL_FEE_BPS,
        is_estimate=True,
        observed_at=min(moments),
    )


def _digits(decimals: int | None) -> int:
    return _USUAL_DECIMALS if decimals is None else decimals
