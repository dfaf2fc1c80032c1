"""Portfolios made, edited, put away and removed, and the wallets that belong to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.catalog.wallet import Wallet
from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    Payload,
    Refused,
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
from resolvers.scalars import Address, ChainId

MAX_PORTFOLIOS: Final = 100
MAX_WALLETS: Final = 100
MAX_TARGETS: Final = 100
_RESOURCE: Final = "portfolio.portfolios"
_ONE: Final = Decimal(1)
_EVM_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


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


@strawberry.input(description="A wallet that shall belong to a portfolio: an id, or an address.")
class AttachWalletInput(IdempotentInput):
    """A wallet that shall belong to a portfolio."""

    portfolio_id: strawberry.ID = strawberry.field(description="The portfolio.")
    wallet_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A wallet of the graph."
    )
    chain: ChainId | None = strawberry.field(
        default=strawberry.UNSET,
        description="The chain of the address: a CAIP-2 id, an EVM chain id or a slug.",
    )
    address: Address | None = strawberry.field(
        default=strawberry.UNSET,
        description="The address; one that nobody has looked at yet is followed from now on.",
    )


@strawberry.input(description="A wallet that shall no longer belong to a portfolio.")
class DetachWalletInput:
    """A wallet that shall no longer belong to a portfolio."""

    portfolio_id: strawberry.ID = strawberry.field(description="The portfolio.")
    wallet_id: strawberry.ID = strawberry.field(description="The wallet.")


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


@strawberry.type(description="What came of adding a wallet to a portfolio.")
class AttachWalletPayload(ReplayablePayload):
    """What came of adding a wallet to a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when nothing was added.")
    wallet: Wallet | None = changed("The wallet; null when nothing was added.")


@strawberry.type(description="What came of taking a wallet from a portfolio.")
class DetachWalletPayload(Payload):
    """What came of taking a wallet from a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when nothing was taken.")


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
        await _room(change, "portfolio_changes.count", MAX_PORTFOLIOS)
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

    @mutation("Makes a wallet part of a portfolio of the viewer's, whoever owns it.")
    async def attach_wallet(self, change: Change, input: AttachWalletInput) -> AttachWalletPayload:
        """Adding one that is there already changes nothing."""
        mine = {
            "id": change.key("portfolio_id", input.portfolio_id, Portfolio),
            "user_id": change.user_id,
        }
        _one_way(change, input)
        await change.found("portfolio_id", "Portfolio", "portfolio_changes.lock", **mine)
        await _room(change, "portfolio_changes.count_wallets", MAX_WALLETS, id=mine["id"])
        wallet = await _wallet(change, input)
        row = await change.one("portfolio_changes.attach", wallet_id=wallet, **mine)
        _link(change, "attach_wallet", mine["id"], wallet, "attached" if row else None)
        return AttachWalletPayload(portfolio=mine["id"], wallet=wallet)

    @mutation("Takes a wallet from a portfolio of the viewer's; what it held stays recorded.")
    async def detach_wallet(self, change: Change, input: DetachWalletInput) -> DetachWalletPayload:
        """The link alone goes."""
        key = change.key("portfolio_id", input.portfolio_id, Portfolio)
        wallet = change.key("wallet_id", input.wallet_id, Wallet)
        await change.found(
            "wallet_id",
            "Wallet",
            "portfolio_changes.detach",
            id=key,
            wallet_id=wallet,
            user_id=change.user_id,
        )
        _link(change, "detach_wallet", key, wallet, "detached")
        return DetachWalletPayload(portfolio=key)


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


async def _room(change: Change, query: str, most: int, **values: object) -> None:
    row = await change.one(query, user_id=change.user_id, **values)
    if row is not None and next(iter(row.values())) >= most:
        message = f"There are {most:,} already, which is the limit. Remove one first."
        change.refuse("", UserErrorCode.LIMIT_REACHED, message)
        raise Refused(change.refusals)


def _one_way(change: Change, input: AttachWalletInput) -> None:
    by_id = given(input.wallet_id) and input.wallet_id is not None
    by_address = given(input.address) and input.address is not None
    if by_id == by_address:
        change.refuse("wallet_id", UserErrorCode.REQUIRED, "Give either an id or an address.")
    if by_address and (not given(input.chain) or input.chain is None):
        change.refuse("chain", UserErrorCode.REQUIRED, "Say on which chain the address is.")


async def _wallet(change: Change, input: AttachWalletInput) -> Any:
    if given(input.wallet_id) and input.wallet_id is not None:
        key = change.key("wallet_id", input.wallet_id, Wallet)
        found = await change.found(
            "wallet_id", "Wallet", "portfolio_changes.known_wallet", wallet_id=key
        )
        return found["id"]
    address = change.text("address", input.address, longest=128)
    chain = await change.found(
        "chain", "chain", "portfolio_changes.chain_of_address", chain=input.chain
    )
    if chain["is_evm"] and not _EVM_ADDRESS.fullmatch(address or ""):
        change.refuse("address", UserErrorCode.INVALID, "Give 0x and 40 hexadecimal digits.")
    row = await change.one("portfolio_changes.follow_wallet", chain_id=chain["id"], address=address)
    assert row is not None
    return row["id"]


def _link(change: Change, action: str, portfolio: Any, wallet: Any, event: str | None) -> None:
    said = {"portfolio_id": str(portfolio), "wallet_id": str(wallet)}
    change.record(
        Entry(
            action,
            "portfolio.portfolio_wallets",
            f"{portfolio}/{wallet}",
            event=event,
            payload={**said, "user_id": change.user_id},
            metadata={**said, "was_there": event is None},
        )
    )


def _word(value: Any, before: Any) -> Any:
    return before if not given(value) or value is None else value.value


def _or(value: Any, before: Any) -> Any:
    return before if not given(value) or value is None else value
