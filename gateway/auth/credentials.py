"""What a caller shows to say who they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from gateway.auth.refusals import Denied
from resolvers.account.api_keys import is_api_key
from resolvers.account.session_tokens import is_session_token

if TYPE_CHECKING:
    from gateway.execution import Caller

_LONGEST: Final = 8192
_AUTHORIZATION: Final = "authorization"
_API_KEY: Final = "x-api-key"


class Kind(Enum):
    """What kind of credential it claims to be."""

    SESSION = "session token"
    API_KEY = "API key"
    SIGNED = "JSON web token"


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential as it came.

    Attributes:
        kind: what it claims to be.
        text: the credential itself; never logged or kept.
        digest: SHA-256 of it, under which answers about it are remembered.
    """

    kind: Kind
    text: str = field(repr=False)
    digest: bytes


def credential_of(caller: Caller) -> Credential | None:
    """The credential a caller shows; None for somebody who shows none.

    A websocket may show it in the payload of `connection_init`, which browsers can set, instead of
    its headers: under the same names, in any case, also inside a member `headers`.

    Raises:
        Denied: it is in no form we know, or there are several.
    """
    headers = caller.headers
    if not caller.parameters and _AUTHORIZATION not in headers and _API_KEY not in headers:
        return None
    shown = list(_shown(caller))
    if not shown:
        return None
    if len(set(shown)) > 1:
        raise Denied("Show one credential, not several.")
    name, value = shown[0]
    text = value.strip() if name == _API_KEY else _bearer(value)
    if not text or len(text) > _LONGEST or not text.isascii():
        raise Denied("The credential cannot be read: send it as it was handed out.")
    if name == _API_KEY or is_api_key(text):
        kind = Kind.API_KEY
    elif is_session_token(text):
        kind = Kind.SESSION
    else:
        kind = Kind.SIGNED
    return Credential(kind, text, hashlib.sha256(text.encode()).digest())


def _shown(caller: Caller) -> Iterator[tuple[str, str]]:
    in_parameters = list(_in_parameters(caller.parameters)) if caller.parameters else []
    if in_parameters:
        # What the application says counts more than what its HTTP library sent along.
        yield from in_parameters
        return
    for name in (_AUTHORIZATION, _API_KEY):
        value = caller.headers.get(name)
        if value is not None:
            yield name, value


def _in_parameters(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        known = name.lower()
        if known in (_AUTHORIZATION, _API_KEY):
            if not isinstance(value, str):
                raise Denied(f"{name} must be a text.")
            yield known, value
        elif known == "headers" and isinstance(value, Mapping):
            yield from _in_parameters({k: v for k, v in value.items() if k.lower() != "headers"})


def _bearer(value: str) -> str:
    scheme, _, text = value.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Denied("Use the scheme Bearer: Authorization: Bearer <token>.")
    return text.strip()
