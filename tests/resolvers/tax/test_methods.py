"""Sales against purchases: by hand, and what must hold whatever was bought and sold."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.lots import EXACT, ZERO, Acquisition, Disposal, Issue, Reason, Settlement
from resolvers.tax.methods import settle
from tests.resolvers.tax.cases import bought, day, sold

PURCHASES = [bought(1, 0, "10", "100"), bought(2, 10, "10", "300"), bought(3, 20, "10", "200")]
SALE = sold(9, 400, "15", "450")


def taken(settlement: Settlement) -> list[tuple[int, str, str, str]]:
    """Key of the purchase, units, cost and gain of every piece."""
    return [
        (piece.acquisition.id.int, str(piece.amount), str(piece.cost), str(piece.gain))
        for piece in settlement.pieces
    ]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (CostBasisMethod.FIFO, [(1, "10", "100", "200.00000000"),
                                (2, "5", "150.00000000", "0E-8")]),
        (CostBasisMethod.LIFO, [(3, "10", "200", "100.00000000"),
                                (2, "5", "150.00000000", "0E-8")]),
        (CostBasisMethod.HIFO, [(2, "10", "300", "0E-8"),
                                (3, "5", "100.00000000", "50.00000000")]),
        (CostBasisMethod.SPECIFIC, [(1, "10", "100", "200.00000000"),
                                    (2, "5", "150.00000000", "0E-8")]),
    ],
)  # fmt: skip
def test_each_method_draws_in_its_own_order(
    method: CostBasisMethod, expected: list[tuple[int, str, str, str]]
) -> None:
    assert taken(settle(PURCHASES, [SALE], method)) == expected


def test_named_purchases_go_first_and_only_they() -> None:
    sale = sold(9, 400, "12", "360", 3, 1)
    settlement = settle(PURCHASES, [sale], CostBasisMethod.SPECIFIC)
    assert [(key, amount) for key, amount, _, _ in taken(settlement)] == [(3, "10"), (1, "2")]
    short = settle(PURCHASES, [sold(9, 400, "12", "360", 3, 77)], CostBasisMethod.SPECIFIC)
    assert short.issues == (Issue(UUID(int=9), Reason.UNKNOWN_LOT, Decimal(2)),)


def test_a_sale_reaches_no_purchase_made_later() -> None:
    settlement = settle(PURCHASES, [sold(9, 5, "12", "120")], CostBasisMethod.HIFO)
    assert taken(settlement) == [(1, "10", "100", "0E-8")]
    assert settlement.issues == (Issue(UUID(int=9), Reason.NO_LOT, Decimal(2)),)


def test_a_purchase_at_the_moment_of_a_sale_can_be_sold() -> None:
    settlement = settle([bought(9, 1, "1", "5")], [sold(1, 1, "1", "7")], CostBasisMethod.FIFO)
    assert taken(settlement) == [(9, "1", "5", "2")]


def test_the_last_piece_takes_what_rounding_left() -> None:
    thirds = [sold(key, key, "1", "1") for key in (2, 3, 4)]
    settlement = settle([bought(1, 0, "3", "1")], thirds, CostBasisMethod.FIFO)
    costs = [str(piece.cost) for piece in settlement.pieces]
    assert costs == ["0.33333333", "0.33333334", "0.33333333"]


def test_an_unknown_price_makes_an_unknown_gain_and_nothing_else() -> None:
    purchases = [bought(1, 0, "1", None), bought(2, 1, "1", "4")]
    sales = [sold(3, 2, "1", "9"), sold(4, 3, "1", None)]
    settlement = settle(purchases, sales, CostBasisMethod.FIFO)
    assert [(piece.cost, piece.proceeds, piece.gain) for piece in settlement.pieces] == [
        (None, Decimal(9), None), (Decimal(4), None, None),
    ]  # fmt: skip
    dearest = settle(purchases, sales[:1], CostBasisMethod.HIFO)
    assert dearest.pieces[0].acquisition.id == UUID(int=2)


def test_what_leaves_at_cost_gains_nothing() -> None:
    gift = sold(9, 400, "15", None, at_cost=True)
    settlement = settle(PURCHASES, [gift], CostBasisMethod.FIFO)
    assert [piece.gain for piece in settlement.pieces] == [ZERO, ZERO]


def test_proceeds_may_be_eaten_up_by_fees() -> None:
    settlement = settle(PURCHASES[:1], [sold(9, 1, "1", "-3")], CostBasisMethod.FIFO)
    assert settlement.pieces[0].gain == Decimal(-13)


amounts = st.decimals("1E-18", "1E30", places=18)
money = st.decimals(0, "1E20", places=8)
proceeds = st.decimals(-1000, "1E20", places=8)
moments = st.integers(0, 30).map(day)
keys = st.uuids(version=4)
purchases = st.lists(
    st.builds(Acquisition, keys, moments, amounts, money), max_size=12, unique_by=lambda x: x.id
)
sales = st.lists(
    st.builds(Disposal, keys, moments, amounts, proceeds), max_size=12, unique_by=lambda x: x.id
)
methods = st.sampled_from(CostBasisMethod)


def total(values: object) -> Decimal:
    """An exact sum."""
    result = ZERO
    for value in values:  # type: ignore[attr-defined]
        result = EXACT.add(result, value)
    return result


@given(purchases, sales, methods)
@settings(deadline=None)
def test_nothing_is_lost_or_made(
    purchases: list[Acquisition], sales: list[Disposal], method: CostBasisMethod
) -> None:
    conserves(settle(purchases, sales, method), sales)


@given(purchases, sales, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_naming_purchases_loses_nothing_either(
    purchases: list[Acquisition], sales: list[Disposal], chance: random.Random
) -> None:
    ids = [bought.id for bought in purchases]
    named = [
        replace(sale, named=tuple(chance.sample(ids, chance.randint(0, len(ids)))))
        for sale in sales
    ]
    settlement = settle(purchases, named, CostBasisMethod.SPECIFIC)
    conserves(settlement, named)
    for piece in settlement.pieces:
        assert not piece.disposal.named or piece.acquisition.id in piece.disposal.named


def conserves(settlement: Settlement, sales: list[Disposal]) -> None:
    """What came in went out or is there; what was paid and brought is shared out whole."""
    for lot in settlement.lots:
        mine = [piece for piece in settlement.pieces if piece.acquisition is lot.acquisition]
        assert lot.remaining >= 0
        units = EXACT.add(lot.remaining, total(piece.amount for piece in mine))
        assert units == lot.acquisition.amount
        cost = EXACT.add(lot.remaining_cost or ZERO, total(piece.cost for piece in mine))
        assert cost == lot.acquisition.cost
    short = {issue.event: issue.amount or ZERO for issue in settlement.issues}
    for sale in sales:
        mine = [piece for piece in settlement.pieces if piece.disposal is sale]
        units = EXACT.add(short.get(sale.id, ZERO), total(piece.amount for piece in mine))
        assert units == sale.amount
        if sale.id not in short:
            assert total(piece.proceeds for piece in mine) == sale.proceeds
            assert len({piece.acquisition.id for piece in mine}) == len(mine)
    gains = total(piece.gain for piece in settlement.pieces)
    brought = total(piece.proceeds for piece in settlement.pieces)
    paid = total(piece.cost for piece in settlement.pieces)
    assert gains == EXACT.subtract(brought, paid)
    assert all(piece.acquisition.at <= piece.disposal.at for piece in settlement.pieces)


@given(purchases, sales, methods, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_input_means_nothing(
    purchases: list[Acquisition],
    sales: list[Disposal],
    method: CostBasisMethod,
    order: random.Random,
) -> None:
    first = settle(purchases, sales, method)
    order.shuffle(purchases)
    order.shuffle(sales)
    assert settle(purchases, sales, method) == first
