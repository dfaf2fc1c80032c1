"""Links by which a file can be fetched for a while: `/files/<token>`.

A browser or a spreadsheet that follows a link sends no credentials, so the link itself says whose
file it is, which, and until when, signed with HMAC-SHA256 by a key made from the newest secret key.
A link ends with its time, with its key, or with its file.

    link = context.downloads.link(stored.key, owner=user_id, file_name="tax-2025.pdf", now=now)
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from uuid import UUID

PATH: Final = "/files/"
LIFETIME: Final = timedelta(minutes=15)
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_PURPOSE: Final = b"onchain-gateway download links"
_MOST_CHARS: Final = 2_048


class LinkRefused(Exception):
    """The token is none of ours, or was changed."""


class LinkExpired(Exception):
    """The token was ours and its time is over."""


@dataclass(frozen=True, slots=True)
class Download:
    """What a link leads to.

    Attributes:
        key: of the object.
        owner: whose file it is.
        file_name: under which it is saved.
        expires_at: when the link ends, UTC.
    """

    key: str
    owner: UUID
    file_name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DownloadLinks:
    """Makes and reads links; every process of an installation needs the same keys.

    Attributes:
        keys: secret keys by version; the greatest signs, all of them are accepted.
    """

    keys: Mapping[int, bytes] = field(repr=False)

    @classmethod
    def of(cls, keys: Mapping[int, bytes] | None) -> Self:
        """With these keys, or with one that only this process knows and forgets when it ends."""
        return cls(keys or {1: secrets.token_bytes(32)})

    def link(
        self,
        key: str,
        *,
        owner: UUID,
        file_name: str,
        now: datetime,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """The path of a link, to be put after the address of the gateway.

        Args:
            key: of the object.
            owner: whose file it is.
            file_name: letters, digits and `._-`, with the extension that says what it is.
            now: when the lifetime begins.
            lifetime: how long the link works.

        Raises:
            ValueError: the file name holds another character.
        """
        if not _FILE_NAME.fullmatch(file_name):
            raise ValueError(f"{file_name!r} cannot be the name of a file to download")
        until = int((now + lifetime).timestamp())
        said = json.dumps([key, owner.hex, until, file_name], separators=(",", ":")).encode()
        version = max(self.keys)
        return f"{PATH}{version}.{_text(said)}.{_text(self._signature(version, said))}"

    def read(self, token: str, now: datetime) -> Download:
        """What a token leads to.

        Raises:
            LinkRefused: it is none of ours.
            LinkExpired: its time is over.
        """
        version, said, signature = _parts(token)
        if version not in self.keys:
            raise LinkRefused
        if not hmac.compare_digest(self._signature(version, said), signature):
            raise LinkRefused
        key, owner, until, file_name = json.loads(said)
        download = Download(key, UUID(owner), file_name, datetime.fromtimestamp(until, UTC))
        if now >= download.expires_at:
            raise LinkExpired
        return download

    def _signature(self, version: int, said: bytes) -> bytes:
        """Of what a link says; the key of links is another than the one that seals."""
        key = hmac.digest(self.keys[version], _PURPOSE, "sha256")
        return hmac.digest(key, b"%d.%b" % (version, said), "sha256")


def _parts(token: str) -> tuple[int, bytes, bytes]:
    """Version of the key, what is said, and its signature."""
    version, *encoded = token.split(".")
    if len(token) > _MOST_CHARS or len(encoded) != 2 or not re.fullmatch(r"[0-9]{1,9}", version):
        raise LinkRefused
    try:
        said, signature = (_data(part) for part in encoded)
    except ValueError:
        raise LinkRefused from None
    return int(version), said, signature


def _data(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
