"""Relations read in the statement of their parents: when, and that nothing else changes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.scalars import JSON

from gateway.executor.explain import as_json, explain, steps
from gateway.schema import GatewaySchema
from resolvers.connection import Connection
from resolvers.context import RequestContext, Viewer
from resolvers.fields import column, computed, entity, many, one, page, root_one, root_page
from resolvers.node import Node
from resolvers.permissions import Access, Tier
from resolvers.plan import Table
from stores.lifecycle import Stores
from tests.gateway.executor.conftest import Asker, over_shop
from tests.resolvers import shop

_HERE = "tests.gateway.executor.test_joined"


@entity(shop.ASSETS, name="Coin", description="An asset.")
class Coin(Node):
    """An asset."""

    symbol: str = column("Ticker.")
    contract: str | None = column("Its contract.", column="contract_address")
    supply: Decimal | None = column("Units.")
    facts: JSON | None = column("For those who pay.", column="metadata", tier=Tier.PRO)

    @computed("Shouted.", requires=("symbol",))
    def loud(self) -> str:
        """Shouted."""
        return self.symbol.upper()


@entity(shop.ASSETS, name="Deployed", description="An asset with an address.")
class Deployed(Node):
    """An asset with an address."""

    address: str = column("Null in the table, for some.", column="contract_address")


@entity(
    Table("postgres", f"{shop.SCHEMA}.assets", readers=Access.AUTHENTICATED),
    name="Guarded",
    description="An asset for whoever is signed in.",
)
class Guarded(Node):
    """An asset for whoever is signed in."""

    symbol: str = column("Ticker.")


@entity(shop.PROTOCOLS, name="House", description="A protocol.")
class House(Node):
    """A protocol."""

    slug: str = column("Readable key.")
    name: str = column("Name.")
    token: Coin | None = one("Its token, which one in five has not.", local="token_id", joined=True)
    must: Coin = one("The same, required.", local="token_id", joined=True)
    by_slug: Annotated[House, strawberry.lazy(_HERE)] | None = one(
        "Itself, by a column that is no key.", local="slug", remote="slug", joined=True
    )
    paid: Coin | None = one("To pay for.", local="token_id", joined=True, tier=Tier.PRO)
    signed: Coin | None = one(
        "To sign in for.", local="token_id", joined=True, access=Access.AUTHENTICATED
    )
    guarded: Guarded | None = one("To sign in for.", local="token_id", joined=True)
    pools: Connection[Annotated[Basin, strawberry.lazy(_HERE)]] = page(
        "Its pools.", remote="protocol_id"
    )
    top: list[Annotated[Basin, strawberry.lazy(_HERE)]] = many(
        "Two of them.", remote="protocol_id", order=("-tvl_usd",), limit=2
    )

    @computed("Its name, from the row.", requires=("name",))
    def loud(self) -> str:
        """Its name, from the row."""
        return self.name.upper()


@entity(shop.POOLS, name="Basin", description="A pool.")
class Basin(Node):
    """A pool."""

    name: str = column("Name.")
    tvl_usd: Decimal | None = column("Value locked.")
    rank: int = column("Place.")
    house: House | None = one("Whose it is.", local="protocol_id", joined=True)
    base: Coin | None = one("Put in.", local="base_id", joined=True)
    reward: Coin | None = one("Paid out.", local="reward_id", joined=True)
    placed: Deployed | None = one("The same.", local="reward_id", joined=True)


@strawberry.type(description="Root.")
class Query:
    """Root."""

    house: House | None = root_one("One.", by=("id", "slug"), access=Access.PUBLIC)
    houses: Connection[House] = root_page("All.", access=Access.PUBLIC)
    basins: Connection[Basin] = root_page("All.", access=Access.PUBLIC)


@pytest.fixture(scope="module")
def graph() -> GatewaySchema:
    """The graph."""
    return over_shop(Query)


@pytest.fixture
def ask(graph: GatewaySchema, shop_stores: Stores) -> Asker:
    """Asks it."""
    return Asker(graph, lambda viewer: RequestContext(viewer, shop_stores, trace=[]))


async def test_plain_fields_of_a_row_by_key_cost_no_statement(ask: Asker) -> None:
    answer = await ask.both(
        """{ basins(first: 40) { nodes {
             name house { slug name } base { symbol } reward { symbol contract supply } } } }"""
    )
    assert answer.calls == {"read pools": 1}
    assert answer.data["basins"]["nodes"][0]["base"]["symbol"].startswith("T")


async def test_a_row_that_is_not_there_is_null(ask: Asker) -> None:
    answer = await ask.both("{ houses(first: 60) { nodes { slug token { contract } } } }")
    tokens = {node["slug"]: node["token"] for node in answer.data["houses"]["nodes"]}
    assert answer.calls == {"read protocols": 1}
    # It has no token; it has one, whose only field is null; it has one with a contract.
    assert tokens["p-0"] is None
    assert tokens["p-3"] == {"contract": None}
    assert tokens["p-1"] == {"contract": f"0x{1:040x}"}


@pytest.mark.parametrize(
    "selection",
    ["__typename", "id", "id contract", "contract id symbol", "a: symbol b: symbol c: id"],
)
async def test_names_ids_and_aliases_are_of_the_row_beside(ask: Asker, selection: str) -> None:
    answer = await ask.both(f"{{ houses(first: 60) {{ nodes {{ token {{ {selection} }} id }} }} }}")
    assert answer.calls == {"read protocols": 1}
    tokens = [node["token"] for node in answer.data["houses"]["nodes"]]
    assert tokens.count(None) == 12


async def test_nodes_and_edges_share_one_join_and_keep_their_selections(ask: Asker) -> None:
    answer = await ask.both(
        """{ basins(first: 9) {
             nodes { base { symbol } } edges { cursor node { base { id } again: base { supply } } }
             pageInfo { hasNextPage endCursor } totalCount { value exact } } }"""
    )
    assert answer.calls == {"read pools": 1, "count pools": 1}
    texts = {step.name.split()[0]: step.text for step in answer.context.trace}
    assert texts["read"].count("LEFT JOIN") == 1
    assert "JOIN" not in texts["count"]


async def test_fragments_merge_and_flags_choose(ask: Asker) -> None:
    query = """query($deep: Boolean!) { basins(first: 5) { nodes {
        base { symbol } ...more base @include(if: $deep) { loud } } } }
        fragment more on Basin { base { contract } house @skip(if: $deep) { slug } }"""
    shallow = await ask.both(query, deep=False)
    deep = await ask.both(query, deep=True)
    assert shallow.calls == {"read pools": 1}
    assert deep.calls == {"read pools": 1, "read assets by id": 1}


@pytest.mark.parametrize("arguments", ["orderBy: [{field: NAME}]", "last: 7"])
async def test_cursors_orders_and_filters_are_of_the_parents(ask: Asker, arguments: str) -> None:
    query = f"""query($after: String, $before: String) {{
        basins({arguments}, after: $after, before: $before, where: {{name: {{gt: "Pool 1"}}}}) {{
        edges {{ cursor node {{ name house {{ name id }} base {{ symbol }} }} }} }} }}"""
    first = await ask.both(query)
    middle = first.data["basins"]["edges"][3]["cursor"]
    behind = await ask.both(query, **{"before" if "last" in arguments else "after": middle})
    assert first.calls == behind.calls == {"read pools": 1}
    assert behind.data["basins"]["edges"][0] not in first.data["basins"]["edges"][:4]


async def test_first_rows_of_each_parent_and_lists_bring_theirs(ask: Asker) -> None:
    answer = await ask.both(
        """{ houses(first: 12) { nodes { token { symbol }
             pools(first: 2) { nodes { name base { symbol } house { name } } }
             top { name reward { symbol } } } } }"""
    )
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 2}


async def test_a_root_row_brings_its_own(ask: Asker) -> None:
    answer = await ask.both('{ house(slug: "p-1") { name token { symbol } must { id } } }')
    assert answer.data["house"]["token"] == {"symbol": "T1"}
    assert answer.calls == {"read protocols by slug": 1}


async def test_resolvers_of_the_parents_find_their_row(ask: Asker) -> None:
    answer = await ask.both("{ houses(first: 3) { nodes { loud token { symbol } } } }")
    assert answer.calls == {"read protocols": 1}


@pytest.mark.parametrize(
    "field",
    [
        "token { loud }",
        "bySlug { name }",
        "pools(first: 1) { nodes { house { loud } } }",
        "token { symbol facts }",
    ],
)
async def test_what_is_more_than_a_row_by_key_is_read_apart(ask: Asker, field: str) -> None:
    buyer = Viewer(shop.key(1, 9), "user", tier=Tier.PRO)
    answer = await ask.both(f"{{ houses(first: 30) {{ nodes {{ {field} }} }} }}", viewer=buyer)
    assert all("LEFT JOIN" not in step.text for step in answer.context.trace)
    assert len(answer.calls) >= 2


@pytest.mark.parametrize("field", ["paid", "signed", "guarded"])
async def test_what_not_everybody_may_read_is_never_joined(ask: Asker, field: str) -> None:
    query = f"{{ houses(first: 30) {{ nodes {{ name {field} {{ symbol }} }} }} }}"
    stranger = await ask.both(query, way="exact")
    buyer = Viewer(shop.key(1, 9), "user", tier=Tier.PRO)
    known = await ask.both(query, viewer=buyer)
    assert stranger.calls == {"read protocols": 1}
    assert all(node[field] is None for node in stranger.data["houses"]["nodes"])
    assert known.calls == {"read protocols": 1, "read assets by id": 1}


async def test_null_where_none_may_be_is_an_error_at_its_place(ask: Asker) -> None:
    query = "{ basins(first: 60) { nodes { name again: base { symbol } placed { address } } } }"
    answer = await ask.both(query, way="exact")
    plain = await ask(query, path="plain")

    def places(errors: list[dict[str, Any]]) -> list[tuple[str, Any]]:
        return sorted((".".join(map(str, each["path"])), each["locations"]) for each in errors)

    assert answer.calls == {"read pools": 1}
    assert places(answer.errors) == places(plain.errors) != []


async def test_a_required_row_that_is_away_nulls_its_parent(ask: Asker) -> None:
    answer = await ask.both('{ house(slug: "p-0") { name must { symbol } } }', way="exact")
    assert answer.data == {"house": None}
    assert answer.codes == [("house.must", "INTERNAL")]


def test_the_plan_says_which_step_brings_it(graph: GatewaySchema) -> None:
    query = """{ house(slug: "p-1") { token { contract }
        pools(first: 2) { nodes { name base { id symbol } house { pools { totalCount { value } } } }
        } } }"""

    text = explain(graph, query).replace(f"{shop.SCHEMA}.", "")

    assert text.splitlines()[:7] == [
        "1 house: one of postgres: protocols by an argument",
        "    token_id.id is not null, token_id.contract_address, id::text",
        "  1.1 house.token: one of postgres: assets by id, joined in 1",
        "      token_id.id is not null, token_id.contract_address",
        "  1.2 house.pools: page of postgres: pools by protocol_id",
        "      name, base_id.id::text, base_id.symbol",
        "    1.2.1 house.pools.nodes.base: one of postgres: assets by id, joined in 1.2",
    ]
    found = steps(graph, query)
    assert not isinstance(found, str)
    assert [(step["step"], step["within"]) for step in json.loads(json.dumps(as_json(found)))] == [
        ("1", None),
        ("1.1", "1"),
        ("1.2", None),
        ("1.2.1", "1.2"),
        ("1.2.2", None),
        ("1.2.2.1", None),
    ]
