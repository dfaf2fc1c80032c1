"""What a credential is worth: looked up in the stores, once for all requests of some seconds."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from gateway.auth.credentials import Credential, Kind
from gateway.auth.refusals import Denied
from resolvers.account.api_keys import Network, api_key_digest
from resolvers.account.session_tokens import session_digest
from resolvers.context import Viewer, named_queries
from resolvers.permissions import Tier, scopes_of
from stores.errors import StoreError
from stores.redis.keys import key, ttl_s

if TYPE_CHECKING:
    from gateway.auth.web_tokens import WebTokens
    from resolvers.context import Role
    from stores.lifecycle import Stores

# How long a session's record in Redis stands in for asking Postgres.
_TRUST_S: Final = 30.0
_REFUSED: Final = "The credential is not known, has expired or was revoked: sign in again."


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential is worth.

    Attributes:
        viewer: who is behind it.
        expires_at: until when, in seconds since 1970; None for as long as nobody revokes it.
        networks: where it may be used from; None for anywhere.
    """

    viewer: Viewer
    expires_at: float | None = None
    networks: tuple[Network, ...] | None = None


class Grants:
    """Looks credentials up."""

    def __init__(
        self,
        stores: Stores,
        web_tokens: WebTokens | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stores = stores
        self._web_tokens = web_tokens
        self._clock = clock
        # Records that Redis kept through an outage may have missed a revocation.
        self._redis_since = clock()

    def redis_is_back(self) -> None:
        """Trust no record of Redis that is older than this moment."""
        self._redis_since = self._clock()

    async def grant(self, credential: Credential, *, trust_redis: bool) -> Grant:
        """What a credential is worth now.

        Args:
            credential: as it came.
            trust_redis: whether this process would have heard if what Redis holds were outdated.

        Raises:
            Denied: nothing; the text does not say why.
            StoreError: the stores that know are away.
        """
        match credential.kind:
            case Kind.API_KEY:
                return await self._api_key(credential.text)
            case Kind.SESSION:
                return await self._session(credential.text, trust_redis)
            case Kind.SIGNED:
                return await self._web_token(credential.text)

    async def _api_key(self, text: str) -> Grant:
        row = await self._row("api_key", api_key_digest(text))
        allowed = row["allowed_ips"]
        return Grant(
            _viewer(row, scopes=scopes_of(row["scopes"]), api_key_id=row["api_key_id"]),
            _seconds(row["expires_at"]),
            None if allowed is None else tuple(map(ipaddress.ip_network, allowed)),
        )

    async def _session(self, text: str, trust_redis: bool) -> Grant:
        digest = session_digest(text)
        if digest is None:
            raise Denied(_REFUSED)
        record = await self._record(digest) if trust_redis else None
        now = self._clock()
        if record is not None and record.checked_at > now - _TRUST_S:
            return record.grant
        try:
            row = await self._row("session", digest)
        except StoreError:
            # Whoever was let in before goes on, with what needs no Postgres.
            if record is None:
                raise
            return record.grant
        grant = Grant(_viewer(row, session_id=row["session_id"]), _seconds(row["expires_at"]))
        await self._remember(digest, grant)
        return grant

    async def _web_token(self, text: str) -> Grant:
        if self._web_tokens is None:
            raise Denied(_REFUSED)
        claims = await self._web_tokens.verified(text)
        if claims.user_id is not None:
            row = await self._row("user", claims.user_id)
        else:
            row = await self._row("wallet", claims.wallet)
        scopes = None if claims.scopes is None else scopes_of(claims.scopes)
        return Grant(_viewer(row, scopes=scopes, wallet=claims.wallet), claims.expires_at)

    async def _row(self, name: str, value: object) -> Mapping[str, Any]:
        if value is not None:
            query = named_queries("postgres")[f"admission.{name}"]
            row = await self._stores.postgres.fetch_one(query, value)
            if row is not None:
                return cast("Mapping[str, Any]", row)
        raise Denied(_REFUSED)

    async def _record(self, digest: bytes) -> _Record | None:
        """The session's record in Redis, if there is one that holds and has missed nothing."""
        try:
            commands = self._stores.redis.commands
            found = await commands.hgetall(key("session", token_sha256=digest.hex()))
        except StoreError:
            return None
        record = _Record.read(cast("Mapping[str, str]", found))
        if record is None or record.expires_at <= self._clock():
            return None
        return record if record.checked_at > self._redis_since else None

    async def _remember(self, digest: bytes, grant: Grant) -> None:
        """Keep a session's record in Redis, and with its user's, to be forgotten together."""
        assert grant.expires_at is not None
        viewer, name = grant.viewer, key("session", token_sha256=digest.hex())
        ours = key("user_sessions", user_id=viewer.user_id)
        until = int(min(grant.expires_at, self._clock() + ttl_s("session")))
        fields: Mapping[Any, Any] = {
            "user_id": str(viewer.user_id),
            "role": viewer.role,
            "tier": viewer.tier.word,
            "session_id": str(viewer.session_id),
            "expires_at_ms": int(grant.expires_at * 1000),
            "checked_at_ms": int(self._clock() * 1000),
        }
        try:
            commands = self._stores.redis.commands
            await commands.sadd(ours, digest.hex())
            await commands.expire(ours, ttl_s("user_sessions"))
            await commands.hset(name, mapping=fields)
            await commands.expireat(name, until)
        except StoreError:
            return

    async def forget_record(self, credential: Credential) -> None:
        """Drop a record that may have been written while its user's credentials changed."""
        digest = session_digest(credential.text) if credential.kind is Kind.SESSION else None
        if digest is None:
            return
        try:
            await self._stores.redis.commands.delete(key("session", token_sha256=digest.hex()))
        except StoreError:
            return


@dataclass(frozen=True, slots=True)
class _Record:
    """A session as Redis has it; times in seconds since 1970."""

    grant: Grant
    expires_at: float
    checked_at: float

    @classmethod
    def read(cls, found: Mapping[str, str]) -> _Record | None:
        """From the fields of the hash; None when it is not a whole record of ours."""
        try:
            viewer = Viewer(
                UUID(found["user_id"]),
                _role(found["role"]),
                tier=Tier.named(found["tier"]),
                session_id=UUID(found["session_id"]),
            )
            expires_at = int(found["expires_at_ms"]) / 1000
            return cls(Grant(viewer, expires_at), expires_at, int(found["checked_at_ms"]) / 1000)
        except (KeyError, ValueError):
            return None


def _viewer(row: Mapping[str, Any], **further: Any) -> Viewer:
    return Viewer(row["user_id"], _role(row["role"]), tier=Tier.named(row["tier"]), **further)


def _role(word: str) -> Role:
    if word not in ("user", "admin"):
        raise ValueError(f"{word!r} is no role")
    return cast("Role", word)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
