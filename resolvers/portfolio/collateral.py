"""How far collateral may fall before it is sold: pure functions over what is lent and owed.

Source: the health factor of Aave V3 (Technical Paper, 2022, "Liquidations"), which other lending
markets share in substance: an account is liquidated when sum(collateral * threshold) / debt < 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Collateral:
    """What stands for a debt.

    Attributes:
        worth_usd: US dollars, not negative; None when it is unpriced.
        threshold: share of the worth that may be owed before it is sold, above 0 to 1; None when
            nobody says.
    """

    worth_usd: Decimal | None
    threshold: Decimal | None


@dataclass(frozen=True, slots=True)
class Account:
    """What is lent to and borrowed from one protocol on one chain from one wallet.

    Attributes:
        collateral: what is lent.
        debt_usd: what is owed, US dollars, as a positive number; None when it is unpriced.
    """

    collateral: Sequence[Collateral]
    debt_usd: Decimal | None


def liquidation_distance(account: Account) -> Decimal | None:
    """By how much all of the collateral may fall together: 1 - debt / sum(worth * threshold).

    Returns:
        0 to 1, where 0 is that it may be sold now. None without debt, when a threshold or a worth
        that the answer depends on is unknown, and when nobody says what stands for the debt.
    """
    if account.debt_usd is None or account.debt_usd <= 0 or not account.collateral:
        return None
    borrowable = Decimal(0)
    for each in account.collateral:
        if each.threshold is None or each.worth_usd is None:
            return None
        borrowable += each.worth_usd * each.threshold
    if borrowable <= account.debt_usd:
        return Decimal(0)
    return 1 - account.debt_usd / borrowable


def nearest_liquidation(accounts: Iterable[Account]) -> Decimal | None:
    """Distance of the account that would be liquidated first.

    None when no account owes anything, and when that of one which does is unknown: it might be the
    nearest.
    """
    nearest: Decimal | None = None
    for account in accounts:
        if account.debt_usd is not None and account.debt_usd <= 0:
            continue
        distance = liquidation_distance(account)
        if distance is None:
            return None
        nearest = distance if nearest is None else min(nearest, distance)
    return nearest
