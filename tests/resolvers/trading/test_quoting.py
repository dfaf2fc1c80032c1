"""Swaps worked out by hand: one pool, two in a row, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from resolvers.trading.quoting import (
    Pool,
    best_route,
    costs,
    estimated_reserves,
    swap,
)
from resolvers.trading.routes import least_out

A, B, C, D = (UUID(int=number) for number in (1, 2, 3, 4))
EXCHANGE, OTHER_EXCHANGE = UUID(int=90), UUID(int=91)


def pool(
    number: int,
    tokens: tuple[UUID, UUID],
    reserves: tuple[int | str, int | str],
    *,
    fee_bps: int = 30,
    decimals: tuple[int, int] = (18, 18),
    protocol: UUID = EXCHANGE,
) -> Pool:
    """A pool with this number."""
    held = (Decimal(reserves[0]), Decimal(reserves[1]))
    return Pool(UUID(int=number), protocol, tokens, held, decimals, fee_bps)


def test_a_pool_without_fee_keeps_its_product() -> None:
    found = swap(pool(10, (A, B), (100, 200), fee_bps=0), A, Decimal(100))

    # 200 * 100 / (100 + 100); afterwards 200 * 100 = 100 * 200.
    assert found is not None
    assert found.amount_out == 100
    assert found.price_impact == Decimal("0.5")
    assert found.price_impact_pct == Decimal("50.000000")


def test_the_fee_is_taken_from_what_goes_in() -> None:
    found = swap(pool(10, (A, B), (1000, 2000)), A, Decimal(10))

    # 10 less 0.3 percent is 9.97; 2000 * 9.97 / 1009.97 = 19.743160687941225977…
    assert found is not None
    assert found.amount_out == Decimal("19.743160687941225977")
    assert found.fee == Decimal("0.03")
    assert found.price_impact_pct == Decimal("0.987158")


def test_the_other_direction_uses_the_reserves_the_other_way() -> None:
    found = swap(pool(10, (A, B), (1000, 2000), fee_bps=0), B, Decimal(2000))

    assert found is not None
    assert (found.token_in, found.token_out) == (B, A)
    assert found.amount_out == 500


def test_what_comes_out_is_rounded_down_to_what_the_token_can_hold() -> None:
    found = swap(pool(10, (A, B), (3, 10), fee_bps=0, decimals=(18, 6)), A, Decimal(3))
    third = swap(pool(10, (A, B), (2, 10), fee_bps=0, decimals=(18, 6)), A, Decimal(1))

    assert found is not None
    assert third is not None
    assert str(found.amount_out) == "5.000000"
    # 10 / 3
    assert str(third.amount_out) == "3.333333"


def test_dust_that_gives_nothing_is_no_swap() -> None:
    assert swap(pool(10, (A, B), (10**9, 1), decimals=(18, 6)), A, Decimal("0.001")) is None


def test_the_largest_amounts_a_column_holds_stay_exact() -> None:
    most = Decimal(10) ** 57
    found = swap(pool(10, (A, B), (str(most), str(most)), fee_bps=0), A, Decimal(1))

    # most / (most + 1) falls short of 1 by less than a token can hold.
    assert found is not None
    assert found.amount_out == Decimal("0.999999999999999999")


def test_of_two_pools_the_one_that_gives_more_is_taken() -> None:
    shallow = pool(10, (A, B), (10, 20), fee_bps=0)
    deep = pool(11, (B, A), (20_000, 10_000), fee_bps=100, protocol=OTHER_EXCHANGE)

    small = best_route([shallow, deep], A, B, Decimal("0.01"))
    large = best_route([shallow, deep], A, B, Decimal(5))

    # The fee decides for a little, the depth for much.
    assert small is not None
    assert large is not None
    assert small.swaps[0].pool is shallow
    assert large.swaps[0].pool is deep


def test_two_swaps_are_taken_when_they_give_more_than_one() -> None:
    direct = pool(10, (A, B), (100, 100), fee_bps=0)
    first = pool(11, (A, C), (1000, 1000), fee_bps=0)
    second = pool(12, (C, B), (1000, 3000), fee_bps=0, protocol=OTHER_EXCHANGE)

    route = best_route([direct, first, second], A, B, Decimal(100))

    # Directly 50. Over C: 1000 * 100 / 1100 = 90.909…, then 3000 * 90.909… / 1090.909… = 250.
    assert route is not None
    assert [each.pool for each in route.swaps] == [first, second]
    assert route.swaps[0].amount_out == Decimal("90.909090909090909090")
    # The 18th digit of the first swap is rounded down, so the second is short of 250 by dust.
    assert route.amount_out == Decimal("249.999999999999999997")
    assert route.dex_count == 2
    # 1 - (1 - 1/11) * (1 - 1/12) = 1/6
    assert route.price_impact_pct == Decimal("16.666667")


def test_the_first_of_two_swaps_goes_through_the_best_pool() -> None:
    poor = pool(11, (A, C), (1000, 1000), fee_bps=300)
    rich = pool(12, (A, C), (1000, 1000), fee_bps=0)
    last = pool(13, (B, C), (1000, 1000), fee_bps=0)

    route = best_route([poor, rich, last], A, B, Decimal(1))

    assert route is not None
    assert [each.pool for each in route.swaps] == [rich, last]


def test_equal_ways_are_decided_the_same_way_every_time() -> None:
    pools = [pool(number, (A, B), (100, 100)) for number in (12, 10, 11)]

    found = {best_route(order, A, B, Decimal(1)) for order in (pools, pools[::-1], pools[1:])}

    assert {route.swaps[0].pool.pool_id for route in found if route} == {UUID(int=10)}


def test_a_direct_way_is_kept_when_a_longer_one_gives_no_more() -> None:
    direct = pool(20, (A, B), (100, 100), fee_bps=0)
    # Both give exactly 50: 100 in gives 100 of C, 100 of C gives 50 of B.
    first = pool(10, (A, C), (100, 200), fee_bps=0)
    second = pool(11, (C, B), (100, 100), fee_bps=0)

    route = best_route([direct, first, second], A, B, Decimal(100))

    assert route is not None
    assert len(route.swaps) == 1


@pytest.mark.parametrize("pools", [[], [pool(10, (A, C), (1, 1))], [pool(10, (C, D), (1, 1))]])
def test_without_a_way_there_is_none(pools: list[Pool]) -> None:
    assert best_route(pools, A, B, Decimal(1)) is None


def test_reserves_are_estimated_as_halves_of_the_value() -> None:
    found = estimated_reserves(Decimal(1_000_000), (Decimal(2000), Decimal("0.5")))

    assert found == (Decimal(250), Decimal(1_000_000))
    assert estimated_reserves(Decimal(0), (Decimal(1), Decimal(1))) is None
    assert estimated_reserves(Decimal(5), (Decimal(1), Decimal(0))) is None


def test_costs_are_fees_gas_and_what_the_price_moves() -> None:
    first = pool(11, (A, C), (1000, 1000), fee_bps=100)
    second = pool(12, (C, B), (10**9, 10**9), fee_bps=0)
    route = best_route([first, second], A, B, Decimal(100))
    assert route is not None

    # 100 less 1 is 99: moved 99/1099 of the first, 90.0818… / (10^9 + 90.08…) of the second.
    found = costs(
        route,
        {A: Decimal(2), C: Decimal("1.5")},
        gas_price_gwei=Decimal(20),
        native_usd=Decimal(3000),
    )

    assert found.gas == 50_000 + 2 * 90_000
    # 230,000 * 20 gwei = 0.0046 ether.
    assert found.gas_usd == Decimal("13.80000000")
    # One percent of 100 at 2 dollars; the second pool takes nothing.
    assert found.fees_usd == Decimal("2.00000000")
    # (99/1099 + (1 - 99/1099) * 90.0818926…e-9) * 200 = 18.01638...
    assert found.total_usd is not None
    assert found.total_usd.quantize(Decimal("0.0001")) == Decimal("33.8164")


def test_an_unknown_price_makes_the_cost_unknown_not_zero() -> None:
    route = best_route([pool(10, (A, B), (100, 100))], A, B, Decimal(1))
    assert route is not None

    unpriced = costs(route, {}, gas_price_gwei=Decimal(1), native_usd=Decimal(1))
    without_gas = costs(route, {A: Decimal(1)}, gas_price_gwei=None, native_usd=Decimal(1))
    without_coin = costs(route, {A: Decimal(1)}, gas_price_gwei=Decimal(1), native_usd=None)

    assert (unpriced.fees_usd, unpriced.total_usd) == (None, None)
    assert (without_gas.gas, without_gas.gas_usd, without_gas.total_usd) == (None, None, None)
    assert (without_coin.gas, without_coin.gas_usd) == (140_000, None)
    assert without_coin.fees_usd == Decimal("0.00300000")


def test_the_least_that_may_arrive_is_rounded_down() -> None:
    assert least_out(Decimal("1"), Decimal("0.5")) == Decimal("0.995")
    assert least_out(Decimal("0.000000000000000001"), Decimal("0.5")) == 0
    assert least_out(Decimal(10), Decimal(100)) == 0
