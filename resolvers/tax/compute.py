"""Settles the events of a user and writes lots and sales: the body of the tax job.

One asset is one transaction, with the fingerprint of what it was made from. A run that was cut
short goes on with the assets whose fingerprint is not yet there; a run over what is settled writes
nothing. Ids follow from the events, so settling again gives the same rows. It needs the worker's
role.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.context import named_queries
from resolvers.tax.enums import TaxTransactionType
from resolvers.tax.events import Asset, Event, Meaning, Side, meaning_of
from resolvers.tax.ledger import Account, Outcome, Terms, accounts, settled
from resolvers.tax.lots import worth
from resolvers.tax.rows import (
    DISPOSAL_COLUMNS,
    ISSUE_COLUMNS,
    LOT_COLUMNS,
    Row,
    disposal_rows,
    issue_rows,
    lot_rows,
    outcome_columns,
)

if TYPE_CHECKING:
    from stores.postgres.client import Postgres, Transaction

PAGE: Final = 5_000  # events read by one statement
BATCH: Final = 1_000  # rows written by one statement: each is checked against three other tables
_BEFORE_ALL: Final = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """What a run did.

    Attributes:
        events: read.
        settled: assets written.
        unchanged: assets that were settled already.
    """

    events: int
    settled: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Book:
    """A user's events by asset.

    Attributes:
        accounts: of each asset; empty for one that only lots speak of any more.
        hand_lots: ids of lots entered by hand.
        events: how many were read.
        money_only: taxable events that move no coin, such as a fee in dollars.
    """

    accounts: dict[Asset, Account]
    hand_lots: frozenset[UUID]
    events: int
    money_only: tuple[Meaning, ...] = ()


async def settle_taxes(
    postgres: Postgres, user: UUID, terms: Terms, progress: Progress | None = None
) -> Work:
    """Settle everything of a user and write it.

    Args:
        postgres: with the worker's role.
        user: whose events.
        terms: method and country.
        progress: told after each asset how many entries of all accounts are settled, and how many
            there are; an exchange counts in both of its assets.
    """
    book = await read_book(postgres, user, terms)
    rows = await postgres.fetch(named_queries("postgres")["tax_engine.settlements"], user)
    known = {row["asset_key"]: row["fingerprint"] for row in rows}
    total = sum(len(account.meanings) for account in book.accounts.values())
    done = unchanged = 0
    for asset, account in book.accounts.items():
        fingerprint = account.fingerprint(terms)
        if known.get(key_of(asset)) == fingerprint:
            unchanged += 1
        else:
            # In a thread: a worker renews leases meanwhile, and one asset may take a second.
            outcome = await asyncio.to_thread(settled, account, terms)
            await _write(postgres, user, outcome, terms, book, fingerprint)
        done += len(account.meanings)
        if progress is not None:
            await progress(done, total)
    return Work(book.events, len(book.accounts) - unchanged, unchanged)


async def read_book(postgres: Postgres, user: UUID, terms: Terms) -> Book:
    """All events of a user, sorted by asset; for reports by other terms as well."""
    queries = named_queries("postgres")
    events = [_hand_lot(row) for row in await postgres.fetch(queries["tax_engine.hand_lots"], user)]
    hand_lots = frozenset(event.id for event in events)
    events.extend([event async for event in _events(postgres, user)])
    found = accounts(events, terms.rules)
    for row in await postgres.fetch(queries["tax_engine.settled_assets"], user):
        asset = _asset_of(row["asset_key"])
        found.setdefault(asset, Account(asset))
    ordered = dict(sorted(found.items(), key=lambda item: key_of(item[0])))
    money_only = tuple(
        meaning_of(event, terms.rules) for event in events if event.is_taxable and not event.coins
    )
    return Book(ordered, hand_lots, len(events) - len(hand_lots), money_only)


def key_of(asset: Asset) -> str:
    """How an asset is named where settlements are kept: its id, or else its ticker."""
    return asset.symbol if asset.id is None else str(asset.id)


def _asset_of(key: str) -> Asset:
    """The asset that `key_of` named."""
    try:
        return Asset(UUID(key), "")
    except ValueError:
        return Asset(None, key)


async def _events(postgres: Postgres, user: UUID) -> AsyncIterator[Event]:
    """Events of a user in pages, oldest first."""
    page, (at, last) = named_queries("postgres")["tax_engine.events"], _BEFORE_ALL
    while True:
        rows = await postgres.fetch(page, user, at, last, PAGE)
        for row in rows:
            yield _event(row)
        if len(rows) < PAGE:
            return
        at, last = rows[-1]["occurred_at"], rows[-1]["id"]


def _event(row: Any) -> Event:
    fee = row["fee_value_usd"]
    if fee is None and not row["fee_amount"]:
        fee = Decimal(0)
    return Event(
        row["id"],
        row["occurred_at"],
        row["chain_id"],
        TaxTransactionType(row["transaction_type"]),
        row["is_taxable"],
        _side(row, "asset_in"),
        _side(row, "asset_out"),
        fee,
        tuple(row["named_lot_event_ids"] or ()),
    )


def _side(row: Any, side: str) -> Side | None:
    """What came in or went out; None when neither asset nor ticker is recorded."""
    asset, symbol = row[f"{side}_id"], row[f"{side}_symbol"]
    if asset is None and not symbol:
        return None
    amount, value = row[f"{side}_amount"], row[f"{side}_value_usd"]
    if value is None:
        value = worth(amount, row[f"{side}_price_usd"])
    return Side(Asset(asset, symbol or str(asset)), amount, value)


def _hand_lot(row: Any) -> Event:
    """A lot entered by hand, as the purchase it was."""
    asset = Asset(row["asset_id"], row["asset_symbol"])
    came = Side(asset, row["acquired_amount"], row["cost_basis_usd"])
    buy = TaxTransactionType.BUY
    return Event(row["id"], row["acquired_at"], row["chain_id"], buy, True, came, None)


async def _write(
    postgres: Postgres, user: UUID, outcome: Outcome, terms: Terms, book: Book, fingerprint: str
) -> None:
    """One asset in one transaction."""
    queries, key = named_queries("postgres"), key_of(outcome.account.asset)
    async with postgres.transaction(name="tax_engine.settle") as change:
        await change.execute(queries["tax_engine.forget_plans"])
        await change.execute(queries["tax_engine.begin_asset"], user, key, fingerprint)
        lots = list(lot_rows(user, outcome, book.hand_lots))
        for name in ("clear_disposals", "clear_lots"):
            await change.execute(queries[f"tax_engine.{name}"], user, key, [row[0] for row in lots])
        await change.execute(queries["tax_engine.clear_issues"], user, key)
        sales = disposal_rows(user, outcome, book.hand_lots)
        await _copy(change, "portfolio.tax_lots", LOT_COLUMNS, iter(lots))
        await _copy(change, "portfolio.tax_lot_disposals", DISPOSAL_COLUMNS, sales)
        issues = iter(issue_rows(user, key, outcome))
        await _copy(change, "portfolio.tax_issues", ISSUE_COLUMNS, issues)
        by_hand = [
            (lot.acquisition.id, lot.remaining)
            for lot in outcome.settlement.lots
            if lot.acquisition.id in book.hand_lots
        ]
        ids, left = [lot for lot, _ in by_hand], [remaining for _, remaining in by_hand]
        await change.execute(queries["tax_engine.draw_hand_lots"], ids, left, user)
        columns = outcome_columns(outcome, terms.rules)
        for start in range(0, len(columns[0]), BATCH):
            part = [column[start : start + BATCH] for column in columns]
            await change.execute(
                queries["tax_engine.record_outcomes"], terms.method.value, *part, user
            )


async def _copy(
    change: Transaction, table: str, columns: tuple[str, ...], rows: Iterator[Row]
) -> None:
    """Append rows, a batch a statement, so that none takes longer than a statement may."""
    while batch := list(islice(rows, BATCH)):
        await change.copy_rows(table, columns, batch)
