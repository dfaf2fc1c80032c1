"""Keys of objects: segments of letters, digits and `._=-`, separated by `/`.

An object whose last segment is a SHA-256 in hexadecimal is content-addressed: the key says what
bytes it holds. Two owners who store the same bytes would share one object and could delete it from
under each other, so each puts theirs under a prefix of its own.
"""

from __future__ import annotations

import re
from typing import Final

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST_CHARS: Final = 512


def content_key(prefix: str, sha256: str) -> str:
    """The key of an object whose bytes have this checksum."""
    return f"{prefix}/{sha256}" if prefix else sha256


def digest_of(key: str) -> str | None:
    """The checksum that a content-addressed key names; None for a named object."""
    last = key.rpartition("/")[2]
    return last if _DIGEST.fullmatch(last) else None


def check_key(key: str) -> None:
    """Refuse a key that could leave its folder or is not spelled the same everywhere.

    Raises:
        ValueError: a segment is empty, starts with a dot or holds another character.
    """
    whole = len(key) <= _MOST_CHARS and all(_SEGMENT.fullmatch(part) for part in key.split("/"))
    if not whole:
        raise ValueError(f"{key!r} cannot be the key of an object")


def check_name(key: str) -> None:
    """The same for a named object, which must not look content-addressed.

    Raises:
        ValueError: it cannot be a key, or ends in a SHA-256.
    """
    check_key(key)
    if digest_of(key) is not None:
        raise ValueError(f"{key!r} would be read as content-addressed")
