"""What a text finds, against a catalogue written here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

CHAIN = 930_001
ADDRESS = "0x52908400098527886e0f7030069857d2e4169ee7"
CHECKSUMMED = "0x52908400098527886E0F7030069857D2E4169EE7"
TABLES = (
    "catalog.address_labels",
    "catalog.wallets",
    "catalog.bridges",
    "catalog.assets",
    "catalog.protocols",
    "agents.agents",
)


@pytest.fixture(scope="module", autouse=True)
async def catalogue(worker_stores: Stores) -> AsyncIterator[None]:
    """A few things with odd names."""
    postgres = worker_stores.postgres
    ids = [uuid4() for _ in range(12)]
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", "zorblax-net", "Zorblax Network", True)],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category", "description", "is_active"),
        [
            (ids[0], "zorblax", "Zorblax Finance", "Lending", "Lends gizmos.", True),
            (ids[1], "zorb-swap", "Zorb_Swap", "Dexes", "Swaps quuxinators fast.", True),
            (ids[2], "zorbital", "Zorbital", "Dexes", None, True),
            (ids[3], "zorbdead", "Zorbdead", "Dexes", None, False),
        ],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "chain_id", "contract_address"),
        [
            (ids[4], "ZORB", "Zorblax Token", CHAIN, ADDRESS),
            (ids[5], "zorbUSD", "Stable Zorb", None, None),
        ],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address", "transaction_count"),
        [(ids[6], CHAIN, ADDRESS, 5), (ids[7], CHAIN, "0x" + "ab" * 20, 9)],
    )
    await postgres.copy_rows(
        "catalog.address_labels",
        ("id", "chain_id", "address", "name", "source"),
        [(ids[8], CHAIN, "0x" + "ab" * 20, "Zorblax: Hot Wallet", "tests")],
    )
    await postgres.copy_rows(
        "catalog.bridges", ("id", "slug", "name"), [(ids[9], "zorb-bridge", "Zorb Bridge")]
    )
    await postgres.copy_rows(
        "agents.agents",
        ("id", "slug", "name", "description", "kind", "agent_type"),
        [(ids[10], "zorbot", "Zorbot", "Watches quuxinators.", "marketplace", "data")],
    )
    yield
    for table in TABLES:
        text = f"DELETE FROM {table} WHERE id = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), ids)
    text = "DELETE FROM catalog.chains WHERE id = $1"
    await postgres.execute(Statement("tidy", text, ("id",), "exec"), CHAIN)


QUERY = """query ($text: String!, $kinds: [SearchKind!], $first: Int! = 50) {
  search(text: $text, kinds: $kinds, first: $first) { kind title score node { id
    ... on Protocol { slug } ... on Asset { symbol chain { slug } } ... on Wallet { address } } } }
"""


async def _found(stores: Stores, text: str, **more: Any) -> list[tuple[str, str, float]]:
    answer = await ask(stores, QUERY, text=text, **more)
    assert not answer.errors
    return [(hit["kind"], hit["title"], hit["score"]) for hit in answer.data["search"]]


async def test_exact_keys_come_before_beginnings_of_names(stores: Stores) -> None:
    assert await _found(stores, " Zorblax ") == [
        ("PROTOCOL", "Zorblax Finance", 1.0),
        ("CHAIN", "Zorblax Network", 0.8),
        ("WALLET", "Zorblax: Hot Wallet", 0.75),
        ("ASSET", "ZORB", 0.7),
    ]


async def test_hits_are_sorted_by_score_and_cut(stores: Stores) -> None:
    everything = await _found(stores, "zorb")
    assert everything[0] == ("ASSET", "ZORB", 1.0)
    scores = [score for _, _, score in everything]
    assert scores == sorted(scores, reverse=True)
    assert {title for _, title, _ in everything} == {
        *("ZORB", "zorbUSD", "Zorblax Finance", "Zorb_Swap", "Zorbital", "Zorb Bridge"),
        *("Zorbot", "Zorblax: Hot Wallet", "Zorblax Network"),
    }
    assert await _found(stores, "zorb", first=2) == everything[:2]


async def test_wildcards_are_letters(stores: Stores) -> None:
    assert await _found(stores, "zorb_") == [("PROTOCOL", "Zorb_Swap", 0.8)]
    assert await _found(stores, "zor%") == []
    assert await _found(stores, "zor\\") == []
    assert await _found(stores, "'; drop table x --") == []


async def test_words_of_descriptions_are_found(stores: Stores) -> None:
    found = await _found(stores, "quuxinator")
    assert sorted((kind, title) for kind, title, _ in found) == [
        ("AGENT", "Zorbot"),
        ("PROTOCOL", "Zorb_Swap"),
    ]
    assert all(0 < score < 0.6 for _, _, score in found)


@pytest.mark.parametrize("text", [ADDRESS, CHECKSUMMED, ADDRESS.upper().replace("X", "x")])
async def test_an_address_is_found_however_it_is_written(stores: Stores, text: str) -> None:
    assert await _found(stores, text) == [("ASSET", "ZORB", 1.0), ("WALLET", ADDRESS, 1.0)]


async def test_nodes_are_one_statement_a_type(stores: Stores) -> None:
    answer = await ask(stores, QUERY, text="zorb", kinds=["PROTOCOL", "ASSET"])
    assert not answer.errors
    nodes = [hit["node"] for hit in answer.data["search"]]
    assert {"id", "slug"} == set(nodes[1]) or {"id", "symbol", "chain"} == set(nodes[1])
    assert answer.statements == [
        ("postgres", "read catalog.assets by id"),
        ("postgres", "read catalog.chains by id"),
        ("postgres", "read catalog.protocol_listing by id"),
        ("postgres", "search.assets"),
        ("postgres", "search.protocols"),
    ]


@pytest.mark.parametrize(
    ("text", "first"), [("", 5), ("   ", 5), ("x" * 201, 5), ("a\0b", 5), ("a", 0), ("a", 51)]
)
async def test_senseless_searches_are_refused(stores: Stores, text: str, first: int) -> None:
    answer = await ask(stores, QUERY, text=text, first=first)
    assert answer.codes == [("search", "BAD_USER_INPUT")]
    assert answer.statements == []


async def test_no_kind_hides_the_others(stores: Stores) -> None:
    kinds = [kind for kind, _, score in await _found(stores, "zorb") if score == 0.8]
    # The best of each kind, then the second ones.
    assert len(set(kinds[:4])) == 4
