"""Tokens of a session: one to come with every request, one to get the next pair.

A refresh token works once. Whoever shows a used one again shows that two parties hold it, and
nobody knows which is the thief: the whole session ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from resolvers.account.opaque_tokens import Token, digest_of, new_token

SESSION_PREFIX: Final = "ogs_"
REFRESH_PREFIX: Final = "ogr_"


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """A pair just made."""

    session: Token
    refresh: Token


class RefreshVerdict(Enum):
    """What a refresh token is worth."""

    GOOD = "good"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    ENDED = "ended"
    REUSED = "reused"


@dataclass(frozen=True, slots=True)
class RefreshState:
    """What is stored of a refresh token; times in UTC.

    Attributes:
        expires_at: when it stops working by itself.
        used_at: when it was exchanged for the next pair.
        session_revoked_at: when its session was ended.
        user_may_sign_in: whether its user is active, not banned and not deleted.
    """

    expires_at: datetime
    used_at: datetime | None
    session_revoked_at: datetime | None
    user_may_sign_in: bool


def new_session_tokens() -> SessionTokens:
    """A session token and a refresh token of 256 random bits each."""
    return SessionTokens(new_token(SESSION_PREFIX), new_token(REFRESH_PREFIX))


def is_session_token(text: str) -> bool:
    """Whether a credential claims to be a session token; it may still be mistyped."""
    return text.startswith(SESSION_PREFIX)


def session_digest(text: str) -> bytes | None:
    """SHA-256 to look a session up by; its hex is in the key `session:{token_sha256}` of Redis.

    None when the text is mistyped or no session token.
    """
    return digest_of(SESSION_PREFIX, text)


def refresh_digest(text: str) -> bytes | None:
    """SHA-256 to look a refresh token up by; None when the text is mistyped or none."""
    return digest_of(REFRESH_PREFIX, text)


def judge_refresh(state: RefreshState | None, now: datetime) -> RefreshVerdict:
    """What a refresh token is worth; a used one is `REUSED` even after its session ended."""
    if state is None:
        return RefreshVerdict.UNKNOWN
    if state.used_at is not None:
        return RefreshVerdict.REUSED
    if state.session_revoked_at is not None or not state.user_may_sign_in:
        return RefreshVerdict.ENDED
    return RefreshVerdict.EXPIRED if state.expires_at <= now else RefreshVerdict.GOOD
