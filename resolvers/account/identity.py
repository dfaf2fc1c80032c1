"""Asking the viewer once more who they are, before something that a thief would want."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from resolvers.account.attempts import attempt
from resolvers.account.service import accounts_of
from resolvers.mutation import Change, UserErrorCode, given

_FRESH: Final = timedelta(minutes=10)


def in_person(change: Change) -> None:
    """Note a refusal when the request came with an API key: a program must not do this."""
    if change.context.viewer.api_key_id is not None:
        change.refuse("", UserErrorCode.NOT_ALLOWED, "An API key may not do this. Sign in for it.")


async def confirm_identity(change: Change, password: Any) -> None:
    """Have the viewer prove again who they are; before the first statement.

    By their password; whoever has none (wallets only) by a session opened minutes ago.

    Raises:
        Refused: they did not, or came with an API key, or tried too often.
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
        change.refuse("password", UserErrorCode.REQUIRED, "Give your password.")
    elif not (await accounts_of(context).passwords.check(password, stored)).matches:
        change.refuse("password", UserErrorCode.INVALID, "The password is wrong.")
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
