"""Wallets that belong to a portfolio: added by id or address, taken away."""

from __future__ import annotations

import re
from typing import Any, Final

import strawberry

from resolvers.catalog.wallet import Wallet
from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    given,
    mutation,
)
from resolvers.portfolio.types import Portfolio
from resolvers.scalars import Address, ChainId

MAX_WALLETS: Final = 100
_EVM_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


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


@strawberry.type(description="What came of adding a wallet to a portfolio.")
class AttachWalletPayload(ReplayablePayload):
    """What came of adding a wallet to a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when nothing was added.")
    wallet: Wallet | None = changed("The wallet; null when nothing was added.")


@strawberry.type(description="What came of taking a wallet from a portfolio.")
class DetachWalletPayload(Payload):
    """What came of taking a wallet from a portfolio."""

    portfolio: Portfolio | None = changed("The portfolio; null when nothing was taken.")


@strawberry.type(description="Changes of the wallets in portfolios.")
class PortfolioWalletMutation:
    """Changes of the wallets in portfolios."""

    @mutation("Makes a wallet part of a portfolio of the viewer's, whoever owns it.")
    async def attach_wallet(self, change: Change, input: AttachWalletInput) -> AttachWalletPayload:
        """Adding one that is there already changes nothing."""
        mine = {
            "id": change.key("portfolio_id", input.portfolio_id, Portfolio),
            "user_id": change.user_id,
        }
        _one_way(change, input)
        await change.found("portfolio_id", "Portfolio", "portfolio_changes.lock", **mine)
        await change.limit(MAX_WALLETS, "portfolio_changes.count_wallets", **mine)
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
