"""Losses that a US rule may disallow because the same asset was bought within 30 days.

Section 1091 speaks of securities, and whether crypto-assets will fall under it is open, so this is
an option. It marks: the loss, its disallowed part and the purchases that replace it are said, and
neither gains nor the cost of the replacements are changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from resolvers.tax.lots import EXACT, ZERO, Acquisition, Piece, Settlement, share

WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class WashSale:
    """A loss of which a part is disallowed.

    Attributes:
        piece: the sale at a loss.
        amount: units that were replaced.
        disallowed: the part of the loss that falls to them, US dollars, above 0.
        replacements: the purchases that replace them, oldest first.
    """

    piece: Piece
    amount: Decimal
    disallowed: Decimal
    replacements: tuple[Acquisition, ...]


def wash_sales(settlement: Settlement) -> list[WashSale]:
    """The wash sales of one asset, in the order of the sales.

    A purchase from 30 days before to 30 days after a sale at a loss replaces as many units as are
    still held of it after the sale, and each unit replaces one unit once. The lot sold from does
    not replace itself.
    """
    sweep = _Sweep([lot.acquisition for lot in settlement.lots])
    pieces = sorted(settlement.pieces, key=lambda piece: (piece.disposal.at, piece.disposal.id))
    found: list[WashSale] = []
    start = 0
    while start < len(pieces):
        end = start
        while end < len(pieces) and pieces[end].disposal is pieces[start].disposal:
            sweep.sell(pieces[end])
            end += 1
        found += [
            sale for piece in pieces[start:end] if (sale := sweep.replaced(piece)) is not None
        ]
        start = end
    return found


class _Sweep:
    """Purchases that may still replace something, moving forward in time."""

    def __init__(self, acquisitions: list[Acquisition]) -> None:
        self._coming = sorted(acquisitions, key=lambda bought: (bought.at, bought.id), reverse=True)
        self._near: dict[Acquisition, None] = {}
        self._unused = {bought: bought.amount for bought in acquisitions}
        self._held = dict(self._unused)

    def sell(self, piece: Piece) -> None:
        """Units of a lot are gone and replace nothing later."""
        held = EXACT.subtract(self._held[piece.acquisition], piece.amount)
        self._held[piece.acquisition] = held

    def replaced(self, piece: Piece) -> WashSale | None:
        """Use up replacements of a loss; None when it is no loss or none are found."""
        if piece.gain is None or piece.gain >= 0:
            return None
        at = piece.disposal.at
        while self._coming and self._coming[-1].at <= at + WINDOW:
            self._near[self._coming.pop()] = None
        left, used, gone = piece.amount, [], []
        for bought in self._near:
            free = min(self._unused[bought], self._held[bought])
            if not free or bought.at < at - WINDOW:
                gone.append(bought)  # what is held and unused only shrinks
            elif bought is not piece.acquisition:
                taken = min(free, left)
                self._unused[bought] = EXACT.subtract(self._unused[bought], taken)
                left = EXACT.subtract(left, taken)
                used.append(bought)
            if not left:
                break
        for bought in gone:
            del self._near[bought]
        amount = EXACT.subtract(piece.amount, left)
        disallowed = share(EXACT.minus(piece.gain), amount, piece.amount)
        if amount == ZERO or not disallowed:
            return None
        return WashSale(piece, amount, disallowed, tuple(used))
