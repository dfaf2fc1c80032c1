"""Everybody scans stealth announcements; meta-addresses are the owner's until published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from resolvers.privacy.stealth import meta_address_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

CHAIN = 961_002
ALICE, BOB = uuid4(), uuid4()
PROVED, CLAIMED, UNUSED = uuid4(), uuid4(), uuid4()
AT = datetime(2025, 5, 5, 12, tzinfo=UTC)
# Multiples of the generator of secp256k1.
G1 = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
G2 = "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
META = f"st:test:0x{G1}{G2}"
ADDRESSES = {PROVED: "0x" + "a1" * 20, CLAIMED: "0x" + "a2" * 20, UNUSED: "0x" + "a3" * 20}

SCAN = """query ($after: String, $tag: Int!, $hashes: [Hash!]!) {
  stealthAnnouncements(first: 2, after: $after,
      where: {viewTag: {eq: $tag}, txHash: {in: $hashes}}) {
    nodes { stealthAddress ephemeralPublicKey viewTag schemeId logIndex announcedAt chain { slug } }
    pageInfo { hasNextPage endCursor } } }"""
HASHES = [f"0xfeed{number:060x}" for number in range(1, 6)]
LOOKUP = """query ($chain: ChainId!, $address: Address!, $scheme: Int = 1) {
  publishedMetaAddress(chain: $chain, address: $address, schemeId: $scheme) {
    registrant schemeId metaAddress } }"""
OWN = """{ stealthMetaAddresses { nodes { metaAddress schemeId chain { slug }
  registrant { address } } } }"""


@pytest.fixture(scope="module", autouse=True)
async def stealth(worker_stores: Stores) -> AsyncIterator[None]:
    """Five announcements, one of them found late; Alice has two meta-addresses, Bob one."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(wallet, CHAIN, address) for wallet, address in ADDRESSES.items()],
    )
    await postgres.copy_rows(
        "account.user_wallets",
        ("user_id", "wallet_id", "verified_at"),
        [(ALICE, PROVED, AT), (BOB, CLAIMED, None), (BOB, PROVED, AT)],
    )
    await postgres.copy_rows(
        "privacy.stealth_announcements",
        (
            *("chain_id", "stealth_address", "ephemeral_public_key", "view_tag", "tx_hash"),
            *("log_index", "announced_at", "indexed_at"),
        ),
        [
            (
                CHAIN,
                f"0x{number:040x}",
                f"0x{G1}",
                tag,
                HASHES[number - 1],
                number,
                AT + timedelta(hours=announced),
                AT + timedelta(hours=indexed),
            )
            for number, tag, announced, indexed in (
                (1, 17, 1, 1),
                (2, 17, 2, 2),
                (3, 17, 0, 3),  # the oldest, found last
                (4, 18, 1, 1),
                (5, None, 1, 1),
            )
        ],
    )
    await postgres.copy_rows(
        "privacy.stealth_meta_addresses",
        ("user_id", "chain_id", "scheme_id", "meta_address", "registrant_wallet_id"),
        [
            (ALICE, CHAIN, 1, META, PROVED),
            (ALICE, CHAIN, 2, f"st:test:0x{G2}", None),
            (BOB, CHAIN, 1, f"st:test:0x{G2}{G1}", CLAIMED),
        ],
    )
    yield
    for table in ("stealth_announcements", "stealth_meta_addresses"):
        text = f"DELETE FROM privacy.{table} WHERE chain_id = $1"
        await postgres.execute(Statement("tidy", text, ("chain",), "exec"), CHAIN)


async def test_a_scan_that_goes_on_misses_nothing_found_late(stores: Stores) -> None:
    first = await ask(stores, SCAN, hashes=HASHES, tag=17)
    assert not first.errors
    page = first.data["stealthAnnouncements"]
    assert page["nodes"][0] == {
        "stealthAddress": "0x0000000000000000000000000000000000000001",
        "ephemeralPublicKey": f"0x{G1}",
        "viewTag": 17,
        "schemeId": 1,
        "logIndex": 1,
        "announcedAt": "2025-05-05T13:00:00Z",
        "chain": {"slug": f"chain-{CHAIN}"},
    }
    assert [node["logIndex"] for node in page["nodes"]] == [1, 2]
    assert page["pageInfo"]["hasNextPage"]
    rest = await ask(stores, SCAN, hashes=HASHES, tag=17, after=page["pageInfo"]["endCursor"])
    assert [node["logIndex"] for node in rest.data["stealthAnnouncements"]["nodes"]] == [3]
    assert not rest.data["stealthAnnouncements"]["pageInfo"]["hasNextPage"]


async def test_a_published_meta_address_is_found_and_says_no_more(stores: Stores) -> None:
    answer = await ask(stores, LOOKUP, chain=f"chain-{CHAIN}", address=ADDRESSES[PROVED])
    assert not answer.errors
    found = answer.data["publishedMetaAddress"]
    assert found["registrant"].lower() == ADDRESSES[PROVED]
    assert (found["schemeId"], found["metaAddress"]) == (1, META)


@pytest.mark.parametrize(
    ("wallet", "scheme", "why"),
    [
        (CLAIMED, 1, "Bob never proved to hold the key"),
        (PROVED, 2, "Alice keeps this one to herself"),
        (UNUSED, 1, "nobody published anything"),
    ],
)
async def test_what_is_not_published_is_not_found(
    stores: Stores, wallet: object, scheme: int, why: str
) -> None:
    for viewer in (None, Viewer(BOB, "user")):
        answer = await ask(
            stores,
            LOOKUP,
            viewer=viewer,
            chain=f"chain-{CHAIN}",
            address=ADDRESSES[wallet],  # type: ignore[index]
            scheme=scheme,
        )
        assert not answer.errors
        assert answer.data == {"publishedMetaAddress": None}, why


async def test_own_meta_addresses_are_the_owners(stores: Stores) -> None:
    answer = await ask(stores, OWN, viewer=Viewer(ALICE, "user"))
    assert not answer.errors
    nodes = answer.data["stealthMetaAddresses"]["nodes"]
    assert sorted((node["schemeId"], node["metaAddress"]) for node in nodes) == [
        (1, META),
        (2, f"st:test:0x{G2}"),
    ]
    assert {(node["schemeId"], node["registrant"] is None) for node in nodes} == {
        (1, False),
        (2, True),
    }
    stranger = await ask(stores, OWN, viewer=Viewer(uuid4(), "user"))
    assert stranger.data["stealthMetaAddresses"]["nodes"] == []
    nobody = await ask(stores, OWN)
    assert nobody.codes == [("stealthMetaAddresses", "UNAUTHENTICATED")]


@pytest.mark.parametrize(
    ("given", "scheme", "kept"),
    [
        (f" ST:Test:0x{G1.upper()}{G2} ", 1, META),
        (f"st:test:0x{G1}", 1, f"st:test:0x{G1}"),
        (f"st:test:0x{G1}{'04' + G2[2:]}", 1, None),  # not compressed
        (f"st:test:0x{G1[:-1]}c{G2}", 1, None),  # a digit of the first key is wrong
        (f"st:test:0x{'02' + 'ff' * 32}", 1, None),  # beyond the field
        (f"st:test:0x{'07' + 'ff' * 32}", 2, f"st:test:0x{'07' + 'ff' * 32}"),  # another curve
        (f"test:0x{G1}", 1, None),
        (f"st:test:0x{G1}{G2}00", 1, None),
    ],
)
def test_keys_that_nobody_could_spend_with_are_refused(
    given: str, scheme: int, kept: str | None
) -> None:
    assert meta_address_of(given, scheme) == kept
