"""Scores of wallets by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.catalog.wallet_score import WINDOW, Movement, score_wallet, smart_money_score

NOW = datetime(2025, 6, 1, tzinfo=UTC)
CASH, COIN, OTHER = uuid4(), uuid4(), uuid4()
MONEY = frozenset({CASH})


def exactly(*values: Any) -> Any:
    """Values to compare figures with."""
    return values


def at(days_ago: float) -> datetime:
    return NOW - timedelta(days=days_ago)


def buy(days_ago: float, amount: int, usd: int | None, coin: UUID = COIN) -> Movement:
    worth = None if usd is None else Decimal(usd)
    return Movement(at(days_ago), True, coin, Decimal(amount), CASH, worth, worth)


def sell(days_ago: float, amount: int, usd: int | None, coin: UUID = COIN) -> Movement:
    worth = None if usd is None else Decimal(usd)
    return Movement(at(days_ago), True, CASH, worth, coin, Decimal(amount), worth)


def test_profit_is_that_of_the_earliest_lots() -> None:
    # 2 cost 100 and 2 cost 300; 3 of them bring 600: 600 - 100 - 150, and 1 stays that cost 150.
    found = score_wallet([buy(9, 2, 100), buy(8, 2, 300), sell(7, 3, 600)], MONEY, NOW)
    assert exactly(found.realized_usd, found.win_rate, found.trades) == (350, 1, 3)
    assert exactly(found.average_usd, found.volume_usd) == (Decimal(1000) / 3, 1000)
    assert dict(found.open_lots) == {COIN: exactly(1, 150)}
    assert found.unrealized_usd({COIN: Decimal(180)}) == 30
    assert found.unrealized_usd({}) is None
    # 0.4 * 1 + 0.3 * 350 / 10,000 + 0.3 * 1 / 1,000.
    assert found.score == Decimal("0.4108")


def test_an_empty_wallet_has_nothing() -> None:
    for movements in ([], [buy(1, 1, 100)], [sell(1, 1, 100)]):
        found = score_wallet(movements, MONEY, NOW)
        assert exactly(found.score, found.realized_usd, found.win_rate) == (0, None, None)


def test_losses_lower_the_score_down_to_nothing() -> None:
    won = [Decimal(100)]
    assert smart_money_score(won) > smart_money_score([*won, Decimal(-100)])
    # 0.4 / 2 - 0.3 * 2,450 / 10,000 + 0.3 * 2 / 1,000.
    assert smart_money_score([*won, Decimal(-5000)]) == Decimal("0.1271")
    assert smart_money_score([Decimal(-20_000)]) == 0
    assert smart_money_score([Decimal(-400_000)]) == 0
    assert smart_money_score([Decimal(10**9)] * 2000) == 1


def test_only_the_last_ninety_days_are_scored_and_all_are_counted() -> None:
    found = score_wallet([buy(200, 2, 100), sell(91, 1, 90), sell(2, 1, 40)], MONEY, NOW)
    # The later sale lost 10: -0.3 * 10 / 10,000 + 0.3 / 1,000.
    assert found.score == 0
    assert exactly(found.realized_usd, found.win_rate) == (30, Decimal("0.5"))
    assert score_wallet([buy(200, 1, 1), sell(91, 1, 90)], MONEY, NOW).score == 0


def test_a_score_says_when_time_alone_will_change_it() -> None:
    steps = [buy(200, 9, 90), sell(95, 1, 90), sell(80, 1, 1), sell(2, 1, 40)]
    found = score_wallet(steps, MONEY, NOW)
    assert found.fades_at == at(80) + WINDOW
    # The moment it says, the loss is gone and the score is another; just before, it is not.
    before = score_wallet(steps, MONEY, found.fades_at - timedelta(seconds=1))
    after = score_wallet(steps, MONEY, found.fades_at)
    assert before.score == found.score
    assert after.score > found.score
    assert after.fades_at == at(2) + WINDOW
    assert score_wallet(steps, MONEY, at(2) + WINDOW).fades_at is None


def test_what_came_without_a_trade_has_no_profit() -> None:
    came = Movement(at(9), False, COIN, Decimal(3), None, None, Decimal(30))
    left = Movement(at(7), False, None, None, COIN, Decimal(1), Decimal(99))
    found = score_wallet([came, buy(8, 2, 100), left, sell(6, 3, 300)], MONEY, NOW)
    # Two of the three sold came from elsewhere: a third of 300 against half of 100.
    assert found.realized_usd == 50
    assert dict(found.open_lots) == {COIN: exactly(1, 50)}
    assert found.trades == 2


def test_a_trade_of_coin_for_coin_closes_one_and_opens_the_other() -> None:
    swap = Movement(at(5), True, OTHER, Decimal(4), COIN, Decimal(2), Decimal(160))
    found = score_wallet([buy(9, 2, 100), swap, sell(4, 1, 30, OTHER)], MONEY, NOW)
    assert exactly(found.realized_usd, found.win_rate) == (50, Decimal("0.5"))
    assert dict(found.open_lots) == {OTHER: exactly(3, 120)}


def test_an_unpriced_trade_closes_without_a_profit() -> None:
    found = score_wallet([buy(9, 2, 100), sell(5, 1, None), sell(4, 1, 70)], MONEY, NOW)
    assert exactly(found.realized_usd, found.trades, found.average_usd) == (20, 3, 85)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 50), st.integers(1, 10_000)),
        min_size=1,
        max_size=60,
    )
)
def test_nothing_is_won_or_lost_twice(steps: list[tuple[bool, int, int]]) -> None:
    movements, held, spent, earned = [], 0, 0, Decimal(0)
    for place, (bought, amount, usd) in enumerate(steps):
        if bought:
            movements.append(buy(80 - place, amount, usd))
            held, spent = held + amount, spent + usd
        elif amount <= held:
            movements.append(sell(80 - place, amount, usd))
            held, earned = held - amount, earned + usd
    found = score_wallet(movements, MONEY, NOW)
    left, cost = found.open_lots.get(COIN, (Decimal(0), Decimal(0)))
    assert left == held
    assert (found.realized_usd or 0) == pytest.approx(earned - (spent - cost))
    assert 0 <= found.score <= 1
