"""Secrets at rest: AES-256-GCM with a version for every key.

What is sealed is bound to its purpose and owner: moved to another row, it does not open. New
secrets are sealed with the newest key; older ones open as long as their key is kept, and are sealed
again when they are next used.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class SecretLost(Exception):
    """A secret does not open: its key is gone, or it belongs to another owner or purpose."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret: nonce, ciphertext and tag in one, and the version of its key."""

    ciphertext: bytes
    key_version: int


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The keys of one installation, by version, each 32 bytes; the greatest version seals."""

    keys: Mapping[int, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys or min(self.keys) < 1:
            raise ValueError("versions of keys count from 1")
        if any(len(key) != _KEY_BYTES for key in self.keys.values()):
            raise ValueError(f"every key is {_KEY_BYTES} bytes")

    @property
    def current_version(self) -> int:
        """The version that seals."""
        return max(self.keys)

    def seal(self, secret: bytes, *, purpose: str, owner: object) -> Sealed:
        """Encrypt under the newest key.

        Args:
            secret: what to hide.
            purpose: what it is for, such as `totp`.
            owner: whose it is; the same is needed to open it.
        """
        nonce = os.urandom(_NONCE_BYTES)
        version = self.current_version
        text = AESGCM(self.keys[version]).encrypt(nonce, secret, _bound(purpose, owner))
        return Sealed(nonce + text, version)

    def open(self, sealed: Sealed, *, purpose: str, owner: object) -> bytes:
        """Decrypt.

        Raises:
            SecretLost: the key is gone, or purpose, owner or bytes are not those sealed.
        """
        key = self.keys.get(sealed.key_version)
        if key is None:
            raise SecretLost(f"there is no key of version {sealed.key_version}")
        nonce, text = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, text, _bound(purpose, owner))
        except (InvalidTag, ValueError) as error:
            raise SecretLost("the secret does not open with its key") from error

    def renewed(self, sealed: Sealed, *, purpose: str, owner: object) -> Sealed | None:
        """The secret under the newest key; None when it is already.

        Raises:
            SecretLost: as `open`.
        """
        if sealed.key_version == self.current_version:
            return None
        secret = self.open(sealed, purpose=purpose, owner=owner)
        return self.seal(secret, purpose=purpose, owner=owner)


def parse_secret_keys(text: str) -> SecretKeys:
    """Keys written `version:base64`, comma separated, as in `1:q83v…=,2:7B9c…=`.

    Raises:
        ValueError: with a sentence that holds no part of a key.
    """
    keys: dict[int, bytes] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        version, separator, encoded = part.partition(":")
        if not separator or not version.isascii() or not version.isdigit() or int(version) < 1:
            raise ValueError("each key is written version:base64, with versions from 1")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError(f"key {version} is not Base64") from None
        if len(key) != _KEY_BYTES:
            raise ValueError(f"key {version} has {len(key)} bytes, not {_KEY_BYTES}")
        if int(version) in keys:
            raise ValueError(f"key {version} is given twice")
        keys[int(version)] = key
    if not keys:
        raise ValueError("there is no key in it")
    return SecretKeys(keys)


def _bound(purpose: str, owner: object) -> bytes:
    return f"{purpose}\0{owner}".encode()
