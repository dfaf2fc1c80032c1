"""Where a request came from, when proxies stand in between."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies whose word about the client is taken.

    Attributes:
        networks: their addresses.
        local: a proxy on this machine that connects through a Unix socket is one of them.
    """

    networks: tuple[Network, ...] = ()
    local: bool = False

    @classmethod
    def parse(cls, given: Iterable[str]) -> Self:
        """From addresses and networks, and the word `unix`.

        Raises:
            ValueError: one of them is neither.
        """
        named = list(given)
        networks = tuple(ipaddress.ip_network(each) for each in named if each != "unix")
        return cls(networks, "unix" in named)

    def client(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """The client's address, in its shortest form; None when nobody knows.

        Each proxy appends whom it heard from to `X-Forwarded-For`, so the chain is read from its
        end: the first address that is no proxy of ours is the client. What stands before it is the
        client's own claim. A chain that breaks off in something else than an address ends there.

        Args:
            peer: who opened the connection; None for a Unix socket.
            forwarded_for: the header.
        """
        found = None if peer is None else _parsed(peer)
        trusted = self.local if peer is None else self._trusts(found)
        chain = forwarded_for.split(",") if forwarded_for and trusted else []
        for text in reversed(chain):
            address = _parsed(text)
            if address is None:
                break
            found = address
            if not self._trusts(found):
                break
        return None if found is None else str(found)

    def _trusts(self, address: _Address | None) -> bool:
        return address is not None and any(
            address.version == network.version and address in network for network in self.networks
        )


NO_PROXIES: Final = Proxies()


def _parsed(text: str) -> _Address | None:
    """An address, without port and brackets; IPv4 written in IPv6 as IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
