"""What a portfolio is worth and how it is spread, from its priced positions: pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from resolvers.portfolio.collateral import Account, Collateral, nearest_liquidation
from resolvers.portfolio.diversification import diversification

#: Tickers of ether and what is staked ether.
ETHER: Final = frozenset(
    {"ETH", "WETH", "STETH", "WSTETH", "RETH", "CBETH", "EETH", "WEETH", "EZETH", "SFRXETH", "METH"}
)
_ZERO: Final = Decimal(0)
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Position:
    """A position as it was valued.

    Attributes:
        value_usd: worth, US dollars, below zero for a debt; None when unpriced.
        liquidation_threshold: of collateral: share of its worth that may be owed; None when nobody
            says.
    """

    asset_id: UUID
    symbol: str
    asset_type: str
    is_stablecoin: bool
    position_type: str
    chain: str | None
    protocol_id: UUID | None
    protocol: str | None
    wallet_id: UUID | None
    value_usd: Decimal | None
    liquidation_threshold: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Valuation:
    """A portfolio as a whole; US dollars, debts subtracted.

    Attributes:
        value_usd: of all that is priced; None when there are positions and none is priced.
        unpriced: positions that the value lacks.
        ether_usd, stablecoin_usd, other_usd: parts of the value; None where that is.
        by_asset: worth of each asset, priced positions only.
        by_asset_type, by_chain, by_protocol, shares: share of the value, ratio; empty when the
            value is not above zero. Positions on no chain or in no protocol are in no share.
        spread: 0 one asset to 1 very spread; None when nothing is held.
        liquidation_distance: fall of the collateral that would liquidate, ratio; None without debt
            and when unknown.
    """

    value_usd: Decimal | None
    unpriced: tuple[Position, ...]
    ether_usd: Decimal | None
    stablecoin_usd: Decimal | None
    other_usd: Decimal | None
    by_asset: dict[UUID, Decimal]
    by_asset_type: dict[str, float]
    by_chain: dict[str, float]
    by_protocol: dict[str, float]
    shares: dict[str, float]
    assets: int
    chains: int
    protocols: int
    spread: Decimal | None
    liquidation_distance: Decimal | None


def valued(positions: Sequence[Position]) -> Valuation:
    """The whole of some positions; a portfolio without any is worth 0."""
    priced = [each for each in positions if each.value_usd is not None]
    known = bool(priced) or not positions
    value = sum((each.value_usd or _ZERO for each in priced), _ZERO)
    ether = _part(priced, lambda each: each.symbol.upper() in ETHER)
    stable = _part(priced, lambda each: each.is_stablecoin)
    by_asset = _sums(priced, lambda each: each.asset_id)
    return Valuation(
        value_usd=value if known else None,
        unpriced=tuple(each for each in positions if each.value_usd is None),
        ether_usd=ether if known else None,
        stablecoin_usd=stable if known else None,
        other_usd=value - ether - stable if known else None,
        by_asset=by_asset,
        by_asset_type=_shares(_sums(priced, lambda each: each.asset_type), value),
        by_chain=_shares(_sums(priced, lambda each: each.chain), value),
        by_protocol=_shares(_sums(priced, lambda each: each.protocol), value),
        shares=_shares({str(asset): worth for asset, worth in by_asset.items()}, value),
        assets=len({each.asset_id for each in positions}),
        chains=len({each.chain for each in positions} - {None}),
        protocols=len({each.protocol_id for each in positions} - {None}),
        spread=diversification(list(by_asset.values())),
        liquidation_distance=nearest_liquidation(accounts(positions)),
    )


def accounts(positions: Sequence[Position]) -> list[Account]:
    """What is lent and owed at each protocol, chain and wallet."""
    found: defaultdict[object, list[Position]] = defaultdict(list)
    for each in positions:
        if each.position_type in ("lending", "borrowing"):
            found[each.protocol_id, each.chain, each.wallet_id].append(each)
    return [_account(group) for group in found.values()]


def protocol_risk(positions: Sequence[Position], scores: dict[UUID, Decimal]) -> float | None:
    """Risk of the protocols used, weighted by what is held there: sum(worth * score) / sum(worth).

    Args:
        positions: those of a portfolio. Debts put nothing at risk there and do not count.
        scores: 0 safe to 1 dangerous, by protocol.

    Returns:
        None when nothing is held in a protocol with a score.
    """
    worths = [
        (each.value_usd, scores[each.protocol_id])
        for each in positions
        if each.protocol_id in scores and each.value_usd is not None and each.value_usd > 0
    ]
    whole = sum((worth for worth, _ in worths), _ZERO)
    if whole <= 0:
        return None
    return float(sum((worth * score for worth, score in worths), _ZERO) / whole)


def _account(group: Sequence[Position]) -> Account:
    debts = [each.value_usd for each in group if each.position_type == "borrowing"]
    known = [each for each in debts if each is not None]
    return Account(
        collateral=[
            Collateral(each.value_usd, _threshold(each.liquidation_threshold))
            for each in group
            if each.position_type == "lending"
        ],
        debt_usd=-sum(known, _ZERO) if len(known) == len(debts) else None,
    )


def _threshold(stated: Decimal | None) -> Decimal | None:
    """A share as a source states it; what cannot be one is unknown."""
    return stated if stated is not None and 0 < stated <= 1 else None


def _part(positions: Sequence[Position], belongs: Callable[[Position], bool]) -> Decimal:
    return sum((each.value_usd or _ZERO for each in positions if belongs(each)), _ZERO)


def _sums(
    positions: Sequence[Position], key: Callable[[Position], _Key | None]
) -> dict[_Key, Decimal]:
    found: dict[_Key, Decimal] = {}
    for each in positions:
        name = key(each)
        if name is not None and each.value_usd is not None:
            found[name] = found.get(name, _ZERO) + each.value_usd
    return found


def _shares(sums: dict[str, Decimal], whole: Decimal) -> dict[str, float]:
    return {name: float(each / whole) for name, each in sums.items()} if whole > 0 else {}
