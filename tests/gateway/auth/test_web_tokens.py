"""JSON web tokens: what is verified, and every way around it that does not work."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.refusals import Denied
from gateway.auth.signing_keys import FixedKeys, fixed_keys
from gateway.auth.web_tokens import Claims, WebTokens
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import People, serving

SECRET = "a shared secret of more than 32 bytes"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SIGNERS: dict[str, Any] = {"HS256": SECRET, "RS256": RSA, "ES256": P256, "EdDSA": ED25519}
USER = uuid4()


def pem(key: Any) -> str:
    """The public half of a key."""
    return str(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "ascii"
    )


PUBLIC = [pem(key) for key in (RSA, P256, ED25519)]


def keys() -> FixedKeys:
    found = fixed_keys(SECRET, PUBLIC)
    assert found is not None
    return found


def verifier(**options: Any) -> WebTokens:
    return WebTokens((keys(),), **options)


def token(algorithm: str = "HS256", key: Any = None, headers: Any = None, **claims: Any) -> str:
    payload = {"sub": str(USER), "exp": time.time() + 300, **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key or SIGNERS[algorithm], algorithm, headers=headers)


def forged(header: dict[str, Any], payload: Any = None, signature: bytes = b"") -> str:
    """A token put together by hand."""
    payload = {"sub": str(USER), "exp": time.time() + 300} if payload is None else payload
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize("algorithm", SIGNERS)
async def test_each_algorithm_is_verified_by_its_key(algorithm: str) -> None:
    claims = await verifier().verified(token(algorithm))
    assert claims.user_id == USER
    assert claims.expires_at == pytest.approx(time.time() + 360, abs=5)


def rs_for_hs() -> str:
    """The public key, which everybody knows, taken for a shared secret."""
    header, payload = forged({"alg": "HS256", "typ": "JWT"}).split(".")[:2]
    import hashlib
    import hmac

    signed = hmac.new(PUBLIC[0].encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    return f"{header}.{payload}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def changed() -> str:
    """A good signature under other claims."""
    header, _, signature = token("RS256").split(".")
    other = forged({"alg": "RS256"}, {"sub": str(uuid4()), "exp": time.time() + 300}).split(".")[1]
    return f"{header}.{other}.{signature}"


REFUSED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: forged({"alg": "none", "typ": "JWT"}),
    "no algorithm, in capitals": lambda: forged({"alg": "NONE"}),
    "no algorithm at all": lambda: forged({"typ": "JWT"}),
    "the public key as a secret": rs_for_hs,
    "an algorithm nobody asked for": lambda: token("HS512", SECRET * 2),
    "a stranger's key": lambda: token("RS256", STRANGER),
    "a key that comes along": lambda: token("RS256", STRANGER, {"jwk": {"kty": "RSA"}}),
    "a key somewhere else": lambda: token("RS256", STRANGER, {"jku": "http://127.0.0.1:9/"}),
    "other claims": changed,
    "no signature": lambda: token("RS256").rpartition(".")[0] + ".",
    "a demand we do not know": lambda: token(headers={"crit": ["b64"], "b64": False}),
    "a name of a key that is none": lambda: forged({"alg": "HS256", "kid": {"$ne": 1}}),
    "no end": lambda: token(exp=None),
    "an end without end": lambda: forged({"alg": "HS256"}, {"sub": str(USER), "exp": float("inf")}),
    "an end that is no time": lambda: token(exp="soon"),
    "over": lambda: token(exp=time.time() - 61),
    "not yet": lambda: token(nbf=time.time() + 65),
    "nobody": lambda: token(sub=None),
    "somebody else's id": lambda: token(sub="auth0|42"),
    "a wallet that is no text": lambda: token(sub=None, wallet_address=7),
    "a wallet without end": lambda: token(sub=None, wallet_address="0x" + "a" * 500),
    "a list of scopes": lambda: token(scope=["read"]),
    "a payload that is a list": lambda: forged({"alg": "HS256"}, [1]),
    "deep nesting": lambda: "a." + "W" * 4000 + ".c",
    "two parts": lambda: "a.b",
    "empty parts": lambda: "..",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_good_is_refused(name: str) -> None:
    with pytest.raises(Denied):
        await verifier().verified(REFUSED[name]())


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -30), ("nbf", 30)])
async def test_clocks_may_be_a_minute_apart(claim: str, seconds: int) -> None:
    claims: dict[str, Any] = {claim: time.time() + seconds}
    assert (await verifier().verified(token(**claims))).user_id == USER


@pytest.mark.parametrize(
    ("claims", "good"),
    [
        ({"iss": "https://id.example.org", "aud": "graph"}, True),
        ({"iss": "https://id.example.org", "aud": ["other", "graph"]}, True),
        ({"iss": "https://id.example.org"}, False),
        ({"aud": "graph"}, False),
        ({}, False),
        ({"iss": "https://evil.example.org", "aud": "graph"}, False),
        ({"iss": "https://id.example.org", "aud": "other"}, False),
        ({"iss": "https://id.example.org", "aud": []}, False),
        ({"iss": ["https://id.example.org"], "aud": "graph"}, False),
    ],
)
async def test_issuer_and_audience_are_required_once_they_are_set(
    claims: dict[str, Any], good: bool
) -> None:
    tokens = verifier(issuer="https://id.example.org", audience="graph")
    text = forged_claims(claims)
    if good:
        assert (await tokens.verified(text)).user_id == USER
        return
    with pytest.raises(Denied):
        await tokens.verified(text)


def forged_claims(claims: dict[str, Any]) -> str:
    """A signed token with claims that a careful library would not write."""
    payload = json.dumps({"sub": str(USER), "exp": time.time() + 300, **claims}).encode()
    return jwt.api_jws.encode(payload, SECRET, "HS256")


async def test_what_a_token_says_of_wallets_and_scopes() -> None:
    address = "0xAbC0000000000000000000000000000000000123"
    claims = await verifier().verified(token(sub="idp|1", wallet_address=address, scope="read x"))
    assert claims == Claims(None, address.lower(), ("read", "x"), claims.expires_at)
    solana = "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs"
    assert (await verifier().verified(token(wallet_address=solana))).wallet == solana


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["alg", "kid", "exp", "sub", "aud", "typ"]), inner
                )
            ),
            max_leaves=8,
        ).map(lambda value: forged({"alg": "HS256"}, value)),
    )
)
async def test_no_text_breaks_the_verifier(text: str) -> None:
    with pytest.raises(Denied):
        await verifier().verified(text)


@pytest.mark.parametrize(
    "text",
    [
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        pem(ec.generate_private_key(ec.SECP384R1())),
        "nonsense",
    ],
    ids=["short RSA", "curve P-384", "no key"],
)
def test_weak_and_unknown_keys_of_the_configuration_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        fixed_keys(None, [text])


async def test_a_token_over_http_is_its_user(store_urls: StoreUrls, people: People) -> None:
    user_id = await people.user(role="admin")
    await people.tier(user_id, "pro")
    async with serving(store_urls, jwt_public_keys="\n".join(PUBLIC), jwt_secret=SECRET) as edge:
        for algorithm in SIGNERS:
            who = await edge.who(authorization=f"Bearer {token(algorithm, sub=str(user_id))}")
            assert (who["userId"], who["role"], who["tier"]) == (str(user_id), "admin", "pro")
        limited = await edge.who(authorization=f"Bearer {token(sub=str(user_id), scope='openid')}")
        assert limited["scopes"] == []
        stranger = token(sub=str(uuid4()))
        assert await edge.code(authorization=f"Bearer {stranger}") == (401, "UNAUTHENTICATED")
        await people.sql.execute(
            "UPDATE account.users SET is_active = false WHERE id = $1", user_id
        )
        inactive = token(sub=str(user_id), iat=1)
        assert await edge.code(authorization=f"Bearer {inactive}") == (401, "UNAUTHENTICATED")


async def test_a_wallet_is_the_user_who_proved_it(store_urls: StoreUrls, people: People) -> None:
    def address() -> str:
        return f"0x{uuid4().hex}{'0' * 8}"

    mine, claimed, shared = address(), address(), address()
    user_id, other = await people.user(), await people.user()
    await people.wallet(user_id, mine)
    await people.wallet(user_id, claimed, verified=False)
    await people.wallet(user_id, shared)
    await people.wallet(other, shared)
    async with serving(store_urls, jwt_secret=SECRET) as edge:

        async def code(wallet: str) -> tuple[int, str]:
            text = token(sub="idp|1", wallet_address=wallet)
            return await edge.code(authorization=f"Bearer {text}")

        upper = "0x" + mine[2:].upper()
        who = await edge.who(authorization=f"Bearer {token(sub='x', wallet_address=upper)}")
        assert (who["userId"], who["wallet"]) == (str(user_id), mine)
        for wallet in (claimed, shared, address()):
            assert await code(wallet) == (401, "UNAUTHENTICATED")


async def test_without_keys_no_token_is_accepted(store_urls: StoreUrls) -> None:
    async with serving(store_urls) as edge:
        assert await edge.code(authorization=f"Bearer {token()}") == (401, "UNAUTHENTICATED")
