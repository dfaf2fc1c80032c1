"""What is bought, what is sold, and how a sum is shared out: the nouns of the tax engine.

Amounts are whole units of an asset with at most 18 decimals, money is US dollars with at most 8:
the scales of the tables. Everything is computed under `EXACT`, wide enough that only `share`
rounds, and it leaves no cent behind: the last part of a sum is what the others left of it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final
from uuid import UUID

# A product of the widest amount (76 digits) and the widest sum (38), and room for a quotient.
EXACT: Final = Context(prec=130, rounding=ROUND_HALF_EVEN)
CENT_PARTS: Final = Decimal("0.00000001")
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Something came in and opens a lot.

    Attributes:
        id: the taxable event.
        at: when, UTC.
        amount: whole units, above 0.
        cost: paid for all of it with fees, or its fair value when it is income; None when a price
            is missing.
    """

    id: UUID
    at: datetime
    amount: Decimal
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Disposal:
    """Something went out and is set against lots.

    Attributes:
        id: the taxable event.
        at: when, UTC.
        amount: whole units, above 0.
        proceeds: what it brought less fees, below 0 when fees ate it up; None when a price is
            missing.
        named: acquisitions its owner chose, in order; for specific identification.
        at_cost: it leaves without gain or loss, as a gift does in the US.
    """

    id: UUID
    at: datetime
    amount: Decimal
    proceeds: Decimal | None
    named: tuple[UUID, ...] = ()
    at_cost: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a disposal that came out of one lot.

    Attributes:
        acquisition: the lot.
        disposal: the sale.
        amount: whole units.
        proceeds: its share of the proceeds; None when they are unknown.
        cost: its share of the lot's cost; None when that is unknown.
    """

    acquisition: Acquisition
    disposal: Disposal
    amount: Decimal
    proceeds: Decimal | None
    cost: Decimal | None

    @property
    def gain(self) -> Decimal | None:
        """Proceeds less cost, US dollars; None when either is unknown."""
        if self.proceeds is None or self.cost is None:
            return None
        return EXACT.subtract(self.proceeds, self.cost)


@dataclass(frozen=True, slots=True)
class Lot:
    """An acquisition and what is left of it.

    Attributes:
        acquisition: what opened it.
        remaining: whole units not disposed of.
        remaining_cost: their cost; None when unknown.
    """

    acquisition: Acquisition
    remaining: Decimal
    remaining_cost: Decimal | None


class Reason(enum.Enum):
    """Why something could not be computed."""

    MISSING_PRICE = "missing_price"
    MISSING_FEE_PRICE = "missing_fee_price"
    MISSING_AMOUNT = "missing_amount"
    NO_LOT = "no_lot"
    UNKNOWN_LOT = "unknown_lot"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something its owner has to complete; nothing was guessed in its place.

    Attributes:
        event: the taxable event.
        reason: what is wrong.
        amount: units concerned; None when unknown.
    """

    event: UUID
    reason: Reason
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One asset's disposals set against its acquisitions.

    Attributes:
        lots: every acquisition, oldest first.
        pieces: disposals by lot, in the order they happened.
        issues: what could not be settled.
    """

    lots: tuple[Lot, ...]
    pieces: tuple[Piece, ...]
    issues: tuple[Issue, ...] = ()


def share(total: Decimal | None, part: Decimal, whole: Decimal) -> Decimal | None:
    """The share of `total` that falls to `part` of `whole`, to 8 decimals, half to even.

    Give what is left as `total` and `whole` each time, and the shares add up exactly.
    """
    if total is None or part == whole:
        return total
    product = EXACT.multiply(total, part)
    return EXACT.quantize(EXACT.divide(product, whole), CENT_PARTS)


def worth(amount: Decimal | None, price: Decimal | None) -> Decimal | None:
    """Amount times price to 8 decimals; None when either is unknown."""
    if amount is None or price is None:
        return None
    return EXACT.quantize(EXACT.multiply(amount, price), CENT_PARTS)
