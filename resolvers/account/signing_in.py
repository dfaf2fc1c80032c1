"""Opening, renewing and ending sessions; shared by every way to sign in."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from resolvers.account.secrets import Sealed
from resolvers.account.service import accounts_of, secret_keys
from resolvers.account.session_tokens import SessionTokens, new_session_tokens
from resolvers.account.standing import forget
from resolvers.account.totp import matching_step, recovery_code_digest
from resolvers.mutation import Change, Entry

if TYPE_CHECKING:
    from resolvers.context import RequestContext

SESSIONS: Final = "account.sessions"
TOTP: Final = "totp"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session with the tokens its holder gets; times in UTC."""

    id: UUID
    tokens: SessionTokens
    expires_at: datetime
    refresh_expires_at: datetime


async def open_session(change: Change, method: str) -> OpenSession:
    """Open a session for the user the change acts for, who has proved who they are.

    Args:
        change: acts for the user.
        method: how they proved it, for the audit log.
    """
    made = _lifetimes(change)
    row = await change.one(
        "account.open_session",
        user_id=change.user_id,
        token_hash=made.tokens.session.digest,
        refresh_hash=made.tokens.refresh.digest,
        expires_at=made.expires_at,
        refresh_expires_at=made.refresh_expires_at,
        ip_address=change.context.client.ip_address,
        user_agent=change.context.client.user_agent,
    )
    assert row is not None
    change.record(
        Entry(
            "login",
            SESSIONS,
            str(row["id"]),
            metadata={"method": method},
            event="created",
            payload={"user_id": change.user_id},
        )
    )
    return OpenSession(row["id"], made.tokens, made.expires_at, made.refresh_expires_at)


async def renew_session(change: Change, session_id: UUID) -> OpenSession | None:
    """Give a session its next pair of tokens; None when it was ended meanwhile."""
    made = _lifetimes(change)
    row = await change.one(
        "account.renew_session",
        user_id=change.user_id,
        session_id=session_id,
        token_hash=made.tokens.session.digest,
        refresh_hash=made.tokens.refresh.digest,
        expires_at=made.expires_at,
        ip_address=change.context.client.ip_address,
        user_agent=change.context.client.user_agent,
    )
    if row is None:
        return None
    change.record(Entry("refresh", SESSIONS, str(session_id)))
    forget_afterwards(change)
    return OpenSession(session_id, made.tokens, row["expires_at"], row["refresh_expires_at"])


async def end_sessions(
    change: Change, reason: str, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """End one session of the user, or all of them, or all but one; how many there were."""
    rows = await change.all(
        "account.end_sessions",
        user_id=change.user_id,
        only_id=only,
        except_id=but,
        reason=reason,
    )
    for row in rows:
        change.record(
            Entry(
                "logout",
                SESSIONS,
                str(row["id"]),
                metadata={"reason": reason},
                event="ended",
                payload={"user_id": change.user_id},
            )
        )
    if not rows:
        change.record(Entry("logout", SESSIONS, None, metadata={"reason": reason, "ended": 0}))
    forget_afterwards(change)
    return len(rows)


def forget_afterwards(change: Change) -> None:
    """Have every process ask anew who is behind the user's credentials, once this is committed."""
    change.afterwards(functools.partial(forget, change.context.stores.redis, change.user_id))


async def passes_second_factor(change: Change, code: str) -> bool:
    """Whether a one-time or recovery code of the user is good; from now on it is used."""
    digest = recovery_code_digest(code)
    if digest is not None:
        used = await change.one(
            "account.use_recovery_code", user_id=change.user_id, code_hash=digest
        )
        if used is not None:
            change.record(Entry("use_recovery_code", "account.users", str(change.user_id)))
        return used is not None
    row = await change.one("account.second_factor", user_id=change.user_id)
    if row is None or row["confirmed_at"] is None:
        return False
    seed = await _opened(change, row["id"], Sealed(row["ciphertext"], row["key_version"]))
    step = matching_step(seed, code, change.context.clock(), row["last_used_step"])
    if step is None:
        return False
    used = await change.one("account.use_step", user_id=change.user_id, step=step)
    return used is not None


async def is_password(change_or_context: RequestContext, password: str, stored: str | None) -> bool:
    """Whether it is the password that was stored; takes as long when none was."""
    check = await accounts_of(change_or_context).passwords.check(password, stored)
    return check.matches


async def _opened(change: Change, secret_id: UUID, sealed: Sealed) -> bytes:
    """The secret; sealed again when the key has been replaced."""
    keys, owner = secret_keys(change.context), change.user_id
    seed = keys.open(sealed, purpose=TOTP, owner=owner)
    renewed = keys.renewed(sealed, purpose=TOTP, owner=owner)
    if renewed is not None:
        await change.one(
            "account.reseal",
            id=secret_id,
            user_id=owner,
            ciphertext=renewed.ciphertext,
            key_version=renewed.key_version,
        )
    return seed


@dataclass(frozen=True, slots=True)
class _Lifetimes:
    tokens: SessionTokens
    expires_at: datetime
    refresh_expires_at: datetime


def _lifetimes(change: Change) -> _Lifetimes:
    accounts, now = accounts_of(change.context), change.context.clock()
    return _Lifetimes(
        new_session_tokens(),
        now + timedelta(seconds=accounts.session_s),
        now + timedelta(seconds=accounts.refresh_s),
    )
