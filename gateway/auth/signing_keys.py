"""Keys that web tokens are signed with, each pinned to the one algorithm it is for.

A token does not choose how it is verified: the key that its `kid` names has its algorithm from the
configuration or from what kind of key it is, and a header that says another one is refused. Shared
secrets come from the configuration only, so no public key can ever be taken for one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx2
import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_LOG: Final = logging.getLogger(__name__)
_LEAST_RSA_BITS: Final = 2048
LEAST_SECRET_BYTES: Final = 32
_LONGEST_SET: Final = 256 * 1024
_MOST_KEYS: Final = 100
_FETCH_S: Final = 3.0
_PEM: Final = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_PUBLIC: Final = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}


class KeysUnavailable(Exception):
    """The keys have never been fetched, or so long ago that they are not trusted any more."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key.

    Attributes:
        algorithm: the only one it verifies.
        key: secret bytes or a public key.
        kid: its name in headers of tokens; None for a key that is tried whatever they name.
    """

    algorithm: str
    key: Any = field(repr=False)
    kid: str | None = None


class KeySource(Protocol):
    """Where keys come from."""

    async def find(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        """Keys that may have signed a token with this header.

        Raises:
            KeysUnavailable: nobody can say now.
        """


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys of the configuration."""

    keys: tuple[SigningKey, ...]

    async def find(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        """Those of the algorithm; they have no names."""
        return [each for each in self.keys if each.algorithm == algorithm]


class KeySet:
    """The key set that an issuer publishes at a URL, kept up to date.

    It is fetched when it is first needed, again in the background once it is old, and at once when
    a token names a key that is not in it, but never more often than `cooldown_s` allows, whoever
    makes up names. While the issuer is away the last set stays good for `keep_s`.
    """

    def __init__(
        self,
        url: str,
        *,
        refresh_s: float = 300.0,
        cooldown_s: float = 10.0,
        keep_s: float = 86_400.0,
        clock: Callable[[], float] = time.monotonic,
        fetch: Callable[[str], Awaitable[bytes]] | None = None,
    ) -> None:
        self._url = url
        self._refresh_s = refresh_s
        self._cooldown_s = cooldown_s
        self._keep_s = keep_s
        self._clock = clock
        self._fetch = fetch or fetch_bytes
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        """Keys of the set; else as `KeySource`."""
        if self._age() > self._keep_s:
            await self._fetched()
        elif self._age() > self._refresh_s:
            self._start()
        found = self._matching(algorithm, kid)
        if not found and self._age() > 0:
            await self._fetched()
            found = self._matching(algorithm, kid)
        if not found and self._age() > self._keep_s:
            raise KeysUnavailable
        return found

    def _matching(self, algorithm: str, kid: str | None) -> list[SigningKey]:
        if self._age() > self._keep_s:
            return []
        return [
            each
            for each in self._keys
            if each.algorithm == algorithm and (kid is None or each.kid in (None, kid))
        ]

    def _age(self) -> float:
        """Seconds since the last good answer."""
        return float("inf") if self._fetched_at is None else self._clock() - self._fetched_at

    async def _fetched(self) -> None:
        """Wait for a fetch, if one may be made now."""
        if task := self._start():
            await asyncio.shield(task)

    def _start(self) -> asyncio.Task[None] | None:
        """The fetch that runs, or a new one; None while the last try is too recent."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < self._cooldown_s:
            return None
        self._tried_at = now
        self._fetching = asyncio.get_running_loop().create_task(self._renew())
        return self._fetching

    async def _renew(self) -> None:
        try:
            self._keys = parse_key_set(await self._fetch(self._url))
        except (httpx2.HTTPError, OSError, ValueError, TimeoutError) as error:
            _LOG.warning("keys of web tokens could not be fetched: %s", error or type(error))
            return
        self._fetched_at = self._clock()


async def fetch_bytes(url: str) -> bytes:
    """The body of a small document.

    Raises:
        httpx2.HTTPError: there is no answer, or not a good one.
        ValueError: it is too long.
    """
    parts, size = [], 0
    async with (
        asyncio.timeout(2 * _FETCH_S),
        httpx2.AsyncClient(timeout=_FETCH_S) as client,
        client.stream("GET", url, headers={"accept": "application/json"}) as response,
    ):
        response.raise_for_status()
        async for part in response.aiter_bytes():
            size += len(part)
            if size > _LONGEST_SET:
                raise ValueError(f"more than {_LONGEST_SET} bytes")
            parts.append(part)
    return b"".join(parts)


def parse_key_set(body: bytes) -> tuple[SigningKey, ...]:
    """The keys of a JSON web key set that verify signatures; others are left out.

    Raises:
        ValueError: it is no key set, or none of its keys can be used.
    """
    document = orjson.loads(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JSON web key set")
    found = tuple(filter(None, map(_key_of, listed[:_MOST_KEYS])))
    if not found:
        raise ValueError("no key of the set can be used")
    return found


def _key_of(described: object) -> SigningKey | None:
    if not isinstance(described, dict):
        return None
    algorithm = _algorithm_of(described)
    if algorithm is None:
        return None
    try:
        key = jwt.PyJWK.from_dict(described, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    kid = described.get("kid")
    return (
        SigningKey(algorithm, key, kid if isinstance(kid, str) else None)
        if _is_strong(key)
        else None
    )


def _algorithm_of(described: Mapping[str, Any]) -> str | None:
    """What a described key is for; None when it is secret, weak or for something else."""
    kind = described.get("kty")
    algorithm = _PUBLIC.get((str(kind), None if kind == "RSA" else str(described.get("crv"))))
    operations = described.get("key_ops")
    if (
        algorithm is None
        or "d" in described
        or described.get("alg", algorithm) != algorithm
        or described.get("use", "sig") != "sig"
        or (isinstance(operations, list) and "verify" not in operations)
    ):
        return None
    return algorithm


def _is_strong(key: object) -> bool:
    return not isinstance(key, rsa.RSAPublicKey) or key.key_size >= _LEAST_RSA_BITS


def fixed_keys(secret: str | None, public_keys: Iterable[str]) -> FixedKeys | None:
    """Keys of the configuration: a shared secret for HS256 and public keys as PEM.

    Raises:
        ValueError: one of them cannot be used; the text does not hold it.
    """
    keys = [SigningKey(*public_key(text)) for text in public_keys]
    if secret is not None:
        if len(secret.encode()) < LEAST_SECRET_BYTES:
            raise ValueError(f"the secret is shorter than {LEAST_SECRET_BYTES} bytes")
        keys.append(SigningKey("HS256", secret.encode()))
    return FixedKeys(tuple(keys)) if keys else None


def split_pem(text: str) -> list[str]:
    """The PEM blocks of a text.

    Raises:
        ValueError: there is something else in it.
    """
    found = _PEM.findall(text)
    if _PEM.sub("", text).strip():
        raise ValueError("must be public keys in PEM form")
    return found


def public_key(text: str) -> tuple[str, Any]:
    """Algorithm and key of a PEM.

    Raises:
        ValueError: it is no public key that we verify with.
    """
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("no public key in PEM form") from None
    match key:
        case rsa.RSAPublicKey() if _is_strong(key):
            return "RS256", key
        case ed25519.Ed25519PublicKey():
            return "EdDSA", key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            return "ES256", key
        case _:
            raise ValueError("a key must be RSA of 2,048 bits, P-256 or Ed25519")
