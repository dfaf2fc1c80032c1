"""A wallet's transactions run from Postgres into ClickHouse as one list."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from stores.clickhouse.client import ClickHouse
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask, kinds_of_calls

CHAIN = 910_001
NEWEST = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
_COLUMNS = (
    *("id", "wallet_id", "occurred_at", "chain_id", "tx_hash", "log_index", "block_number"),
    *("transaction_type", "amount_in", "gas_price", "source"),
)
Row = tuple[Any, ...]


def _rows(wallet_id: UUID, count: int, seed: int) -> list[Row]:
    """Rows newest first in the list's order; many share their second, ids are in no order."""
    generator = random.Random(seed)
    made = []
    for number in range(count):
        id_ = UUID(int=generator.getrandbits(128))
        at = NEWEST - timedelta(seconds=number // 4)
        made.append(
            (
                *(id_, wallet_id, at, CHAIN, f"0x{number:064x}", number % 3 - 1, 1000 - number),
                *("swap", Decimal(number) / 8, Decimal(10) ** 10, "test"),
            )
        )
    return sorted(made, key=lambda row: (row[2], row[0]), reverse=True)


class Wallets:
    """Wallets with a history, of which Postgres holds the first rows."""

    def __init__(self, ids: Sequence[UUID], rows: dict[UUID, list[Row]]) -> None:
        self.ids = ids
        self.rows = rows

    def hashes(self, number: int) -> list[str]:
        """Hashes of one wallet's whole history, newest first."""
        return [row[4] for row in self.rows[self.ids[number]]]


def _address(number: int) -> str:
    return f"0x{0x9100_0000 + number:040x}"


# Whole histories and how many of their rows Postgres holds, wallet by wallet.
_SIZES = [(23, 9), (23, 23), (23, 0), (0, 0), (12, 1), (40, 20)]


@pytest.fixture(scope="module")
async def wallets(worker_stores: Stores) -> AsyncIterator[Wallets]:
    """100 wallets: the first few as above, the others with eight rows, half in Postgres."""
    sizes = _SIZES + [(8, 4)] * (100 - len(_SIZES))
    ids = [uuid4() for _ in sizes]
    rows = {
        id_: _rows(id_, total, n)
        for n, (id_, (total, _)) in enumerate(zip(ids, sizes, strict=True))
    }
    postgres, clickhouse = worker_stores.postgres, worker_stores.clickhouse
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(id_, CHAIN, _address(number)) for number, id_ in enumerate(ids)],
    )
    hot = [row for id_, (_, kept) in zip(ids, sizes, strict=True) for row in rows[id_][:kept]]
    await postgres.copy_rows("catalog.wallet_transactions", _COLUMNS, hot)
    every = [row for id_ in ids for row in rows[id_]]
    columns = ["ts" if name == "occurred_at" else name for name in _COLUMNS]
    await clickhouse.insert("wallet_transactions", columns, every)
    await clickhouse.insert("wallet_transactions", columns, every[:50])  # sent again after a crash
    yield Wallets(ids, rows)
    for table, column in (
        ("catalog.wallet_transactions", "chain_id"),
        ("catalog.wallets", "chain_id"),
        ("catalog.chains", "id"),
    ):
        text = f"DELETE FROM {table} WHERE {column} = $1"
        await postgres.execute(Statement("tidy", text, ("id",), "exec"), CHAIN)


QUERY = """query ($chain: ChainId!, $address: Address!, $first: Int, $after: String, $last: Int,
                  $before: String) {
  wallet(chain: $chain, address: $address) {
    transactions(first: $first, after: $after, last: $last, before: $before) {
      isComplete nodes { hash } edges { cursor }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def _page(stores: Stores, number: int, **arguments: Any) -> dict[str, Any]:
    answer = await ask(
        stores, QUERY, chain=f"eip155:{CHAIN}", address=_address(number), **arguments
    )
    assert not answer.errors
    page: dict[str, Any] = answer.data["wallet"]["transactions"]
    return page


@pytest.mark.parametrize("number", range(len(_SIZES)))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 9, 10, 22, 23, 24, 100])
async def test_pages_forward_and_backward_are_the_whole_list(
    stores: Stores, wallets: Wallets, number: int, size: int
) -> None:
    whole = wallets.hashes(number)
    seen: list[str] = []
    after = None
    while True:
        page = await _page(stores, number, first=size, after=after)
        assert page["isComplete"]
        seen += [node["hash"] for node in page["nodes"]]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == whole

    seen, before = [], None
    while True:
        page = await _page(stores, number, last=size, before=before)
        seen = [node["hash"] for node in page["nodes"]] + seen
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == whole


async def test_any_two_cursors_bound_what_lies_between_them(
    stores: Stores, wallets: Wallets
) -> None:
    whole = wallets.hashes(0)
    page = await _page(stores, 0, first=100)
    cursors = [edge["cursor"] for edge in page["edges"]]
    generator = random.Random(7)
    for _ in range(40):
        newer, older = sorted(generator.sample(range(len(whole)), 2))
        between = whole[newer + 1 : older]
        bounds = {"after": cursors[newer], "before": cursors[older]}
        count = generator.randint(1, 6)
        first = await _page(stores, 0, first=count, **bounds)
        assert [node["hash"] for node in first["nodes"]] == between[:count]
        assert first["pageInfo"]["hasNextPage"] is (len(between) > count)
        last = await _page(stores, 0, last=count, **bounds)
        assert [node["hash"] for node in last["nodes"]] == between[-count:]
        assert last["pageInfo"]["hasPreviousPage"] is (len(between) > count)


MANY = """query ($addresses: [String!], $first: Int) {
  wallets(first: 1000, where: {address: {in: $addresses}}) {
    nodes { address transactions(first: $first) { nodes { hash wallet { address } } } } } }"""


@pytest.mark.parametrize("parents", [1, 10, 100])
async def test_statements_do_not_grow_with_wallets(
    stores: Stores, wallets: Wallets, parents: int
) -> None:
    # Taken from the end, where a page of six never fits into the window.
    numbers = range(100 - parents, 100) if parents < 100 else range(100)
    query = MANY.replace("[String!]", "[Address!]")
    addresses = [_address(number) for number in numbers]
    answer = await ask(stores, query, addresses=addresses, first=6)
    assert not answer.errors
    found = answer.data["wallets"]["nodes"]
    assert len(found) == parents
    by_address = {
        node["address"].lower(): [row["hash"] for row in node["transactions"]["nodes"]]
        for node in found
    }
    for number in numbers:
        assert by_address[_address(number)] == wallets.hashes(number)[:6]
    assert kinds_of_calls(answer) == ["clickhouse", "postgres", "postgres", "postgres"]


async def test_a_page_within_the_window_leaves_clickhouse_alone(
    stores: Stores, wallets: Wallets
) -> None:
    answer = await ask(stores, QUERY, chain=f"eip155:{CHAIN}", address=_address(0), first=8)
    assert not answer.errors
    assert kinds_of_calls(answer) == ["postgres", "postgres", "postgres"]


async def test_every_field_is_the_same_from_both_stores(stores: Stores, wallets: Wallets) -> None:
    query = """query ($chain: ChainId!, $a: Address!) { wallet(chain: $chain, address: $a) {
      transactions(first: 100) { totalCount { value exact } nodes { hash logIndex blockNumber at
        transactionType counterparty amountIn amountOut amountInUsd pnlUsd gasUsed gasPriceWei
        gasCostUsd source tokenIn { symbol } protocol { slug } chain { caip2 } } } } }"""
    answer = await ask(stores, query, chain=f"eip155:{CHAIN}", a=_address(5))
    assert not answer.errors
    found = answer.data["wallet"]["transactions"]
    assert found["totalCount"] == {"value": 40, "exact": True}
    rows = wallets.rows[wallets.ids[5]]
    assert len(found["nodes"]) == len(rows)
    for node, row in zip(found["nodes"], rows, strict=True):
        assert node["hash"] == row[4]
        assert node["logIndex"] == row[5]
        assert node["blockNumber"] == str(row[6])
        assert datetime.fromisoformat(node["at"]) == row[2]
        assert node["transactionType"] == "SWAP"
        assert Decimal(node["amountIn"]) == row[8]
        assert node["gasPriceWei"] == "10000000000"
        assert node["source"] == "test"
        assert node["chain"] == {"caip2": f"eip155:{CHAIN}"}
        assert node["counterparty"] is node["amountOut"] is node["pnlUsd"] is None
        assert node["tokenIn"] is node["protocol"] is node["gasUsed"] is None
    # The two halves are written alike.
    assert len({len(node["amountIn"]) for node in found["nodes"]}) == 1


@pytest.fixture
async def without_archive(stores: Stores) -> AsyncIterator[Stores]:
    """Stores whose ClickHouse is at a port where nobody listens."""
    nobody = ClickHouse("http://127.0.0.1:9/default")
    yield replace(stores, clickhouse=nobody)
    await nobody.close()


async def test_without_the_archive_the_window_still_answers(
    without_archive: Stores, wallets: Wallets
) -> None:
    whole = wallets.hashes(0)
    full = await _page(without_archive, 0, first=5)
    assert full["isComplete"]
    assert [node["hash"] for node in full["nodes"]] == whole[:5]

    short = await _page(without_archive, 0, first=20)
    assert not short["isComplete"]
    assert [node["hash"] for node in short["nodes"]] == whole[:9]
    # More may follow, and asking on says why it cannot come now.
    assert short["pageInfo"]["hasNextPage"]
    for arguments in ({"first": 5, "after": short["pageInfo"]["endCursor"]}, {"last": 3}):
        answer = await ask(
            without_archive,
            QUERY,
            chain=f"eip155:{CHAIN}",
            address=_address(0),
            **arguments,
        )
        assert answer.data == {"wallet": {"transactions": None}}
        assert [error.original_error.store for error in answer.errors] == ["clickhouse"]

    count = await ask(
        without_archive,
        """query ($c: ChainId!, $a: Address!) { wallet(chain: $c, address: $a) {
             transactions(first: 2) { nodes { hash } totalCount { value } } } }""",
        c=f"eip155:{CHAIN}",
        a=_address(0),
    )
    found = count.data["wallet"]["transactions"]
    assert [node["hash"] for node in found["nodes"]] == whole[:2]
    assert found["totalCount"] is None
    assert len(count.errors) == 1


@pytest.mark.parametrize(
    "arguments",
    [{"first": -1}, {"first": 1001}, {"last": 1001}, {"first": 1, "last": 1}, {"after": "x"}],
)
async def test_wrong_arguments_are_refused(
    stores: Stores, wallets: Wallets, arguments: dict[str, Any]
) -> None:
    answer = await ask(stores, QUERY, chain=f"eip155:{CHAIN}", address=_address(0), **arguments)
    assert answer.codes == [("wallet.transactions", "BAD_USER_INPUT")]


async def test_activity_counts_transactions_a_day(stores: Stores, wallets: Wallets) -> None:
    day = NEWEST.replace(hour=0, minute=0, second=0)
    rows = wallets.rows[wallets.ids[0]]
    expected = len({row[4] for row in rows if row[2] >= day})
    answer = await ask(
        stores,
        """query ($c: ChainId!, $a: Address!, $start: DateTime!, $end: DateTime!) {
             wallet(chain: $c, address: $a) {
               activity(from: $start, to: $end, interval: DAY) { t v } } }""",
        c=f"eip155:{CHAIN}",
        a=_address(0),
        start=(day - timedelta(days=5)).isoformat(),
        end=(day + timedelta(days=1)).isoformat(),
    )
    assert not answer.errors
    series = answer.data["wallet"]["activity"]
    assert len(series["t"]) == 6
    assert Decimal(series["v"][-1]) == expected
    assert [Decimal(v) for v in series["v"][:4]] == [0, 0, 0, 0]
