"""A user's events settled and written, on the live engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.tax.compute import Work, settle_taxes
from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.holding import US
from resolvers.tax.ledger import Terms
from stores.lifecycle import Stores
from tests.resolvers.portfolio.conftest import Sql
from tests.resolvers.tax.cases import day

CHAIN = 920_147
FIFO, LIFO = (Terms(method, US) for method in (CostBasisMethod.FIFO, CostBasisMethod.LIFO))
WASHED = Terms(CostBasisMethod.FIFO, US, marks_wash_sales=True)
COLUMNS = (
    "id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type", "is_taxable",
    "asset_in_symbol", "asset_in_amount", "asset_in_value_usd",
    "asset_out_symbol", "asset_out_amount", "asset_out_value_usd", "fee_value_usd",
)  # fmt: skip
Given = tuple[str, datetime, str | None, Any, Any, str | None, Any, Any, Any]


@pytest.fixture(scope="module", autouse=True)
async def chain(worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )


async def person(stores: Stores, given: Sequence[Given]) -> tuple[UUID, list[UUID]]:
    """A user with events: kind, time, what came in, what went out (symbol, amount, worth), fee."""
    user, keys = uuid4(), [uuid4() for _ in given]
    await stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    rows = [
        (key, user, CHAIN, f"0x{key.hex}", at, kind, not kind.startswith("transfer"), *sides)
        for key, (kind, at, *sides) in zip(keys, given, strict=True)
    ]
    for start in range(0, len(rows), 1_000):
        part = rows[start : start + 1_000]
        await stores.postgres.copy_rows("portfolio.tax_transactions", COLUMNS, part)
    return user, keys


EVENTS: list[Given] = [
    ("buy", day(0), "ETH", 10, 100, "USD", 100, 100, 2),
    ("staking_reward", day(10), "ETH", 2, 60, None, None, None, None),
    ("transfer_out", day(20), None, None, None, "ETH", 12, 999, None),
    ("swap", day(400), "DOGE", 50, 240, "ETH", 11, 230, 20),
    ("sell", day(401), "USD", 1, 1, "DOGE", 50, 100, None),
    ("airdrop", day(402), "JUNK", 5, None, None, None, None, None),
    ("sell", day(403), "USD", 9, 9, "JUNK", 6, 9, None),
]


async def books(sql: Sql, user: UUID) -> list[list[Any]]:
    """Lots, sales, outcomes and issues as written."""
    lots = await sql(
        "SELECT asset_symbol, acquired_amount, cost_basis_usd, remaining_amount"
        " FROM portfolio.tax_lots WHERE user_id = $1 ORDER BY acquired_at", user,
    )  # fmt: skip
    sales = await sql(
        "SELECT l.asset_symbol, d.amount, d.proceeds_usd, d.gain_usd, d.wash_sale_loss_usd"
        " FROM portfolio.tax_lot_disposals AS d JOIN portfolio.tax_lots AS l ON l.id = d.lot_id"
        " WHERE d.user_id = $1 ORDER BY d.disposed_at, l.acquired_at", user,
    )  # fmt: skip
    outcomes = await sql(
        "SELECT transaction_type, cost_basis_usd, capital_gain_usd, holding_period_days,"
        " is_long_term, tax_category FROM portfolio.tax_transactions WHERE user_id = $1"
        " ORDER BY occurred_at", user,
    )  # fmt: skip
    issues = await sql(
        "SELECT asset_symbol, reason, amount FROM portfolio.tax_issues WHERE user_id = $1"
        " ORDER BY asset_symbol, reason", user,
    )  # fmt: skip
    return [[tuple(row.values()) for row in rows] for rows in (lots, sales, outcomes, issues)]


async def test_lots_sales_outcomes_and_issues_are_written(worker_stores: Stores, sql: Sql) -> None:
    user, _ = await person(worker_stores, EVENTS)
    steps: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        steps.append((done, total))

    work = await settle_taxes(worker_stores.postgres, user, FIFO, progress)
    assert work == Work(events=7, settled=3, unchanged=0)
    assert steps == [(2, 7), (5, 7), (7, 7)]
    lots, sales, outcomes, issues = await books(sql, user)
    assert lots == [
        ("ETH", 10, Decimal(102), 0), ("ETH", 2, Decimal(60), 1),
        ("DOGE", 50, Decimal(240), 0), ("JUNK", 5, None, 0),
    ]  # fmt: skip
    assert sales == [
        ("ETH", 10, Decimal(200), Decimal(98), None), ("ETH", 1, Decimal(20), Decimal(-10), None),
        ("DOGE", 50, Decimal(1), Decimal(-239), None), ("JUNK", 5, Decimal("7.5"), None, None),
    ]  # fmt: skip
    assert outcomes == [
        ("buy", None, None, None, None, None),
        ("staking_reward", None, None, None, None, "income"),
        ("transfer_out", None, None, None, None, None),
        ("swap", Decimal(132), Decimal(88), None, True, "capital_gain"),
        ("sell", Decimal(240), Decimal(-239), 1, False, "capital_gain"),
        ("airdrop", None, None, None, None, "income"),
        ("sell", None, None, 1, False, "capital_gain"),
    ]
    assert issues == [("JUNK", "missing_price", 5), ("JUNK", "no_lot", 1)]


async def test_a_second_run_writes_nothing_and_another_method_everything(
    worker_stores: Stores, sql: Sql
) -> None:
    user, _ = await person(worker_stores, EVENTS)
    stamps = "SELECT id, xmin::text FROM portfolio.tax_lots WHERE user_id = $1 ORDER BY id"
    await settle_taxes(worker_stores.postgres, user, FIFO)
    first, rows = await books(sql, user), await sql(stamps, user)
    again = await settle_taxes(worker_stores.postgres, user, FIFO)
    assert again == Work(events=7, settled=0, unchanged=3)
    assert await sql(stamps, user) == rows
    await settle_taxes(worker_stores.postgres, user, LIFO)
    lots, *_ = await books(sql, user)
    assert [left for *_, left in lots] == [1, 0, 0, 0]
    await settle_taxes(worker_stores.postgres, user, FIFO)
    assert await books(sql, user) == first
    assert [row["id"] for row in await sql(stamps, user)] == [row["id"] for row in rows]


class Cut(Exception):
    """The worker dies here."""


async def test_a_run_cut_short_goes_on_where_it_was(worker_stores: Stores, sql: Sql) -> None:
    user, _ = await person(worker_stores, EVENTS)

    async def die(done: int, total: int) -> None:
        raise Cut

    with pytest.raises(Cut):
        await settle_taxes(worker_stores.postgres, user, FIFO, die)
    assert {lot[0] for lot in (await books(sql, user))[0]} == {"DOGE"}
    rest = await settle_taxes(worker_stores.postgres, user, FIFO)
    assert rest == Work(events=7, settled=2, unchanged=1)


async def test_a_price_found_later_settles_what_it_touches(worker_stores: Stores, sql: Sql) -> None:
    user, keys = await person(worker_stores, EVENTS)
    await settle_taxes(worker_stores.postgres, user, FIFO)
    await sql("UPDATE portfolio.tax_transactions SET asset_in_value_usd = 5 WHERE id = $1", keys[5])
    assert await settle_taxes(worker_stores.postgres, user, FIFO) == Work(7, 1, 2)
    _, sales, _, issues = await books(sql, user)
    assert sales[-1] == ("JUNK", 5, Decimal("7.5"), Decimal("2.5"), None)
    assert issues == [("JUNK", "no_lot", 1)]


async def test_an_asset_spelled_anew_leaves_nothing_behind(worker_stores: Stores, sql: Sql) -> None:
    user, keys = await person(worker_stores, EVENTS[:2])
    await settle_taxes(worker_stores.postgres, user, FIFO)
    await sql(
        "UPDATE portfolio.tax_transactions SET asset_in_symbol = 'AAA' WHERE id = $1", keys[0]
    )
    await settle_taxes(worker_stores.postgres, user, FIFO)
    lots, *_ = await books(sql, user)
    assert [lot[0] for lot in lots] == ["AAA", "ETH"]


async def test_lots_entered_by_hand_are_drawn_from_and_kept(
    worker_stores: Stores, sql: Sql
) -> None:
    user, keys = await person(worker_stores, EVENTS[3:4])
    lot = uuid4()
    await worker_stores.postgres.copy_rows(
        "portfolio.tax_lots",
        ("id", "user_id", "asset_symbol", "chain_id", "acquired_at", "acquired_amount",
         "acquired_price_usd", "cost_basis_usd", "remaining_amount"),
        [(lot, user, "ETH", CHAIN, day(0), 20, 1, 20, 20)],
    )  # fmt: skip
    for terms in (FIFO, LIFO):
        await settle_taxes(worker_stores.postgres, user, terms)
        (kept,) = await sql("SELECT * FROM portfolio.tax_lots WHERE id = $1", lot)
        assert kept["remaining_amount"] == 9
    sales = await sql("SELECT * FROM portfolio.tax_lot_disposals WHERE user_id = $1", user)
    assert [(row["lot_id"], row["transaction_id"], row["gain_usd"]) for row in sales] == [
        (lot, keys[0], Decimal(209)),
    ]  # fmt: skip


async def test_wash_sales_are_marked_when_asked_for(worker_stores: Stores, sql: Sql) -> None:
    events: list[Given] = [
        ("buy", day(0), "ETH", 10, 100, None, None, None, None),
        ("sell", day(5), None, None, None, "ETH", 10, 40, None),
        ("buy", day(9), "ETH", 5, 20, None, None, None, None),
    ]
    user, _ = await person(worker_stores, events)
    await settle_taxes(worker_stores.postgres, user, WASHED)
    _, sales, _, _ = await books(sql, user)
    assert sales == [("ETH", 10, Decimal(40), Decimal(-60), Decimal(30))]


async def test_thousands_of_events_are_written_in_portions(worker_stores: Stores, sql: Sql) -> None:
    """More than one portion of an asset; `make bench ARGS=tax` measures 100,000."""
    count = 6_000
    events: list[Given] = [
        ("buy", day(at / 100), "COIN", 3, 30 + at % 7, None, None, None, 1)
        if at % 3 == 0
        else ("sell", day(at / 100), None, None, None, "COIN", 1, 9 + at % 5, 1)
        for at in range(count)
    ]
    user, _ = await person(worker_stores, events)
    work = await settle_taxes(worker_stores.postgres, user, FIFO)
    assert work == Work(events=count, settled=1, unchanged=0)
    (row,) = await sql(
        "SELECT sum(acquired_amount) AS bought, sum(remaining_amount) AS remaining, (SELECT"
        " sum(amount) FROM portfolio.tax_lot_disposals WHERE user_id = $1) AS sold"
        " FROM portfolio.tax_lots WHERE user_id = $1", user,
    )  # fmt: skip
    assert (row["bought"], row["sold"], row["remaining"]) == (6_000, 4_000, 2_000)
