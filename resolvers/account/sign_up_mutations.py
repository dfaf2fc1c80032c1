"""Signing up with a password, at once or once the address is confirmed.

Where addresses are confirmed, a sign-up is a wish: the same row whether the address has an account
or not, and no account to sign in to before the code that was mailed comes back. So nobody learns
which addresses are known. The code comes back with the password: who signs up with an address of
somebody else has no code, and who gets the code has no password, so neither makes an account.
"""

from __future__ import annotations

from typing import Any, Final

import strawberry

from resolvers.account import names
from resolvers.account.attempts import attempt
from resolvers.account.login_inputs import (
    ConfirmSignUpInput,
    LoginPayload,
    SignUpInput,
    SignUpPayload,
)
from resolvers.account.login_mutations import USERS, signed_in
from resolvers.account.opaque_tokens import Token, digest_of, new_token
from resolvers.account.passwords import password_problem
from resolvers.account.service import accounts_of
from resolvers.account.signing_in import open_session
from resolvers.mutation import Change, Entry, UserErrorCode, mutation
from resolvers.permissions import Access

CODE_PREFIX: Final = "ogc_"
_WISHES: Final = "account.sign_ups"
_NOT_CONFIRMED: Final = (
    "The code or the password is wrong, or the code is a day old. Check them, or sign up again for "
    "another code."
)


@strawberry.type(description="Signing up.")
class SignUpMutation:
    """Signing up."""

    @mutation(
        "Makes an account; sign in afterwards. Where addresses are confirmed, a code is mailed "
        "instead, for `confirmSignUp`.",
        access=Access.PUBLIC,
    )
    async def sign_up(self, change: Change, input: SignUpInput) -> SignUpPayload:
        """The same answer, after the same work, whether the address is new or not."""
        email = names.email(change, input.email)
        username = names.username(change, input.username)
        name = change.text("display_name", input.display_name, longest=100, required=False)
        consent = change.text("consent_version", input.consent_version, longest=50, required=False)
        problem = password_problem(input.password, (email, username, name))
        if problem:
            change.refuse("password", UserErrorCode.INVALID, problem)
        change.stop()
        await attempt(change.context, "sign_up", account=email)
        accounts = accounts_of(change.context)
        confirms = accounts.confirms_sign_ups
        made = await change.one(
            "account.begin_sign_up" if confirms else "account.sign_up",
            email=email,
            username=username,
            password_hash=await accounts.passwords.hash(input.password),
            display_name=name,
            consent_version=consent,
        )
        assert made is not None
        if made["username_taken"]:
            change.refuse("username", UserErrorCode.TAKEN, "Another one has it. Choose another.")
            change.stop()
        change.record(_begun(made["sign_up_id"]) if confirms else _made(made))
        return SignUpPayload(accepted=True, confirmation_required=confirms)

    @mutation(
        "Makes the account of a sign-up by the code that was mailed, and signs in.",
        access=Access.PUBLIC,
    )
    async def confirm_sign_up(self, change: Change, input: ConfirmSignUpInput) -> LoginPayload:
        """Whatever is wrong, it is said alike."""
        digest = code_digest(input.code.strip())
        subject = None if digest is None else digest.hex()
        await attempt(change.context, "confirm_sign_up", account=subject)
        rows: Any = []
        if digest is not None:
            rows = await change.context.postgres("account.sign_up_by_code", digest)
        wish = rows[0] if rows else None
        passwords = accounts_of(change.context).passwords
        check = await passwords.check(input.password, wish["password_hash"] if wish else None)
        if wish is None or not check.matches:
            change.refuse("", UserErrorCode.INVALID, _NOT_CONFIRMED)
            change.stop()
        assert wish is not None
        made = await change.one("account.finish_sign_up", sign_up_id=wish["sign_up_id"])
        if made is None or made["user_id"] is None:
            change.refuse("", UserErrorCode.INVALID, _NOT_CONFIRMED)
            change.stop()
        assert made is not None
        await change.act_as(made["user_id"])
        change.record(_created(made["user_id"]))
        return signed_in(await open_session(change, "password"))


def new_code() -> Token:
    """A code to be mailed: 256 random bits."""
    return new_token(CODE_PREFIX)


def code_digest(text: str) -> bytes | None:
    """SHA-256 to look a code up by; None when the text is mistyped or none."""
    return digest_of(CODE_PREFIX, text)


def _begun(wish_id: Any) -> Entry:
    """The same line for every wish, known addresses and new ones alike."""
    return Entry("sign_up", _WISHES, str(wish_id), event="begun", payload={"id": wish_id})


def _made(made: Any) -> Entry:
    """A line about the new user, or one for the owner of an address that is known."""
    if made["user_id"] is not None:
        return _created(made["user_id"])
    return Entry(
        "sign_up",
        USERS,
        str(made["known_user_id"]),
        event="sign_up_repeated",
        payload={"user_id": made["known_user_id"]},
        status="failure",
        error="the address has an account",
    )


def _created(user_id: Any) -> Entry:
    return Entry("sign_up", USERS, str(user_id), event="created", payload={"user_id": user_id})
