"""Changes of deposits and meta-addresses."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import Any, Final

import strawberry

from resolvers.catalog.asset import Asset
from resolvers.catalog.chains import chain_number
from resolvers.catalog.wallet import Wallet
from resolvers.errors import BadInput
from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    given,
    mutation,
    not_found,
    outcome,
    taken,
)
from resolvers.privacy.enums import DepositPrivacyLevel
from resolvers.privacy.notes import PrivacyDeposit, deposits_of, hash_of
from resolvers.privacy.pools import DENOMINATIONS, PrivacyPool
from resolvers.privacy.stealth import (
    LONGEST_META_ADDRESS,
    SECP256K1_SCHEME,
    StealthMetaAddress,
    meta_address_of,
)
from resolvers.scalars import ChainId

_LONGEST_CIPHERTEXT: Final = 1024
# Four characters stand for three bytes, the last four padded.
_LONGEST_BASE64: Final = -(-_LONGEST_CIPHERTEXT // 3) * 4
_MOST_SCHEMES: Final = 2**31 - 1
_RESOURCE: Final = "privacy.stealth_meta_addresses"


@strawberry.input(
    description="A deposit made on chain. The commitment tells requests apart, so that sending it "
    "again with the same values does nothing twice; no key of yours is kept beside it."
)
class RegisterPrivacyDepositInput:
    """A deposit made on chain."""

    pool_id: strawberry.ID = strawberry.field(description="The pool, which must take deposits.")
    asset_id: strawberry.ID = strawberry.field(description="The asset.")
    denomination: Decimal = strawberry.field(
        description="Amount in whole units: one of the pool's `denominations`."
    )
    privacy_level: DepositPrivacyLevel = strawberry.field(
        default=DepositPrivacyLevel.STANDARD, description="How much mixing to ask for."
    )
    commitment: str = strawberry.field(
        description="Its commitment, 0x and hexadecimal digits. Never send the nullifier or the "
        "secret."
    )
    owner_ciphertext: str = strawberry.field(
        description="Base64 of what says that it is yours, encrypted to a key that you alone have, "
        "of at most 1,024 bytes. Nobody is shown it; sent again, it proves the registration yours."
    )


@strawberry.type(description="What came of registering a deposit.")
class RegisterPrivacyDepositPayload(Payload):
    """What came of registering a deposit."""

    deposit: PrivacyDeposit | None = outcome("The deposit; null when it was not registered.")
    replayed: bool = strawberry.field(
        default=False,
        description="Whether it had been registered before with the very same values; nothing was "
        "done again.",
    )


@strawberry.input(description="A meta-address of the viewer for one chain and scheme.")
class SetStealthMetaAddressInput(IdempotentInput):
    """A meta-address of the viewer for one chain and scheme."""

    chain: ChainId = strawberry.field(
        description="The chain: a CAIP-2 id, an EVM chain id or a slug."
    )
    scheme_id: int = strawberry.field(
        default=SECP256K1_SCHEME, description="Scheme by ERC-5564; 1 is secp256k1."
    )
    meta_address: str = strawberry.field(
        description="Public keys as ERC-5564 writes them, st:<chain>:0x…. Never send private keys."
    )
    registrant_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Wallet of the viewer, linked with a proof, under whose address everybody may "
        "look it up; null to publish it no more. Left out, it stays as it is.",
    )


@strawberry.type(description="What came of setting a meta-address.")
class SetStealthMetaAddressPayload(ReplayablePayload):
    """What came of setting a meta-address."""

    stealth_meta_address: StealthMetaAddress | None = changed(
        "The meta-address; null when it was not set."
    )


@strawberry.input(description="Which meta-address to remove.")
class DeleteStealthMetaAddressInput:
    """Which meta-address to remove."""

    id: strawberry.ID = strawberry.field(description="Global id of one of the viewer's own.")


@strawberry.type(description="What came of removing a meta-address.")
class DeleteStealthMetaAddressPayload(Payload):
    """What came of removing a meta-address."""

    deleted_id: strawberry.ID | None = outcome(
        "Global id of what is gone; null when nothing was removed."
    )


@strawberry.type(description="Changes of deposits and meta-addresses.")
class PrivacyMutation:
    """Changes of deposits and meta-addresses."""

    @mutation(
        "Writes a deposit down so that its state can be asked for by commitment. Who sends it has "
        "to be signed in, and is not kept: no row, log or message of ours joins a user to a "
        "deposit."
    )
    async def register_privacy_deposit(
        self, change: Change, input: RegisterPrivacyDepositInput
    ) -> RegisterPrivacyDepositPayload:
        """One statement as nobody, beside the viewer's transaction and record."""
        pool_id = change.key("pool_id", input.pool_id, PrivacyPool)
        asset_id = change.key("asset_id", input.asset_id, Asset)
        if input.denomination not in DENOMINATIONS:
            change.refuse(
                "denomination",
                UserErrorCode.INVALID,
                "Take one of the pool's `denominations`: any other amount would tell the deposit "
                "from the rest.",
            )
        commitment = hash_of(input.commitment)
        if commitment is None:
            change.refuse(
                "commitment", UserErrorCode.INVALID, "Write 0x and at most 126 hexadecimal digits."
            )
        ciphertext = _ciphertext(change, input.owner_ciphertext)
        change.stop()
        assert commitment is not None
        rows: list[Any] = await change.context.postgres(
            "privacy.register_deposit",
            pool_id,
            asset_id,
            input.denomination,
            input.privacy_level.value,
            commitment,
            ciphertext,
        )
        found: str = rows[0][0]
        if found in _REFUSALS:
            change.refuse(*_REFUSALS[found])
            change.stop()
        (deposit,) = await deposits_of(change.context, [commitment])
        return RegisterPrivacyDepositPayload(deposit=deposit, replayed=found == "replayed")

    @mutation(
        "Sets the viewer's meta-address for a chain and scheme, and whether it is published.",
        clashes={
            "stealth_meta_addresses_registrant_wallet_id_scheme_id_key": taken(
                "registrant_id", "A meta-address is published under this wallet already."
            )
        },
    )
    async def set_stealth_meta_address(
        self, change: Change, input: SetStealthMetaAddressInput
    ) -> SetStealthMetaAddressPayload:
        """One row by user, chain and scheme."""
        scheme_id = change.whole("scheme_id", input.scheme_id, least=1, most=_MOST_SCHEMES)
        chain_id = await _chain(change, input.chain)
        meta_address = change.text("meta_address", input.meta_address, longest=LONGEST_META_ADDRESS)
        if meta_address is not None and scheme_id is not None:
            meta_address = meta_address_of(meta_address, scheme_id)
            if meta_address is None:
                change.refuse(
                    "meta_address",
                    UserErrorCode.INVALID,
                    "Write st:<chain>:0x and one or two compressed public keys of 33 bytes each; "
                    "keys of scheme 1 must be points of secp256k1.",
                )
        wallet_id = change.key("registrant_id", input.registrant_id, Wallet, required=False)
        own: dict[str, Any] = {"user_id": change.user_id, "chain_id": chain_id}
        before = await change.one("privacy.meta_address_to_set", scheme_id=scheme_id, **own)
        if wallet_id is not None:
            if await change.one("privacy.proved_wallet", wallet_id=wallet_id, **own) is None:
                change.refuse(
                    "registrant_id",
                    UserErrorCode.NOT_FOUND,
                    "There is no such wallet of yours on this chain, or you did not prove to hold "
                    "its key. Link it first.",
                )
        elif not given(input.registrant_id) and before is not None:
            wallet_id = before["registrant_wallet_id"]
        after = await change.one(
            "privacy.set_meta_address",
            scheme_id=scheme_id,
            meta_address=meta_address,
            registrant_wallet_id=wallet_id,
            **own,
        )
        assert after is not None
        if before is None:
            change.created(_RESOURCE, after)
        else:
            change.updated(_RESOURCE, before, after)
        return SetStealthMetaAddressPayload(stealth_meta_address=after["id"])

    @mutation("Removes a meta-address of the viewer; nobody finds it any more.")
    async def delete_stealth_meta_address(
        self, change: Change, input: DeleteStealthMetaAddressInput
    ) -> DeleteStealthMetaAddressPayload:
        """One row."""
        key = change.key("id", input.id, StealthMetaAddress)
        row = await change.found(
            "id",
            "StealthMetaAddress",
            "privacy.delete_meta_address",
            id=key,
            user_id=change.user_id,
        )
        change.deleted(_RESOURCE, row)
        return DeleteStealthMetaAddressPayload(deleted_id=input.id)


_REFUSALS: Final = {
    "unknown_pool": ("pool_id", UserErrorCode.NOT_FOUND, not_found("PrivacyPool")),
    "unknown_asset": ("asset_id", UserErrorCode.NOT_FOUND, not_found("Asset")),
    "taken": (
        "commitment",
        UserErrorCode.TAKEN,
        "It is registered already, with other values. Nothing was changed; ask for its state by "
        "`privacyDeposits`.",
    ),
}


def _ciphertext(change: Change, given_text: str) -> bytes | None:
    """The bytes; how many they would be is looked at before any is decoded."""
    message = f"Give 1 to {_LONGEST_CIPHERTEXT:,} bytes, as base64."
    if len(given_text) > _LONGEST_BASE64:
        change.refuse("owner_ciphertext", UserErrorCode.TOO_LONG, message)
        return None
    try:
        found = base64.b64decode(given_text, validate=True)
    except (binascii.Error, ValueError):
        change.refuse("owner_ciphertext", UserErrorCode.INVALID, message)
        return None
    if not 0 < len(found) <= _LONGEST_CIPHERTEXT:
        code = UserErrorCode.TOO_LONG if found else UserErrorCode.REQUIRED
        change.refuse("owner_ciphertext", code, message)
        return None
    return found


async def _chain(change: Change, chain: ChainId) -> int | None:
    try:
        return await chain_number(change.context, chain)
    except BadInput as error:
        change.refuse("chain", UserErrorCode.NOT_FOUND, str(error))
        return None
