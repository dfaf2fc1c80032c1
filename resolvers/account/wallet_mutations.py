"""Wallets of the viewer, linked by a signature and unlinked."""

from __future__ import annotations

from typing import Final

import strawberry

from resolvers.account import nonces
from resolvers.account.attempts import attempt
from resolvers.account.identity import in_person
from resolvers.account.login_mutations import proved, used_nonce
from resolvers.account.nonces import WalletProofPurpose
from resolvers.account.signing_in import forget_afterwards
from resolvers.account.types import LinkedWallet
from resolvers.catalog.wallet import Wallet
from resolvers.mutation import (
    Change,
    Entry,
    Payload,
    UserErrorCode,
    changed,
    mutation,
    outcome,
)

LINKS: Final = "account.user_wallets"


@strawberry.input(description="A message signed by a wallet, to link it.")
class LinkWalletInput:
    """A message signed by a wallet, to link it."""

    message: str = strawberry.field(
        description="The message by EIP-4361, with a nonce from `createWalletNonce` for linking; "
        "its chain is the one to link the wallet on."
    )
    signature: str = strawberry.field(
        description="65 bytes in hexadecimal, as `personal_sign` gives them."
    )
    label: str | None = strawberry.field(
        default=strawberry.UNSET, description="What to call it, of at most 100 characters."
    )


@strawberry.type(description="What came of linking a wallet.")
class LinkWalletPayload(Payload):
    """What came of linking a wallet."""

    linked_wallet: LinkedWallet | None = changed("The wallet as a wallet of the viewer.")


@strawberry.input(description="Which wallet to unlink.")
class UnlinkWalletInput:
    """Which wallet to unlink."""

    wallet_id: strawberry.ID = strawberry.field(description="The wallet.")


@strawberry.type(description="What came of unlinking a wallet.")
class UnlinkWalletPayload(Payload):
    """What came of unlinking a wallet."""

    unlinked: bool | None = outcome("True when the wallet is not the viewer's any more.")


@strawberry.type(description="Changes of the viewer's wallets.")
class WalletMutation:
    """Changes of the viewer's wallets."""

    @mutation(
        "Links a wallet to the viewer, who proves by a signature (EIP-4361) that it is theirs. It "
        "can then be used to sign in."
    )
    async def link_wallet(self, change: Change, input: LinkWalletInput) -> LinkWalletPayload:
        """One address belongs to one user at most; who that is, nobody learns."""
        in_person(change)
        label = change.text("label", input.label, longest=100, required=False)
        change.stop()
        purpose = WalletProofPurpose.LINK
        await attempt(change.context, "link", account=change.user_id)
        message = await proved(change, input.message, input.signature, purpose)
        if not await nonces.use(change.context, message.nonce, purpose):
            change.refusals.append(used_nonce())
        row = await change.one(
            "account.claim_wallet", address=message.address, chain_id=message.chain_id, label=label
        )
        assert row is not None
        if row["outcome"] == "unknown_chain":
            change.refuse(
                "message", UserErrorCode.NOT_FOUND, f"Chain {message.chain_id} is not known here."
            )
        elif row["outcome"] != "linked":
            change.refuse(
                "message", UserErrorCode.NOT_ALLOWED, "This wallet cannot be linked to the viewer."
            )
        change.stop()
        change.record(
            Entry(
                "link",
                LINKS,
                str(row["wallet_id"]),
                after={"label": label},
                event="created",
                payload={"user_id": change.user_id, "wallet_id": row["wallet_id"]},
            )
        )
        forget_afterwards(change)
        return LinkWalletPayload(linked_wallet=row["wallet_id"])

    @mutation("Unlinks a wallet; it cannot be used to sign in any more.")
    async def unlink_wallet(self, change: Change, input: UnlinkWalletInput) -> UnlinkWalletPayload:
        """The last way to sign in stays."""
        in_person(change)
        key = change.key("wallet_id", input.wallet_id, Wallet)
        change.stop()
        stored = await change.one("account.own_password_hash")
        before = await change.found(
            "wallet_id",
            "LinkedWallet",
            "account.linked_wallet",
            wallet_id=key,
            user_id=change.user_id,
        )
        proofs = await change.found("", "User", "account.proved_wallets", user_id=change.user_id)
        last = before["verified_at"] is not None and proofs["count"] == 1
        if last and (stored is None or stored["password_hash"] is None):
            change.refuse(
                "wallet_id",
                UserErrorCode.IN_USE,
                "It is the only way to sign in. Give yourself a password before.",
            )
        await change.found(
            "wallet_id",
            "LinkedWallet",
            "account.unlink_wallet",
            wallet_id=key,
            user_id=change.user_id,
        )
        change.record(
            Entry(
                "unlink",
                LINKS,
                str(key),
                before={"label": before["label"]},
                event="deleted",
                payload={"user_id": change.user_id, "wallet_id": key},
            )
        )
        forget_afterwards(change)
        return UnlinkWalletPayload(unlinked=True)
