"""How a portfolio is spread, beside how it is meant to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import strawberry

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_PERCENT: Final = Decimal("0.000001")
_CENTS: Final = Decimal("0.00000001")
STABLECOINS, OTHER = "stablecoins", "other"


@strawberry.type(description="One asset or group of a portfolio, beside its target.")
class AllocationEntry:
    """One asset or group of a portfolio, beside its target."""

    name: str = strawberry.field(
        description="Ticker, or the group `stablecoins` or `other` where the target names it."
    )
    value_usd: Decimal = strawberry.field(
        description="Worth at the last valuation less debt, US dollars."
    )
    share_pct: Decimal | None = strawberry.field(
        description="Share of the whole, percent; null when the whole is worth nothing or less."
    )
    target_pct: Decimal | None = strawberry.field(
        description="Share wanted, percent; null when the portfolio has no target."
    )
    drift_pct: Decimal | None = strawberry.field(
        description="Share less the share wanted, in percentage points."
    )
    adjust_usd: Decimal | None = strawberry.field(
        description="What to buy to reach the target, US dollars; negative is to sell."
    )


@strawberry.type(description="How a portfolio is spread, beside how it is meant to be.")
class PortfolioAllocation:
    """How a portfolio is spread, beside how it is meant to be."""

    total_value_usd: Decimal | None = strawberry.field(
        description="Worth of what is priced less debt, US dollars; null when nothing is."
    )
    drift_pct: Decimal | None = strawberry.field(
        description="Share of the whole that has to change hands to reach the target, percent; "
        "null without a target."
    )
    entries: list[AllocationEntry] = strawberry.field(
        description="By asset or group, most valuable first; targets that are not held come last."
    )


def no_allocation() -> PortfolioAllocation:
    """That of a portfolio with nothing in it and no target."""
    return PortfolioAllocation(total_value_usd=None, drift_pct=None, entries=[])


async def allocations(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, PortfolioAllocation]:
    """Allocation of the viewer's portfolios, one statement."""
    rows: list[Any] = await context.postgres(
        "portfolio.allocation", keys, context.viewer.user_id, keys=len(keys), as_viewer=True
    )
    values: defaultdict[UUID, dict[str, tuple[Decimal, bool]]] = defaultdict(dict)
    targets: dict[UUID, Mapping[str, Any]] = {}
    for key, target, symbol, is_stable, value in rows:
        targets[key] = target
        if symbol is not None and value is not None:
            values[key][symbol] = (value, bool(is_stable))
    with localcontext(prec=100):
        return {key: allocation(values[key], target) for key, target in targets.items()}


def allocation(
    held: Mapping[str, tuple[Decimal, bool]], target: Mapping[str, Any]
) -> PortfolioAllocation:
    """How holdings compare with a target.

    Args:
        held: worth in US dollars and whether it is a stablecoin, by ticker.
        target: share wanted, 0 to 1, by ticker or group.
    """
    wanted = shares(target)
    sums: dict[str, Decimal] = {}
    for symbol, (value, is_stable) in held.items():
        name = _group(symbol, is_stable, wanted)
        sums[name] = sums.get(name, Decimal(0)) + value
    total = sum(sums.values(), Decimal(0)) if sums else None
    names = sorted({*sums, *wanted}, key=lambda name: (-sums.get(name, Decimal(0)), name))
    entries = [_entry(name, sums, wanted, total) for name in names]
    drifts = [abs(entry.drift_pct) for entry in entries if entry.drift_pct is not None]
    whole = (sum(drifts, Decimal(0)) / 2).quantize(_PERCENT) if drifts else None
    return PortfolioAllocation(total_value_usd=total, drift_pct=whole, entries=entries)


def shares(target: Mapping[str, Any]) -> dict[str, Decimal]:
    """A stored target; entries that are no shares, which older clients may have left, do not count.

    Tickers are compared in capitals.
    """
    found: dict[str, Decimal] = {}
    for name, share in target.items():
        if isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1:
            word = name.lower()
            found[word if word in (STABLECOINS, OTHER) else name.upper()] = Decimal(str(share))
    return found


def _group(symbol: str, is_stable: bool, wanted: Mapping[str, Decimal]) -> str:
    """Under which name of the target a ticker counts; its own when the target names no other."""
    if symbol.upper() in wanted:
        return symbol.upper()
    if is_stable and STABLECOINS in wanted:
        return STABLECOINS
    return OTHER if OTHER in wanted else symbol


def _entry(
    name: str,
    sums: Mapping[str, Decimal],
    wanted: Mapping[str, Decimal],
    total: Decimal | None,
) -> AllocationEntry:
    value = sums.get(name, Decimal(0))
    share = None
    if total is not None and total > 0:
        share = (value / total * 100).quantize(_PERCENT)
    target = wanted.get(name, Decimal(0)) * 100 if wanted else None
    drift = adjust = None
    if share is not None and target is not None and total is not None:
        drift = share - target
        adjust = (target / 100 * total - value).quantize(_CENTS)
    return AllocationEntry(
        name=name,
        value_usd=value,
        share_pct=share,
        target_pct=target,
        drift_pct=drift,
        adjust_usd=adjust,
    )
