"""EIP-4361: what keeps to the grammar is read, everything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resolvers.account import siwe
from resolvers.account.siwe import SiweError
from tests.resolvers.account.wallets import TestWallet, siwe_text

ADDRESS = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITES = {"app.example.org"}

# The example of the standard.
STANDARD = """example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""

EVERYTHING = """https://example.com:3388 wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

Hello, world!

URI: did:key:z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP?a=b/c#d
Version: 1
Chain ID: 11155111
Nonce: aB3dEfGh
Issued At: 2021-09-30T16:25:24.123456789+02:00
Expiration Time: 2021-09-30T18:00:00Z
Not Before: 2021-09-30T14:00:00.5Z
Request ID: some%20id;v=1
Resources:"""


def test_example_of_the_standard_is_read() -> None:
    message = siwe.parse(STANDARD)
    assert message == siwe.SiweMessage(
        scheme=None,
        domain="example.com",
        address=ADDRESS,
        statement="I accept the ExampleOrg Terms of Service: https://example.com/tos",
        uri="https://example.com/login",
        chain_id=1,
        nonce="32891756",
        issued_at=datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC),
        expiration_time=None,
        not_before=None,
        request_id=None,
        resources=(
            "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
            "https://example.com/my-web2-claim.json",
        ),
    )


def test_every_optional_part_is_read() -> None:
    message = siwe.parse(EVERYTHING)
    assert (message.scheme, message.domain) == ("https", "example.com:3388")
    assert message.issued_at == datetime(2021, 9, 30, 14, 25, 24, 123456, UTC)
    assert message.expiration_time == datetime(2021, 9, 30, 18, tzinfo=UTC)
    assert message.not_before == datetime(2021, 9, 30, 14, 0, 0, 500000, UTC)
    assert message.request_id == "some%20id;v=1"
    assert message.resources == ()


@pytest.mark.parametrize(
    "domain",
    ["localhost:8000", "[::1]:8000", "127.0.0.1", "user@example.com", "a-b.example.co.uk"],
)
def test_every_kind_of_authority_is_read(domain: str) -> None:
    assert siwe.parse(STANDARD.replace("example.com wants", f"{domain} wants")).domain == domain


def test_a_message_without_statement_has_an_empty_line_in_its_place() -> None:
    text = siwe_text(ADDRESS, "12345678", issued_at=NOW)
    assert siwe.parse(text).statement is None
    with pytest.raises(SiweError):
        siwe.parse(text.replace("\n\n\n", "\n\n"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wants you to sign in", "wants you to sign  in"),
        ("example.com wants", " wants"),
        ("example.com wants", "exa mple.com wants"),
        ("example.com wants", "[1:2] wants"),
        ("0xC02aaA", "0xc02aaA"),
        ("0xC02aaA39b223", "0xC02aaA39b22"),
        (ADDRESS, ADDRESS.lower()),
        ("Service: https", "Sérvice: https"),
        ("/tos\n\n", "/tos\n"),
        ("/tos\n\n", "/tos\n\n\n"),
        ("I accept", "I accept\n"),
        ("URI: https://example.com/login", "URI: /login"),
        ("URI: https://example.com/login", "URI: https://example.com/log in"),
        ("URI: https://example.com/login", "URI: https://example.com/%zz"),
        ("Version: 1", "Version: 2"),
        ("Chain ID: 1", "Chain ID: 0x1"),
        ("Chain ID: 1\n", ""),
        ("Chain ID: 1\nNonce: 32891756", "Nonce: 32891756\nChain ID: 1"),
        ("Nonce: 32891756", "Nonce: 3289175"),
        ("Nonce: 32891756", "Nonce: 3289175_"),
        ("2021-09-30T16:25:24Z", "2021-09-31T16:25:24Z"),
        ("2021-09-30T16:25:24Z", "2021-09-30T16:25:24"),
        ("2021-09-30T16:25:24Z", "2021-09-30 16:25:24Z"),
        ("2021-09-30T16:25:24Z", "2021-09-30"),
        ("2021-09-30T16:25:24Z", "2021-09-30T16:25:24Z\nNot Before: later"),
        (
            "2021-09-30T16:25:24Z",
            "2021-09-30T16:25:24Z\nNot Before: 2021-09-30T16:25:24Z"
            "\nExpiration Time: 2021-09-30T16:25:24Z",
        ),
        ("- ipfs://", "-ipfs://"),
        ("- ipfs://", "- "),
        ("claim.json", "claim.json\n"),
        ("\n", "\r\n"),
    ],
)
def test_whatever_breaks_the_grammar_is_refused(old: str, new: str) -> None:
    assert old in STANDARD
    with pytest.raises(SiweError):
        siwe.parse(STANDARD.replace(old, new, 1))


def test_long_messages_are_refused_unread() -> None:
    with pytest.raises(SiweError, match="longer"):
        siwe.parse("a" * 4_001)


def test_a_signature_made_elsewhere_leads_to_its_address() -> None:
    # Published with eth-account: personal_sign of this text by a known key.
    signature = (
        "0xe6ca9bba58c88611fad66a6ce8f996908195593807c4b38bd528d2cff09d4eb3"
        "3e5bfbbf4d3e39b1a2fd816a7680c19ebebaf3a141b239934ad43cb33fcec8ce1c"
    )
    assert siwe.recover("I♥SF", signature) == "0x5ce9454909639D2D17A3F753ce7d93fa0b9aB12E"


def test_a_message_signed_for_us_proves_its_address() -> None:
    wallet = TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW, domain="App.Example.org")
    message = siwe.verify(text, wallet.sign(text), domains=SITES, at=NOW)
    assert message.address == wallet.address


@pytest.mark.parametrize(
    ("domain", "lines", "reason"),
    [
        ("evil.example.org", "", "another site"),
        ("app.example.org:81", "", "another site"),
        ("app.example.org", "\nExpiration Time: 2026-03-01T12:00:00Z", "expired"),
        ("app.example.org", "\nNot Before: 2026-03-01T12:00:01Z", "not valid yet"),
    ],
)
def test_site_and_times_are_checked(domain: str, lines: str, reason: str) -> None:
    wallet = TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW, domain=domain, lines=lines)
    with pytest.raises(SiweError, match=reason):
        siwe.verify(text, wallet.sign(text), domains=SITES, at=NOW)


def test_a_message_from_the_future_is_refused() -> None:
    wallet = TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW.replace(minute=2))
    with pytest.raises(SiweError, match="future"):
        siwe.verify(text, wallet.sign(text), domains=SITES, at=NOW)


def test_another_wallets_signature_is_refused() -> None:
    wallet, other = TestWallet.new(), TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW)
    with pytest.raises(SiweError, match="not that of the address"):
        siwe.verify(text, other.sign(text), domains=SITES, at=NOW)


def test_a_changed_message_is_refused() -> None:
    wallet = TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW)
    signature = wallet.sign(text)
    with pytest.raises(SiweError, match="not that of the address"):
        siwe.verify(text.replace("12345678", "12345679"), signature, domains=SITES, at=NOW)


def test_a_signature_has_one_form_only() -> None:
    wallet = TestWallet.new()
    text = siwe_text(wallet.address, "12345678", issued_at=NOW)
    good = wallet.sign(text)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    raw = bytes.fromhex(good[2:])
    mirrored = order - int.from_bytes(raw[32:64], "big")
    twin = raw[:32] + mirrored.to_bytes(32, "big") + bytes((55 - raw[64],))
    for bad in (
        "0x" + twin.hex(),
        good[2:],
        good[:-2],
        good + "00",
        good[:-2] + "1d",
        "0x" + "00" * 65,
        "0x" + "ff" * 65,
        "",
    ):
        with pytest.raises(SiweError):
            siwe.recover(text, bad)
    assert siwe.recover(text, good[:-2] + bytes((raw[64] - 27,)).hex()) == wallet.address


def test_nonces_are_fresh_letters_and_digits() -> None:
    nonces = {siwe.new_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(len(nonce) == 24 and nonce.isalnum() for nonce in nonces)
