"""The second factor and the password of the viewer."""

from __future__ import annotations

from typing import Final

import strawberry

from resolvers.account import totp
from resolvers.account.attempts import attempt
from resolvers.account.identity import confirm_identity, in_person
from resolvers.account.passwords import password_problem
from resolvers.account.secrets import Sealed
from resolvers.account.service import accounts_of, secret_keys
from resolvers.account.signing_in import TOTP, end_sessions, passes_second_factor
from resolvers.mutation import (
    Change,
    Entry,
    Payload,
    UserErrorCode,
    mutation,
    outcome,
    shown_once,
)

USERS: Final = "account.users"
_WRONG_CODE: Final = "The code is wrong, or was used before. Take the one shown now."


@strawberry.input(description="Who wants a second factor.")
class BeginSecondFactorInput:
    """Who wants a second factor."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
    )


@strawberry.type(description="What an authenticator needs.")
class BeginSecondFactorPayload(Payload):
    """What an authenticator needs."""

    secret: str | None = shown_once("The secret in Base32, to be typed into an authenticator.")
    provisioning_uri: str | None = shown_once("The same as an address for a QR code.")


@strawberry.input(description="Proof that the authenticator has the secret.")
class ConfirmSecondFactorInput:
    """Proof that the authenticator has the secret."""

    one_time_code: str = strawberry.field(description="The code it shows now, of six digits.")


@strawberry.type(description="What came of confirming a second factor.")
class ConfirmSecondFactorPayload(Payload):
    """What came of confirming a second factor."""

    recovery_codes: list[str] | None = shown_once(
        "Codes that each stand in for the authenticator once; shown now and never again."
    )


@strawberry.input(description="Who wants other recovery codes.")
class ReplaceRecoveryCodesInput:
    """Who wants other recovery codes."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
    )
    one_time_code: str = strawberry.field(
        description="Code of the authenticator, or a recovery code."
    )


@strawberry.type(description="What came of asking for other recovery codes.")
class ReplaceRecoveryCodesPayload(Payload):
    """What came of asking for other recovery codes."""

    recovery_codes: list[str] | None = shown_once(
        "Codes that take the place of all others; shown now and never again."
    )


@strawberry.input(description="Who wants no second factor any more.")
class DisableSecondFactorInput:
    """Who wants no second factor any more."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
    )
    one_time_code: str = strawberry.field(
        description="Code of the authenticator, or a recovery code."
    )


@strawberry.type(description="What came of giving up a second factor.")
class DisableSecondFactorPayload(Payload):
    """What came of giving up a second factor."""

    disabled: bool | None = outcome("True when signing in takes the password alone again.")


@strawberry.input(description="The old password and the new one.")
class ChangePasswordInput:
    """The old password and the new one."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The password until now, if there is one."
    )
    new_password: str = strawberry.field(description="The new one, of 12 to 256 characters.")


@strawberry.type(description="What came of changing the password.")
class ChangePasswordPayload(Payload):
    """What came of changing the password."""

    ended_count: int | None = outcome("Other sessions of the viewer, which were ended.")


@strawberry.type(description="Changes of the viewer's second factor and password.")
class CredentialMutation:
    """Changes of the viewer's second factor and password."""

    @mutation("Makes a secret for an authenticator; it counts once it is confirmed.")
    async def begin_second_factor(
        self, change: Change, input: BeginSecondFactorInput
    ) -> BeginSecondFactorPayload:
        """Begun twice, the later secret is the one to confirm."""
        keys = secret_keys(change.context)
        await confirm_identity(change, input.password)
        seed = totp.new_seed()
        sealed = keys.seal(seed, purpose=TOTP, owner=change.user_id)
        user = await change.found("", "User", "account.user", user_id=change.user_id)
        made = await change.one(
            "account.begin_second_factor",
            user_id=change.user_id,
            ciphertext=sealed.ciphertext,
            key_version=sealed.key_version,
        )
        if made is None:
            change.refuse("", UserErrorCode.NOT_ALLOWED, "There is one already. Disable it before.")
            change.stop()
        change.record(Entry("begin_second_factor", USERS, str(change.user_id)))
        uri = totp.provisioning_uri(
            seed,
            account=user["email"] or user["username"] or str(change.user_id),
            issuer=accounts_of(change.context).issuer,
        )
        return BeginSecondFactorPayload(secret=totp.secret_text(seed), provisioning_uri=uri)

    @mutation("Switches the second factor on: from now on signing in takes a code.")
    async def confirm_second_factor(
        self, change: Change, input: ConfirmSecondFactorInput
    ) -> ConfirmSecondFactorPayload:
        """The code that confirms is used up."""
        in_person(change)
        change.stop()
        await attempt(change.context, "second_factor", account=change.user_id)
        keys = secret_keys(change.context)
        row = await change.one("account.second_factor", user_id=change.user_id)
        if row is None or row["confirmed_at"] is not None:
            change.refuse("", UserErrorCode.NOT_ALLOWED, "Call `beginSecondFactor` before.")
            change.stop()
        assert row is not None
        sealed = Sealed(row["ciphertext"], row["key_version"])
        seed = keys.open(sealed, purpose=TOTP, owner=change.user_id)
        step = totp.matching_step(
            seed, input.one_time_code, change.context.clock(), row["last_used_step"]
        )
        if step is None:
            change.refuse("one_time_code", UserErrorCode.INVALID, _WRONG_CODE)
        codes = totp.new_recovery_codes()
        await change.found(
            "",
            "User",
            "account.confirm_second_factor",
            user_id=change.user_id,
            step=step,
            code_hashes=totp.recovery_code_digests(codes),
        )
        change.record(
            Entry(
                "enable_second_factor",
                USERS,
                str(change.user_id),
                event="updated",
                payload={"user_id": change.user_id},
            )
        )
        return ConfirmSecondFactorPayload(recovery_codes=codes)

    @mutation("Makes ten recovery codes; the ones before are worth nothing then.")
    async def replace_recovery_codes(
        self, change: Change, input: ReplaceRecoveryCodesInput
    ) -> ReplaceRecoveryCodesPayload:
        """Takes the password and a code, as switching it off does."""
        await confirm_identity(change, input.password)
        if not await passes_second_factor(change, input.one_time_code):
            change.refuse("one_time_code", UserErrorCode.INVALID, _WRONG_CODE)
        codes = totp.new_recovery_codes()
        await change.all(
            "account.replace_recovery_codes",
            user_id=change.user_id,
            code_hashes=totp.recovery_code_digests(codes),
        )
        change.record(Entry("replace_recovery_codes", USERS, str(change.user_id)))
        return ReplaceRecoveryCodesPayload(recovery_codes=codes)

    @mutation("Switches the second factor off.")
    async def disable_second_factor(
        self, change: Change, input: DisableSecondFactorInput
    ) -> DisableSecondFactorPayload:
        """Takes the password and a code; secret and recovery codes are thrown away."""
        await confirm_identity(change, input.password)
        if not await passes_second_factor(change, input.one_time_code):
            change.refuse("one_time_code", UserErrorCode.INVALID, _WRONG_CODE)
        await change.found("", "User", "account.disable_second_factor", user_id=change.user_id)
        change.record(
            Entry(
                "disable_second_factor",
                USERS,
                str(change.user_id),
                event="updated",
                payload={"user_id": change.user_id},
            )
        )
        return DisableSecondFactorPayload(disabled=True)

    @mutation("Changes the viewer's password, or gives them one; other sessions end.")
    async def change_password(
        self, change: Change, input: ChangePasswordInput
    ) -> ChangePasswordPayload:
        """This session goes on."""
        in_person(change)
        change.stop()
        viewer = change.context.viewer
        rows = await change.context.postgres("account.user_names", viewer.user_id, as_viewer=True)
        problem = password_problem(input.new_password, rows[0] if rows else ())  # type: ignore[arg-type]
        if problem:
            change.refuse("new_password", UserErrorCode.INVALID, problem)
        await confirm_identity(change, input.password)
        password_hash = await accounts_of(change.context).passwords.hash(input.new_password)
        await change.found(
            "", "User", "account.set_password", user_id=change.user_id, password_hash=password_hash
        )
        change.record(
            Entry(
                "change_password",
                USERS,
                str(change.user_id),
                event="updated",
                payload={"user_id": change.user_id},
            )
        )
        ended = await end_sessions(change, "password_changed", but=viewer.session_id)
        return ChangePasswordPayload(ended_count=ended)
