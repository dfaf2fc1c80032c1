"""Queries over declared fields, on the real engines."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.reads import Rows, counts, lists, ones
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.fixtures.shop import ALICE
from tests.resolvers import shop
from tests.resolvers.conftest import Ask
from tests.resolvers.shop import SCHEMA, Protocol, Trade, key

EVERYTHING = """
query ($first: Int!) {
  protocols(first: $first, where: {slug: {ne: "p-0"}}, orderBy: [{field: SLUG}]) {
    totalCount { value exact }
    nodes {
      slug url
      token { symbol }
      topPools { name base { symbol } reward { symbol } }
      pools(first: 2) {
        totalCount { value }
        pageInfo { hasNextPage endCursor }
        edges {
          cursor
          node {
            name poolType
            base { symbol contract }
            protocol { name }
            trades(first: 3) { totalCount { value } nodes { amount tradedAt } }
          }
        }
      }
      heat
    }
  }
}
"""


async def test_one_query_reads_both_stores_by_declaration(ask: Ask) -> None:
    answer = await ask(
        """{ protocol(slug: "p-7") {
            __typename id slug url createdAt score
            token { symbol contract supply metadata }
            topPools { name tvlUsd poolType tags rank }
            pools(first: 1) { totalCount { value exact } nodes { name base { symbol }
              trades(first: 1) { totalCount { value } edges { node { amount tradedAt note } } } } }
            heat(scale: 2)
        } }"""
    )
    assert answer.errors == []
    assert answer.data["protocol"] == {
        "__typename": "Protocol",
        "id": encode_id(entity_of(shop.Protocol), key(7)),
        "slug": "p-7",
        "url": "https://example.org/p-7",
        "createdAt": "2024-05-01T00:07:00Z",
        "score": 0.2,
        "token": {
            "symbol": "T7",
            "contract": "0x0000000000000000000000000000000000000007",
            "supply": "10000000",
            "metadata": {"n": 7},
        },
        "topPools": [
            {
                "name": "Pool 307",
                "tvlUsd": "1.50000000",
                "poolType": "LP",
                "tags": ["a", "b307"],
                "rank": 2,
            },
            {
                "name": "Pool 107",
                "tvlUsd": "0.50000000",
                "poolType": "LP",
                "tags": ["a", "b107"],
                "rank": 2,
            },
        ],
        "pools": {
            "totalCount": {"value": 5, "exact": True},
            "nodes": [
                {
                    "name": "Pool 307",
                    "base": {"symbol": "T7"},
                    "trades": {"totalCount": {"value": 0}, "edges": []},
                }
            ],
        },
        "heat": 2,
    }


async def test_statements_are_as_many_for_1_10_and_100_parents(ask: Ask) -> None:
    answers = [await ask(EVERYTHING, first=first) for first in (1, 10, 100)]
    assert [answer.errors for answer in answers] == [[], [], []]
    assert [len(a.data["protocols"]["nodes"]) for a in answers] == [1, 10, 100]
    assert answers[0].statements == answers[1].statements == answers[2].statements
    assert answers[0].statements == sorted(
        [
            ("postgres", f"count {SCHEMA}.protocols"),
            ("postgres", f"read {SCHEMA}.protocols"),
            ("postgres", f"read {SCHEMA}.assets by id"),  # tokens
            ("postgres", f"read {SCHEMA}.assets by id"),  # of top pools, base and reward together
            ("postgres", f"read {SCHEMA}.assets by id"),  # of pools
            ("postgres", f"read {SCHEMA}.pools by protocol_id"),  # top pools
            ("postgres", f"read {SCHEMA}.pools by protocol_id"),  # pools
            ("postgres", f"count {SCHEMA}.pools by protocol_id"),
            ("postgres", f"read {SCHEMA}.protocols by id"),
            ("clickhouse", f"read {SCHEMA}.trades by pool_id"),
            ("clickhouse", f"count {SCHEMA}.trades by pool_id"),
            ("redis", "heat"),
        ]
    )


async def test_only_selected_columns_are_read(ask: Ask) -> None:
    answer = await ask(
        """query ($no: Boolean!, $yes: Boolean!) {
          protocols(first: 3) { nodes { ...Names ... on Node { id } slug @skip(if: $yes) } }
        }
        fragment Names on Protocol {
          label: name score @include(if: $no) ... { createdAt @skip(if: true) }
        }
        """,
        no=False,
        yes=True,
    )
    assert answer.errors == []
    assert answer.context.trace is not None
    (step,) = answer.context.trace
    assert step.text == (
        f'SELECT "name", "id" FROM "{SCHEMA}"."protocols" ORDER BY "name", "id" LIMIT $1::bigint'
    )
    assert step.rows == 4


async def test_rows_may_be_asked_for_without_any_column(ask: Ask, shop_stores: Stores) -> None:
    answer = await ask('{ protocol(slug: "p-3") { __typename topPools { __typename } } }')
    pools = [{"__typename": "Pool"}, {"__typename": "Pool"}]
    assert answer.data == {"protocol": {"__typename": "Protocol", "topPools": pools}}
    for cls in (Protocol, Trade):
        rows = Rows(entity_of(cls), (), limit=2)
        found = await lists(RequestContext(Viewer(), shop_stores), rows).load(None)
        assert [type(row) for row in found] == [cls, cls]


async def test_a_count_alone_reads_no_rows(ask: Ask) -> None:
    answer = await ask(
        """{ protocols { totalCount { value exact } }
             protocol(slug: "p-1") {
               pools(where: {poolType: {eq: LP}}) { totalCount { value } } } }"""
    )
    assert answer.errors == []
    assert answer.data["protocols"]["totalCount"] == {"value": 120, "exact": True}
    assert answer.data["protocol"]["pools"]["totalCount"] == {"value": 5}
    assert [name for _, name in answer.statements if "read" in name] == [
        f"read {SCHEMA}.protocols by slug"
    ]


async def test_nothing_is_counted_unless_asked(ask: Ask) -> None:
    answer = await ask("{ protocols(first: 2) { nodes { pools(first: 1) { nodes { name } } } } }")
    assert answer.errors == []
    assert not [name for _, name in answer.statements if name.startswith("count")]


async def test_aliases_with_other_arguments_are_read_apart_and_equal_ones_together(
    ask: Ask,
) -> None:
    answer = await ask(
        """{ protocol(slug: "p-1") {
            a: pools(first: 1) { nodes { name } }
            b: pools(first: 1) { nodes { name } }
            c: pools(first: 3) { nodes { name } }
            d: heat(scale: 1)  e: heat(scale: 5)  f: heat(scale: 5)
        } }"""
    )
    assert answer.errors == []
    protocol = answer.data["protocol"]
    assert protocol["a"] == protocol["b"]
    assert protocol["c"]["nodes"][:1] == protocol["a"]["nodes"]
    assert (protocol["d"], protocol["e"], protocol["f"]) == (2, 10, 10)
    assert answer.statements.count(("postgres", f"read {SCHEMA}.pools by protocol_id")) == 2
    assert answer.statements.count(("redis", "heat")) == 2


async def test_a_null_key_asks_nothing(ask: Ask) -> None:
    answer = await ask('{ protocol(slug: "p-5") { token { symbol } } }')
    assert answer.data == {"protocol": {"token": None}}
    assert answer.statements == [("postgres", f"read {SCHEMA}.protocols by slug")]


async def test_an_absent_row_is_null(ask: Ask) -> None:
    answer = await ask('{ protocol(slug: "nowhere") { name } }')
    assert (answer.data, answer.errors) == ({"protocol": None}, [])


async def test_a_root_row_is_found_by_exactly_one_argument(ask: Ask) -> None:
    for call in ("protocol", 'protocol(slug: "p-1", id: "x")'):
        answer = await ask(f"{{ {call} {{ name }} }}")
        assert answer.codes == [("protocol", "BAD_USER_INPUT")]
        assert "exactly one of" in answer.errors[0].message


async def test_a_root_row_is_found_by_global_id_and_by_bare_key(ask: Ask) -> None:
    for given in (encode_id(entity_of(shop.Protocol), key(3)), str(key(3))):
        answer = await ask("query ($id: ID!) { protocol(id: $id) { slug } }", id=given)
        assert answer.data == {"protocol": {"slug": "p-3"}}
    other = encode_id(entity_of(shop.Asset), key(3))
    answer = await ask("query ($id: ID!) { protocol(id: $id) { slug } }", id=other)
    assert answer.codes == [("protocol", "BAD_USER_INPUT")]
    assert answer.errors[0].message.endswith("is the id of a Asset, not of a Protocol.")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{slug: {eq: "p-3"}}', {3}),
        ('{slug: {in: ["p-3", "p-4", "x\' OR true --"]}}', {3, 4}),
        ("{slug: {in: []}}", set()),
        ("{score: {isNull: true}}", {n for n in range(120) if n % 4 == 0}),
        ("{score: {gt: 0.35}}", {n for n in range(120) if n % 4 and n % 5 == 4}),
        ("{not: {score: {gte: 0.2}}}", {n for n in range(120) if n % 4 and n % 5 < 2}),
        ('{or: [{slug: {eq: "p-1"}}, {and: [{slug: {eq: "p-2"}}]}]}', {1, 2}),
        ("{or: []}", set()),
        ("{and: []}", set(range(120))),
        ("{}", set(range(120))),
        ('{slug: {like: "p-10_"}}', set(range(100, 110))),
        ('{slug: {ilike: "P-11%"}}', {11, *range(110, 120)}),
        (r'{slug: {like: "p-1\\_%"}}', set()),
        ('{slug: {ne: "p-1", notIn: ["p-2"], like: "p-_"}}', {0, *range(3, 10)}),
        ("{createdAt: {lt: 1714521780}}", {0, 1, 2}),
        ('{createdAt: {gte: "2024-05-01T03:58:00+02:00"}}', {118, 119}),
        ('{slug: {eq: "\\"; DROP TABLE x; --é😀"}}', set()),
    ],
)
async def test_filters_choose_rows(ask: Ask, where: str, expected: set[int]) -> None:
    answer = await ask(f"{{ protocols(first: 1000, where: {where}) {{ nodes {{ slug }} }} }}")
    assert answer.errors == []
    assert {node["slug"] for node in answer.data["protocols"]["nodes"]} == {
        f"p-{n}" for n in expected
    }


async def test_filters_compare_ids_enums_decimals_and_small_integers(ask: Ask) -> None:
    wanted = encode_id(entity_of(shop.Pool), key(5, 2))
    answer = await ask(
        """query ($id: ID!) {
          a: pools(where: {id: {in: [$id]}}) { nodes { name } }
          b: pools(first: 1000, where: {
                poolType: {in: [LP]}, tvlUsd: {gte: "1.5", lte: 1.50}, rank: {lt: 99999}}) {
            nodes { name tvlUsd poolType } }
        }""",
        id=wanted,
    )
    assert answer.errors == []
    assert answer.data["a"]["nodes"] == [{"name": "Pool 5"}]
    rows = answer.data["b"]["nodes"]
    assert {row["name"] for row in rows} == {
        f"Pool {n}" for n in range(500) if n % 2 and n % 3 and n % 7 == 6
    }
    assert {(row["tvlUsd"], row["poolType"]) for row in rows} == {("1.50000000", "LP")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 1001", "`first` is 1001, above the maximum of 1000."),
        ("last: 5000", "`last` is 5000, above the maximum of 1000."),
        ("first: -1", "`first` is negative."),
        ("first: 1, last: 1", "`first` and `last` are given together."),
        ('after: "!"', "This is not a cursor."),
        ('after: ""', "This is not a cursor."),
        ('after: "W10"', "This is not a cursor."),
        ('after: "é"', "This is not a cursor."),
        ('before: "WyJ4IiwxXQ"', "The cursor belongs to another list or ordering."),
        ("where: {slug: {eq: null}}", "The filter `slug.eq` is null."),
        ("where: {slug: null}", "The filter `slug` is null."),
        ('where: {slug: {eq: "a\\u0000"}}', "`slug` holds a NUL character"),
        (r'where: {slug: {like: "p\\"}}', "The pattern of `slug` has a backslash"),
        (r'where: {slug: {ilike: "\\p%"}}', "The pattern of `slug` has a backslash"),
        ("orderBy: [{field: NAME}, {field: NAME}]", "`orderBy` names a field twice."),
    ],
)
async def test_wrong_page_arguments_are_explained(ask: Ask, arguments: str, message: str) -> None:
    answer = await ask(f"{{ protocols({arguments}) {{ nodes {{ slug }} }} }}")
    assert answer.codes == [("protocols", "BAD_USER_INPUT")]
    assert answer.errors[0].message.startswith(message)
    assert answer.statements == []


async def test_numbers_no_store_can_hold_are_explained(ask: Ask) -> None:
    huge = "9" * 80
    answer = await ask(f'{{ pools(where: {{tvlUsd: {{gt: "{huge}"}}}}) {{ nodes {{ name }} }} }}')
    assert answer.codes == [("pools", "BAD_USER_INPUT")]


async def test_a_filter_has_a_bounded_number_of_conditions(ask: Ask) -> None:
    many = ", ".join('{slug: {eq: "x"}}' for _ in range(101))
    answer = await ask(f"{{ protocols(where: {{or: [{many}]}}) {{ nodes {{ slug }} }} }}")
    assert answer.codes == [("protocols", "BAD_USER_INPUT")]
    assert answer.errors[0].message == "The filter has more than 100 conditions."


async def test_a_cursor_of_another_ordering_is_refused(ask: Ask) -> None:
    first = await ask("{ protocols(first: 1) { pageInfo { endCursor } } }")
    cursor = first.data["protocols"]["pageInfo"]["endCursor"]
    answer = await ask(
        """query ($after: String!) {
          protocols(after: $after, orderBy: [{field: NAME, direction: DESC}]) { nodes { slug } }
        }""",
        after=cursor,
    )
    assert answer.codes == [("protocols", "BAD_USER_INPUT")]
    assert "another list or ordering" in answer.errors[0].message


async def _walk(ask: Ask, field: str, order: str, size: int, forward: bool) -> list[str]:
    """Ids of a whole list, page by page, in list order."""
    sizes, cursor, more = (
        ("first", "after", "hasNextPage") if forward else ("last", "before", "hasPreviousPage")
    )
    edge = "endCursor" if forward else "startCursor"
    query = f"""query ($cursor: String) {{
      {field}({sizes}: {size}, {cursor}: $cursor, orderBy: {order}) {{
        pageInfo {{ {more} {edge} }} edges {{ cursor node {{ id }} }} }} }}"""
    ids: list[str] = []
    position: str | None = None
    while True:
        answer = await ask(query, cursor=position)
        assert answer.errors == []
        page: dict[str, Any] = answer.data[field]
        found = [edge["node"]["id"] for edge in page["edges"]]
        ids = ids + found if forward else found + ids
        if not page["pageInfo"][more]:
            return ids
        position = page["pageInfo"][edge]


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("protocols", "[{field: NAME}]"),
        ("protocols", "[{field: SCORE, direction: DESC}, {field: NAME}]"),
        ("protocols", "[{field: SCORE, nulls: FIRST}, {field: NAME, direction: DESC}]"),
        ("pools", "[{field: POOL_TYPE, direction: DESC}, {field: TVL_USD}]"),
        ("pools", "[{field: RANK}, {field: TVL_USD, direction: DESC, nulls: FIRST}]"),
        ("trades", "[{field: TRADED_AT, direction: DESC}]"),
        ("trades", "[{field: NOTE, nulls: FIRST}, {field: AMOUNT, direction: DESC}]"),
        ("trades", "[{field: NOTE, direction: DESC}]"),
    ],
)
async def test_pages_in_both_directions_make_up_the_whole_list(
    ask: Ask, field: str, order: str
) -> None:
    whole = await ask(f"{{ {field}(first: 1000, orderBy: {order}) {{ nodes {{ id }} }} }}")
    expected = [node["id"] for node in whole.data[field]["nodes"]]
    assert len(set(expected)) == len(expected) >= 120
    size = {"protocols": 17, "pools": 83, "trades": 199}[field]
    assert await _walk(ask, field, order, size, forward=True) == expected
    assert await _walk(ask, field, order, size, forward=False) == expected


async def test_an_empty_page_and_a_page_of_none(ask: Ask) -> None:
    answer = await ask(
        """{ a: protocols(where: {slug: {eq: "x"}}) { nodes { id } totalCount { value exact }
                pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
             b: protocols(first: 0) { nodes { id } pageInfo { hasNextPage } } }"""
    )
    assert answer.data == {
        "a": {
            "nodes": [],
            "totalCount": {"value": 0, "exact": True},
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        },
        "b": {"nodes": [], "pageInfo": {"hasNextPage": True}},
    }


async def test_a_replaced_row_of_clickhouse_is_read_once(ask: Ask, shop_stores: Stores) -> None:
    columns = ("id", "pool_id", "traded_at", "amount", "note", "version")
    pool, at = key(60, 2), datetime(2024, 6, 1, tzinfo=UTC)
    for version, note in ((1, "old"), (2, "new")):
        row = (key(5000, 3), pool, at, Decimal(1), note, version)
        await shop_stores.clickhouse.insert(f"{SCHEMA}.trades", columns, [row])
    answer = await ask(
        """query ($id: ID!) { pools(where: {id: {eq: $id}}) { nodes {
             trades { totalCount { value } nodes { note } } } } }""",
        id=str(pool),
    )
    trades = answer.data["pools"]["nodes"][0]["trades"]
    assert trades == {"totalCount": {"value": 1}, "nodes": [{"note": "new"}]}


async def test_owned_rows_show_only_to_their_owner(ask: Ask) -> None:
    query = "{ notes(first: 100) { totalCount { value } nodes { text } } }"
    alice = await ask(query, viewer=Viewer(ALICE, "user"))
    assert {node["text"] for node in alice.data["notes"]["nodes"]} == {
        f"note {n}" for n in range(10) if n % 2
    }
    assert alice.data["notes"]["totalCount"] == {"value": 5}
    stranger = await ask(query, viewer=Viewer(UUID(int=77), "user"))
    assert stranger.data == {"notes": {"totalCount": {"value": 0}, "nodes": []}}
    nobody = await ask(query)
    assert nobody.data == {"notes": None}
    assert nobody.codes == [("notes", "UNAUTHENTICATED")]
    assert nobody.statements == []


async def test_a_field_for_operators_is_closed_to_others(ask: Ask) -> None:
    assert (await ask("{ secret }")).codes == [("secret", "UNAUTHENTICATED")]
    user = await ask("{ secret }", viewer=Viewer(ALICE, "user"))
    assert (user.data, user.codes) == ({"secret": None}, [("secret", "FORBIDDEN")])
    assert (await ask("{ secret }", viewer=Viewer(ALICE, "admin"))).data == {"secret": "42"}


async def test_many_keys_go_in_portions(shop_stores: Stores) -> None:
    rows = Rows(entity_of(shop.Protocol), ("slug",), "id")
    context = RequestContext(Viewer(), shop_stores)
    loader = ones(context, rows)
    found = await asyncio.gather(*(loader.load(key(n)) for n in range(25_000)))
    assert [row.slug for row in found if row is not None] == [f"p-{n}" for n in range(120)]
    assert context.calls == {("postgres", f"read {SCHEMA}.protocols by id"): 3}


async def test_a_large_count_says_it_is_not_exact(shop_stores: Stores) -> None:
    columns = ("id", "pool_id", "traded_at", "amount", "note", "version")
    pool, at = key(77, 2), datetime(2023, 1, 1, tzinfo=UTC)
    trades = [(key(n, 5), pool, at, Decimal(n), None, 1) for n in range(10_050)]
    await shop_stores.clickhouse.insert(f"{SCHEMA}.trades", columns, trades)
    try:
        rows = Rows(entity_of(shop.Trade), (), "pool_id")
        loader = counts(RequestContext(Viewer(), shop_stores), rows)
        large, small = await asyncio.gather(loader.load(pool), loader.load(key(1, 2)))
        assert (large.value, large.exact) == (10_000, False)
        assert (small.value, small.exact) == (18, True)
    finally:
        delete = Statement(
            "cleanup",
            f"ALTER TABLE {SCHEMA}.trades DELETE WHERE pool_id = {{pool:UUID}}",
            kind="exec",
        )
        await shop_stores.clickhouse.execute(
            delete, {"pool": str(pool)}, settings={"mutations_sync": 2}
        )
