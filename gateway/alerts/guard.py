"""Requests to addresses that users chose reach the public internet only.

A name is looked up once, every address it has is looked at, and the connection goes to those very
addresses: a name that leads somewhere else a moment later leads nobody anywhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlsplit

# Addresses that are public by themselves and lead on to ones written inside them.
_TUNNELS: Final = tuple(
    ipaddress.ip_network(net)
    for net in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forbidden(OSError):
    """An address that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be reached.

    Attributes:
        allowed: networks of the operator's that may be reached all the same, over http too.
        is_public: whether the public internet may be reached.
    """

    allowed: tuple[_Network, ...] = ()
    is_public: bool = True

    @classmethod
    def parse(cls, networks: Iterable[str]) -> Self:
        """From networks such as `10.1.0.0/16`, or single addresses.

        Raises:
            ValueError: one of them is none.
        """
        return cls(tuple(ipaddress.ip_network(text) for text in networks))

    def without_tls(self) -> Self:
        """What http may reach: the networks of the operator's and nothing else."""
        return replace(self, is_public=False)

    def check_url(self, url: str) -> None:
        """Look at a URL before it is asked.

        Raises:
            Forbidden: it is not https, carries credentials, or names an address that is not public.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Forbidden("the URL cannot be read") from error
        if not host or parts.username is not None or parts.password is not None:
            raise Forbidden("the URL has no host, or has credentials")
        if parts.scheme != "https" and not (self.allowed and parts.scheme == "http"):
            raise Forbidden("only https is allowed")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        (self if parts.scheme == "https" else self.without_tls()).check_address(host)

    def check_address(self, address: str) -> None:
        """Look at an IP address.

        Raises:
            Forbidden: it is private, of this machine, reserved, or hides another one.
        """
        ip = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if any(ip in net for net in self.allowed):
            return
        if not self.is_public:
            raise Forbidden("only https is allowed")
        hides = ip.version == 6 and any(ip in net for net in _TUNNELS)
        if hides or not ip.is_global or ip.is_multicast or ip.is_reserved:
            raise Forbidden("the host is not on the public internet")
