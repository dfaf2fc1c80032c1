"""API keys: made, recognised and turned into what is stored of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from resolvers.account.opaque_tokens import digest_of, new_token

PREFIX: Final = "ogk_"
_SHOWN: Final = len(PREFIX) + 6

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made.

    Attributes:
        text: the key; shown once and never kept.
        prefix: its beginning, by which its owner knows it again.
        digest: SHA-256 of the key, 32 bytes; what is stored and looked up.
    """

    text: str = field(repr=False)
    prefix: str
    digest: bytes


def new_api_key() -> NewApiKey:
    """A key of 256 random bits."""
    token = new_token(PREFIX)
    return NewApiKey(token.text, token.text[:_SHOWN], token.digest)


def is_api_key(text: str) -> bool:
    """Whether a credential claims to be an API key; it may still be mistyped."""
    return text.startswith(PREFIX)


def api_key_digest(text: str) -> bytes | None:
    """SHA-256 to look a key up by; None when the text is mistyped or no API key."""
    return digest_of(PREFIX, text)


def parse_networks(given: Iterable[str]) -> list[Network]:
    """Addresses and networks such as 203.0.113.7 or 2001:db8::/32.

    Raises:
        ValueError: one of them is neither; bits beyond the prefix length are refused, too.
    """
    return [ipaddress.ip_network(text.strip()) for text in given]


def may_come_from(address: str | None, networks: Iterable[Network] | None) -> bool:
    """Whether a key limited to networks may be used from an address; no list allows any.

    IPv4 addresses written in IPv6 count as IPv4. An unknown address is in no network.
    """
    if networks is None:
        return True
    if address is None:
        return False
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip.version == network.version and ip in network for network in networks)
