"""Asking the viewer once more who they are, before something that a thief would want."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from resolvers.account.attempts import attempt
from resolvers.account.service import accounts_of
from resolvers.mutation import Change, UserErrorCode, given

_FRESH: Final = timedelta(minutes=10)


def in_person(change: Change) -> None:
    """Note a refusal when the credential is limited: a program must not do this.

    Such are API keys, and web tokens with a `scope`: both are made to be handed to programs.
    """
    viewer = change.context.viewer
    if viewer.api_key_id is not None:
        change.refuse("", UserErrorCode.NOT_ALLOWED, "An API key may not do this. Sign in for it.")
    elif viewer.scopes is not None:
        message = "A web token with a `scope` may not do this. Sign in for it."
        change.refuse("", UserErrorCode.NOT_ALLOWED, message)


async def confirm_identity(change: Change, password: Any) -> None:
    """Have the viewer prove again who they are; before the first statement.

    By their password; whoever has none (wallets only) by a session opened minutes ago.

    Raises:
        Refused: they did not, or came with a limited credential, or tried too often.
    """
    in_person(change)
    change.stop()
    context = change.context
    await attempt(context, "confirm", account=change.user_id)
    rows: Any = await context.postgres("account.own_password_hash", as_viewer=True)
    stored = rows[0][0] if rows else None
    if stored is None:
        await _recently_signed_in(change)
    elif not given(password) or not password:
        change.refuse(
            "password", UserErrorCode.REQUIRED, "Give your password, which this change asks for."
        )
    elif not (await accounts_of(context).passwords.check(password, stored)).matches:
        change.refuse(
            "password",
            UserErrorCode.INVALID,
            "The password is wrong. Give the one you sign in with.",
        )
    change.stop()


async def _recently_signed_in(change: Change) -> None:
    context = change.context
    rows: Any = []
    if context.viewer.session_id is not None:
        rows = await context.postgres(
            "account.session", context.viewer.session_id, change.user_id, as_viewer=True
        )
    if not rows or rows[0]["created_at"] < context.clock() - _FRESH:
        change.refuse(
            "",
            UserErrorCode.NOT_ALLOWED,
            "Sign in with your wallet again, then do this within ten minutes.",
        )
