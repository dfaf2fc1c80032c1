"""Opaque tokens: a prefix that says what they open, 256 random bits, a checksum.

`ogs_` + 43 base62 digits + 6 base62 digits of CRC-32. The prefix lets a credential be told apart
(and a leaked one be found by scanners), the checksum refuses a mistyped one without asking a
store. Stores keep the SHA-256 of the whole text: of 256 random bits a fast hash gives nothing away.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_DIGITS: Final = 43  # 62 ** 43 > 2 ** 256
_CHECK_DIGITS: Final = 6  # 62 ** 6 > 2 ** 32
_SHAPE: Final = re.compile(rf"[0-9A-Za-z]{{{_SECRET_DIGITS + _CHECK_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token just made.

    Attributes:
        text: what its holder sends; shown once and never kept.
        digest: what stores keep, 32 bytes.
    """

    text: str = field(repr=False)
    digest: bytes


def new_token(prefix: str) -> Token:
    """A token of 256 random bits that begins with `prefix`."""
    body = prefix + _base62(secrets.randbits(256), _SECRET_DIGITS)
    text = body + _checksum(body)
    return Token(text, _sha256(text))


def digest_of(prefix: str, text: str) -> bytes | None:
    """What stores keep of a token with this prefix; None when the text cannot be one."""
    rest = text.removeprefix(prefix)
    if len(rest) == len(text) or not _SHAPE.fullmatch(rest):
        return None
    body, checksum = text[:-_CHECK_DIGITS], text[-_CHECK_DIGITS:]
    return _sha256(text) if checksum == _checksum(body) else None


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _base62(number: int, digits: int) -> str:
    written = []
    for _ in range(digits):
        number, digit = divmod(number, 62)
        written.append(_ALPHABET[digit])
    return "".join(reversed(written))
