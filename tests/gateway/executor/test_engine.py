"""Which operations are compiled, what resolvers see there, and events of subscriptions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from itertools import product
from typing import Annotated, Any

import pytest
import strawberry
from graphql import get_introspection_query
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.extensions import FieldExtension

from gateway.documents import Documents
from gateway.encoding import encode
from gateway.execution import Caller, Execution, Mode
from gateway.limits import Limits
from gateway.requests import GraphQLRequest
from gateway.schema import EdgeExecution, GatewaySchema, make_schema
from resolvers.connection import Connection
from resolvers.context import RequestContext, Viewer
from resolvers.fields import column, computed, entity, one, root_one, root_page
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.resolve import load_one
from stores.lifecycle import Stores
from tests.gateway.executor.conftest import Asker, over_shop
from tests.resolvers import shop
from tests.resolvers.shop import key


def seen(info: strawberry.Info) -> str:
    """What a resolver can learn of its place, as JSON."""

    def names(selections: Any) -> list[Any]:
        return [
            [getattr(each, "alias", None) or each.name, names(each.selections)]
            if hasattr(each, "name")
            else [each.type_condition, names(each.selections)]
            for each in selections
        ]

    raw = info._raw_info
    return json.dumps(
        {
            "path": info.path.as_list(),
            "typenames": [info.path.typename, info.path.key],
            "field": [info.field_name, info.python_name],
            "selected": names(info.selected_fields),
            "variables": info.variable_values,
            "operation": info.operation.name.value if info.operation.name else None,
            "types": [str(raw.return_type), str(raw.parent_type)],
            "nodes": [node.loc.start for node in raw.field_nodes if node.loc],
            "fragments": sorted(raw.fragments),
            "root": repr(info.root_value),
            "schema": type(info.schema).__name__,
        }
    )


class Loud(FieldExtension):
    """Makes a field one that only Strawberry itself resolves."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:
        return str(next_(source, info, **kwargs)).upper()


@strawberry.interface
class Named:
    name: str

    @strawberry.field
    def place(self, info: strawberry.Info) -> str:
        return seen(info)


@strawberry.type
class Leaf(Named):
    @strawberry.field(extensions=[Loud()])  # type: ignore[untyped-decorator]
    def loud(self, info: strawberry.Info, word: str = "x") -> str:
        return f"{word} {info.path.as_list()}"


@strawberry.type
class Branch(Named):
    @strawberry.field
    async def leaves(self, info: strawberry.Info, count: int = 2) -> list[Leaf]:
        await asyncio.sleep(0)
        return [Leaf(name=f"{self.name}{number}") for number in range(count)]

    @strawberry.field
    def grid(self) -> list[list[Leaf]]:
        return [[Leaf(name=f"{x}{y}") for y in range(2)] for x in range(3)]

    @strawberry.field
    def any(self) -> list[Annotated[Leaf | Branch, strawberry.union("Any")] | None]:
        return [Leaf(name="l"), None, Branch(name="b"), Leaf(name="m")]

    @strawberry.field
    def named(self) -> list[Named]:
        return [Branch(name="nb"), Leaf(name="nl")]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def branches(self, info: strawberry.Info) -> list[Branch]:
        return [Branch(name="one"), Branch(name="two")]

    @strawberry.field
    def place(self, info: strawberry.Info) -> str:
        return seen(info)

    @strawberry.field
    def chain(self) -> Chain:
        return Chain(depth=0)


@strawberry.type
class Chain:
    depth: int

    @strawberry.field
    async def next(self) -> Chain:
        return Chain(depth=self.depth + 1)


@pytest.fixture(scope="module")
def tree() -> Asker:
    """Asks a graph of resolvers alone."""
    return Asker(make_schema(Query, types=(Leaf, Branch)), lambda viewer: object())


PLACES = """query Places($count: Int = 2, $word: String) {
  place
  alias: branches { place named { __typename name place }
    mine: leaves(count: $count) { place loud(word: $word) ...more }
    grid { p: place }
    any { ... on Leaf { name place } ... on Branch { leaves { q: place } place } } }
  branches { other: leaves(count: 1) { place } }
}
fragment more on Leaf { again: place name }"""


@pytest.mark.parametrize("variables", [{}, {"count": 3, "word": "y"}, {"count": 0}])
async def test_resolvers_see_the_same_place_on_both_paths(
    tree: Asker, variables: dict[str, Any]
) -> None:
    answer = await tree.both(PLACES, **variables)
    grid = answer.data["alias"][1]["grid"]
    assert json.loads(grid[2][1]["p"])["path"] == ["alias", 1, "grid", 2, 1, "p"]


@entity(shop.ASSETS, name="Coin", description="A token.")
class Coin(Node):
    """A token."""

    symbol: str = column("Ticker.")

    @computed("Where it is asked for.", requires=("symbol",))
    def place(self, info: strawberry.Info) -> str:
        """Where it is asked for."""
        return f"{self.symbol} {seen(info)}"


@entity(shop.POOLS, name="Basin", description="A pool.")
class Basin(Node):
    """A pool."""

    name: str = column("Its name.")
    tvl_usd: Decimal | None = column("Value locked, US dollars.")
    coin: Coin | None = one("The asset put in.", local="base_id")

    @computed("Where it is asked for.", requires=("rank",))
    async def place(self, info: strawberry.Info, word: str = "here") -> str:
        """Where it is asked for."""
        return f"{word} {self.rank} {seen(info)}"  # type: ignore[attr-defined]


@strawberry.type
class Basins:
    basins: Connection[Basin] = root_page("All pools.", access=Access.PUBLIC)


async def test_resolvers_of_rows_see_the_same_place_on_both_paths(shop_stores: Stores) -> None:
    ask = Asker(over_shop(Basins), lambda viewer: RequestContext(viewer, shop_stores, trace=[]))
    # Eight pools with an asset each, so no row stands in two places.
    answer = await ask.both(
        """query Rows($n: Int, $w: String!) { b: basins(first: $n) {
             nodes { name here: place(word: $w) c: coin { symbol place } }
             edges { node { place } } } }""",
        n=8,
        w="there",
    )
    node = answer.data["b"]["nodes"][3]
    assert '["b", "nodes", 3, "c", "place"]' in node["c"]["place"]
    assert node["here"].startswith("there ")
    assert answer.calls == {"read pools": 1, "read assets by id": 1}


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        '{ __type(name: "Leaf") { name } hello }',
        "{ hello __schema { queryType { name } } }",
    ],
)
async def test_introspection_runs_plain(tree: Asker, query: str) -> None:
    answer = await tree.both(query, way="plain")
    assert answer.errors == []
    assert (await tree.both(query, way="plain")).data == answer.data


async def test_a_schema_with_directives_of_its_own_runs_plain() -> None:
    @strawberry.directive(locations=[DirectiveLocation.FIELD])
    def shout(value: DirectiveValue[str]) -> str:
        return str(value).upper()

    schema = GatewaySchema(Query, directives=[shout], execution_context_class=EdgeExecution)  # type: ignore[list-item]
    ask = Asker(schema)
    answer = await ask.both('{ a: hello @shout b: hello(name: "b") }', way="plain")
    assert answer.data == {"a": "HELLO WORLD", "b": "hello b"}


@pytest.mark.parametrize("depth", [5, 20, 48, 60, 120])
async def test_a_deep_document_is_answered_as_the_plain_path_does(tree: Asker, depth: int) -> None:
    query = "{ chain " + "{ depth next " * depth + "{ depth }" + " }" * depth + " }"
    compiled, plain = await tree(query), await tree(query, path="plain")
    assert compiled.data == plain.data
    assert compiled.errors == plain.errors == []
    assert compiled.ways["bugs"] == 0


@pytest.mark.parametrize("depth", [3, 12, 32, 40])
async def test_deep_pages_are_answered_as_the_plain_path_does(ask: Asker, depth: int) -> None:
    inner = "{ pools(first: 1) { edges { node { protocol "
    query = '{ protocol(slug: "p-1") ' + inner * depth + "{ name }" + " } } } }" * depth + " }"
    compiled, plain = await ask(query), await ask(query, path="plain")
    assert compiled.data == plain.data
    assert compiled.errors == plain.errors == []
    assert compiled.ways == {"compiled" if depth < 13 else "plain": 1}


async def test_combinations_of_flags_take_turns_in_sixteen_places(tree: Asker) -> None:
    flags = [f"f{number}" for number in range(5)]
    names = ", ".join(f"${flag}: Boolean!" for flag in flags)
    fields = " ".join(f"{flag}: hello @include(if: ${flag})" for flag in flags)
    query = f"query ({names}) {{ hello {fields} ...more @skip(if: $f0) }}"
    query += " fragment more on Query { branches { name } }"
    ways: list[str] = []
    for _ in range(2):
        for values in product((True, False), repeat=5):
            given: dict[str, Any] = dict(zip(flags, values, strict=True))
            answer = await tree(query, **given)
            assert set(answer.data) == {"hello", *(flag for flag in flags if given[flag])} | (
                set() if given["f0"] else {"branches"}
            )
            (way,) = answer.ways
            ways.append(way)
    assert ways == ["compiled"] * 64
    plans = list(tree.schema.engine._texts.values())[-1]
    size = plans.bytes / len(plans)
    assert len(plans) == 16
    assert 0 < size < 100_000


async def test_fixed_and_defaulted_flags_are_honoured(tree: Asker) -> None:
    query = """query ($yes: Boolean = true, $no: Boolean = false) {
        a: hello @skip(if: true) b: hello @include(if: $no) c: hello @include(if: $yes)
        ... @include(if: $no) { d: hello } ... on Query @skip(if: $no) { e: hello } }"""
    assert list((await tree.both(query)).data) == ["c", "e"]
    assert list((await tree.both(query, yes=False, no=True)).data) == ["b", "d"]
    assert (await tree.both("{ a: hello @include(if: false) }")).data == {}


async def test_a_bad_document_is_refused_as_ever(tree: Asker) -> None:
    for query in (
        "{",
        "{ nothing }",
        "query ($n: Int!) { branches { leaves(count: $n) { name } } }",
    ):
        compiled, plain = await tree(query), await tree(query, path="plain")
        assert compiled.data is plain.data is None
        assert compiled.codes == plain.codes
        assert not compiled.ways


async def test_several_operations_of_one_text_have_plans_of_their_own(tree: Asker) -> None:
    query = "query A { a: hello } query B { b: branches { name } }"
    for name, keys in (("A", ["a"]), ("B", ["b"]), ("A", ["a"])):
        result: Any = await tree.schema.execute(query, operation_name=name)
        assert list(result.data) == keys
        assert result.errors is None


def test_what_may_not_wait_runs_plain(tree: Asker) -> None:
    before = tree.schema.engine.metrics.copy()
    assert tree.schema.execute_sync("{ hello }").data == {"hello": "hello world"}
    assert tree.schema.engine.metrics == before


async def test_what_may_not_wait_runs_plain_inside_a_loop(tree: Asker) -> None:
    assert tree.schema.execute_sync("{ hello }").data == {"hello": "hello world"}


async def test_a_flag_that_is_null_leaves_the_plan_to_others(tree: Asker) -> None:
    query = "query ($yes: Boolean = true) { hello @include(if: $yes) place }"
    for _ in range(2):
        refused = await tree(query, yes=None)
        assert refused.ways == {"plain": 1}
        assert refused.codes == (await tree(query, yes=None, path="plain")).codes != []
        assert (await tree(query, yes=False)).ways == {"compiled": 1}


@strawberry.type
class Shelf:
    """An object of a list that has root reads below it."""

    name: str
    basins: Connection[Basin] = root_page("All pools.", access=Access.PUBLIC)
    protocol: shop.Protocol | None = root_one(
        "One protocol.", by=("id", "slug"), access=Access.PUBLIC
    )


@strawberry.type
class Shelves:
    @strawberry.field
    def shelves(self, count: int) -> list[Shelf]:
        shelves = [object.__new__(Shelf) for _ in range(count)]
        for number, shelf in enumerate(shelves):
            shelf.name = str(number)
        return shelves


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_root_read_below_a_list_is_there_for_each(shop_stores: Stores, count: int) -> None:
    ask = Asker(over_shop(Shelves), lambda viewer: RequestContext(viewer, shop_stores, trace=[]))
    answer = await ask.both(
        """query ($count: Int!) { shelves(count: $count) { name
             basins(first: 2) { totalCount { value } nodes { name } edges { cursor } }
             protocol(slug: "p-1") { slug } none: protocol(slug: "none") { slug } } }""",
        count=count,
    )
    assert len(answer.data["shelves"]) == count
    assert bool(answer.calls) == bool(count)


@strawberry.type
class Tick:
    number: int

    @strawberry.field
    async def protocol(self, info: strawberry.Info) -> shop.Protocol | None:
        found: shop.Protocol | None = await load_one(info, shop.Protocol, key(self.number))
        return found

    @strawberry.field
    def place(self, info: strawberry.Info) -> str:
        return seen(info)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, to: int) -> AsyncIterator[Tick]:
        for number in range(1, to + 1):
            yield Tick(number=number)

    @strawberry.subscription
    async def numbers(self, to: int) -> AsyncIterator[int | None]:
        for number in range(to):
            yield number or None


TICKS = """subscription T($to: Int!) { t: ticks(to: $to) { number place
    protocol { slug token { symbol } pools(first: 1) { nodes { name } } }
    again: protocol { slug token { symbol } pools(first: 1) { nodes { name } } } } }"""


class Scopes:
    """Contexts that are remembered."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.opened: list[RequestContext] = []

    async def admit(self, caller: Caller) -> object:
        return None

    async def ended(self, identity: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        self.opened.append(RequestContext(Viewer(), self._stores, deadline=deadline))
        return self.opened[-1]

    def extensions(self, context: object) -> dict[str, Any]:
        return {}


async def events(stores: Stores, mode: Mode, query: str, **variables: Any) -> tuple[Any, ...]:
    """Bodies of the events, contexts, and the way they went."""
    schema = over_shop(subscription=Subscription)
    scopes = Scopes(stores)
    documents = Documents(schema.graphql_schema, Limits())
    runs = Execution(schema, documents, scopes, 30.0, mode=mode)
    entry = documents.entry(query, None)
    bodies = [
        encode(answer.payload)
        async for answer in runs.stream(entry, GraphQLRequest(query, variables), None, Caller({}))
    ]
    return bodies, scopes.opened, schema.engine.metrics


@pytest.mark.parametrize("mode", [Mode.COMPILED, Mode.HOOK])
async def test_each_event_is_compiled_and_loads_for_itself(shop_stores: Stores, mode: Mode) -> None:
    bodies, contexts, ways = await events(shop_stores, mode, TICKS, to=4)
    plain, _, none = await events(shop_stores, Mode.PLAIN, TICKS, to=4)
    assert bodies == plain
    assert (ways, none) == ({"compiled": 4}, {})
    calls = [
        {name.replace(f"{shop.SCHEMA}.", ""): count for (_, name), count in each.calls.items()}
        for each in contexts
    ]
    assert calls[0] == {}
    assert len(calls) == 5
    assert calls[1]["read protocols by id"] == 1
    assert all(each["read protocols by id"] == 1 for each in calls[1:])


async def test_events_that_are_leaves_or_null_are_answered(shop_stores: Stores) -> None:
    query = "subscription { numbers(to: 3) }"
    bodies, _, ways = await events(shop_stores, Mode.COMPILED, query)
    assert bodies == [b'{"data":{"numbers":%s}}' % value for value in (b"null", b"1", b"2")]
    assert ways == {"compiled": 3}
