"""What approvals could cost: amounts in whole units at the newest known prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import strawberry

from resolvers.catalog.price import Quote, quotes
from resolvers.reflection import entity_of
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.context import RequestContext

# US dollars are kept to eight digits.
_CENTS: Final = Decimal("0.00000001")
# Amounts have up to 78 digits, tokens up to 255 decimals.
_DIGITS: Final = 400


@strawberry.type(description="What wallets allow others to take, over their open approvals.")
class ApprovalExposure:
    """What wallets allow others to take, over their open approvals."""

    open_count: int = strawberry.field(description="Approvals that were not taken back.")
    unlimited_count: int = strawberry.field(description="Those that allow to take everything.")
    reported_count: int = strawberry.field(
        description="Those given to an address that was reported as harmful, by reports that "
        "still stand."
    )
    value_at_risk_usd: Decimal | None = strawberry.field(
        description="Sum of the limited amounts at the newest known prices, US dollars; null when "
        "none of them has a price. What the wallets really hold is not looked at."
    )
    unpriced_count: int = strawberry.field(
        description="Limited approvals left out of the sum, because the token's price or decimals "
        "are unknown."
    )


def _nothing() -> ApprovalExposure:
    return ApprovalExposure(
        open_count=0, unlimited_count=0, reported_count=0, value_at_risk_usd=None, unpriced_count=0
    )


async def exposures(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, ApprovalExposure | None]:
    """Open approvals of wallets added up: one statement, and one reading of prices."""
    rows: list[Any] = await context.postgres("risk.open_approvals", keys, keys=len(keys))
    return await _added_up(context, rows, "wallet_id")


async def portfolio_exposures(
    context: RequestContext, keys: list[UUID]
) -> Mapping[UUID, ApprovalExposure | None]:
    """The same over the wallets of the viewer's portfolios."""
    rows: list[Any] = await context.postgres(
        "risk.portfolio_approvals", keys, context.viewer.user_id, keys=len(keys), as_viewer=True
    )
    return await _added_up(context, rows, "portfolio_id")


async def _added_up(
    context: RequestContext, rows: list[Any], key: str
) -> Mapping[UUID, ApprovalExposure | None]:
    """Without prices the counts stand, and the value fails alone."""
    limited = (row["asset_id"] for row in rows if row["amount"] is not None)
    prices: dict[UUID, Quote | StoreError] | StoreError
    try:
        prices = await _prices(context, limited)
    except StoreError as error:
        prices = error
    found: dict[UUID, ApprovalExposure] = {}
    for row in rows:
        made = found.setdefault(row[key], _nothing())
        made.open_count += row["open_count"]
        made.unlimited_count += row["unlimited_count"]
        made.reported_count += row["reported_count"]
        limited_count = row["open_count"] - row["unlimited_count"]
        if isinstance(prices, StoreError):
            made.unpriced_count += limited_count
            # An exception as a value becomes an error at its place.
            if limited_count:
                made.value_at_risk_usd = cast("Any", prices)
            continue
        value = value_of(row["amount"], row["decimals"], prices.get(row["asset_id"]))
        if value is None:
            made.unpriced_count += limited_count
        else:
            made.value_at_risk_usd = (made.value_at_risk_usd or Decimal(0)) + value
    return found


async def quantities(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Decimal | None]:
    """Amounts of approvals in whole units, one statement."""
    rows: list[Any] = await context.postgres("risk.approval_amounts", keys, keys=len(keys))
    return {row["id"]: whole_units(row["amount"], row["decimals"]) for row in rows}


async def values_at_risk(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """What each approval allows to take now, US dollars: one statement, one reading of prices.

    A failure stands for an approval whose price only the failed store could tell.
    """
    rows: list[Any] = await context.postgres("risk.approval_amounts", keys, keys=len(keys))
    standing = [row for row in rows if row["amount"] and row["revoked_at"] is None]
    prices = await _prices(context, (row["asset_id"] for row in standing))
    found: dict[UUID, Any] = {
        row["id"]: Decimal(0) for row in rows if row["revoked_at"] is not None or row["amount"] == 0
    }
    for row in standing:
        price = prices.get(row["asset_id"])
        failed = isinstance(price, StoreError)
        found[row["id"]] = price if failed else value_of(row["amount"], row["decimals"], price)
    return found


def whole_units(amount: Decimal | None, decimals: int | None) -> Decimal | None:
    """An amount of the smallest unit in whole units, exactly; None when either is unknown."""
    if amount is None or decimals is None:
        return None
    with localcontext(prec=_DIGITS):
        return amount.scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals))


def value_of(
    amount: Decimal | None, decimals: int | None, price: Quote | StoreError | None
) -> Decimal | None:
    """What an amount of the smallest unit is worth, US dollars; None when anything is unknown."""
    quantity = whole_units(amount, decimals)
    if quantity is None or not isinstance(price, Quote):
        return None
    with localcontext(prec=_DIGITS):
        return (quantity * price.usd).quantize(_CENTS)


async def _prices(
    context: RequestContext, assets: Iterable[UUID]
) -> dict[UUID, Quote | StoreError]:
    wanted = list(dict.fromkeys(assets))
    return await quotes(context, wanted) if wanted else {}


async def spender_contracts(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """Contracts that approvals were given to, one statement."""
    from resolvers.catalog.place import Contract

    found = await _about(context, "risk.spender_contracts", Contract, keys)
    return {key: contract for key, (contract,) in found.items()}


async def spender_labels(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, list[Any]]:
    """Labels of the addresses approvals were given to, one statement."""
    from resolvers.catalog.place import AddressLabel

    return await _about(context, "risk.spender_labels", AddressLabel, keys)


async def spender_reports(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, list[Any]]:
    """Reports of harm about the addresses approvals were given to, one statement."""
    from resolvers.catalog.place import MaliciousReport

    return await _about(context, "risk.spender_reports", MaliciousReport, keys)


async def _about(
    context: RequestContext, query: str, cls: type[Any], keys: list[UUID]
) -> Mapping[UUID, list[Any]]:
    entity = entity_of(cls)
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    rows: list[Any] = await context.postgres(query, keys, keys=len(keys))
    for row in rows:
        names = [name for name in row.keys() if name != "approval_id"]  # noqa: SIM118
        slots = tuple(map(entity.slot, names))
        found[row["approval_id"]].append(entity.build(slots, tuple(row[name] for name in names)))
    return found
