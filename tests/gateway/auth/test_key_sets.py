"""Keys that an issuer publishes: rotation, outages, and callers who make up names of keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from gateway.auth.signing_keys import KeySet, KeysUnavailable, fetch_bytes, parse_key_set

OLD, NEW = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())


def described(key: Any, **members: Any) -> dict[str, Any]:
    """A public key as a JSON web key."""
    public = key.public_key()
    makers: dict[type, Any] = {
        rsa.RSAPublicKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePublicKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PublicKey: jwt.algorithms.OKPAlgorithm,
    }
    made = next(maker for kind, maker in makers.items() if isinstance(public, kind))
    return {**json.loads(made.to_jwk(public)), **members}


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


class Issuer:
    """An issuer that counts who asks."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.body: bytes | Exception = key_set(*keys)
        self.asked = 0
        self.now = 1000.0
        self.gate = asyncio.Event()
        self.gate.set()
        self.keys = KeySet("https://id.example.org/keys", clock=lambda: self.now, fetch=self.fetch)

    async def fetch(self, url: str) -> bytes:
        self.asked += 1
        await self.gate.wait()
        if isinstance(self.body, Exception):
            raise self.body
        return self.body

    async def kids(self, kid: str | None) -> list[str | None]:
        return [each.kid for each in await self.keys.find("EdDSA", kid)]


async def test_a_key_is_fetched_once_and_found_by_name() -> None:
    issuer = Issuer(described(OLD, kid="old"), described(NEW, kid="new"))
    found = await asyncio.gather(*(issuer.kids("old") for _ in range(10)))
    assert found == [["old"]] * 10
    assert await issuer.kids(None) == ["old", "new"]
    assert issuer.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    issuer = Issuer(described(OLD, kid="old"))
    assert await issuer.kids("old") == ["old"]
    issuer.body = key_set(described(NEW, kid="new"))
    issuer.now += 11
    assert await issuer.kids("new") == ["new"]
    assert await issuer.kids("old") == []


async def test_made_up_names_do_not_make_us_ask_again_and_again() -> None:
    issuer = Issuer(described(OLD, kid="old"))
    for number in range(50):
        assert await issuer.kids(f"made up {number}") == []
    assert issuer.asked == 1
    issuer.now += 11
    for number in range(50):
        assert await issuer.kids(f"made up {number}") == []
    assert issuer.asked == 2


async def test_an_old_set_is_renewed_beside_the_requests() -> None:
    issuer = Issuer(described(OLD, kid="old"))
    assert await issuer.kids("old") == ["old"]
    issuer.now += 301
    issuer.gate.clear()
    assert await issuer.kids("old") == ["old"]
    issuer.body = key_set(described(NEW, kid="new"))
    issuer.gate.set()
    assert await issuer.kids("new") == ["new"]
    assert issuer.asked == 2


async def test_an_issuer_that_is_away_is_tolerated_for_a_day() -> None:
    issuer = Issuer(described(OLD, kid="old"))
    assert await issuer.kids("old") == ["old"]
    issuer.body = httpx2.ConnectError("away")
    issuer.now += 23 * 3600
    assert await issuer.kids("old") == ["old"]
    issuer.now += 2 * 3600
    with pytest.raises(KeysUnavailable):
        await issuer.kids("old")
    issuer.body = key_set(described(OLD, kid="old"))
    issuer.now += 11
    assert await issuer.kids("old") == ["old"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": []}', b'{"keys": [1, {}]}', b"<html>"],
)
async def test_what_is_no_key_set_leaves_the_last_one(body: bytes) -> None:
    issuer = Issuer(described(OLD, kid="old"))
    assert await issuer.kids("old") == ["old"]
    issuer.body = body
    issuer.now += 301
    assert await issuer.kids("other") == []
    assert await issuer.kids("old") == ["old"]


def test_each_key_is_pinned_to_what_its_kind_is_for() -> None:
    found = parse_key_set(
        key_set(
            described(RSA, kid="rsa", alg="RS256", use="sig"),
            described(P256, kid="p256"),
            described(NEW, kid="ed"),
        )
    )
    assert [(each.kid, each.algorithm) for each in found] == [
        ("rsa", "RS256"),
        ("p256", "ES256"),
        ("ed", "EdDSA"),
    ]


def test_secret_weak_and_other_keys_are_left_out() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    private = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(OLD))
    found = parse_key_set(
        key_set(
            {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMy", "kid": "secret"},
            private,
            described(weak, kid="weak"),
            described(RSA, kid="other algorithm", alg="PS256"),
            described(RSA, kid="confused", alg="HS256"),
            described(RSA, kid="encrypts", use="enc"),
            described(NEW, kid="signs only", key_ops=["sign"]),
            described(ec.generate_private_key(ec.SECP384R1()), kid="p384"),
            described(NEW, kid="good"),
        )
    )
    assert [each.kid for each in found] == ["good"]


@asynccontextmanager
async def website(status: str, body: bytes) -> AsyncIterator[str]:
    """An HTTP server with one page."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nlocation: /\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/keys"


async def test_a_set_comes_over_http() -> None:
    body = key_set(described(NEW, kid="new"))
    async with website("200 OK", body) as url:
        assert await fetch_bytes(url) == body
        assert [each.kid for each in await KeySet(url).find("EdDSA", "new")] == ["new"]


@pytest.mark.parametrize(
    ("status", "body"),
    [("500 Oops", b"{}"), ("404 Gone", b"{}"), ("302 Moved", b""), ("200 OK", b"x" * 300_000)],
)
async def test_no_good_answer_is_no_key_set(status: str, body: bytes) -> None:
    async with website(status, body) as url:
        with pytest.raises(KeysUnavailable):
            await KeySet(url).find("EdDSA", "new")
