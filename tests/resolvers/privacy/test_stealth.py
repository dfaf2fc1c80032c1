"""Everybody scans stealth announcements; meta-addresses are the owner's until published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.catalog.wallet import Wallet
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.privacy.stealth import meta_address_of
from resolvers.reflection import entity_of
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


SET = """mutation ($input: SetStealthMetaAddressInput!) { setStealthMetaAddress(input: $input) {
  stealthMetaAddress { id metaAddress schemeId chain { slug } registrant { address } }
  replayed userErrors { field code } } }"""
DELETE = """mutation ($input: DeleteStealthMetaAddressInput!) {
  deleteStealthMetaAddress(input: $input) { deletedId userErrors { field code } } }"""


@pytest.fixture
async def carol(worker_stores: Stores) -> Viewer:
    """A user of the test's own, who proved to hold one wallet and claims another."""
    user = uuid4()
    proved, claimed = uuid4(), uuid4()
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(user,)])
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(wallet, CHAIN, f"0x{wallet.hex}00000000") for wallet in (proved, claimed)],
    )
    await postgres.copy_rows(
        "account.user_wallets",
        ("user_id", "wallet_id", "label", "verified_at"),
        [(user, proved, "proved", AT), (user, claimed, "claimed", None)],
    )
    return Viewer(user, "user")


async def _wallet(worker_stores: Stores, viewer: Viewer, label: str) -> UUID:
    text = "SELECT wallet_id FROM account.user_wallets WHERE user_id = $1 AND label = $2"
    rows = await worker_stores.postgres.fetch(Statement("wallet", text), viewer.user_id, label)
    wallet: UUID = rows[0][0]
    return wallet


async def _set(stores: Stores, viewer: Viewer, **input: object) -> Any:
    wish = {"chain": f"chain-{CHAIN}", "metaAddress": META, **input}
    answer = await ask(stores, SET, viewer=viewer, input=wish)
    assert not answer.errors
    return answer.data["setStealthMetaAddress"]


async def test_a_meta_address_is_set_published_replaced_and_withdrawn(
    stores: Stores, worker_stores: Stores, carol: Viewer
) -> None:
    wallet = await _wallet(worker_stores, carol, "proved")
    look: dict[str, Any] = {"chain": f"chain-{CHAIN}", "address": f"0x{wallet.hex}00000000"}
    first = await _set(stores, carol, metaAddress=META.upper().replace("ST:TEST:0X", "st:test:0x"))
    assert first["userErrors"] == []
    made = first["stealthMetaAddress"]
    assert (made["metaAddress"], made["schemeId"], made["registrant"]) == (META, 1, None)
    assert made["chain"] == {"slug": f"chain-{CHAIN}"}
    assert (await ask(stores, LOOKUP, **look)).data == {"publishedMetaAddress": None}

    published = await _set(stores, carol, registrantId=encode_id(entity_of(Wallet), wallet))
    assert published["stealthMetaAddress"]["id"] == made["id"]
    assert published["stealthMetaAddress"]["registrant"]["address"].lower() == look["address"]
    other = f"st:test:0x{G2}"
    replaced = await _set(stores, carol, metaAddress=other)
    assert replaced["stealthMetaAddress"]["registrant"] is not None  # left out, it stays
    found = (await ask(stores, LOOKUP, **look)).data["publishedMetaAddress"]
    assert found["metaAddress"] == other

    hidden = await _set(stores, carol, registrantId=None)
    assert hidden["stealthMetaAddress"]["registrant"] is None
    assert (await ask(stores, LOOKUP, **look)).data == {"publishedMetaAddress": None}
    gone = await ask(stores, DELETE, viewer=carol, input={"id": made["id"]})
    assert gone.data["deleteStealthMetaAddress"] == {"deletedId": made["id"], "userErrors": []}
    assert (await ask(stores, OWN, viewer=carol)).data["stealthMetaAddresses"]["nodes"] == []


async def test_a_request_sent_twice_undoes_nothing_done_since(
    stores: Stores, carol: Viewer
) -> None:
    first = await _set(stores, carol, idempotencyKey="once")
    await _set(stores, carol, metaAddress=f"st:test:0x{G2}")
    again = await _set(stores, carol, idempotencyKey="once")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["stealthMetaAddress"]["id"] == first["stealthMetaAddress"]["id"]
    assert again["stealthMetaAddress"]["metaAddress"] == f"st:test:0x{G2}"


async def test_unlinking_the_wallet_withdraws_what_was_published_under_it(
    stores: Stores, worker_stores: Stores, carol: Viewer
) -> None:
    wallet = await _wallet(worker_stores, carol, "proved")
    await _set(stores, carol, registrantId=encode_id(entity_of(Wallet), wallet))
    unlink = "DELETE FROM account.user_wallets WHERE user_id = $1 AND wallet_id = $2"
    await worker_stores.postgres.execute(
        Statement("unlink", unlink, (), "exec"), carol.user_id, wallet
    )
    look: dict[str, Any] = {"chain": f"chain-{CHAIN}", "address": f"0x{wallet.hex}00000000"}
    assert (await ask(stores, LOOKUP, **look)).data == {"publishedMetaAddress": None}
    (node,) = (await ask(stores, OWN, viewer=carol)).data["stealthMetaAddresses"]["nodes"]
    assert (node["metaAddress"], node["registrant"]) == (META, None)


async def test_nothing_is_published_under_a_wallet_that_was_not_proved(
    stores: Stores, worker_stores: Stores, carol: Viewer
) -> None:
    claimed = await _wallet(worker_stores, carol, "claimed")
    for wallet in (claimed, PROVED, uuid4()):  # Alice and Bob proved theirs
        payload = await _set(stores, carol, registrantId=encode_id(entity_of(Wallet), wallet))
        assert payload == {
            "stealthMetaAddress": None,
            "replayed": False,
            "userErrors": [{"field": ["registrantId"], "code": "NOT_FOUND"}],
        }
    assert (await ask(stores, OWN, viewer=carol)).data["stealthMetaAddresses"]["nodes"] == []


async def test_one_meta_address_of_a_scheme_stands_under_a_wallet(stores: Stores) -> None:
    # Bob proved to hold the wallet under which Alice published hers.
    payload = await _set(
        stores, Viewer(BOB, "user"), registrantId=encode_id(entity_of(Wallet), PROVED)
    )
    assert payload["userErrors"] == [{"field": ["registrantId"], "code": "TAKEN"}]


@pytest.mark.parametrize(
    ("input", "fields"),
    [
        ({"metaAddress": "st:test:0x12"}, ["metaAddress"]),
        ({"metaAddress": "x" * 513}, ["metaAddress"]),
        ({"schemeId": 0}, ["schemeId"]),
        ({"chain": "nowhere"}, ["chain"]),
    ],
)
async def test_what_cannot_be_a_meta_address_is_refused(
    stores: Stores, carol: Viewer, input: dict[str, object], fields: list[str]
) -> None:
    payload = await _set(stores, carol, **input)
    assert payload["stealthMetaAddress"] is None
    assert [error["field"] for error in payload["userErrors"]] == [fields]


async def test_a_stranger_removes_and_reads_nothing(stores: Stores, carol: Viewer) -> None:
    made = (await _set(stores, carol))["stealthMetaAddress"]
    stranger = Viewer(BOB, "user")
    answer = await ask(stores, DELETE, viewer=stranger, input={"id": made["id"]})
    assert answer.data["deleteStealthMetaAddress"] == {
        "deletedId": None,
        "userErrors": [{"field": ["id"], "code": "NOT_FOUND"}],
    }
    node = await ask(
        stores, "query ($id: ID!) { node(id: $id) { id } }", viewer=stranger, id=made["id"]
    )
    assert (node.errors, node.data) == ([], {"node": None})
    (kept,) = (await ask(stores, OWN, viewer=carol)).data["stealthMetaAddresses"]["nodes"]
    assert kept["metaAddress"] == META
    for document, input in (
        (SET, {"chain": f"chain-{CHAIN}", "metaAddress": META}),
        (DELETE, {"id": made["id"]}),
    ):
        for viewer, code in (
            (Viewer(), "UNAUTHENTICATED"),
            (Viewer(carol.user_id, "user", scopes_of(["read"])), "FORBIDDEN"),
        ):
            answer = await ask(stores, document, viewer=viewer, input=input)
            assert [code for _, code in answer.codes] == [code]
            assert answer.statements == []
