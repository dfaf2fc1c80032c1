"""Whose word about the client's address is taken."""

from __future__ import annotations

import pytest

from gateway.auth.addresses import NO_PROXIES, Proxies

INSIDE = Proxies.parse(["10.0.0.0/8", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (NO_PROXIES, "198.51.100.1", None, "198.51.100.1"),
        (NO_PROXIES, "198.51.100.1", "203.0.113.7", "198.51.100.1"),
        (NO_PROXIES, None, "203.0.113.7", None),
        (INSIDE, "198.51.100.1", "203.0.113.7", "198.51.100.1"),
        (INSIDE, "10.1.1.1", None, "10.1.1.1"),
        (INSIDE, "10.1.1.1", "203.0.113.7", "203.0.113.7"),
        (INSIDE, "10.1.1.1", "1.2.3.4, 203.0.113.7, 10.2.2.2", "203.0.113.7"),
        (INSIDE, "10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        (INSIDE, "10.1.1.1", "203.0.113.7, unknown", "10.1.1.1"),
        (INSIDE, "10.1.1.1", "", "10.1.1.1"),
        (INSIDE, "10.1.1.1", "203.0.113.7:4711", "203.0.113.7"),
        (INSIDE, "2001:db8:1::5", "[2001:DB8:9::1]:443", "2001:db8:9::1"),
        (INSIDE, "::ffff:10.1.1.1", "::ffff:203.0.113.7", "203.0.113.7"),
        (Proxies.parse(["unix"]), None, "203.0.113.7", "203.0.113.7"),
        (Proxies.parse(["unix"]), None, None, None),
    ],
)
def test_the_first_address_that_is_no_proxy_of_ours(
    proxies: Proxies, peer: str | None, forwarded: str | None, client: str | None
) -> None:
    assert proxies.client(peer, forwarded) == client


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example.org", "*"])
def test_what_is_no_address_cannot_be_trusted(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        Proxies.parse([text])
