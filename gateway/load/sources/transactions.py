"""Transactions and token transfers: what wallets did, seen from either side."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.load.identity import asset_id, event_id, wallet_id
from gateway.load.source import Source
from gateway.load.sources.prices import as_usd

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

# What the first four bytes of a call mean, for the calls that say it by themselves.
_METHODS: Final = {
    "0xa9059cbb": "transfer",
    "0x23b872dd": "transfer",
    "0x42842e0e": "transfer",
    "0x095ea7b3": "approve",
    "0xa22cb465": "approve",
    "0x7ff36ab5": "swap",
    "0x38ed1739": "swap",
    "0x18cbafe5": "swap",
    "0x8803dbee": "swap",
    "0x791ac947": "swap",
    "0xb6f9de95": "swap",
    "0x5c11d795": "swap",
    "0xfb3bdb41": "swap",
    "0x414bf389": "swap",
    "0x3593564c": "swap",
    "0xd0e30db0": "deposit",
    "0x2e1a7d4d": "withdraw",
    "0x1249c58b": "mint",
    "0xa0712d68": "mint",
    "0x42966c68": "burn",
    "0x4e71d92d": "claim",
    "0xa694fc3a": "stake",
}


def use_wallet(batch: Batch, chain_id: int, address: str, kind: str = "unknown") -> UUID:
    """Id of a wallet; it is added with the batch. What is known of it stands over `unknown`."""
    identity = wallet_id(chain_id, address)
    known = batch.upserts.get("load_catalog.ensure_wallets", {}).get(identity)
    if known is None or known["wallet_type"] == "unknown":
        record = {"id": identity, "chain_id": chain_id, "address": address, "wallet_type": kind}
        batch.upsert("load_catalog.ensure_wallets", identity, record)
    return identity


def add_activity(
    batch: Batch,
    *,
    at: datetime,
    chain_id: int,
    wallet: UUID,
    tx_hash: str,
    log_index: int,
    block: int | None,
    kind: str,
    source: str,
    counterparty: str | None = None,
    protocol: UUID | None = None,
    token_in: UUID | None = None,
    token_out: UUID | None = None,
    amount_in: Decimal | None = None,
    amount_out: Decimal | None = None,
    in_usd: Decimal | None = None,
    out_usd: Decimal | None = None,
    gas_used: int | None = None,
    gas_price: int | None = None,
    gas_usd: Decimal | None = None,
) -> None:
    """Add one row of a wallet's activity; `in` is what the wallet received, `out` what it gave."""
    batch.append(
        "wallet_transactions",
        at,
        chain_id,
        event_id("activity", chain_id, tx_hash, log_index, wallet),
        wallet,
        tx_hash,
        log_index,
        block,
        kind,
        protocol,
        token_in,
        token_out,
        amount_in,
        amount_out,
        in_usd,
        out_usd,
        gas_used,
        None if gas_price is None else Decimal(gas_price),
        gas_usd,
        counterparty,
        source,
    )


def _transaction(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, at = lookup.chain_id(row.integer("chain_id", 1)), row.moment("block_timestamp")
    sender = row.address("from_address", chain_id)
    receiver = row.optional_address("to_address", chain_id)
    wei, gas_price = row.wide("value_wei"), row.optional_integer("gas_price_wei", 0, 2**256 - 1)
    gas_used, tx_hash = row.optional_integer("gas_used"), row.tx_hash("hash")
    block, kind = row.integer("block_number"), _kind(row, receiver)
    source = row.optional_text("source") or ""
    _note_head(batch, chain_id, block, at)
    coin = asset_id(chain_id, None)
    amount = Decimal(wei).scaleb(-18)
    usd = _dollars(lookup, coin, at, amount) if wei else None
    fee = Decimal((gas_used or 0) * (gas_price or 0)).scaleb(-18)
    sent = wei > 0
    both_sides = receiver == sender
    add_activity(
        batch,
        at=at,
        chain_id=chain_id,
        wallet=use_wallet(batch, chain_id, sender, "eoa"),
        tx_hash=tx_hash,
        log_index=-1,
        block=block,
        kind=kind,
        source=source,
        counterparty=receiver,
        token_in=coin if sent and both_sides else None,
        amount_in=amount if sent and both_sides else None,
        in_usd=usd if both_sides else None,
        token_out=coin if sent else None,
        amount_out=amount if sent else None,
        out_usd=usd,
        gas_used=gas_used,
        gas_price=gas_price,
        gas_usd=_dollars(lookup, coin, at, fee) if gas_used and gas_price else None,
    )
    if receiver is not None and not both_sides:
        add_activity(
            batch,
            at=at,
            chain_id=chain_id,
            wallet=use_wallet(batch, chain_id, receiver),
            tx_hash=tx_hash,
            log_index=-1,
            block=block,
            kind=kind,
            source=source,
            counterparty=sender,
            token_in=coin if sent else None,
            amount_in=amount if sent else None,
            in_usd=usd,
        )


def _kind(row: Row, receiver: str | None) -> str:
    if receiver is None:
        return "contract_creation"
    method = row.optional_text("method_id")
    return "transfer" if method is None else _METHODS.get(method.lower(), "contract_call")


def _note_head(batch: Batch, chain_id: int, block: int, at: datetime) -> None:
    """Remember the newest block of a chain."""
    known = batch.upserts.get("load_catalog.upsert_chain_heads", {}).get(chain_id)
    if known is None or known["block_number"] < block:
        head = {"chain_id": chain_id, "block_number": block, "block_at": at, "source": "blocks"}
        batch.upsert("load_catalog.upsert_chain_heads", chain_id, head)


def _dollars(lookup: Lookup, coin: UUID, at: datetime, amount: Decimal) -> Decimal | None:
    price = lookup.day_prices.get((coin, at.date()))
    return None if price is None else as_usd(amount * price)


def _transfer(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id, at = lookup.chain_id(row.integer("chain_id", 1)), row.moment("block_timestamp")
    sender = row.address("from_address", chain_id)
    receiver = row.address("to_address", chain_id)
    token = asset_id(chain_id, row.address("token_address", chain_id))
    places = lookup.decimals.get(token)
    amount = row.optional_decimal("value", 58)
    raw = row.optional_integer("value_raw", 0, 2**256 - 1)
    if amount is None and raw is not None and places is not None:
        amount = Decimal(raw).scaleb(-places)
    # A token that the catalogue does not know is named by the log alone; see docs/data-layout.md.
    known = token if places is not None else None
    usd = as_usd(amount) if amount is not None and token in lookup.stablecoins else None
    log_index, tx_hash = row.integer("log_index", 0, 2**31 - 1), row.tx_hash("transaction_hash")
    for address, other, received in ((sender, receiver, False), (receiver, sender, True)):
        if sender == receiver and received:
            continue
        add_activity(
            batch,
            at=at,
            chain_id=chain_id,
            wallet=use_wallet(batch, chain_id, address),
            tx_hash=tx_hash,
            log_index=log_index,
            block=row.optional_integer("block_number"),
            kind="transfer",
            source=row.optional_text("source") or "",
            counterparty=other,
            token_in=known if received else None,
            amount_in=amount if received else None,
            in_usd=usd if received else None,
            token_out=None if received else known,
            amount_out=None if received else amount,
            out_usd=None if received else usd,
        )


SOURCES = (
    Source(
        "transactions",
        "chain/transactions.csv",
        (
            "chain_id",
            "hash",
            "block_number",
            "block_timestamp",
            "from_address",
            "to_address",
            "value_wei",
        ),
        _transaction,
        needs_day_prices=True,
    ),
    Source(
        "token_transfers",
        "chain/token_transfers.csv",
        ("chain_id", "transaction_hash", "log_index", "block_timestamp", "token_address"),
        _transfer,
        needs_decimals=True,
    ),
)
