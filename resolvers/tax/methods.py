"""Which purchases a sale is set against: FIFO, LIFO, HIFO, or those its owner names."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.lots import (
    EXACT,
    ZERO,
    Acquisition,
    Disposal,
    Issue,
    Lot,
    Piece,
    Reason,
    Settlement,
    share,
)


def settle(
    acquisitions: Iterable[Acquisition], disposals: Iterable[Disposal], method: CostBasisMethod
) -> Settlement:
    """Set the disposals of one asset against its acquisitions.

    The order of the arguments means nothing: events are taken by time, at one time acquisitions
    first, then by id. A disposal only reaches lots that are open by then. What no lot covers is an
    issue, with its amount, and has no piece.

    Args:
        acquisitions: of one asset, ids distinct.
        disposals: of the same asset, ids distinct.
        method: which lots go first.
    """
    book = _BOOKS[method]()
    opened: list[_Open] = []
    pieces: list[Piece] = []
    issues: list[Issue] = []
    events: list[Acquisition | Disposal] = [*acquisitions, *disposals]
    for event in sorted(events, key=_sequence):
        if isinstance(event, Disposal):
            _dispose(event, book, pieces, issues)
            continue
        lot = _Open(event, event.amount, event.cost)
        opened.append(lot)
        book.add(lot)
    lots = tuple(Lot(lot.acquisition, lot.remaining, lot.cost) for lot in opened)
    return Settlement(lots, tuple(pieces), tuple(issues))


@dataclass(slots=True, eq=False)
class _Open:
    """A lot while it is drawn from."""

    acquisition: Acquisition
    remaining: Decimal
    cost: Decimal | None

    def take(self, amount: Decimal) -> Decimal | None:
        """Remove units; their cost, or None when it is unknown."""
        cost = share(self.cost, amount, self.remaining)
        self.remaining = EXACT.subtract(self.remaining, amount)
        if self.cost is not None and cost is not None:
            self.cost = EXACT.subtract(self.cost, cost)
        return cost


class _Book(Protocol):
    """The lots of an asset in the order of a method."""

    def add(self, lot: _Open) -> None:
        """A lot is opened; never before those that are there."""

    def next(self, disposal: Disposal) -> _Open | None:
        """The lot to draw from, not empty; None when there is none."""


class _Fifo:
    def __init__(self) -> None:
        self._lots: deque[_Open] = deque()

    def add(self, lot: _Open) -> None:
        self._lots.append(lot)

    def next(self, disposal: Disposal) -> _Open | None:
        while self._lots and not self._lots[0].remaining:
            self._lots.popleft()
        return self._lots[0] if self._lots else None


class _Lifo:
    def __init__(self) -> None:
        self._lots: list[_Open] = []

    def add(self, lot: _Open) -> None:
        self._lots.append(lot)

    def next(self, disposal: Disposal) -> _Open | None:
        while self._lots and not self._lots[-1].remaining:
            self._lots.pop()
        return self._lots[-1] if self._lots else None


class _Hifo:
    """Dearest unit first, of equals the oldest; lots of unknown cost last."""

    def __init__(self) -> None:
        self._lots: list[tuple[bool, Decimal, int, _Open]] = []
        self._opened = 0

    def add(self, lot: _Open) -> None:
        bought = lot.acquisition
        unit = ZERO if bought.cost is None else EXACT.divide(bought.cost, bought.amount)
        self._opened += 1
        heapq.heappush(self._lots, (bought.cost is None, EXACT.minus(unit), self._opened, lot))

    def next(self, disposal: Disposal) -> _Open | None:
        while self._lots and not self._lots[0][3].remaining:
            heapq.heappop(self._lots)
        return self._lots[0][3] if self._lots else None


class _Specific:
    """Lots that are named, in the order of their names; where none is named, the oldest.

    FIFO for what is not identified is what US regulation 1.1012-1(j)(3) says.
    """

    def __init__(self) -> None:
        self._by_event: dict[UUID, _Open] = {}
        self._oldest = _Fifo()

    def add(self, lot: _Open) -> None:
        self._by_event[lot.acquisition.id] = lot
        self._oldest.add(lot)

    def next(self, disposal: Disposal) -> _Open | None:
        if not disposal.named:
            return self._oldest.next(disposal)
        lots = (self._by_event.get(name) for name in disposal.named)
        return next((lot for lot in lots if lot is not None and lot.remaining), None)


_BOOKS: Final[dict[CostBasisMethod, type[_Book]]] = {
    CostBasisMethod.FIFO: _Fifo,
    CostBasisMethod.LIFO: _Lifo,
    CostBasisMethod.HIFO: _Hifo,
    CostBasisMethod.SPECIFIC: _Specific,
}


def _sequence(event: Acquisition | Disposal) -> tuple[datetime, bool, UUID]:
    return event.at, isinstance(event, Disposal), event.id


def _dispose(disposal: Disposal, book: _Book, pieces: list[Piece], issues: list[Issue]) -> None:
    """Draw a disposal from the book, lot by lot."""
    left, proceeds_left = disposal.amount, disposal.proceeds
    while left and (lot := book.next(disposal)) is not None:
        amount = min(left, lot.remaining)
        proceeds = share(proceeds_left, amount, left)
        cost = lot.take(amount)
        received = cost if disposal.at_cost else proceeds
        pieces.append(Piece(lot.acquisition, disposal, amount, received, cost))
        left = EXACT.subtract(left, amount)
        if proceeds_left is not None and proceeds is not None:
            proceeds_left = EXACT.subtract(proceeds_left, proceeds)
    if left:
        reason = Reason.UNKNOWN_LOT if disposal.named else Reason.NO_LOT
        issues.append(Issue(disposal.id, reason, left))
