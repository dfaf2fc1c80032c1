"""How much an agent may do for its user: what is kept, what is shown, what is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.ids import key_of
from resolvers.mutation import Change, Checks, UserErrorCode, not_found
from resolvers.reflection import entity_of
from resolvers.resolve import load_one

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset

MAX_ASSETS: Final = 50
_MOST_USD: Final = 1_000_000_000_000
_MOST_LEVERAGE: Final = 100
_ONE: Final = Decimal(1)
_RATIO: Final = (1, 4)


@strawberry.type(description="How much of one asset an agent may use.")
class AssetLimit:
    """How much of one asset an agent may use."""

    asset_id: strawberry.Private[UUID]
    max_usd: Decimal = strawberry.field(description="At most so much of it, US dollars.")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The asset; null when it has left the catalogue."
    )
    async def asset(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found: Asset | None = await load_one(info, Asset, self.asset_id)
        return found


@strawberry.type(description="How much an agent may do; what is null is not limited.")
class AgentLimits:
    """How much an agent may do."""

    budget_usd: Decimal | None = strawberry.field(
        description="It may manage so much at once, US dollars."
    )
    per_asset: list[AssetLimit] = strawberry.field(
        description="What it may use of single assets; when there are any, it may use no others."
    )
    max_position_usd: Decimal | None = strawberry.field(
        description="Largest single position, US dollars."
    )
    max_drawdown: Decimal | None = strawberry.field(
        description="Loss from a peak at which it has to stop, 0 to 1."
    )
    max_slippage_bps: int | None = strawberry.field(
        description="Worst price it may accept, basis points off the one expected."
    )
    max_leverage: Decimal | None = strawberry.field(
        description="Largest position over own money; 1 is without debt."
    )


@strawberry.input(description="How much of one asset an agent may use.")
class AssetLimitInput:
    """How much of one asset an agent may use."""

    asset_id: strawberry.ID = strawberry.field(description="The asset.")
    max_usd: Decimal = strawberry.field(
        description="At most so much of it, US dollars, above 0 and within the budget."
    )


@strawberry.input(description="How much an agent may do; what is left out is not limited.")
class AgentLimitsInput:
    """How much an agent may do."""

    budget_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="It may manage so much at once, US dollars; above 0."
    )
    per_asset: list[AssetLimitInput] = strawberry.field(
        default_factory=list,
        description=f"What it may use of single assets, {MAX_ASSETS} at most, each once; when "
        "there are any, it may use no others.",
    )
    max_position_usd: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Largest single position, US dollars; above 0 and within the budget.",
    )
    max_drawdown: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Loss from a peak at which it has to stop, 0 to 1."
    )
    max_slippage_bps: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Worst price it may accept, basis points off the one expected; 0 to 10,000.",
    )
    max_leverage: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"Largest position over own money, 1 to {_MOST_LEVERAGE}; 1 is without debt.",
    )


def limits_of(allocation: Mapping[str, Any], risk: Mapping[str, Any]) -> AgentLimits:
    """Limits from the two columns that hold them; what is not there is not limited."""
    slippage = risk.get("max_slippage_bps")
    return AgentLimits(
        budget_usd=_number(allocation.get("budget_usd")),
        per_asset=[
            AssetLimit(asset_id=UUID(key), max_usd=Decimal(amount))
            for key, amount in sorted(allocation.get("assets", {}).items())
        ],
        max_position_usd=_number(risk.get("max_position_usd")),
        max_drawdown=_number(risk.get("max_drawdown")),
        max_slippage_bps=None if slippage is None else int(slippage),
        max_leverage=_number(risk.get("max_leverage")),
    )


def checked_limits(
    checks: Checks, limits: AgentLimitsInput
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two columns that hold limits: of allocation and of risk. Notes what is wrong."""
    budget = _dollars(checks, "budget_usd", limits.budget_usd, None)
    assets = _per_asset(checks, limits, budget)
    position = _dollars(checks, "max_position_usd", limits.max_position_usd, budget)
    drawdown = checks.number("max_drawdown", limits.max_drawdown, least=0, most=_ONE, digits=_RATIO)
    slippage = checks.whole("max_slippage_bps", limits.max_slippage_bps, least=0, most=10_000)
    leverage = checks.number(
        "max_leverage", limits.max_leverage, least=_ONE, most=_MOST_LEVERAGE, digits=(3, 4)
    )
    allocation = {"budget_usd": budget, "assets": assets}
    risk = {
        "max_position_usd": position,
        "max_drawdown": drawdown,
        "max_slippage_bps": slippage,
        "max_leverage": leverage,
    }
    return _known(allocation), _known(risk)


def _per_asset(
    checks: Checks, limits: AgentLimitsInput, budget: Decimal | None
) -> dict[str, Decimal]:
    from resolvers.catalog.asset import Asset

    found: dict[str, Decimal] = {}
    seen = set()
    for place, item in enumerate(checks.listed("per_asset", limits.per_asset, most=MAX_ASSETS)):
        below = checks.at("per_asset", place)
        key = below.key("asset_id", item.asset_id, Asset)
        amount = _dollars(below, "max_usd", item.max_usd, budget)
        if key is not None and key in seen:
            below.refuse("asset_id", UserErrorCode.INVALID, "Name each asset once.")
        seen.add(key)
        if key is not None and amount is not None:
            found[str(key)] = amount
    return found


def _dollars(
    checks: Checks, path: str, value: Decimal | None, budget: Decimal | None
) -> Decimal | None:
    amount = checks.number(path, value, least=0, most=_MOST_USD)
    if amount is None:
        return None
    if amount == 0:
        checks.refuse(path, UserErrorCode.INVALID, "Give more than 0.")
    elif budget is not None and amount > budget:
        checks.refuse(path, UserErrorCode.INVALID, f"Keep it within the budget of {budget:f}.")
    return amount


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {})}


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def find_assets(change: Change, path: str, limits: AgentLimitsInput) -> None:
    """Note which of the assets named are not there; after `checked_limits` found nothing wrong."""
    from resolvers.catalog.asset import Asset

    if not limits.per_asset:
        return
    entity = entity_of(Asset)
    keys = [key_of(entity, item.asset_id) for item in limits.per_asset]
    known = {row["id"] for row in await change.all("agents.known_assets", ids=keys)}
    for place, key in enumerate(keys):
        if key not in known:
            where = (path, "per_asset", place, "asset_id")
            change.refuse(where, UserErrorCode.NOT_FOUND, not_found(entity.name))
