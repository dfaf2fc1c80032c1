"""Global ids and the root fields that take them."""

from __future__ import annotations

import base64

import pytest

from resolvers.context import Viewer
from resolvers.errors import BadInput
from resolvers.ids import decode_id, encode_id
from resolvers.reflection import entity_of
from tests.fixtures.shop import ALICE, BOB
from tests.resolvers import shop
from tests.resolvers.conftest import Ask
from tests.resolvers.shop import SCHEMA, key


def gid(cls: type, number: int, kind: int = 0) -> str:
    """The global id of a row of the shop."""
    return encode_id(entity_of(cls), key(number, kind))


def test_an_id_says_type_and_key() -> None:
    assert decode_id(gid(shop.Protocol, 1)) == ("Protocol", str(key(1)))
    padded = base64.urlsafe_b64encode(b"Chain:1").decode()
    assert decode_id(padded) == ("Chain", "1")


@pytest.mark.parametrize("given", ["", "x", "é", "UHJvdG9jb2w", "OjE", "Ojox", "=" * 5, "A" * 2000])
def test_what_is_no_id_is_refused(given: str) -> None:
    with pytest.raises(BadInput, match="is not a global id"):
        decode_id(given)


async def test_a_node_is_found_with_the_columns_of_its_type(ask: Ask) -> None:
    answer = await ask(
        """query ($id: ID!) { node(id: $id) {
            __typename id ... on Protocol { slug } ... on Pool { tvlUsd } } }""",
        id=gid(shop.Protocol, 5),
    )
    assert answer.data == {
        "node": {"__typename": "Protocol", "id": gid(shop.Protocol, 5), "slug": "p-5"}
    }
    assert answer.context.trace is not None
    assert '"id", "slug"' in answer.context.trace[0].text
    assert "tvl_usd" not in answer.context.trace[0].text


async def test_nodes_are_one_statement_a_type_and_errors_stay_in_place(ask: Ask) -> None:
    ids = [
        gid(shop.Pool, 1, 2),
        "rubbish",
        gid(shop.Protocol, 2),
        gid(shop.Pool, 99_999, 2),
        base64.urlsafe_b64encode(b"Query:1").decode(),
        gid(shop.Protocol, 3),
        base64.urlsafe_b64encode(b"Protocol:7").decode(),
        gid(shop.Trade, 4, 3),
    ]
    answer = await ask(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Pool { name } ... on Protocol { slug } ... on Trade { amount } } }""",
        ids=ids,
    )
    assert answer.data["nodes"] == [
        {"name": "Pool 1"},
        None,
        {"slug": "p-2"},
        None,
        None,
        {"slug": "p-3"},
        None,
        {"amount": "0.500000000000000000"},
    ]
    assert answer.codes == [
        ("nodes.1", "BAD_USER_INPUT"),
        ("nodes.4", "BAD_USER_INPUT"),
        ("nodes.6", "BAD_USER_INPUT"),
    ]
    assert answer.statements == [
        ("clickhouse", f"read {SCHEMA}.trades by id"),
        ("postgres", f"read {SCHEMA}.pools by id"),
        ("postgres", f"read {SCHEMA}.protocols by id"),
    ]


async def test_too_many_ids_are_refused(ask: Ask) -> None:
    answer = await ask(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[gid(shop.Pool, 1)] * 1001
    )
    assert answer.errors[0].message.startswith("`ids` has 1001 entries")


async def test_anothers_row_is_not_found_by_its_id(ask: Ask) -> None:
    query = "query ($id: ID!) { node(id: $id) { id ... on Note { text } } }"
    note = gid(shop.Note, 1, 4)
    mine = await ask(query, viewer=Viewer(ALICE, "user"), id=note)
    assert mine.data == {"node": {"id": note, "text": "note 1"}}
    other = await ask(query, viewer=Viewer(BOB, "user"), id=note)
    assert (other.data, other.errors) == ({"node": None}, [])
    nobody = await ask(query, id=note)
    assert (nobody.data, nobody.codes) == ({"node": None}, [("node", "UNAUTHENTICATED")])
