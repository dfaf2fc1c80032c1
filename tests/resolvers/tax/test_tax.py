"""Taxes by hand: what is recorded, what a year adds up to, reports asked for; owners only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import Tier
from resolvers.reflection import entity_of
from resolvers.tax.types import TaxReport, TaxTransaction
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.conftest import Do, Sql, codes

CHAIN = 920_061
ALICE, BOB = uuid4(), uuid4()
COIN = uuid4()
PORTFOLIO, ENTRY = uuid4(), uuid4()
BUY, SALE, REWARD, FEE, MOVE, LAST_YEAR, HIS = (uuid4() for _ in range(7))
OLD_LOT, NEW_LOT, HIS_LOT = uuid4(), uuid4(), uuid4()
AT = datetime(2024, 6, 1, tzinfo=UTC)
OWNER, STRANGER = Viewer(ALICE, "user"), Viewer(BOB, "user")


@pytest.fixture(scope="module", autouse=True)
async def rows(worker_stores: Stores) -> None:
    """Alice bought twice and sold once out of both; Bob sold as well."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows("catalog.assets", ("id", "symbol", "name"), [(COIN, "TTC", "Coin")])
    await postgres.copy_rows(
        "portfolio.portfolios", ("id", "user_id", "name"), [(PORTFOLIO, ALICE, "Mine")]
    )
    await postgres.copy_rows(
        "portfolio.transactions",
        ("id", "portfolio_id", "user_id", "tx_type", "usd_value"),
        [(ENTRY, PORTFOLIO, ALICE, "swap", Decimal(75))],
    )
    columns = (
        "id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type",
        "tax_category", "is_taxable", "asset_in_value_usd", "asset_out_value_usd",
        "fee_value_usd", "source_transaction_id",
    )  # fmt: skip
    await postgres.copy_rows(
        "portfolio.tax_transactions",
        columns,
        [
            (key, user, CHAIN, f"0x{key.hex}", at, kind, category, taxable, came, went, fee, entry)
            for key, user, at, kind, category, taxable, came, went, fee, entry in (
                (BUY, ALICE, AT - timedelta(days=400), "buy", None, True, 100, None, 1, None),
                (SALE, ALICE, AT, "sell", "capital_gain", True, None, 75, 2, ENTRY),
                (REWARD, ALICE, AT, "staking_reward", "income", True, 8, None, None, None),
                (FEE, ALICE, AT, "fee", "expense", True, None, 3, None, None),
                (MOVE, ALICE, AT, "transfer_out", None, False, None, 500, 4, None),
                (LAST_YEAR, ALICE, datetime(2023, 12, 31, 23, 59, tzinfo=UTC), "income",
                 "income", True, 1000, None, None, None),
                (HIS, BOB, AT, "sell", "capital_gain", True, None, 1, 1, None),
            )
        ],
    )  # fmt: skip
    await postgres.copy_rows(
        "portfolio.tax_lots",
        ("id", "user_id", "asset_id", "asset_symbol", "chain_id", "acquired_transaction_id",
         "acquired_at", "acquired_amount", "acquired_price_usd", "cost_basis_usd",
         "remaining_amount"),
        [
            (OLD_LOT, ALICE, COIN, "TTC", CHAIN, BUY, AT - timedelta(days=400), 10, 10, 100, 4),
            (NEW_LOT, ALICE, COIN, "TTC", CHAIN, None, AT - timedelta(days=10), 5, 20, 100, 0),
            (HIS_LOT, BOB, COIN, "TTC", CHAIN, None, AT, 5, 20, 100, 5),
        ],
    )  # fmt: skip
    await postgres.copy_rows(
        "portfolio.tax_lot_disposals",
        ("user_id", "lot_id", "transaction_id", "amount", "price_usd", "proceeds_usd", "gain_usd",
         "disposed_at"),
        [
            (ALICE, OLD_LOT, SALE, 6, 15, 90, 30, AT),
            (ALICE, NEW_LOT, SALE, 5, 15, 75, -25, AT),
            (BOB, HIS_LOT, HIS, 1, 15, 15, 9, AT),
        ],
    )  # fmt: skip


EVERYTHING = """{
  taxTransactions(first: 20) { totalCount { value } nodes {
    transactionType taxYear isTaxable feeValueUsd chain { slug } ledgerEntry { usdValue }
    disposals { nodes { gainUsd lot { acquiredAmount acquiredBy { transactionType } } } }
    lots { nodes { remainingAmount asset { symbol } } } } }
  taxLots { nodes { acquiredPriceUsd remainingAmount disposals { totalCount { value } } } }
  taxDisposals(orderBy: [{field: GAIN_USD}]) { nodes { gainUsd transaction { transactionType } } }
  taxHoldings { assetSymbol remainingAmount costBasisUsd lotCount oldestAt asset { symbol } }
}"""


async def test_the_tax_ledger_is_read_with_its_relations(stores: Stores) -> None:
    answer = await ask(stores, EVERYTHING, viewer=OWNER)
    assert answer.errors == []
    events = answer.data["taxTransactions"]
    assert events["totalCount"] == {"value": 6}
    by_type = {node["transactionType"]: node for node in events["nodes"]}
    sale = by_type["SELL"]
    assert (sale["taxYear"], sale["chain"]) == (2024, {"slug": f"chain-{CHAIN}"})
    assert sale["ledgerEntry"] == {"usdValue": "75.00000000"}
    gains = sorted(Decimal(each["gainUsd"]) for each in sale["disposals"]["nodes"])
    assert gains == [-25, 30]
    bought = {each["lot"]["acquiredBy"] and "BUY" for each in sale["disposals"]["nodes"]}
    assert bought == {"BUY", None}
    (lot,) = by_type["BUY"]["lots"]["nodes"]
    assert Decimal(lot["remainingAmount"]) == 4
    assert lot["asset"] == {"symbol": "TTC"}
    assert by_type["INCOME"]["taxYear"] == 2023
    lots = answer.data["taxLots"]["nodes"]
    assert [Decimal(each["acquiredPriceUsd"]) for each in lots] == [20, 10]
    assert [each["disposals"]["totalCount"]["value"] for each in lots] == [1, 1]
    assert [n["gainUsd"] for n in answer.data["taxDisposals"]["nodes"]] == [
        "-25.00000000",
        "30.00000000",
    ]
    (held,) = answer.data["taxHoldings"]
    assert [Decimal(held[name]) for name in ("remainingAmount", "costBasisUsd")] == [4, 40]
    assert (held["assetSymbol"], held["lotCount"], held["asset"]) == ("TTC", 1, {"symbol": "TTC"})


SUMMARY = """query ($year: Int!, $method: CostBasisMethod!) {
  taxYearSummary(taxYear: $year, method: $method) { taxYear method transactionCount
    unclassifiedCount disposalCount proceedsUsd gainsUsd lossesUsd netGainsUsd longTermUsd
    shortTermUsd incomeUsd expensesUsd feesUsd } }"""


async def test_a_year_adds_up_to_what_it_does_by_hand(stores: Stores) -> None:
    answer = await ask(stores, SUMMARY, viewer=OWNER, year=2024, method="FIFO")
    assert answer.errors == []
    found = answer.data["taxYearSummary"]
    assert (found.pop("taxYear"), found.pop("method")) == (2024, "FIFO")
    # The transfer between own wallets does not count.
    assert [
        found.pop(name) for name in ("transactionCount", "unclassifiedCount", "disposalCount")
    ] == [3, 0, 2]
    assert {name: Decimal(value) for name, value in found.items()} == {
        "proceedsUsd": 165,
        "gainsUsd": 30,
        "lossesUsd": 25,
        "netGainsUsd": 5,
        "longTermUsd": 30,
        "shortTermUsd": -25,
        "incomeUsd": 8,
        "expensesUsd": 3,
        "feesUsd": 2,
    }
    lifo = await ask(stores, SUMMARY, viewer=OWNER, year=2024, method="LIFO")
    assert lifo.data["taxYearSummary"]["disposalCount"] == 0
    wrong = await ask(stores, SUMMARY, viewer=OWNER, year=1999, method="FIFO")
    assert wrong.codes == [("taxYearSummary", "BAD_USER_INPUT")]


async def test_a_stranger_sees_nothing_of_it(stores: Stores) -> None:
    his = await ask(stores, EVERYTHING, viewer=STRANGER)
    assert his.errors == []
    assert his.data["taxTransactions"]["totalCount"] == {"value": 1}
    assert [n["gainUsd"] for n in his.data["taxDisposals"]["nodes"]] == ["9.00000000"]
    assert [h["remainingAmount"] for h in his.data["taxHoldings"]] == ["5.000000000000000000"]
    year = await ask(stores, SUMMARY, viewer=STRANGER, year=2024, method="FIFO")
    assert Decimal(year.data["taxYearSummary"]["netGainsUsd"]) == 9
    foreign = encode_id(entity_of(TaxTransaction), SALE)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await ask(stores, node, viewer=STRANGER, id=foreign)).data == {"node": None}
    nobody = await ask(stores, EVERYTHING)
    assert {code for _, code in nobody.codes} == {"UNAUTHENTICATED"}
    assert nobody.statements == []


REPORT = """report { id reportType taxYear countryCode startDate endDate reportFormat
  costBasisMethod status downloadUrl netCapitalGainsUsd }"""


@pytest.fixture
def paying(alice: Viewer) -> Viewer:
    """Alice with the tier that reports are part of."""
    return Viewer(alice.user_id, "user", tier=Tier.BASIC)


async def test_a_report_is_asked_for_and_waits(
    do: Do, paying: Viewer, sql: Sql, stores: Stores
) -> None:
    wish = {"taxYear": 2024, "countryCode": "us", "reportFormat": "PDF", "idempotencyKey": "r"}
    asked = await do("requestTaxReport", REPORT + " replayed", paying, **wish)
    assert asked["userErrors"] == []
    report = asked["report"]
    key = report.pop("id")
    assert report == {
        "reportType": "ANNUAL",
        "taxYear": 2024,
        "countryCode": "US",
        "startDate": "2024-01-01",
        "endDate": "2024-12-31",
        "reportFormat": "PDF",
        "costBasisMethod": "FIFO",
        "status": "PENDING",
        "downloadUrl": None,
        "netCapitalGainsUsd": None,
    }
    again = await do("requestTaxReport", REPORT + " replayed", paying, **wish)
    assert (again["report"]["id"], again["replayed"]) == (key, True)
    other = await do("requestTaxReport", REPORT, paying, **{**wish, "taxYear": 2023})
    assert codes(other) == [("idempotencyKey", "CONFLICT")]
    twice = await do("requestTaxReport", REPORT, paying, **{**wish, "idempotencyKey": "s"})
    assert codes(twice) == [("", "TAKEN")]
    (event,) = await sql(
        "SELECT event, payload FROM ops.outbox WHERE aggregate = 'portfolio.tax_reports'"
        " AND payload->>'user_id' = $1",
        str(paying.user_id),
    )
    assert (event["event"], event["payload"]["status"]) == ("created", "pending")
    done = "UPDATE portfolio.tax_reports SET status = 'completed', net_capital_gains_usd = 5,"
    done += " file_key = 'tax-reports/u/r/x', progress = 1 WHERE user_id = $1 RETURNING 1"
    await sql(done, paying.user_id)
    query = (
        "query ($id: ID!) { taxReport(id: $id) { status progress fileName netCapitalGainsUsd } }"
    )
    made = await ask(stores, query, viewer=paying, id=key)
    assert made.data["taxReport"] == {
        "status": "COMPLETED",
        "progress": "1.0000",
        "fileName": "tax-2024-us.pdf",
        "netCapitalGainsUsd": "5.00000000",
    }
    assert (await ask(stores, query, viewer=STRANGER, id=key)).data == {"taxReport": None}


@pytest.mark.parametrize(
    ("given", "span"),
    [
        ({"reportType": "QUARTERLY", "quarter": 1}, ("2024-01-01", "2024-03-31")),
        ({"reportType": "QUARTERLY", "quarter": 4}, ("2024-10-01", "2024-12-31")),
        ({"countryCode": "UK"}, ("2024-04-06", "2025-04-05")),
        (
            {"countryCode": "GB", "reportType": "QUARTERLY", "quarter": 4},
            ("2025-01-06", "2025-04-05"),
        ),
        (
            {"reportType": "CUSTOM", "startDate": "2024-02-28", "endDate": "2024-02-29"},
            ("2024-02-28", "2024-02-29"),
        ),
    ],
)
async def test_a_report_covers_its_span(
    do: Do, paying: Viewer, given: dict[str, Any], span: tuple[str, str]
) -> None:
    wish = {"taxYear": 2024, "countryCode": "DE", **given}
    made = await do("requestTaxReport", REPORT, paying, **wish)
    assert (made["report"]["startDate"], made["report"]["endDate"]) == span


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"taxYear": 1999}, [("taxYear", "INVALID")]),
        ({"countryCode": "USA"}, [("countryCode", "INVALID")]),
        ({"quarter": 1}, [("quarter", "INVALID")]),
        ({"reportType": "QUARTERLY"}, [("quarter", "REQUIRED")]),
        ({"reportType": "QUARTERLY", "quarter": 5}, [("quarter", "INVALID")]),
        ({"reportType": "CUSTOM"}, [("startDate", "REQUIRED"), ("endDate", "REQUIRED")]),
        (
            {"reportType": "CUSTOM", "startDate": "2023-12-31", "endDate": "2024-01-01"},
            [("startDate", "INVALID")],
        ),
        ({"countryCode": "GB", "marksWashSales": True}, [("marksWashSales", "INVALID")]),
        ({"countryCode": "DE", "reportFormat": "TAXACT"}, [("reportFormat", "INVALID")]),
        (
            {
                "countryCode": "GB",
                "reportType": "CUSTOM",
                "startDate": "2024-04-05",
                "endDate": "2024-05-01",
            },
            [("startDate", "INVALID")],
        ),
        (
            {"reportType": "CUSTOM", "startDate": "2024-02-02", "endDate": "2024-02-01"},
            [("endDate", "INVALID")],
        ),
    ],
)
async def test_wrong_wishes_are_told_by_field(
    do: Do, paying: Viewer, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    same = {"taxYear": 2024, "countryCode": "US"}
    assert codes(await do("requestTaxReport", REPORT, paying, **{**same, **given})) == expected


async def test_reports_that_wait_are_limited(do: Do, paying: Viewer) -> None:
    for year in range(2010, 2020):
        made = await do("requestTaxReport", "report { id }", paying, taxYear=year, countryCode="US")
        assert made["userErrors"] == []
    more = await do("requestTaxReport", "report { id }", paying, taxYear=2020, countryCode="US")
    assert codes(more) == [("", "LIMIT_REACHED")]


async def test_reports_are_part_of_a_tier(stores: Stores, alice: Viewer) -> None:
    answer = await ask(
        stores,
        'mutation { requestTaxReport(input: {taxYear: 2024, countryCode: "US"}) { replayed } }',
        viewer=alice,
    )
    assert answer.codes == [("requestTaxReport", "FORBIDDEN")]
    assert answer.statements == []


async def test_a_report_is_removed_unless_it_is_being_made(
    do: Do, paying: Viewer, sql: Sql
) -> None:
    made = await do("requestTaxReport", "report { id }", paying, taxYear=2024, countryCode="US")
    key = made["report"]["id"]
    foreign = await do("deleteTaxReport", "deletedId", STRANGER, id=key)
    absent = await do(
        "deleteTaxReport", "deletedId", STRANGER, id=encode_id(entity_of(TaxReport), uuid4())
    )
    assert codes(foreign) == [("id", "NOT_FOUND")]
    assert foreign == absent
    status = "UPDATE portfolio.tax_reports SET status = $2 WHERE user_id = $1 RETURNING 1"
    await sql(status, paying.user_id, "processing")
    busy = await do("deleteTaxReport", "deletedId", paying, id=key)
    assert codes(busy) == [("id", "NOT_ALLOWED")]
    await sql(status, paying.user_id, "failed")
    gone = await do("deleteTaxReport", "deletedId", paying, id=key)
    assert gone == {"deletedId": key, "userErrors": []}
    left = "SELECT 1 FROM portfolio.tax_reports WHERE user_id = $1"
    assert await sql(left, paying.user_id) == []


async def test_notes_are_the_owners_and_figures_are_not(do: Do, sql: Sql, stores: Stores) -> None:
    key = encode_id(entity_of(TaxTransaction), REWARD)
    shown = "transaction { notes assetInValueUsd }"
    noted = await do("annotateTaxTransaction", shown, OWNER, id=key, notes=" From staking. ")
    assert noted["transaction"] == {"notes": "From staking.", "assetInValueUsd": "8.00000000"}
    foreign = await do("annotateTaxTransaction", shown, STRANGER, id=key, notes="Mine now.")
    assert codes(foreign) == [("id", "NOT_FOUND")]
    long = await do("annotateTaxTransaction", shown, OWNER, id=key, notes="x" * 2001)
    assert codes(long) == [("notes", "TOO_LONG")]
    stored = await sql("SELECT notes FROM portfolio.tax_transactions WHERE id = $1", REWARD)
    assert stored[0][0] == "From staking."
    nobody = await ask(
        stores,
        "mutation ($id: ID!) { annotateTaxTransaction(input: {id: $id, notes: null}) {"
        " userErrors { code } } }",
        id=key,
    )
    assert nobody.codes == [("annotateTaxTransaction", "UNAUTHENTICATED")]
