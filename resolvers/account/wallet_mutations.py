"""Wallets of the viewer, linked by a signature and unlinked."""

from __future__ import annotations

from typing import Any, Final

import strawberry

from resolvers.account import names, nonces
from resolvers.account.attempts import attempt
from resolvers.account.identity import confirm_identity, in_person
from resolvers.account.login_inputs import LoginPayload
from resolvers.account.login_mutations import proved, signed_in, used_nonce
from resolvers.account.nonces import WalletProofPurpose
from resolvers.account.signing_in import forget_afterwards, open_session
from resolvers.account.siwe import SiweMessage
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
from resolvers.permissions import Access

LINKS: Final = "account.user_wallets"

# Whoever is told this holds the key of the wallet; whose account it is, they are not told.
_TAKEN_AT_SIGN_UP: Final = (
    "No account can be made with this wallet. If you signed up with it before, sign in by "
    "`loginWithWallet`; otherwise sign with another one."
)
_TAKEN: Final = (
    "This wallet cannot be linked to this account. If another account of yours has it, unlink it "
    "there before; otherwise link another one."
)


@strawberry.input(description="A message signed by a wallet, to have an account with it.")
class SignUpWithWalletInput:
    """A message signed by a wallet, to have an account with it."""

    message: str = strawberry.field(
        description="The message by EIP-4361, with a nonce from `createWalletNonce` for signing in."
    )
    signature: str = strawberry.field(
        description="65 bytes in hexadecimal, as `personal_sign` gives them."
    )
    username: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Name of 3 to 40 letters, digits, dots, hyphens and underscores.",
    )
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Name to be called by."
    )
    consent_version: str | None = strawberry.field(
        default=strawberry.UNSET, description="Version of the terms that are agreed to."
    )


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
    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
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
        "Makes an account that is signed in to with a wallet (EIP-4361), and signs in.",
        access=Access.PUBLIC,
    )
    async def sign_up_with_wallet(
        self, change: Change, input: SignUpWithWalletInput
    ) -> LoginPayload:
        """Whoever holds the key of a wallet that is linked learns that it is, not to whom."""
        username = names.username(change, input.username)
        name = change.text("display_name", input.display_name, longest=100, required=False)
        consent = change.text("consent_version", input.consent_version, longest=50, required=False)
        change.stop()
        purpose = WalletProofPurpose.LOGIN
        await attempt(change.context, "sign_up")
        message = await proved(change, input.message, input.signature, purpose)
        if not await nonces.use(change.context, message.nonce, purpose):
            change.refusals.append(used_nonce())
        made = await change.one(
            "account.sign_up",
            email=None,
            username=username,
            password_hash=None,
            display_name=name,
            consent_version=consent,
        )
        if made is None or made["user_id"] is None:
            change.refuse("username", UserErrorCode.TAKEN, "Another one has it. Choose another.")
            change.stop()
        assert made is not None
        await change.act_as(made["user_id"])
        await _claimed(change, message, None, _TAKEN_AT_SIGN_UP)
        change.record(
            Entry(
                "sign_up",
                "account.users",
                str(change.user_id),
                event="created",
                payload={"user_id": change.user_id},
            )
        )
        return signed_in(await open_session(change, "wallet"))

    @mutation(
        "Links a wallet to the viewer, who proves by a signature (EIP-4361) that it is theirs. It "
        "can then be used to sign in."
    )
    async def link_wallet(self, change: Change, input: LinkWalletInput) -> LinkWalletPayload:
        """One address belongs to one user at most; who that is, nobody learns."""
        label = change.text("label", input.label, longest=100, required=False)
        purpose = WalletProofPurpose.LINK
        await confirm_identity(change, input.password)
        message = await proved(change, input.message, input.signature, purpose)
        if not await nonces.use(change.context, message.nonce, purpose):
            change.refusals.append(used_nonce())
        wallet_id = await _claimed(change, message, label, _TAKEN)
        change.record(
            Entry(
                "link",
                LINKS,
                str(wallet_id),
                after={"label": label},
                event="created",
                payload={"user_id": change.user_id, "wallet_id": wallet_id},
            )
        )
        forget_afterwards(change)
        return LinkWalletPayload(linked_wallet=wallet_id)

    @mutation("Unlinks a wallet; it cannot be used to sign in any more.")
    async def unlink_wallet(self, change: Change, input: UnlinkWalletInput) -> UnlinkWalletPayload:
        """The last way to sign in stays; of the wallets left, the first one linked is primary."""
        in_person(change)
        key = change.key("wallet_id", input.wallet_id, Wallet)
        change.stop()
        await change.one("account.await_wallets", user_id=str(change.user_id))
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
        await change.one("account.promote_wallet", user_id=change.user_id)
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


async def _claimed(change: Change, message: SiweMessage, label: str | None, taken: str) -> Any:
    """Id of the wallet, which is the user's from now on.

    Args:
        change: acts for the user.
        message: what the wallet signed.
        label: what to call it.
        taken: what to say when it belongs to another user.

    Raises:
        Refused: its chain is not known, or it belongs to another user.
    """
    row = await change.one(
        "account.claim_wallet", address=message.address, chain_id=message.chain_id, label=label
    )
    assert row is not None
    if row["outcome"] == "unknown_chain":
        change.refuse(
            "message",
            UserErrorCode.NOT_FOUND,
            f"Chain {message.chain_id} is not known here. Sign for an EVM chain of `chains`.",
        )
    elif row["outcome"] != "linked":
        change.refuse("message", UserErrorCode.NOT_ALLOWED, taken)
    change.stop()
    return row["wallet_id"]
