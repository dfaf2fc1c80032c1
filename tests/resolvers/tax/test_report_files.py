"""Reports byte by byte."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from resolvers.tax.compute import Book
from resolvers.tax.enums import CostBasisMethod, TaxTransactionType
from resolvers.tax.holding import UK, US
from resolvers.tax.ledger import Terms, accounts, settled
from resolvers.tax.pooling import PoolRule
from resolvers.tax.report import Flow, compile_report
from resolvers.tax.report_files import own_csv, taxact_csv, turbotax_csv
from resolvers.tax.sales import Sale, sales_of
from resolvers.tax.spans import Span
from tests.resolvers.tax.cases import day, wish
from tests.resolvers.tax.test_events import COIN, DOLLARS, event, side

SALES = [
    Sale("ETH", Decimal("1.50"), day(0), day(400), Decimal("900"), Decimal("75.125"), True),
    Sale("WIF, hat", Decimal("1E-18"), day(1.5), day(9), Decimal("1.005"), Decimal(7), False,
         Decimal("5.995")),
    Sale("=1+1", Decimal(2), day(1), day(10), Decimal("-0.001"), Decimal("0"), False),
    Sale("JUNK", Decimal(3), day(1), day(11), Decimal("4"), None, None),
]  # fmt: skip


EMPTY = compile_report(Book({}, frozenset(), 0), wish())


def test_our_own_layout() -> None:
    reward = Flow(TaxTransactionType.STAKING_REWARD, day(2), "ETH", Decimal("0.50"), Decimal("9"))
    unpriced = Flow(TaxTransactionType.AIRDROP, day(3), "@JUNK", Decimal(7), None)
    fee = Flow(TaxTransactionType.FEE, day(4), "", None, Decimal("1.25"))
    report = replace(EMPTY, sales=SALES, income=[reward, unpriced], expenses=[fee])
    assert own_csv(report).decode() == (
        "type,asset,amount,acquired_at,sold_at,proceeds_usd,cost_basis_usd,gain_usd,term,"
        "wash_sale_loss_usd,income_usd,expense_usd\r\n"
        "sale,ETH,1.5,2023-01-01T00:00:00Z,2024-02-05T00:00:00Z,900,75.125,824.875,long,,,\r\n"
        'sale,"WIF, hat",0.000000000000000001,2023-01-02T12:00:00Z,2023-01-10T00:00:00Z,1.005,7,'
        "-5.995,short,5.995,,\r\n"
        "sale,'=1+1,2,2023-01-02T00:00:00Z,2023-01-11T00:00:00Z,-0.001,0,-0.001,short,,,\r\n"
        "sale,JUNK,3,2023-01-02T00:00:00Z,2023-01-12T00:00:00Z,4,,,,,,\r\n"
        "staking_reward,ETH,0.5,2023-01-03T00:00:00Z,,,9,,,,9,\r\n"
        "airdrop,'@JUNK,7,2023-01-04T00:00:00Z,,,,,,,,\r\n"
        "fee,,,,2023-01-05T00:00:00Z,,,,,,,1.25\r\n"
    )


def test_days_that_are_matched_are_days_and_the_pool_has_none() -> None:
    on = date(2024, 5, 1)
    sales = [
        Sale("ETH", Decimal(1), on, on, Decimal(9), Decimal(5), None, rule=PoolRule.SAME_DAY),
        Sale("ETH", Decimal(1), None, on, Decimal(9), Decimal(6), None, rule=PoolRule.POOL),
    ]
    lines = own_csv(replace(EMPTY, sales=sales)).decode().splitlines()[1:]
    assert lines == [
        "sale,ETH,1,2024-05-01,2024-05-01,9,5,4,same_day,,,",
        "sale,ETH,1,,2024-05-01,9,6,3,section_104,,,",
    ]


def test_the_layout_of_turbotax() -> None:
    assert turbotax_csv(SALES).decode() == (
        "Currency Name,Purchase Date,Cost Basis,Date Sold,Proceeds\r\n"
        "ETH,01/01/2023,75.12,02/05/2024,900.00\r\n"
        '"WIF, hat",01/02/2023,7.00,01/10/2023,1.00\r\n'
        "'=1+1,01/02/2023,0.00,01/11/2023,0.00\r\n"
    )


def test_the_layout_of_taxact() -> None:
    assert taxact_csv(SALES).decode() == (
        "Description,Date Acquired,Date Sold,Sales Proceeds,Cost or Other Basis,Wash Sale,"
        "Adjustment Code,Adjustment Amount,Reporting Category\r\n"
        "1.5 ETH,01/01/2023,02/05/2024,900.00,75.12,,,,F\r\n"
        '"0.000000000000000001 WIF, hat",01/02/2023,01/10/2023,1.00,7.00,W,W,6.00,C\r\n'
        "2 =1+1,01/02/2023,01/11/2023,0.00,0.00,,,,C\r\n"
    )


def test_a_report_of_nothing_is_its_head() -> None:
    assert turbotax_csv([]) == b"Currency Name,Purchase Date,Cost Basis,Date Sold,Proceeds\r\n"


def test_a_report_covers_its_days_and_leaves_gifts_out() -> None:
    kind = TaxTransactionType
    events = [
        event(kind.BUY, side(COIN, "9", "90"), side(DOLLARS, "90", "90"), key=1),
        event(kind.SELL, None, side(COIN, "1", "20"), key=2, at=364.9),
        event(kind.SELL, None, side(COIN, "1", "30"), key=3, at=365),
        event(kind.GIFT, None, side(COIN, "1", "30"), key=4, at=366),
        event(kind.SELL, None, side(COIN, "1", "40"), key=5, at=731),
    ]
    days = Span(date(2024, 1, 1), date(2024, 12, 31))

    def gains(terms: Terms) -> list[tuple[Decimal | None, bool | None]]:
        outcomes = [settled(account, terms) for account in accounts(events, terms.rules).values()]
        return [(sale.gain, sale.is_long_term) for sale in sales_of(outcomes, terms.rules, days)]

    assert gains(Terms(CostBasisMethod.FIFO, US)) == [(Decimal(20), False)]
    assert gains(Terms(CostBasisMethod.FIFO, UK)) == [(Decimal(20), None), (Decimal(20), None)]
