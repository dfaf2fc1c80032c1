"""Risk of a portfolio now, how holdings move together, and privacy."""

from __future__ import annotations

import pytest

from stores.lifecycle import Stores
from tests.resolvers.portfolio.figures import figures_of

pytestmark = pytest.mark.usefixtures("figures")


async def test_risk_now_and_how_holdings_move_together(stores: Stores) -> None:
    found = await figures_of(
        stores,
        "riskMetrics { at var95Usd cvar95Usd correlation liquidationDistancePct protocolRisk }"
        " correlations { correlation first { symbol } second { symbol } }",
    )
    assert found["riskMetrics"] == {
        "at": "2025-03-04T00:00:00Z",
        "var95Usd": "12.50000000",
        "cvar95Usd": "22.00000000",
        "correlation": "-0.5",
        "liquidationDistancePct": "40.0",
        "protocolRisk": "0.2",
    }
    assert found["correlations"] == [
        {"correlation": "-0.75", "first": {"symbol": "TETH"}, "second": {"symbol": "TUSD"}},
        {"correlation": "0.25", "first": {"symbol": "TUSD"}, "second": {"symbol": "TEUR"}},
    ]


async def test_privacy_is_that_of_the_ledger(stores: Stores) -> None:
    found = await figures_of(
        stores,
        "privacy { anonymityLevel privacyScore totalPrivacyDeposits totalPrivacyVolumeUsd"
        " avgDepositPrivacy stealthUsageRate }",
    )
    assert found["privacy"] == {
        "anonymityLevel": "ANONYMOUS",
        "privacyScore": None,
        "totalPrivacyDeposits": "1",
        "totalPrivacyVolumeUsd": "30.00000000",
        "avgDepositPrivacy": "0.8000",
        "stealthUsageRate": "0.5000",
    }
