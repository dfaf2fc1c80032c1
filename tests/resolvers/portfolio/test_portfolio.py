"""Portfolios: sums checked by hand, and nothing of a stranger's."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.context import Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls

CHAIN = 920_001
ALICE, BOB, CAROL = uuid4(), uuid4(), uuid4()
ETHER, DOLLAR, OTHER = uuid4(), uuid4(), uuid4()
LENDER = uuid4()
MINE, EMPTY, HIS = uuid4(), uuid4(), uuid4()
MANY = [uuid4() for _ in range(100)]
DAY = datetime(2025, 3, 3, tzinfo=UTC)
AT = datetime(2025, 3, 4, 12, tzinfo=UTC)
SIGNED_IN = Viewer(ALICE, "user")
STRANGER = Viewer(BOB, "user")


def global_id(key: UUID) -> str:
    """The global id of a portfolio."""
    return base64.urlsafe_b64encode(f"Portfolio:{key}".encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module", autouse=True)
async def portfolios(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """Alice has two portfolios, one of them empty; Bob has one, Carol a hundred."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,), (CAROL,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name"),
        [(ETHER, "TETH", "Ether"), (DOLLAR, "TUSD", "Dollar"), (OTHER, "TOTH", "Other")],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(LENDER, f"lender-{LENDER}", "Lender", "Lending")],
    )
    await postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name"),
        [(MINE, ALICE, "Mine"), (EMPTY, ALICE, "Void"), (HIS, BOB, "His")]
        + [(id_, CAROL, f"P{number:03}") for number, id_ in enumerate(MANY)],
    )
    await postgres.copy_rows(
        "portfolio.positions",
        (
            *("portfolio_id", "asset_id", "position_type", "chain_id", "protocol_id"),
            *("quantity", "value_usd"),
        ),
        [
            (MINE, ETHER, "spot", CHAIN, None, Decimal("2"), Decimal("4000")),
            (MINE, ETHER, "staked", CHAIN, LENDER, Decimal("1.5"), Decimal("3000")),
            (MINE, DOLLAR, "borrowing", CHAIN, LENDER, Decimal("1000"), Decimal("-990")),
            (MINE, OTHER, "spot", None, None, Decimal("7"), None),
            (MINE, DOLLAR, "spot", None, None, Decimal("10"), Decimal("9.5")),
            (HIS, ETHER, "spot", CHAIN, None, Decimal("100"), Decimal("200000")),
            *(
                (id_, OTHER, "spot", CHAIN, None, Decimal(1), Decimal(number))
                for number, id_ in enumerate(MANY)
            ),
        ],
    )
    snapshots = [
        (DAY + timedelta(hours=1), DAY.date(), MINE, ALICE, Decimal("10"), 1, 1, 1),
        (DAY + timedelta(hours=2), DAY.date(), MINE, ALICE, Decimal("11.5"), 1, 1, 1),
        (DAY + timedelta(days=2), DAY.date(), MINE, ALICE, Decimal("12"), 1, 1, 1),
        (DAY, DAY.date(), HIS, BOB, Decimal("200000"), 1, 1, 1),
    ]
    columns: tuple[str, ...] = ("ts", "snapshot_date", "portfolio_id", "user_id", "total_value_usd")
    columns += ("total_assets", "total_chains", "total_protocols")
    await worker_stores.clickhouse.insert("portfolio_snapshots", columns, snapshots)
    key = redis_keys.key("price_current", asset_id=ETHER)
    fields: Any = {"price": "2100.5", "ts": str(int(AT.timestamp() * 1000)), "source": "test"}
    await stores.redis.commands.hset(key, mapping=fields)
    yield
    await stores.redis.commands.delete(key)
    for table, column, ids in (
        ("portfolio.positions", "portfolio_id", [MINE, HIS, *MANY]),
        ("portfolio.portfolios", "id", [MINE, EMPTY, HIS, *MANY]),
        ("catalog.protocols", "id", [LENDER]),
        ("catalog.assets", "id", [ETHER, DOLLAR, OTHER]),
    ):
        text = f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), ids)


TOTALS = """query ($id: ID!) { portfolio(id: $id) { name
  totals { valueUsd debtUsd positionCount unpricedCount
    byChain { chain { slug } valueUsd debtUsd positionCount }
    byProtocol { protocol { name } valueUsd debtUsd positionCount }
    byKind { positionType valueUsd debtUsd positionCount } } } }"""


def _numbers(rows: list[dict[str, Any]], name: str) -> list[tuple[Any, ...]]:
    return [
        (
            row[name],
            None if row["valueUsd"] is None else Decimal(row["valueUsd"]),
            Decimal(row["debtUsd"]),
            row["positionCount"],
        )
        for row in rows
    ]


async def test_totals_are_the_sums_by_hand(stores: Stores) -> None:
    answer = await ask(stores, TOTALS, viewer=SIGNED_IN, id=global_id(MINE))
    assert not answer.errors
    totals = answer.data["portfolio"]["totals"]
    assert Decimal(totals["valueUsd"]) == Decimal("6019.5")
    assert Decimal(totals["debtUsd"]) == 990
    assert (totals["positionCount"], totals["unpricedCount"]) == (5, 1)
    assert _numbers(totals["byChain"], "chain") == [
        ({"slug": f"chain-{CHAIN}"}, 6010, 990, 3),
        (None, Decimal("9.5"), 0, 2),
    ]
    assert _numbers(totals["byProtocol"], "protocol") == [
        (None, Decimal("4009.5"), 0, 3),
        ({"name": "Lender"}, 2010, 990, 2),
    ]
    assert _numbers(totals["byKind"], "positionType") == [
        ("SPOT", Decimal("4009.5"), 0, 3),
        ("STAKED", 3000, 0, 1),
        ("BORROWING", -990, 990, 1),
    ]


LIVE = """query ($id: ID!) { portfolio(id: $id) {
  liveValue { valueUsd liveCount lastKnownCount unpricedCount oldestPriceAt } } }"""


async def test_live_value_takes_live_prices_and_else_the_last_valuation(stores: Stores) -> None:
    answer = await ask(stores, LIVE, viewer=SIGNED_IN, id=global_id(MINE))
    assert not answer.errors
    value = answer.data["portfolio"]["liveValue"]
    # 3.5 ether at 2,100.50, the rest as valued: -990 + 9.50.
    assert Decimal(value["valueUsd"]) == Decimal("6371.25")
    assert (value["liveCount"], value["lastKnownCount"], value["unpricedCount"]) == (2, 2, 1)
    assert datetime.fromisoformat(value["oldestPriceAt"]) == AT


async def test_without_redis_live_value_is_the_last_valuation(stores: Stores) -> None:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await ask(replace(stores, redis=nobody), LIVE, viewer=SIGNED_IN, id=global_id(MINE))
    await nobody.close()
    assert not answer.errors
    value = answer.data["portfolio"]["liveValue"]
    assert Decimal(value["valueUsd"]) == Decimal("6019.5")
    assert (value["liveCount"], value["lastKnownCount"], value["unpricedCount"]) == (0, 4, 1)


async def test_an_empty_portfolio_is_worth_nothing(stores: Stores) -> None:
    query = TOTALS.replace("name", "liveValue { valueUsd } name", 1)
    answer = await ask(stores, query, viewer=SIGNED_IN, id=global_id(EMPTY))
    assert not answer.errors
    found = answer.data["portfolio"]
    assert Decimal(found["totals"]["valueUsd"]) == Decimal(found["liveValue"]["valueUsd"]) == 0
    assert found["totals"]["byChain"] == []


async def test_value_history_is_the_last_snapshot_of_each_day(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!, $from: DateTime!, $to: DateTime!) { portfolio(id: $id) {
             valueHistory(from: $from, to: $to, fill: PREVIOUS) { t v } } }""".replace(
            "$from", "$start"
        ).replace("$to", "$end"),
        viewer=SIGNED_IN,
        id=global_id(MINE),
        start=(DAY - timedelta(days=1)).isoformat(),
        end=(DAY + timedelta(days=3)).isoformat(),
    )
    assert not answer.errors
    values = answer.data["portfolio"]["valueHistory"]["v"]
    assert [None if v is None else Decimal(v) for v in values] == [
        None,
        Decimal("11.5"),
        Decimal("11.5"),
        12,
    ]


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_portfolios(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($first: Int!) { viewer { role portfolios(first: $first) { nodes {
             name totals { valueUsd } liveValue { valueUsd } valueHistory { v } } } } }""",
        viewer=Viewer(CAROL, "user"),
        first=count,
    )
    assert not answer.errors
    nodes = answer.data["viewer"]["portfolios"]["nodes"]
    assert [node["name"] for node in nodes] == [f"P{number:03}" for number in range(count)]
    values = [Decimal(node["totals"]["valueUsd"]) for node in nodes]
    assert values == list(range(count))
    assert kinds_of_calls(answer) == ["clickhouse", "postgres", "postgres", "postgres", "redis"]


EVERY_WAY = """query ($id: ID!, $mine: ID!) {
  portfolio(id: $id) { name totals { valueUsd } }
  portfolios(where: {id: {eq: $id}}) { totalCount { value } nodes { name } }
  node(id: $id) { id ... on Portfolio { name totals { valueUsd } valueHistory { v } } }
  nodes(ids: [$id, $mine]) { id ... on Portfolio { name positions { nodes { valueUsd } } } }
  viewer { userId portfolios(where: {id: {eq: $id}}) { totalCount { value } nodes { name } } }
}"""


async def test_stranger_cannot_read_portfolio_by_any_way(stores: Stores) -> None:
    answer = await ask(stores, EVERY_WAY, viewer=STRANGER, id=global_id(MINE), mine=global_id(HIS))
    assert not answer.errors
    nothing = {"totalCount": {"value": 0}, "nodes": []}
    assert answer.data == {
        "portfolio": None,
        "portfolios": nothing,
        "node": None,
        "nodes": [
            None,
            {
                "id": global_id(HIS),
                "name": "His",
                "positions": {"nodes": [{"valueUsd": "200000.00000000"}]},
            },
        ],
        "viewer": {"userId": str(BOB), "portfolios": nothing},
    }


async def test_a_foreign_portfolio_looks_like_one_that_never_was(stores: Stores) -> None:
    foreign = await ask(stores, EVERY_WAY, viewer=STRANGER, id=global_id(MINE), mine=global_id(HIS))
    absent = await ask(
        stores, EVERY_WAY, viewer=STRANGER, id=global_id(uuid4()), mine=global_id(HIS)
    )
    assert foreign.data == absent.data
    assert foreign.statements == absent.statements


async def test_totals_of_a_foreign_key_are_empty_even_in_the_query(stores: Stores) -> None:
    # Were a resolver to ask with a foreign id, the statement itself would give nothing.
    from resolvers.context import RequestContext
    from resolvers.portfolio.totals import live_values, totals_of, value_history

    context = RequestContext(STRANGER, stores, trace=[])
    assert await totals_of(context, [MINE]) == {}
    assert await live_values(context, [MINE]) == {}
    history = await value_history(
        context, [MINE], from_=DAY - timedelta(days=1), to=DAY + timedelta(days=3)
    )
    assert history[MINE].v == []


async def test_nobody_signed_in_reads_nothing(stores: Stores) -> None:
    answer = await ask(
        stores,
        "query ($id: ID!) { viewer { userId } portfolio(id: $id) { name } node(id: $id) { id } }",
        id=global_id(MINE),
    )
    assert answer.data == {"viewer": None, "portfolio": None, "node": None}
    assert answer.codes == [("portfolio", "UNAUTHENTICATED"), ("node", "UNAUTHENTICATED")]
    assert answer.statements == []
