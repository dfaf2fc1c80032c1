"""Requests to addresses that users chose reach the public internet only.

A name is looked up once, every address it has is looked at, and the connection goes to those very
addresses: a name that leads somewhere else a moment later leads nobody anywhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

# Addresses that are public by themselves and lead on to ones written inside them.
_TUNNELS: Final = tuple(
    ipaddress.ip_network(net)
    for net in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)


class Forbidden(OSError):
    """An address that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be reached.

    Attributes:
        allow_loopback: let requests go to this machine, and over http; for tests alone.
    """

    allow_loopback: bool = False

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
        if parts.scheme != "https" and not (self.allow_loopback and parts.scheme == "http"):
            raise Forbidden("only https is allowed")
        if not host or parts.username is not None or parts.password is not None:
            raise Forbidden("the URL has no host, or has credentials")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        self.check_address(host)

    def check_address(self, address: str) -> None:
        """Look at an IP address.

        Raises:
            Forbidden: it is private, of this machine, reserved, or hides another one.
        """
        ip = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if self.allow_loopback and ip.is_loopback:
            return
        hides = ip.version == 6 and any(ip in net for net in _TUNNELS)
        if hides or not ip.is_global or ip.is_multicast or ip.is_reserved:
            raise Forbidden("the host is not on the public internet")


class GuardedResolver(AbstractResolver):
    """Looks names up and hands out their addresses when the guard lets pass all of them."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses of a host.

        Raises:
            OSError: there are none, or one of them is forbidden.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, family=family, type=socket.SOCK_STREAM
        )
        for *_, address in found:
            self._guard.check_address(str(address[0]))
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=found_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""
