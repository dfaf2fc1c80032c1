"""JSON web tokens: signature, issuer, audience, times, and whom they are about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import jwt

from gateway.auth.refusals import Denied
from gateway.auth.signing_keys import KeySource

ALGORITHMS: Final = ("HS256", "RS256", "ES256", "EdDSA")
_EVM: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
_LONGEST_ADDRESS: Final = 128
_REFUSED: Final = "The token is not valid: get a new one from its issuer."
# What a token that is malformed on purpose may raise inside the library.
_BROKEN: Final = (
    jwt.PyJWTError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, verified.

    Attributes:
        user_id: the user it is about, when its `sub` is an id of ours.
        wallet: `wallet_address`, an EVM address in lower case.
        scopes: words of `scope`; None when it does not limit itself.
        expires_at: `exp` with the leeway, in seconds since 1970.
    """

    user_id: UUID | None
    wallet: str | None
    scopes: tuple[str, ...] | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class WebTokens:
    """Verifies tokens.

    Attributes:
        sources: where keys come from.
        issuer: what `iss` has to be; None for any.
        audience: what `aud` has to hold; None for any.
        leeway_s: how far clocks may be apart.
    """

    sources: Sequence[KeySource]
    issuer: str | None = None
    audience: str | None = None
    leeway_s: float = 60.0

    async def verified(self, text: str) -> Claims:
        """What a token says.

        Raises:
            Denied: it is malformed, not signed by a key of ours, expired, or not meant for us.
            KeysUnavailable: the issuer's keys could not be fetched.
        """
        algorithm, kid = _header(text)
        for source in self.sources:
            for key in await source.find(algorithm, kid):
                try:
                    return _claims(self._decoded(text, key.key, key.algorithm), self.leeway_s)
                except jwt.InvalidSignatureError:
                    continue
                except _BROKEN:
                    raise Denied(_REFUSED) from None
        raise Denied(_REFUSED)

    def _decoded(self, text: str, key: Any, algorithm: str) -> dict[str, Any]:
        required = ["exp"]
        required += ["iss"] if self.issuer is not None else []
        required += ["aud"] if self.audience is not None else []
        return jwt.decode(
            text,
            key,
            algorithms=[algorithm],
            issuer=self.issuer,
            audience=self.audience,
            leeway=self.leeway_s,
            options={"require": required, "verify_aud": self.audience is not None},
        )


def _header(text: str) -> tuple[str, str | None]:
    """Algorithm and key that a token names.

    Raises:
        Denied: it has no readable header, or one that asks for what we do not do.
    """
    try:
        header = jwt.get_unverified_header(text)
    except _BROKEN:
        raise Denied(_REFUSED) from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header or not isinstance(kid, str | None):
        raise Denied(_REFUSED)
    return algorithm, kid


def _claims(payload: Mapping[str, Any], leeway_s: float) -> Claims:
    wallet = _wallet(payload.get("wallet_address"))
    user_id = _user_id(payload.get("sub"))
    if user_id is None and wallet is None:
        raise Denied(
            "The token names no user: it needs `sub`, or `wallet_address` of a linked wallet."
        )
    scope = payload.get("scope")
    if scope is not None and not isinstance(scope, str):
        raise Denied(_REFUSED)
    words = None if scope is None else tuple(scope.split())
    return Claims(user_id, wallet, words, float(payload["exp"]) + leeway_s)


def _user_id(subject: object) -> UUID | None:
    try:
        return UUID(subject) if isinstance(subject, str) else None
    except ValueError:
        return None


def _wallet(given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST_ADDRESS:
        raise Denied(_REFUSED)
    return given.lower() if _EVM.fullmatch(given) else given
