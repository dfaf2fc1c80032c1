"""The address of a mail server, as settings give it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"smtp": 587, "smtps": 465}
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over.

    Attributes:
        host: its name.
        port: its port.
        is_tls: TLS from the first byte; else STARTTLS, which has to be there unless the server is
            on this machine.
        user: user name; None to hand mail over without.
        password: its password.
    """

    host: str
    port: int
    is_tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def start_tls(self) -> bool | None:
        """Whether to go on with TLS after the greeting; None where it may be there or not."""
        if self.is_tls:
            return False
        return None if self.host in _THIS_MACHINE else True

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """From `smtps://user:password@host:465` or `smtp://host:587`, which then uses STARTTLS.

        Raises:
            ValueError: it is neither; the message holds no part of it.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://… or smtps://… with a host")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )
