"""Section 104 pools: by hand, and what must hold whatever was bought and sold."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.tax.lots import EXACT, ZERO, Acquisition, Disposal
from resolvers.tax.pooling import Pooled, pool
from tests.resolvers.tax.cases import bought, day, sold
from tests.resolvers.tax.test_methods import purchases, sales, total


def told(pooled: Pooled) -> list[tuple[int, str, str, str, str | None]]:
    """Day of the sale, rule, units, cost and gain of every part."""
    first = day(0).date()
    return [
        ((sale.sold_on - first).days, sale.rule.value, str(sale.amount), f"{sale.cost:.2f}",
         None if sale.gain is None else f"{sale.gain:.2f}")
        for sale in pooled.sales
    ]  # fmt: skip


def test_a_purchase_within_30_days_comes_before_the_pool() -> None:
    """14,000 for 200,000; 4,000 sold for 160,000; 500 bought back for 17,500 twelve days later."""
    pooled = pool(
        [bought(1, 0, "14000", "200000"), bought(2, 112, "500", "17500")],
        [sold(9, 100, "4000", "160000")],
    )
    assert told(pooled) == [
        (100, "thirty_days", "500", "17500.00", "2500.00"),
        (100, "section_104", "3500", "50000.00", "90000.00"),
    ]
    assert (pooled.amount, pooled.cost) == (Decimal(10_500), Decimal(150_000))


def test_a_purchase_of_the_same_day_comes_first_even_when_it_is_later_that_day() -> None:
    pooled = pool(
        [bought(1, 0, "10", "100"), bought(2, 5.9, "4", "80"), bought(3, 6, "3", "90")],
        [sold(8, 5.1, "3", "60"), sold(9, 5.2, "5", "100")],
    )
    assert told(pooled) == [
        (5, "same_day", "4", "80.00", "0.00"),
        (5, "thirty_days", "3", "90.00", "-30.00"),
        (5, "section_104", "1", "10.00", "10.00"),
    ]


def test_thirty_days_are_thirty_days() -> None:
    before = [bought(1, 0, "1", "10")]
    for later, rule in ((40, "thirty_days"), (40.9, "thirty_days"), (41, "section_104")):
        pooled = pool([*before, bought(2, later, "1", "30")], [sold(9, 10, "1", "20")])
        assert [sale.rule.value for sale in pooled.sales] == [rule]


def test_the_earlier_sale_takes_the_purchase_after_both() -> None:
    pooled = pool(
        [bought(1, 0, "2", "20"), bought(2, 12, "1", "30")],
        [sold(8, 10, "1", "20"), sold(9, 11, "1", "20")],
    )
    assert [(at, rule) for at, rule, *_ in told(pooled)] == [
        (10, "thirty_days"), (11, "section_104"),
    ]  # fmt: skip


def test_what_nothing_covers_is_said_and_an_unknown_cost_stays_unknown() -> None:
    pooled = pool([bought(1, 0, "1", None), bought(2, 1, "1", "5")], [sold(9, 100, "3", "30")])
    assert pooled.short == ((day(100).date(), Decimal(1)),)
    assert [sale.gain for sale in pooled.sales] == [None]


@given(purchases, sales, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_nothing_is_lost_or_made_in_any_order(
    purchases: list[Acquisition], sales: list[Disposal], order: random.Random
) -> None:
    pooled = pool(purchases, sales)
    short = total(amount for _, amount in pooled.short)
    parts = total(sale.amount for sale in pooled.sales)
    assert EXACT.add(parts, short) == total(sale.amount for sale in sales)
    assert EXACT.add(parts, pooled.amount) == total(lot.amount for lot in purchases)
    cost = total(sale.cost for sale in pooled.sales)
    assert EXACT.add(cost, pooled.cost or ZERO) == total(lot.cost for lot in purchases)
    gains = total(sale.gain for sale in pooled.sales)
    brought = total(sale.proceeds for sale in pooled.sales)
    assert gains == EXACT.subtract(brought, cost)
    if not short:
        assert brought == total(sale.proceeds for sale in sales)
    order.shuffle(purchases)
    order.shuffle(sales)
    assert pool(purchases, sales) == pooled
