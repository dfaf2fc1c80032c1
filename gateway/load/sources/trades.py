"""Swaps on decentralised exchanges and events of lending markets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.load.identity import asset_id, contract_id, event_id
from gateway.load.source import STABLE_SYMBOLS, Source
from gateway.load.sources.prices import WIDE, as_usd
from gateway.load.sources.protocols import ensure_protocol
from gateway.load.sources.transactions import add_activity, use_wallet
from gateway.load.values import RowSkippedError

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_PRICE: Final = Decimal(1).scaleb(-18)
_MAX_PRICE: Final = Decimal(10) ** 20
_DUST_USD: Final = Decimal(1)
# The rounding of a swap of this many smallest units is far below a percent.
_DUST_UNITS: Final = Decimal("0.000001")
_LENDING: Final = {
    "supply": "deposit",
    "withdraw": "withdraw",
    "borrow": "borrow",
    "repay": "repay",
    "liquidation": "liquidation",
}


def use_token(batch: Batch, chain_id: int, address: str, symbol: str, decimals: int | None) -> UUID:
    """Id of a token that an event names; it is added when the catalogue lacks it."""
    identity = asset_id(chain_id, address)
    record = {
        "id": identity,
        "symbol": symbol[:100],
        "name": symbol,
        "chain_id": chain_id,
        "contract_address": address,
        "decimals": decimals,
        "is_stablecoin": symbol.upper() in STABLE_SYMBOLS,
    }
    batch.ensure("load_catalog.ensure_assets", identity, record)
    return identity


def _swap(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, at = lookup.chain_id(row.integer("chain_id", 1)), row.moment("block_timestamp")
    dex, pool = row.text("protocol"), row.address("pool_address", chain_id)
    protocol = ensure_protocol(batch, dex, "Dexes")
    sides = [
        (row.text(f"{t}_symbol"), row.address(f"{t}_address", chain_id))
        for t in ("token0", "token1")
    ]
    tokens = [use_token(batch, chain_id, address, symbol, None) for symbol, address in sides]
    amount0, amount1 = row.decimal("amount0", 58), row.decimal("amount1", 58)
    usd, fee_bps = (
        as_usd(row.optional_decimal("amount_usd")),
        row.optional_integer("fee_bps", 0, 10_000),
    )
    _use_pool_contract(batch, chain_id, pool, protocol, f"{sides[0][0]}/{sides[1][0]}", fee_bps)
    recipient = row.address("recipient", chain_id)
    wallet = use_wallet(batch, chain_id, recipient)
    tx_hash, log_index = row.tx_hash("transaction_hash"), row.integer("log_index", 0, 2**31 - 1)
    block, source = row.optional_integer("block_number"), row.optional_text("source") or ""
    batch.append(
        "dex_trades",
        at,
        chain_id,
        event_id("trade", chain_id, tx_hash, log_index),
        dex,
        protocol,
        pool,
        sides[0][1],
        sides[1][1],
        tokens[0],
        tokens[1],
        amount0,
        amount1,
        trade_price(amount0, amount1, usd),
        usd,
        fee_bps,
        row.optional_address("sender", chain_id),
        recipient,
        wallet,
        tx_hash,
        log_index,
        block,
        source,
    )
    # What goes into the pool is given by the wallet; what comes out is received.
    given, got = (0, 1) if amount0 > 0 else (1, 0)
    amounts = (abs(amount0), abs(amount1))
    add_activity(
        batch,
        at=at,
        chain_id=chain_id,
        wallet=wallet,
        tx_hash=tx_hash,
        log_index=log_index,
        block=block,
        kind="swap",
        source=source,
        counterparty=pool,
        protocol=protocol,
        token_in=tokens[got],
        token_out=tokens[given],
        amount_in=amounts[got],
        amount_out=amounts[given],
        in_usd=usd,
        out_usd=usd,
    )


def trade_price(amount0: Decimal, amount1: Decimal, usd: Decimal | None) -> Decimal | None:
    """First tokens for one second token; None for dust, where rounding makes the ratio absurd."""
    if usd is not None and usd < _DUST_USD:
        return None
    if min(abs(amount0), abs(amount1)) < _DUST_UNITS:
        return None
    price = WIDE.divide(abs(amount0), abs(amount1))
    return price.quantize(_PRICE, context=WIDE) if price < _MAX_PRICE else None


def _use_pool_contract(
    batch: Batch, chain_id: int, pool: str, protocol: UUID, pair: str, fee_bps: int | None
) -> None:
    fee = "" if fee_bps is None else f" {Decimal(fee_bps) / 100} %"
    record = {
        "id": contract_id(chain_id, pool),
        "chain_id": chain_id,
        "address": pool,
        "name": f"{pair}{fee}",
        "protocol_id": protocol,
    }
    batch.ensure("load_catalog.ensure_contracts", (chain_id, pool), record)


def _raw_swap(row: Row, _: Batch, lookup: Lookup) -> None:
    """Amounts in smallest units of tokens that the log does not name cannot be shown."""
    lookup.chain_id(row.integer("chain_id", 1))
    raise RowSkippedError("the log names no tokens, so its raw amounts have no decimals")


def _lending(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, at = lookup.chain_id(row.integer("chain_id", 1)), row.moment("block_timestamp")
    name, action = row.text("protocol"), row.text("action")
    protocol = ensure_protocol(batch, name, "Lending")
    reserve, symbol = row.address("reserve_address", chain_id), row.text("reserve_symbol")
    token = use_token(batch, chain_id, reserve, symbol, None)
    owner = row.address("owner", chain_id)
    wallet = use_wallet(batch, chain_id, owner)
    amount = row.optional_decimal("amount", 58)
    # Stablecoins count at par: the file has no price, and a cent off is better than no figure.
    stable = symbol.upper() in STABLE_SYMBOLS
    usd = as_usd(amount) if stable else None
    tx_hash, log_index = row.tx_hash("transaction_hash"), row.integer("log_index", 0, 2**31 - 1)
    block = row.optional_integer("block_number")
    debt = row.optional_address("debt_asset", chain_id)
    places = lookup.decimals.get(asset_id(chain_id, debt)) if debt else None
    owed = row.optional_integer("debt_amount_raw", 0, 2**256 - 1)
    batch.append(
        "lending_events",
        at,
        chain_id,
        event_id("lending", chain_id, tx_hash, log_index),
        protocol,
        name,
        action,
        reserve,
        token,
        owner,
        wallet,
        amount,
        usd,
        row.optional_address("liquidator", chain_id),
        asset_id(chain_id, debt) if debt else None,
        debt,
        Decimal(owed).scaleb(-places) if owed is not None and places is not None else None,
        tx_hash,
        log_index,
        block,
        "aave",
    )
    incoming = action in ("withdraw", "borrow")
    add_activity(
        batch,
        at=at,
        chain_id=chain_id,
        wallet=wallet,
        tx_hash=tx_hash,
        log_index=log_index,
        block=block,
        kind=_LENDING.get(action, "other"),
        source="aave",
        counterparty=reserve,
        protocol=protocol,
        token_in=token if incoming else None,
        token_out=None if incoming else token,
        amount_in=amount if incoming else None,
        amount_out=None if incoming else amount,
        in_usd=usd if incoming else None,
        out_usd=None if incoming else usd,
    )


_EVENT: Final = ("chain_id", "transaction_hash", "log_index", "block_timestamp", "protocol")
SOURCES = (
    Source(
        "swaps",
        "dex/swaps.csv",
        (*_EVENT, "pool_address", "token0_address", "token1_address", "amount0", "amount1"),
        _swap,
    ),
    Source("swaps_raw", "dex/swaps_raw_amounts.csv", _EVENT, _raw_swap),
    Source(
        "lending_events",
        "lending/aave_v3_polygon_events.csv",
        (*_EVENT, "action", "reserve_symbol", "reserve_address", "owner"),
        _lending,
        needs_decimals=True,
    ),
)
