"""Figures of a shielded pool from what its deposits add up to.

Nothing tells whose a deposit is. So each counts as one of a depositor of its own, which is the most
there can be, and how evenly they are spread over people stays unknown. Money is worth what it is
worth now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final
from uuid import UUID

_ETHER: Final = frozenset({"ETH", "WETH"})
_CENTS: Final = Decimal("0.00000001")
_RATIO: Final = Decimal("0.0001")
_MOST_USD: Final = Decimal(10) ** 30
_SIZE_FOR_ALL_USD: Final = Decimal(100_000_000)
_MIXERS_FOR_ALL: Final = 5_000
_SET_FOR_ALL: Final = 20_000


@dataclass(frozen=True, slots=True)
class AssetDeposits:
    """What the deposits of one asset in a pool add up to; amounts in whole units.

    Attributes:
        asset_id: the asset.
        symbol: its ticker.
        is_stablecoin: whether it keeps a price.
        deposits: ever made, and what they held together.
        held_deposits: not withdrawn, and what they hold.
        withdrawals: ever made, and what they took.
        deposits_24h: within a day.
        withdrawals_24h: within a day.
        active_24h: deposits made or withdrawn within a day.
        moved_24h: put in and taken out within a day; likewise for seven and thirty days.
        mixings: deposits whose mixing is known.
        whole_mixings: those of them mixed as asked.
    """

    asset_id: UUID
    symbol: str
    is_stablecoin: bool
    deposits: int
    deposited: Decimal
    held_deposits: int
    held: Decimal
    withdrawals: int
    withdrawn: Decimal
    deposits_24h: int
    withdrawals_24h: int
    active_24h: int
    moved_24h: Decimal
    moved_7d: Decimal
    moved_30d: Decimal
    mixings: int
    whole_mixings: int


def pool_figures(
    parts: Sequence[AssetDeposits], prices: Mapping[UUID, Decimal]
) -> dict[str, int | Decimal | None] | None:
    """The figures of one pool by name; None where an asset of it has no price.

    Without a price neither its size nor any volume is known, and a pool half measured would look
    like one that shrank.

    Args:
        parts: by asset.
        prices: of one whole unit, US dollars.
    """
    if any(part.asset_id not in prices for part in parts):
        return None
    with localcontext(prec=60):

        def worth(amount: str, chosen: Sequence[AssetDeposits] = parts) -> Decimal:
            return sum((getattr(p, amount) * prices[p.asset_id] for p in chosen), Decimal(0))

        def count(name: str) -> int:
            return sum(getattr(part, name) for part in parts)

        ether = [part for part in parts if part.symbol.upper() in _ETHER]
        stable = [part for part in parts if part.is_stablecoin]
        size = worth("held")
        if size >= _MOST_USD:
            return None
        in_ether, in_stablecoins = worth("held", ether), worth("held", stable)
        return {
            "size_usd": _usd(size),
            "ether_usd": _usd(in_ether),
            "stablecoin_usd": _usd(in_stablecoins),
            "other_usd": _usd(size - in_ether - in_stablecoins),
            "active_24h": count("active_24h"),
            "held_deposits": count("held_deposits"),
            "deposits": count("deposits"),
            "withdrawals": count("withdrawals"),
            "deposits_24h": count("deposits_24h"),
            "withdrawals_24h": count("withdrawals_24h"),
            "volume_24h_usd": _usd(worth("moved_24h")),
            "volume_7d_usd": _usd(worth("moved_7d")),
            "volume_30d_usd": _usd(worth("moved_30d")),
            "mixing_efficiency": _share(count("whole_mixings"), count("mixings")),
            "avg_deposit_usd": _mean(worth("deposited"), count("deposits")),
            "avg_withdrawal_usd": _mean(worth("withdrawn"), count("withdrawals")),
        }


def privacy_score(size_usd: Decimal, active_mixers: int, anonymity_set: int) -> Decimal:
    """How well a pool hides, 0 to 1: three parts, each capped, of 0.4, 0.3 and 0.3.

    The stores compute it themselves wherever they keep a pool; this says what they compute.

    Args:
        size_usd: worth of what it holds; full marks from 100 million US dollars.
        active_mixers: depositors active within a day; full marks from 5,000.
        anonymity_set: deposits among which one hides; full marks from 20,000.
    """
    with localcontext(prec=60):
        return (
            min(Decimal("0.4"), max(size_usd, Decimal(0)) / _SIZE_FOR_ALL_USD * Decimal("0.4"))
            + min(Decimal("0.3"), Decimal(active_mixers) / _MIXERS_FOR_ALL * Decimal("0.3"))
            + min(Decimal("0.3"), Decimal(anonymity_set) / _SET_FOR_ALL * Decimal("0.3"))
        )


def _usd(value: Decimal) -> Decimal:
    return value.quantize(_CENTS)


def _mean(total: Decimal, count: int) -> Decimal | None:
    return _usd(total / count) if count else None


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(_RATIO) if whole else None
