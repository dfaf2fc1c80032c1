"""Nothing that a user wrote leads into our own network."""

from __future__ import annotations

import socket

import pytest

from gateway.alerts.guard import Forbidden, Guard
from gateway.alerts.guarded_resolver import GuardedResolver
from gateway.alerts.outcome import Refused, TryAgain
from gateway.alerts.posting import Poster
from tests.gateway.alerts.conftest import HERE, Provider


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:1::"),
    ],
)
def test_what_is_not_public_is_forbidden(address: str) -> None:
    with pytest.raises(Forbidden):
        Guard().check_address(address)
    brackets = f"[{address}]" if ":" in address else address
    with pytest.raises(Forbidden):
        Guard().check_url(f"https://{brackets}/hook")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_allowed(address: str) -> None:
    Guard().check_address(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "ftp://example.org/", "https:///x", "https://u:p@example.org/"),
        *("https://example.org:99999/", "https://[::1/"),
    ],
)
def test_other_urls_are_forbidden(url: str) -> None:
    with pytest.raises(Forbidden):
        Guard().check_url(url)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
async def test_a_name_is_judged_by_where_it_leads(host: str) -> None:
    with pytest.raises(Forbidden):
        await GuardedResolver(Guard()).resolve(host, 443)
    async with Poster(Guard()) as poster:
        with pytest.raises(Refused):
            await poster.post(f"https://{host}/hook", b"{}", {})


async def test_one_private_address_spoils_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_: object, **__: object) -> list[object]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("8.8.8.8", 443)), (*kind, ("10.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(Forbidden):
        await GuardedResolver(Guard()).resolve("two.example.org", 443)


async def test_a_connection_goes_to_the_address_that_was_looked_at(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []
    port = int(provider.url.rpartition(":")[2])

    def answers(host: object, *_: object, **__: object) -> list[object]:
        looked_up.append(host)
        # The second time it would lead elsewhere.
        address = "127.0.0.1" if len(looked_up) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    async with Poster(HERE) as poster:
        answer = await poster.post(f"http://hook.example.org:{port}/x", b"{}", {})
    assert answer.status == 200
    assert looked_up == ["hook.example.org"]
    assert provider.received[0].headers["host"] == f"hook.example.org:{port}"


async def test_loopback_is_closed_by_default(provider: Provider) -> None:
    async with Poster(Guard()) as poster:
        with pytest.raises(Refused):
            await poster.post(provider.url, b"{}", {})
        with pytest.raises(Refused):
            await poster.post(provider.url.replace("http:", "https:"), b"{}", {})
    assert provider.received == []


async def test_redirects_are_not_followed(provider: Provider, poster: Poster) -> None:
    provider.will_answer(302, headers={"location": f"{provider.url}/elsewhere"})
    answer = await poster.post(f"{provider.url}/hook", b"{}", {})
    assert answer.status == 302
    assert [each.path for each in provider.received] == ["/hook"]


async def test_a_closed_port_is_tried_again(poster: Poster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/secret"
        with pytest.raises(TryAgain) as caught:
            await poster.post(url, b"{}", {})
    assert "secret" not in str(caught.value)


async def test_an_operator_may_open_networks_and_nothing_beside_them(provider: Provider) -> None:
    guard = Guard.parse(["127.0.0.1", "10.1.0.0/16"])
    guard.check_url("http://10.1.2.3/hook")
    guard.check_url("https://10.1.2.3/hook")
    for url in ("http://10.2.0.1/", "https://10.2.0.1/", "http://8.8.8.8/"):
        with pytest.raises(Forbidden):
            guard.check_url(url)
    async with Poster(guard) as poster:
        assert (await poster.post(provider.url, b"{}", {})).status == 200
        # A name leads wherever it likes, so over http to those networks only.
        with pytest.raises(Forbidden):
            await GuardedResolver(guard.without_tls()).resolve("8.8.8.8", 80)
