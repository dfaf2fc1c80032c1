"""Figures of pools by hand: what deposits add up to, and how well they hide."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from resolvers.privacy.pool_figures import AssetDeposits, pool_figures, privacy_score

ETHER, DOLLAR, CAT = UUID(int=1), UUID(int=2), UUID(int=3)
IN_ETHER = AssetDeposits(
    asset_id=ETHER, symbol="WETH", is_stablecoin=False, deposits=3, deposited=Decimal(12),
    held_deposits=1, held=Decimal(10), withdrawals=2, withdrawn=Decimal(2), deposits_24h=1,
    withdrawals_24h=1, active_24h=2, moved_24h=Decimal(11), moved_7d=Decimal(12),
    moved_30d=Decimal(12), mixings=1, whole_mixings=1,
)  # fmt: skip
IN_DOLLARS = replace(
    IN_ETHER, asset_id=DOLLAR, symbol="USDC", is_stablecoin=True, deposits=1,
    deposited=Decimal(100), held=Decimal(100), withdrawals=0, withdrawn=Decimal(0),
    deposits_24h=0, withdrawals_24h=0, active_24h=0, moved_24h=Decimal(0), moved_7d=Decimal(0),
    moved_30d=Decimal(100), mixings=2, whole_mixings=0,
)  # fmt: skip
IN_CATS = replace(IN_DOLLARS, asset_id=CAT, symbol="CAT", is_stablecoin=False, mixings=0)
PRICES = {ETHER: Decimal(2_000), DOLLAR: Decimal(1), CAT: Decimal("0.5")}


def test_parts_add_up_to_the_whole() -> None:
    found = pool_figures([IN_ETHER, IN_DOLLARS, IN_CATS], PRICES)
    assert found == {
        "size_usd": Decimal(20_150),
        "ether_usd": Decimal(20_000),
        "stablecoin_usd": Decimal(100),
        "other_usd": Decimal(50),
        "active_24h": 2,
        "held_deposits": 3,
        "deposits": 5,
        "withdrawals": 2,
        "deposits_24h": 1,
        "withdrawals_24h": 1,
        "volume_24h_usd": Decimal(22_000),
        "volume_7d_usd": Decimal(24_000),
        "volume_30d_usd": Decimal(24_150),
        "mixing_efficiency": Decimal("0.3333"),
        "avg_deposit_usd": Decimal(4_830),
        "avg_withdrawal_usd": Decimal(2_000),
    }


def test_what_nobody_knows_is_null() -> None:
    found = pool_figures([IN_CATS], PRICES)
    assert found is not None
    assert (found["mixing_efficiency"], found["avg_withdrawal_usd"]) == (None, None)
    assert pool_figures([IN_ETHER, IN_CATS], {ETHER: Decimal(1)}) is None


@pytest.mark.parametrize(
    ("size", "mixers", "deposits", "score"),
    [
        (0, 0, 0, "0"),
        (50_000_000, 0, 0, "0.2"),
        (0, 1, 0, "0.00006"),
        (0, 0, 1, "0.000015"),
        (100_000_000, 5_000, 20_000, "1"),
        (10**12, 10**6, 10**6, "1"),
        (-5, 2_500, 10_000, "0.3"),
    ],
)
def test_the_score_divides_and_caps_each_part(
    size: int, mixers: int, deposits: int, score: str
) -> None:
    assert privacy_score(Decimal(size), mixers, deposits) == Decimal(score)
