"""Losses with a purchase near them, and the line between short and long."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings

from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.holding import UK, US, holding_days, is_long_term, rules_of
from resolvers.tax.lots import Acquisition, Disposal
from resolvers.tax.methods import settle
from resolvers.tax.wash_sales import WINDOW, wash_sales
from tests.resolvers.tax.cases import bought, day, sold
from tests.resolvers.tax.test_methods import purchases, sales, total

Found = list[tuple[int, str, str, list[int]]]


def found(purchases: list[Acquisition], sales: list[Disposal]) -> Found:
    """Key of the sale, units replaced, loss disallowed, keys of what replaces them."""
    settlement = settle(purchases, sales, CostBasisMethod.FIFO)
    return [
        (
            sale.piece.disposal.id.int,
            str(sale.amount),
            str(sale.disallowed.normalize()),
            [bought.id.int for bought in sale.replacements],
        )
        for sale in wash_sales(settlement)
    ]


OLD = bought(1, 0, "10", "100")


@pytest.mark.parametrize(
    ("purchases", "sales", "expected"),
    [
        ([OLD, bought(2, 130, "10", "50")], [sold(9, 100, "10", "40")], [(9, "10", "6E+1", [2])]),
        ([OLD, bought(2, 130.1, "10", "50")], [sold(9, 100, "10", "40")], []),
        ([OLD, bought(2, 70, "4", "50")], [sold(9, 100, "10", "40")], [(9, "4", "24", [2])]),
        ([OLD, bought(2, 69.9, "4", "50")], [sold(9, 100, "10", "40")], []),
        ([OLD, bought(2, 110, "4", "50")], [sold(9, 100, "10", "400")], []),
        # The purchase before is sold along with the rest, so it replaces nothing.
        ([OLD, bought(2, 90, "5", "10")], [sold(9, 100, "15", "60")], []),
        # One unit replaces one unit, once.
        ([OLD, bought(2, 110, "6", "50")], [sold(8, 100, "5", "20"), sold(9, 101, "5", "20")],
         [(8, "5", "3E+1", [2]), (9, "1", "6", [2])]),
        # What is left of the lot sold from does not replace what was sold of it.
        ([bought(1, 95, "10", "100")], [sold(9, 100, "5", "20")], []),
    ],
)  # fmt: skip
def test_a_loss_is_marked_where_it_is_replaced(
    purchases: list[Acquisition], sales: list[Disposal], expected: Found
) -> None:
    assert found(purchases, sales) == expected


def test_an_unknown_gain_is_never_a_wash_sale() -> None:
    purchases = [bought(1, 0, "1", None), bought(2, 3, "1", "5")]
    assert found(purchases, [sold(9, 1, "1", "1")]) == []


def test_long_term_begins_after_365_days() -> None:
    assert is_long_term(day(0), day(365), US) is False
    assert is_long_term(day(0), day(365.001), US) is True
    assert is_long_term(day(0), day(4000), UK) is None
    assert holding_days(day(0), day(365.9)) == 365


def test_a_country_nobody_wrote_down_has_no_rules() -> None:
    assert (rules_of("us"), rules_of("GB"), rules_of("UK")) == (US, UK, UK)
    assert rules_of("ZZ") is None


def test_a_wash_sale_says_what_replaced_it() -> None:
    settlement = settle([OLD, bought(2, 101, "1", "9")], [sold(9, 100, "3", "3")],
                        CostBasisMethod.FIFO)  # fmt: skip
    (sale,) = wash_sales(settlement)
    assert sale.piece.gain == Decimal(-27)
    assert sale.disallowed == Decimal(9)


@given(purchases, sales)
@settings(deadline=None)
def test_a_unit_replaces_one_unit_and_no_more_than_the_loss_is_disallowed(
    purchases: list[Acquisition], sales: list[Disposal]
) -> None:
    marked = wash_sales(settle(purchases, sales, CostBasisMethod.FIFO))
    for sale in marked:
        assert sale.piece.gain is not None
        assert 0 < sale.disallowed <= -sale.piece.gain
        assert 0 < sale.amount <= sale.piece.amount
        for new in sale.replacements:
            assert abs(new.at - sale.piece.disposal.at) <= WINDOW
            assert new is not sale.piece.acquisition
    assert total(sale.amount for sale in marked) <= total(bought.amount for bought in purchases)
