"""A settled asset as rows of the tax tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from resolvers.tax.events import Meaning
from resolvers.tax.holding import CountryRules, holding_days, is_long_term
from resolvers.tax.ledger import Outcome
from resolvers.tax.lots import EXACT, ZERO, Piece
from resolvers.tax.sales import symbols_of

LOT_COLUMNS: Final = (
    "id", "user_id", "asset_id", "asset_symbol", "chain_id", "acquired_transaction_id",
    "acquired_at", "acquired_amount", "acquired_price_usd", "cost_basis_usd", "remaining_amount",
)  # fmt: skip
DISPOSAL_COLUMNS: Final = (
    "id", "user_id", "lot_id", "transaction_id", "amount", "price_usd", "proceeds_usd", "gain_usd",
    "wash_sale_loss_usd", "disposed_at",
)  # fmt: skip
ISSUE_COLUMNS: Final = (
    "id", "user_id", "asset_key", "event_id", "reason", "asset_symbol", "amount",
)  # fmt: skip
_PRICE_PARTS: Final = Decimal("1E-18")
_PRICE_LIMIT: Final = Decimal("1E20")  # of the column; a speck of dust may seem dearer
Row = tuple[object, ...]


def lot_id(event: UUID, hand_lots: frozenset[UUID]) -> UUID:
    """Id of the lot an event opened; one entered by hand keeps its own."""
    return event if event in hand_lots else uuid5(event, "lot")


def lot_rows(user: UUID, outcome: Outcome, hand_lots: frozenset[UUID]) -> Iterator[Row]:
    """Rows of `LOT_COLUMNS` for lots that events opened."""
    events = {meaning.event.id: meaning.event for meaning in outcome.account.meanings}
    for lot in outcome.settlement.lots:
        bought = lot.acquisition
        if bought.id in hand_lots:
            continue
        event = events[bought.id]
        assert event.came is not None
        asset = event.came.asset
        yield (
            lot_id(bought.id, hand_lots), user, asset.id, asset.symbol, event.chain_id, bought.id,
            bought.at, bought.amount, _unit(bought.cost, bought.amount), bought.cost, lot.remaining,
        )  # fmt: skip


def disposal_rows(user: UUID, outcome: Outcome, hand_lots: frozenset[UUID]) -> Iterator[Row]:
    """Rows of `DISPOSAL_COLUMNS`."""
    washed = {id(wash.piece): wash.disallowed for wash in outcome.washes}
    for piece in outcome.settlement.pieces:
        lot, sale = lot_id(piece.acquisition.id, hand_lots), piece.disposal
        yield (
            uuid5(lot, str(sale.id)), user, lot, sale.id, piece.amount,
            _unit(piece.proceeds, piece.amount), piece.proceeds, piece.gain,
            washed.get(id(piece)), sale.at,
        )  # fmt: skip


def issue_rows(user: UUID, key: str, outcome: Outcome) -> list[Row]:
    """Rows of `ISSUE_COLUMNS`, one for each event and reason."""
    symbols = symbols_of(outcome.account)
    rows = {
        (issue.event, issue.reason): (
            uuid5(issue.event, f"{key} {issue.reason.value}"), user, key, issue.event,
            issue.reason.value, symbols[issue.event], issue.amount,
        )
        for issue in outcome.issues
    }  # fmt: skip
    return list(rows.values())


def outcome_columns(outcome: Outcome, rules: CountryRules) -> tuple[list[object], ...]:
    """Ids, costs, gains, days, whether long-term and categories of the events an asset decides.

    What an exchange comes to is decided by what was given up, everything else by the only asset it
    moves. A sale out of lots of different age is neither long nor short as a whole: null.
    """
    pieces: dict[UUID, list[Piece]] = {}
    for piece in outcome.settlement.pieces:
        pieces.setdefault(piece.disposal.id, []).append(piece)
    short = {issue.event for issue in outcome.settlement.issues}
    columns: tuple[list[object], ...] = ([], [], [], [], [], [])
    for meaning in outcome.account.meanings:
        event = meaning.event
        if _decider(meaning) != outcome.account.asset:
            continue
        parts = pieces.get(event.id, [])
        whole = bool(parts) and event.id not in short
        ages = {holding_days(part.acquisition.at, event.at) for part in parts}
        terms = {is_long_term(part.acquisition.at, event.at, rules) for part in parts}
        row = (
            event.id,
            _total([part.cost for part in parts]) if whole else None,
            _total([part.gain for part in parts]) if whole else None,
            ages.pop() if len(ages) == 1 else None,
            terms.pop() if len(terms) == 1 else None,
            None if meaning.category is None else meaning.category.value,
        )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


def _decider(meaning: Meaning) -> object:
    """Key of the asset that decides what an event comes to."""
    coins = meaning.event.coins
    return coins[-1].asset.key if coins else None


def _unit(total: Decimal | None, amount: Decimal) -> Decimal | None:
    """A sum for one unit, to 18 decimals; None when it is unknown or too large to keep."""
    if total is None:
        return None
    unit = EXACT.divide(total, amount)
    return EXACT.quantize(unit, _PRICE_PARTS) if abs(unit) < _PRICE_LIMIT - 1 else None


def _total(values: list[Decimal | None]) -> Decimal | None:
    """An exact sum; None when a part is unknown."""
    result = ZERO
    for value in values:
        if value is None:
            return None
        result = EXACT.add(result, value)
    return result
