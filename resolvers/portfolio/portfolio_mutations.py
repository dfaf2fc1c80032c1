"""Portfolios made, edited, put away and removed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    outcome,
    taken,
)
from resolvers.portfolio.enums import RebalancingStrategy, RiskProfile, VisibilityLevel
from resolvers.portfolio.types import Portfolio

MAX_PORTFOLIOS: Final = 100
MAX_TARGETS: Final = 100
_RESOURCE: Final = "portfolio.portfolios"
_ONE: Final = Decimal(1)


@strawberry.input(description="The share wanted of one asset or group.")
class TargetShareInput:
    """The share wanted of one asset or group."""

    asset: str = strawberry.field(
        description="Ticker, such as ETH; `stablecoins` for all stablecoins not named by ticker, "
        "`other` for everything not named."
    )
    share: Decimal = strawberry.field(description="Share of the whole, 0 to 1.")


@strawberry.input(description="What a portfolio is meant to be. What is left out stays as it is.")
class PortfolioFields:
    """Base of what a portfolio may be made or edited with."""

    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="Notes, of at most 2,000 characters."
    )
    risk_profile: RiskProfile | None = strawberry.field(
        default=strawberry.UNSET, description="How much risk it may take; moderate at first."
    )
    target_allocation: list[TargetShareInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Shares wanted, at most 100, together at most 1; replaces those before.",
    )
    rebalancing_strategy: RebalancingStrategy | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it is brought back to the target; monthly at first.",
    )
    max_drawdown: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Loss from a peak that is accepted, 0 to 1; 0.2 at first.",
    )
    target_return: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="Return a year that is aimed at, as a ratio; 0.15 at first.",
    )
    anonymity_level: VisibilityLevel | None = strawberry.field(
        default=strawberry.UNSET, description="How visible it is meant to be; public at first."
    )
    is_default: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether it is shown first; the one that was before steps back.",
    )


@strawberry.input(description="A new portfolio.")
class CreatePortfolioInput(PortfolioFields, IdempotentInput):
    """A new portfolio."""

    name: str = strawberry.field(description="Its name, of at most 200 characters.")


@strawberry.input(description="What to change of a portfolio. What is left out stays as it is.")
class UpdatePortfolioInput(PortfolioFields, VersionedInput):
    """What to change of a portfolio."""

    id: strawberry.ID = strawberry.field(description="Which portfolio.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its name, of at most 200 characters."
    )
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it is still followed."
    )


@strawberry.input(description="Which portfolio to remove.")
class DeletePortfolioInput(VersionedInput):
    """Which portfolio to remove."""

    id: strawberry.ID = strawberry.field(description="Which portfolio.")


@strawberry.type(description="What came of making a portfolio.")
class CreatePortfolioPayload(ReplayablePayload):
    """What came of making a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when it was not made.")


@strawberry.type(description="What came of changing a portfolio.")
class UpdatePortfolioPayload(Payload):
    """What came of changing a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when it was not changed.")


@strawberry.type(description="What came of removing a portfolio.")
class DeletePortfolioPayload(Payload):
    """What came of removing a portfolio."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")


_CLASHES: Final = {"portfolios_default_key": taken("is_default", "Send it once more.")}


@strawberry.type(description="Changes of portfolios.")
class PortfolioMutation:
    """Changes of portfolios."""

    @mutation("Makes a portfolio of the viewer's.", clashes=_CLASHES)
    async def create_portfolio(
        self, change: Change, input: CreatePortfolioInput
    ) -> CreatePortfolioPayload:
        """One row, and the default before it steps back."""
        values = _values(change, input, _FIRST)
        await change.limit(MAX_PORTFOLIOS, "portfolio_changes.count", user_id=change.user_id)
        if values["is_default"]:
            await _yield_default(change, None)
        row = await change.one(
            "portfolio_changes.create", user_id=change.user_id, is_active=True, **values
        )
        assert row is not None
        change.created(_RESOURCE, row)
        return CreatePortfolioPayload(portfolio=row["id"])

    @mutation("Changes a portfolio of the viewer's.", clashes=_CLASHES)
    async def update_portfolio(
        self, change: Change, input: UpdatePortfolioInput
    ) -> UpdatePortfolioPayload:
        """The row as it is, with what was given put over it."""
        mine = {"id": change.key("id", input.id, Portfolio), "user_id": change.user_id}
        _values(change, input, _FIRST)
        before = await change.found("id", "Portfolio", "portfolio_changes.lock", **mine)
        change.expect(before)
        values = _values(change, input, before)
        values["is_active"] = _or(input.is_active, before["is_active"])
        values["is_default"] = values["is_default"] and values["is_active"]
        if values["is_default"] and not before["is_default"]:
            await _yield_default(change, before["id"])
        after = await change.one("portfolio_changes.update", **mine, **values)
        assert after is not None
        change.updated(_RESOURCE, before, after)
        return UpdatePortfolioPayload(portfolio=after["id"])

    @mutation(
        "Removes a portfolio of the viewer's with its positions and strategies. One with entries "
        "in its ledger stays: set `isActive` to false instead.",
    )
    async def delete_portfolio(
        self, change: Change, input: DeletePortfolioInput
    ) -> DeletePortfolioPayload:
        """What refers to it decides whether it may go."""
        mine = {"id": change.key("id", input.id, Portfolio), "user_id": change.user_id}
        before = await change.found("id", "Portfolio", "portfolio_changes.lock", **mine)
        change.expect(before)
        for strategy in await change.all("portfolio_changes.delete_strategies", **mine):
            change.deleted("portfolio.strategies", strategy, portfolio_id=before["id"])
        await change.one("portfolio_changes.delete", **mine)
        change.deleted(_RESOURCE, before)
        return DeletePortfolioPayload(deleted_id=input.id)


_FIRST: Final[Mapping[str, Any]] = {
    "name": None,
    "description": None,
    "risk_profile": "moderate",
    "target_allocation": {},
    "rebalancing_strategy": "monthly",
    "max_drawdown": Decimal("0.2"),
    "target_return": Decimal("0.15"),
    "anonymity_level": "public",
    "is_default": False,
}


def _values(
    change: Change,
    input: CreatePortfolioInput | UpdatePortfolioInput,
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """Columns as they shall be; what is not given stays as before."""
    name = change.text("name", input.name, longest=200) if given(input.name) else before.get("name")
    description = before["description"]
    if given(input.description):
        description = change.text("description", input.description, longest=2000, required=False)
    drawdown = change.number("max_drawdown", input.max_drawdown, least=0, most=1, digits=(1, 4))
    wanted = change.number(
        "target_return", input.target_return, least=-1, most=10_000, digits=(5, 4)
    )
    return {
        "name": name,
        "description": description,
        "risk_profile": _word(input.risk_profile, before["risk_profile"]),
        "target_allocation": _targets(change, input, before["target_allocation"]),
        "rebalancing_strategy": _word(input.rebalancing_strategy, before["rebalancing_strategy"]),
        "max_drawdown": before["max_drawdown"] if drawdown is None else drawdown,
        "target_return": before["target_return"] if wanted is None else wanted,
        "anonymity_level": _word(input.anonymity_level, before["anonymity_level"]),
        "is_default": _or(input.is_default, before["is_default"]),
    }


def _targets(change: Change, input: PortfolioFields, before: Any) -> Any:
    """Shares by ticker or group, as they are stored."""
    if not given(input.target_allocation):
        return before
    shares: dict[str, float] = {}
    total = Decimal(0)
    entries = change.listed("target_allocation", input.target_allocation, most=MAX_TARGETS)
    for place, entry in enumerate(entries):
        here = change.at("target_allocation", place)
        name = here.text("asset", entry.asset, longest=100)
        share = here.number("share", entry.share, least=0, most=1, digits=(1, 8))
        if name is None or share is None:
            continue
        name = name.lower() if name.lower() in ("stablecoins", "other") else name.upper()
        if name in shares:
            here.refuse("asset", UserErrorCode.INVALID, "Name each asset once.")
        shares[name] = float(share)
        total += share
    if total > _ONE:
        change.refuse(
            "target_allocation",
            UserErrorCode.INVALID,
            f"The shares add up to {total.normalize():f}; lower them to 1 at most.",
        )
    return shares


async def _yield_default(change: Change, keep: Any) -> None:
    rows = await change.all("portfolio_changes.yield_default", user_id=change.user_id, keep_id=keep)
    for row in rows:
        change.updated(_RESOURCE, {**row, "is_default": True}, row)


def _word(value: Any, before: Any) -> Any:
    return before if not given(value) or value is None else value.value


def _or(value: Any, before: Any) -> Any:
    return before if not given(value) or value is None else value
