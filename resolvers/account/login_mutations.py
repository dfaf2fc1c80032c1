"""Signing in, staying signed in, and signing out.

What is answered to somebody who is not signed in does not depend on whether an account exists:
neither the words nor the work done.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import strawberry

from resolvers.account import nonces, siwe
from resolvers.account.attempts import attempt
from resolvers.account.login_inputs import (
    CreateWalletNonceInput,
    CreateWalletNoncePayload,
    LoginInput,
    LoginPayload,
    LoginWithWalletInput,
    LogoutInput,
    LogoutPayload,
    RefreshSessionInput,
    RevokeSessionInput,
    RevokeSessionPayload,
)
from resolvers.account.nonces import WalletProofPurpose
from resolvers.account.passwords import LONGEST_TYPED, MAX_CHARS
from resolvers.account.service import accounts_of
from resolvers.account.session_tokens import (
    RefreshState,
    RefreshVerdict,
    judge_refresh,
    refresh_digest,
)
from resolvers.account.signing_in import (
    SESSIONS,
    OpenSession,
    end_sessions,
    open_session,
    passes_second_factor,
    renew_session,
)
from resolvers.account.types import Session
from resolvers.mutation import (
    Change,
    Entry,
    Refusal,
    UserErrorCode,
    given,
    mutation,
)
from resolvers.mutations.refusals import refusal
from resolvers.permissions import Access

USERS: Final = "account.users"
_WRONG: Final = "The name, the password or the code is wrong. Check them and try again."
_NO_WALLET: Final = (
    "Nobody can sign in with this wallet. Link it to your account first, or sign up with it."
)
_SIGN_IN_AGAIN: Final = "This token is not good any more. Sign in again."


@strawberry.type(description="Signing in and out.")
class LoginMutation:
    """Signing in and out."""

    @mutation("Signs in with a password.", access=Access.PUBLIC)
    async def login(self, change: Change, input: LoginInput) -> LoginPayload:
        """Unknown, banned and deleted users are refused as a wrong password is."""
        name = change.text("name", input.name, longest=320)
        if len(input.password) > LONGEST_TYPED:
            change.refuse(
                "password", UserErrorCode.TOO_LONG, f"Use at most {MAX_CHARS} characters."
            )
        change.stop()
        await attempt(change.context, "login", account=name)
        rows: Any = await change.context.postgres("account.login_by_name", name)
        user = rows[0] if rows else None
        passwords = accounts_of(change.context).passwords
        check = await passwords.check(input.password, user["password_hash"] if user else None)
        if user is None or not check.matches or not user["may_sign_in"]:
            return _failed(change, user["user_id"] if user else None, "password", _WRONG)
        await change.act_as(user["user_id"])
        refused = await _second_factor(change, user["has_second_factor"], input.one_time_code)
        if refused is not None:
            return refused
        if check.new_hash is not None:
            await change.one(
                "account.set_password", user_id=change.user_id, password_hash=check.new_hash
            )
        return signed_in(await open_session(change, "password"))

    @mutation("Hands out a nonce for a message that a wallet is to sign.", access=Access.PUBLIC)
    async def create_wallet_nonce(
        self, change: Change, input: CreateWalletNonceInput
    ) -> CreateWalletNoncePayload:
        """Kept in Redis for five minutes."""
        if input.purpose is WalletProofPurpose.LINK and change.context.viewer.user_id is None:
            message = "Sign in first: a wallet is linked to the viewer."
            change.refuse("purpose", UserErrorCode.NOT_ALLOWED, message)
            change.stop()
        await attempt(change.context, "nonce")
        nonce, expires_at = await nonces.hand_out(change.context, input.purpose)
        return CreateWalletNoncePayload(nonce=nonce, expires_at=expires_at)

    @mutation("Signs in with a wallet that was linked (EIP-4361).", access=Access.PUBLIC)
    async def login_with_wallet(self, change: Change, input: LoginWithWalletInput) -> LoginPayload:
        """The nonce is used up only by a login that goes through or fails at the second factor."""
        await attempt(change.context, "login")
        message = await proved(change, input.message, input.signature, WalletProofPurpose.LOGIN)
        rows: Any = await change.context.postgres("account.login_by_wallet", message.address)
        user = rows[0] if rows else None
        if user is None or not user["may_sign_in"]:
            await nonces.use(change.context, message.nonce, WalletProofPurpose.LOGIN)
            return _failed(change, user["user_id"] if user else None, "wallet", _NO_WALLET)
        if user["has_second_factor"] and not _text(input.one_time_code):
            return LoginPayload(second_factor_required=True)
        await attempt(change.context, "login", account=user["user_id"])
        if not await nonces.use(change.context, message.nonce, WalletProofPurpose.LOGIN):
            return LoginPayload(user_errors=[used_nonce()])
        await change.act_as(user["user_id"])
        refused = await _second_factor(change, user["has_second_factor"], input.one_time_code)
        return refused or signed_in(await open_session(change, "wallet"))

    @mutation("Exchanges a refresh token for the next pair of tokens.", access=Access.PUBLIC)
    async def refresh_session(self, change: Change, input: RefreshSessionInput) -> LoginPayload:
        """A token that was used before ends its session."""
        await attempt(change.context, "refresh")
        digest = refresh_digest(input.refresh_token)
        rows: Any = []
        if digest is not None:
            rows = await change.context.postgres("account.refresh_token_state", digest)
        verdict = judge_refresh(_state(rows), change.context.clock())
        again = refusal("refresh_token", UserErrorCode.EXPIRED, _SIGN_IN_AGAIN)
        if verdict not in (RefreshVerdict.GOOD, RefreshVerdict.REUSED):
            return LoginPayload(user_errors=[again])
        await change.act_as(rows[0]["user_id"])
        session_id: UUID = rows[0]["session_id"]
        used = None
        if verdict is RefreshVerdict.GOOD:
            # Of two that come at once, one finds it used.
            used = await change.one(
                "account.use_refresh_token", token_hash=digest, user_id=change.user_id
            )
        renewed = await renew_session(change, session_id) if used else None
        if renewed is not None:
            return signed_in(renewed)
        await _end_reused(change, session_id)
        return LoginPayload(user_errors=[again])

    @mutation("Signs out: the session works nowhere from now on.")
    async def logout(self, change: Change, input: LogoutInput) -> LogoutPayload:
        """Ends the session of this request, or all of them."""
        current = change.context.viewer.session_id
        if current is None and not input.everywhere:
            change.refuse(
                "everywhere",
                UserErrorCode.NOT_ALLOWED,
                "This request came without a session. End all with `everywhere`, or revoke a key.",
            )
        only = None if input.everywhere else current
        return LogoutPayload(ended_count=await end_sessions(change, "logout", only=only))

    @mutation("Ends one session of the viewer, wherever it is.")
    async def revoke_session(
        self, change: Change, input: RevokeSessionInput
    ) -> RevokeSessionPayload:
        """One that is over already stays as it is."""
        key = change.key("id", input.id, Session)
        await change.found(
            "id", "Session", "account.session", session_id=key, user_id=change.user_id
        )
        await end_sessions(change, "revoked", only=key)
        return RevokeSessionPayload(session=key)


async def proved(
    change: Change, text: str, signature: str, purpose: WalletProofPurpose
) -> siwe.SiweMessage:
    """What a wallet signed for one of our sites, with a nonce of ours that is not used yet.

    Raises:
        Refused: it proves nothing.
    """
    domains = accounts_of(change.context).siwe_domains
    try:
        message = siwe.verify(text, signature, domains=domains, at=change.context.clock())
    except siwe.SiweError as error:
        change.refuse("message", UserErrorCode.INVALID, f"{error} Have a new one signed.")
        change.stop()
        raise AssertionError("unreachable") from error
    if not await nonces.is_good(change.context, message.nonce, purpose):
        change.refusals.append(used_nonce())
        change.stop()
    return message


def used_nonce() -> Refusal:
    """What is said of a nonce that is not good."""
    return refusal(
        "message",
        UserErrorCode.EXPIRED,
        "The nonce of the message was not handed out for this, is used or has expired. Get "
        "another one.",
    )


async def _second_factor(change: Change, needed: bool, code: Any) -> LoginPayload | None:
    """What to answer when the second factor is missing or wrong; None when all is well."""
    if not needed:
        return None
    if not _text(code):
        return LoginPayload(second_factor_required=True)
    if await passes_second_factor(change, code):
        return None
    return _failed(change, change.user_id, "second_factor", _WRONG)


def _failed(change: Change, user_id: UUID | None, method: str, message: str) -> LoginPayload:
    """Refuse, and keep that it was tried."""
    change.record(
        Entry(
            "login",
            USERS,
            None if user_id is None else str(user_id),
            metadata={"method": method},
            status="failure",
            error="refused",
        )
    )
    return LoginPayload(user_errors=[refusal("", UserErrorCode.INVALID, message)])


def signed_in(opened: OpenSession) -> LoginPayload:
    """The answer that shows the tokens, once."""
    return LoginPayload(
        session_token=opened.tokens.session.text,
        refresh_token=opened.tokens.refresh.text,
        expires_at=opened.expires_at,
        refresh_expires_at=opened.refresh_expires_at,
        second_factor_required=False,
    )


async def _end_reused(change: Change, session_id: UUID) -> None:
    await end_sessions(change, "refresh_reused", only=session_id)
    change.record(
        Entry(
            "refresh",
            SESSIONS,
            str(session_id),
            status="failure",
            error="the refresh token was used before",
        )
    )


def _state(rows: Any) -> RefreshState | None:
    if not rows:
        return None
    row = rows[0]
    return RefreshState(
        row["expires_at"], row["used_at"], row["session_revoked_at"], row["may_sign_in"]
    )


def _text(value: Any) -> str | None:
    return value.strip() if given(value) and value and value.strip() else None
