"""Which web pages may talk to the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Origins:
    """Pages of our own host, and those listed. Programs that send no origin pass."""

    allowed: tuple[str, ...] = ()

    def allow(self, headers: Mapping[str, str]) -> bool:
        """Whether a websocket may be opened with these headers (names in lower case)."""
        origin = headers.get("origin")
        if origin is None or origin in self.allowed:
            return True
        try:
            return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("host")
        except ValueError:
            return False
