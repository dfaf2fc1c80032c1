"""The graph as a subgraph: what a router composes, and rows by their keys."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import ObjectTypeDefinitionNode, parse

from gateway.schema import EXECUTOR
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import Stores
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import graph

ALICE, BOB = uuid4(), uuid4()
LEFT, RIGHT = uuid4(), uuid4()
MINE = uuid4()
CHAIN = 940_101
ETHER, WALLET = uuid4(), uuid4()
ADDRESS = "0x" + uuid4().hex + "0" * 8
ASK = """query ($these: [_Any!]!) { _entities(representations: $these) {
  __typename
  ... on Protocol { slug name }
  ... on Asset { symbol }
  ... on Wallet { label }
  ... on Portfolio { name }
} }"""


def global_id(name: str, key: UUID) -> str:
    """The global id of a row."""
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module", autouse=True)
async def rows(worker_stores: Stores) -> None:
    """Two protocols, an asset, a wallet, and a portfolio of Alice's."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Subgraph chain", True)],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(LEFT, f"left-{LEFT}", "Left", "Dexes"), (RIGHT, f"right-{RIGHT}", "Right", "Dexes")],
    )
    await postgres.copy_rows(
        "catalog.assets", ("id", "symbol", "name"), [(ETHER, "SETH", "Subgraph ether")]
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address", "label"),
        [(WALLET, CHAIN, ADDRESS, "Subgraph wallet")],
    )
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "portfolio.portfolios", ("id", "user_id", "name"), [(MINE, ALICE, "M")]
    )


async def entities(
    stores: Stores, *these: Any, viewer: Viewer | None = None, executor: str = "compiled"
) -> Answer:
    """What `_entities` answers."""
    context = RequestContext(viewer or Viewer(), stores)
    result = await graph().execute(
        ASK,
        variable_values={"these": list(these)},
        context_value=context,
        operation_extensions={EXECUTOR: executor},
    )
    data = None if result.data is None else [_plain(each) for each in result.data["_entities"]]
    return Answer(data, result.errors or [], context)


def _plain(row: Any) -> Any:
    return None if row is None else {name: row[name] for name in row}


def protocol(**key: Any) -> dict[str, Any]:
    """A reference to a protocol."""
    return {"__typename": "Protocol", **key}


@pytest.mark.parametrize("executor", ["compiled", "plain"])
async def test_references_become_rows_in_order_one_statement_a_type(
    stores: Stores, executor: str
) -> None:
    answer = await entities(
        stores,
        protocol(slug=f"right-{RIGHT}"),
        {"__typename": "Asset", "id": global_id("Asset", ETHER)},
        {"__typename": "Wallet", "id": global_id("Wallet", WALLET)},
        protocol(slug=f"left-{LEFT}"),
        protocol(slug="nobody"),
        protocol(slug=f"right-{RIGHT}"),
        executor=executor,
    )

    right = {"__typename": "Protocol", "slug": f"right-{RIGHT}", "name": "Right"}
    assert answer.errors == []
    assert answer.data == [
        right,
        {"__typename": "Asset", "symbol": "SETH"},
        {"__typename": "Wallet", "label": "Subgraph wallet"},
        {"__typename": "Protocol", "slug": f"left-{LEFT}", "name": "Left"},
        None,
        right,
    ]
    assert [store for store, _ in answer.statements] == ["postgres"] * 3


async def test_as_many_statements_for_a_hundred_references(stores: Stores) -> None:
    one = await entities(stores, protocol(id=global_id("Protocol", LEFT)))
    many = await entities(
        stores,
        protocol(id=global_id("Protocol", LEFT)),
        *(protocol(id=global_id("Protocol", uuid4())) for _ in range(99)),
    )

    assert one.data is not None
    assert many.data == [one.data[0], *[None] * 99]
    assert len(one.statements) == len(many.statements) == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("Protocol", "A reference is an object"),
        ({"id": "x"}, "`__typename` None"),
        ({"__typename": "Chain", "id": "x"}, "`__typename` 'Chain' is no type"),
        ({"__typename": "Nothing", "id": "x"}, "`__typename` 'Nothing' is no type"),
        (protocol(), "A reference to a Protocol has `id` or `slug`"),
        (protocol(slug=5), "A reference to a Protocol has `id` or `slug`"),
        (protocol(id="nonsense"), "'nonsense' is not a global id"),
        (protocol(id=global_id("Asset", ETHER)), "is the id of"),
    ],
)
async def test_a_wrong_reference_is_an_error_at_its_place(
    stores: Stores, wrong: Any, says: str
) -> None:
    answer = await entities(stores, wrong, protocol(slug=f"left-{LEFT}"))

    assert answer.data is not None
    assert answer.data[0] is None
    assert answer.data[1]["name"] == "Left"
    assert answer.codes == [("_entities.0", "BAD_USER_INPUT")]
    assert says in answer.errors[0].message


async def test_too_many_references_are_refused_before_anything_is_read(stores: Stores) -> None:
    answer = await entities(stores, *[protocol(slug="x")] * 1001)

    assert answer.codes == [("_entities", "BAD_USER_INPUT")]
    assert answer.statements == []


async def test_a_portfolio_is_there_for_its_owner_only(stores: Stores) -> None:
    mine = {"__typename": "Portfolio", "id": global_id("Portfolio", MINE)}
    owner = await entities(stores, mine, viewer=Viewer(ALICE, "user"))
    stranger = await entities(stores, mine, viewer=Viewer(BOB, "user"))
    nobody = await entities(stores, mine)

    assert owner.data == [{"__typename": "Portfolio", "name": "M"}]
    assert (stranger.data, stranger.errors) == ([None], [])
    assert (nobody.data, nobody.codes) == ([None], [("_entities.0", "UNAUTHENTICATED")])
    assert nobody.statements == []


async def test_the_service_tells_a_router_types_keys_and_marks(stores: Stores) -> None:
    result: Any = await graph().execute(
        "{ _service { sdl } }", context_value=RequestContext(Viewer(), stores)
    )
    sdl = result.data["_service"]["sdl"]
    document: Any = parse(sdl)

    keys = {
        type_.name.value: [
            str(getattr(argument.value, "value", None))
            for directive in type_.directives or ()
            if directive.name.value == "key"
            for argument in directive.arguments or ()
            if argument.name.value == "fields"
        ]
        for type_ in document.definitions
        if isinstance(type_, ObjectTypeDefinitionNode)
    }
    assert {name: found for name, found in keys.items() if found} == {
        "Agent": ["id", "slug"],
        "Asset": ["id"],
        "Portfolio": ["id"],
        "Protocol": ["id", "slug"],
        "Wallet": ["id"],
    }
    assert "type PageInfo @shareable {" in sdl
    assert 'url: "https://specs.apollo.dev/federation/v2.3"' in sdl
