"""What a compiled operation asks of the stores: no statement, key or column too many."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import parse

from gateway.executor.planner import plan_of
from gateway.executor.reading import Reading
from gateway.executor.run import Run
from gateway.schema import EdgeExecution
from resolvers.connection import Connection
from resolvers.context import RequestContext, Viewer
from resolvers.fields import column, entity, one, root_page
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Table
from resolvers.reads import Rows
from stores.lifecycle import Stores
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.relational.read import CHUNK
from stores.urls import StoreUrls
from tests.fixtures.shop import ALICE
from tests.gateway.executor.conftest import Asker, over_shop
from tests.resolvers import shop

LINKS = Table("postgres", f"{shop.SCHEMA}.links", order=("place",))
# Rows of the table; the first of them point at each other, some at rows that are not there.
LINK_COUNT, REPEATED, UNLINKED = 25_000, 100, 10


@entity(LINKS, description="A row that points at another one.")
class Link(Node):
    """A row that points at another one."""

    place: int = column("Place among links.")
    peer: Link | None = one("The row it points at.", local="peer_id")


@strawberry.type(description="Root.")
class Query:
    """Root."""

    links: Connection[Link] = root_page("All links.", access=Access.PUBLIC, maximum=50_000)


def columns_of(statement: str) -> set[str]:
    """Names between SELECT and FROM, those of a lateral read included."""
    return set(re.findall(r'"(\w+)"', " ".join(re.findall(r"SELECT (.*?) FROM", statement))))


async def test_two_fields_to_one_table_are_one_statement(ask: Asker) -> None:
    answer = await ask.both(
        """{ pools(first: 50) { nodes {
             base { symbol } reward { symbol } again: base { symbol } } } }"""
    )
    assert answer.calls == {"read pools": 1, "read assets by id": 1}
    assert answer.keys("assets by id") == [20]


async def test_two_fields_that_need_other_columns_are_two_statements(ask: Asker) -> None:
    answer = await ask.both("{ pools { nodes { base { symbol } reward { symbol supply } } } }")
    assert answer.calls == {"read pools": 1, "read assets by id": 2}


async def test_equal_fields_of_different_parents_are_one_statement(ask: Asker) -> None:
    answer = await ask.both(
        """{ protocols(first: 20) { nodes { ...more } edges { node { ...more } } } }
           fragment more on Protocol { heat token { symbol } pools(first: 1) { nodes { name } } }"""
    )
    assert answer.calls == {
        "read protocols": 1,
        "read assets by id": 1,
        "read pools by protocol_id": 1,
        "heat": 1,
    }


async def test_root_rows_by_one_column_are_one_statement(ask: Asker) -> None:
    answer = await ask(
        """{ a: protocol(slug: "p-1") { name } b: protocol(slug: "p-2") { name }
             c: protocol(slug: "nobody") { name } d: protocol(slug: "p-1") { name } }"""
    )
    assert answer.calls == {"read protocols by slug": 1}
    assert answer.keys("by slug") == [3]
    names = {"a": "Name 1", "b": "Name 2", "d": "Name 1"}
    assert answer.data == {key: {"name": name} for key, name in names.items()} | {"c": None}


async def test_aliases_with_other_arguments_are_read_apart(ask: Asker) -> None:
    answer = await ask.both(
        """{ protocols(first: 9) { nodes {
             a: pools(first: 1) { nodes { name } } b: pools(first: 2) { nodes { name } }
             c: heat d: heat(scale: 3) e: heat(scale: 1) } } }"""
    )
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 2, "heat": 2}
    for node in answer.data["protocols"]["nodes"]:
        assert node["c"] == node["e"]
        assert node["d"] == (None if node["c"] is None else node["c"] * 3)


async def test_aliases_with_equal_arguments_are_one_statement(ask: Asker) -> None:
    query = """query ($one: Int, $two: Int) { protocols(first: 9) { nodes {
        a: pools(first: $one) { nodes { name } } b: pools(first: $two) { nodes { name } } } } }"""
    answer = await ask.both(query, one=2, two=2)
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 1}
    answer = await ask.both(query, one=2, two=3)
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 2}


async def test_merged_selections_are_one_field(ask: Asker) -> None:
    answer = await ask.both(
        """{ protocols(first: 20) { nodes { token { symbol } ...more token { contract } } } }
           fragment more on Protocol { token { supply } slug }"""
    )
    assert answer.calls == {"read protocols": 1, "read assets by id": 1}
    assert set(answer.data["protocols"]["nodes"][19]) == {"token", "slug"}


async def test_a_row_of_many_parents_is_asked_for_and_completed_once(ask: Asker) -> None:
    query = "{ pools(first: 400) { nodes { base { symbol } } } }"
    answer = await ask.both(query)
    assert answer.keys("assets by id") == [20]
    result: Any = await ask.schema.execute(query, context_value=answer.context)
    nodes = result.data.struct.f0.f0
    assert len(nodes) == 400
    assert len({id(node.f0) for node in nodes}) == 20


async def test_a_null_key_and_an_empty_list_ask_nothing(ask: Asker) -> None:
    answer = await ask.both('{ protocol(slug: "p-5") { token { symbol } } }')
    assert answer.data == {"protocol": {"token": None}}
    assert answer.calls == {"read protocols by slug": 1}
    answer = await ask.both(
        """{ protocols(where: {slug: {eq: "nobody"}}) { nodes { heat token { symbol }
             pools { totalCount { value } nodes { trades { nodes { amount } } } } topPools { name }
        } } protocol(slug: "nobody") { token { symbol } } }"""
    )
    assert answer.data == {"protocols": {"nodes": []}, "protocol": None}
    assert answer.calls == {"read protocols": 1, "read protocols by slug": 1}


async def test_null_keys_are_left_out(ask: Asker) -> None:
    answer = await ask.both("{ protocols(first: 120) { nodes { token { symbol } } } }")
    tokens = [node["token"] for node in answer.data["protocols"]["nodes"]]
    assert tokens.count(None) == 24
    assert answer.keys("assets by id") == [16]


@pytest.mark.parametrize(
    ("selection", "columns"),
    [
        ("nodes { slug }", {"slug"}),
        ("nodes { __typename }", set()),
        ("nodes { url }", {"slug"}),
        ("nodes { a: slug b: slug name }", {"slug", "name"}),
        ("nodes { token { symbol } }", {"token_id"}),
        ("nodes { topPools { name } }", {"id"}),
        ("edges { cursor }", {"name", "id"}),
        ("edges { node { score } }", {"score"}),
    ],
)
async def test_only_needed_columns_are_read(ask: Asker, selection: str, columns: set[str]) -> None:
    answer = await ask.both(f"{{ protocols(first: 3) {{ {selection} }} }}")
    (text,) = answer.texts("read " + shop.PROTOCOLS.relation)
    assert columns_of(text) == columns


async def test_skipped_fields_are_not_read(ask: Asker) -> None:
    query = """query ($more: Boolean!) { protocols(first: 20) { nodes {
        slug score @include(if: $more) token @include(if: $more) { symbol } } } }"""
    without = await ask.both(query, more=False)
    assert without.calls == {"read protocols": 1}
    assert columns_of(without.texts("protocols")[0]) == {"slug"}
    having = await ask.both(query, more=True)
    assert having.calls == {"read protocols": 1, "read assets by id": 1}
    assert columns_of(having.texts("protocols")[0]) == {"slug", "score", "token_id"}


async def test_rows_are_counted_only_when_asked_and_read_only_when_asked(ask: Asker) -> None:
    assert (await ask.both("{ pools { nodes { name } } }")).calls == {"read pools": 1}
    assert (await ask.both("{ pools { totalCount { value } } }")).calls == {"count pools": 1}
    assert (await ask.both("{ pools { __typename } }")).calls == {}
    both = await ask.both(
        "{ protocols(first: 2) { nodes { pools { totalCount { value } nodes { name } } } } }"
    )
    assert both.calls == {
        "read protocols": 1,
        "read pools by protocol_id": 1,
        "count pools by protocol_id": 1,
    }


async def test_first_rows_of_each_parent_are_one_statement(ask: Asker) -> None:
    answer = await ask.both(
        "{ protocols(first: 100) { nodes { pools(first: 3) { nodes { name } } } } }"
    )
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 1}
    assert {len(node["pools"]["nodes"]) for node in answer.data["protocols"]["nodes"]} == {0, 3}
    (step,) = [step for step in answer.context.trace if step.name.endswith("by protocol_id")]
    # One more row of each tells whether there are others.
    assert (step.keys, step.rows) == (100, 84 * 4)


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_backwards_are_those_of_the_plain_path(ask: Asker, size: int) -> None:
    page = """{ pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { name } } nodes { name } }"""
    query = f"query ($before: String) {{ pools(last: {size}, before: $before) {page} }}"
    names: list[str] = []
    cursor = None
    for _ in range(3):
        answer = await ask.both(query, before=cursor)
        assert answer.calls == {"read pools": 1}
        found = answer.data["pools"]
        assert found["pageInfo"]["hasPreviousPage"] is True
        assert found["pageInfo"]["hasNextPage"] is (cursor is not None)
        cursor = found["pageInfo"]["startCursor"]
        names = [node["name"] for node in found["nodes"]] + names
    assert len(set(names)) == 3 * size
    at_once = await ask.both(f"{{ pools(last: {3 * size}) {{ nodes {{ name }} }} }}")
    assert names == [node["name"] for node in at_once.data["pools"]["nodes"]]


async def test_pages_backwards_of_each_parent_are_one_statement(ask: Asker) -> None:
    answer = await ask.both(
        """{ protocols(first: 30) { nodes { pools(last: 2) {
             pageInfo { hasPreviousPage startCursor } edges { cursor node { name } } } } } }"""
    )
    assert answer.calls == {"read protocols": 1, "read pools by protocol_id": 1}


async def test_a_forbidden_field_reaches_no_store_and_spares_its_siblings(ask: Asker) -> None:
    query = (
        "{ notes { totalCount { value } nodes { text } } protocols(first: 1) { nodes { slug } } }"
    )
    nobody = await ask.both(query, way="exact")
    assert nobody.codes == [("notes", "UNAUTHENTICATED")]
    assert nobody.data == {"notes": None, "protocols": {"nodes": [{"slug": "p-0"}]}}
    assert nobody.calls == {"read protocols": 1}
    alice = await ask.both(query, viewer=Viewer(ALICE, "user"))
    assert alice.data["notes"]["totalCount"] == {"value": 5}
    assert alice.calls == {"read protocols": 1, "read notes": 1, "count notes": 1}


async def test_a_resolver_runs_only_for_those_who_may(ask: Asker) -> None:
    nobody = await ask.both("{ secret pools(first: 0) { nodes { name } } }", way="exact")
    assert nobody.codes == [("secret", "UNAUTHENTICATED")]
    assert nobody.data["pools"] == {"nodes": []}
    admin = await ask.both("{ secret }", viewer=Viewer(ALICE, "admin"))
    assert admin.data == {"secret": "42"}


@pytest.fixture(scope="module")
async def links(shop_stores: Stores, engine_urls: StoreUrls) -> AsyncIterator[Asker]:
    """Asks a graph over more rows than go into one statement."""
    relation = LINKS.relation
    made = f"""
        CREATE TABLE {relation} AS SELECT lpad(to_hex(n), 32, '0')::uuid AS id, n AS place,
            lpad(to_hex(CASE WHEN n > {LINK_COUNT} THEN n - {LINK_COUNT} ELSE n * 2 END), 32, '0')
                ::uuid AS peer_id
        FROM generate_series(1, {LINK_COUNT + REPEATED}) AS n
        UNION ALL SELECT lpad(to_hex(n), 32, 'f')::uuid, n, NULL
        FROM generate_series({LINK_COUNT + REPEATED + 1},
            {LINK_COUNT + REPEATED + UNLINKED}) AS n"""
    schema = over_shop(Query)
    async with Postgres(engine_urls.postgres_migrator) as owner, owner.transaction() as work:
        await work.execute(Statement("ddl", made, kind="exec"))
    yield Asker(schema, lambda viewer: RequestContext(viewer, shop_stores, trace=[]))
    async with Postgres(engine_urls.postgres_migrator) as owner, owner.transaction() as work:
        await work.execute(Statement("ddl", f"DROP TABLE {relation}", kind="exec"))


@pytest.mark.parametrize(
    ("first", "portions"),
    [
        (CHUNK, [CHUNK]),
        (CHUNK + 1, [CHUNK, 1]),
        (LINK_COUNT + REPEATED + UNLINKED, [CHUNK, CHUNK, LINK_COUNT + REPEATED // 2 - 2 * CHUNK]),
    ],
)
async def test_many_keys_go_in_portions(links: Asker, first: int, portions: list[int]) -> None:
    answer = await links(f"{{ links(first: {first}) {{ nodes {{ place peer {{ place }} }} }} }}")
    assert answer.ways == {"compiled": 1}
    assert answer.keys("links by id") == portions
    nodes = answer.data["links"]["nodes"]
    assert len(nodes) == first
    for node in nodes:
        place = node["place"]
        assert node["peer"] == _peer(place), place


def _peer(place: int) -> dict[str, int] | None:
    if place > LINK_COUNT + REPEATED:
        return None
    target = place - LINK_COUNT if place > LINK_COUNT else place * 2
    return {"place": target} if target <= LINK_COUNT + REPEATED else None


async def test_a_key_held_as_text_and_as_an_object_is_asked_for_once(
    ask: Asker, shop_stores: Stores
) -> None:
    executor = EdgeExecution.build(
        ask.schema.graphql_schema,
        parse("{ protocols { nodes { a: topPools { name } b: topPools { name } } } }"),
        context_value=RequestContext(Viewer(), shop_stores),
    )
    assert isinstance(executor, EdgeExecution)
    plan = plan_of(executor)
    (protocols,) = plan.root.fields
    assert protocols.output is not None
    (nodes,) = protocols.output.only.fields
    assert nodes.output is not None
    field = nodes.output.only.fields[0]
    assert field.shared
    assert field.target is not None
    reading = Reading(field, Rows(field.target, ("name",), "protocol_id", limit=2))
    run = Run(plan, executor.context_value, None, executor.variable_values, lambda: executor)
    key = shop.key(0)
    found = await asyncio.gather(reading.rows(run, [key]), reading.rows(run, [str(key)]))
    assert [len(rows) for rows in found] == [2, 2]


@entity(shop.ASSETS, name="Deployed", description="An asset with an address.")
class Deployed(Node):
    """An asset with an address."""

    address: str = column("Null in the table, for some.", column="contract_address")


@entity(shop.POOLS, name="Pair", description="A pool of such assets.")
class Pair(Node):
    """A pool of such assets."""

    tvl_usd: Decimal | None = column("Value locked, US dollars.")
    base: Deployed | None = one("The asset put in.", local="base_id")
    reward: Deployed | None = one("The asset paid out.", local="reward_id")


@strawberry.type(description="Root.")
class Pairs:
    """Root."""

    pairs: Connection[Pair] = root_page("All pools.", access=Access.PUBLIC)


async def test_errors_of_rows_that_fields_share_are_located_in_each(shop_stores: Stores) -> None:
    ask = Asker(over_shop(Pairs), lambda viewer: RequestContext(viewer, shop_stores, trace=[]))
    query = "{ pairs(first: 50) { nodes { base { address } reward { address } } } }"
    answer = await ask.both(query, way="exact")
    plain = await ask(query, path="plain")

    def places(errors: list[dict[str, Any]]) -> list[tuple[str, Any]]:
        return sorted((".".join(map(str, each["path"])), each["locations"]) for each in errors)

    assert places(answer.errors) == places(plain.errors) != []
