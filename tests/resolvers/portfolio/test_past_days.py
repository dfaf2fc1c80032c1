"""Past days of a portfolio by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from resolvers.portfolio.past_days import Holding, past_days
from resolvers.portfolio.valuation import Position

ETHER, CASH = uuid4(), uuid4()
FIRST = date(2024, 3, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def holding(asset: object, quantity: int, since: int) -> Holding:
    is_cash = asset == CASH
    position = Position(
        asset_id=CASH if is_cash else ETHER,
        symbol="USDC" if is_cash else "ETH",
        asset_type="crypto",
        is_stablecoin=is_cash,
        position_type="borrowing" if quantity < 0 else "spot",
        chain="eip155:1",
        protocol_id=None,
        protocol=None,
        wallet_id=None,
        value_usd=None,
    )
    return Holding(position, Decimal(quantity), day(since))


def test_each_day_is_worth_what_was_held_at_its_close() -> None:
    closes = {ETHER: {day(n): Decimal(price) for n, price in enumerate((100, 110, 99, 120))}}
    holdings = [holding(ETHER, 2, 0), holding(CASH, -50, 0), holding(ETHER, 1, 3)]
    found = list(past_days(uuid4(), uuid4(), holdings, closes))
    assert [at for at, _ in found] == [day(n) for n in range(4)]
    assert [each.valuation.value_usd for _, each in found] == [150, 170, 148, 310]
    # 150 becomes 170, then 148; then 120 come in and 268 become 310.
    returns = [each.record.daily_return for _, each in found]
    assert returns == [
        None, pytest.approx(20 / 150), pytest.approx(-22 / 170), pytest.approx(310 / 268 - 1),
    ]  # fmt: skip
    assert [each.record.total_pnl_usd for _, each in found] == [0, 20, -2, 40]
    whole = 170 / 150 * (148 / 170) * (310 / 268) - 1
    assert found[3][1].record.total_return == pytest.approx(whole)
    assert found[3][1].record.max_drawdown == pytest.approx(22 / 170)


def test_a_close_is_carried_three_days_and_no_longer() -> None:
    closes = {
        ETHER: {day(0): Decimal(100), day(5): Decimal(80)},
        CASH: {day(n): Decimal(1) for n in range(7)},
    }
    found = list(past_days(uuid4(), uuid4(), [holding(ETHER, 1, 0)], closes))
    shown = [(at, each.valuation.value_usd) for at, each in found]
    assert shown == [
        *((day(n), Decimal(100)) for n in range(4)),
        *((day(n), Decimal(80)) for n in (5, 6)),
    ]
    # After the gap there is no return of a day, and the whole goes on.
    assert found[4][1].record.daily_return is None
    assert found[4][1].record.total_return == pytest.approx(-0.2)
