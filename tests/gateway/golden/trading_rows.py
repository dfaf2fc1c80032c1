"""Rows of trading and of taxes: the demo user's, but for a trader."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tests.gateway.golden.row import AT, BOUGHT, LOT, SOLD, TRADER, row, uuid

_TRADING: Final = (
    row(
        "trading.traders",
        id=TRADER,
        wallet_id="@wallet",
        display_name="Steady hand",
        total_pnl_usd="1250.5",
        created_at="@at",
    ),
    row(
        "trading.trader_follows",
        id=uuid(70),
        user_id="@me",
        trader_id=TRADER,
        created_at="@at",
    ),
    row(
        "trading.copy_trades",
        id=uuid(71),
        user_id="@me",
        trader_id=TRADER,
        chain_id=1,
        source_tx_hash="0x" + "a" * 64,
        asset_in_id="@eth",
        asset_out_id="@uni",
        created_at="@at",
    ),
    row(
        "trading.bridge_transactions",
        id=uuid(72),
        user_id="@me",
        bridge_id="@bridge",
        source_chain_id=1,
        destination_chain_id=10,
        asset_id="@eth",
        amount="1.5",
        initiated_at="@at",
    ),
    row(
        "trading.trade_routes",
        id=uuid(73),
        user_id="@me",
        chain_id=1,
        token_in_address="0x" + "e" * 40,
        token_out_address="0x1f9840a85d5af5bf1d1762f925bdaddc4201f984",
        token_in_id="@eth",
        token_out_id="@uni",
        amount_in="1",
        amount_out="400",
        created_at="@at",
        expires_at=(AT + timedelta(minutes=5)).isoformat(),
    ),
)

_TAX: Final = (
    row(
        "portfolio.tax_transactions",
        id=BOUGHT,
        user_id="@me",
        chain_id=1,
        tx_hash="0x" + "1" * 64,
        occurred_at="2023-02-01T00:00:00Z",
        transaction_type="buy",
        asset_in_id="@uni",
        created_at="@at",
    ),
    row(
        "portfolio.tax_transactions",
        id=SOLD,
        user_id="@me",
        chain_id=1,
        tx_hash="0x" + "2" * 64,
        occurred_at="2024-06-01T00:00:00Z",
        transaction_type="sell",
        asset_out_id="@uni",
        created_at="@at",
    ),
    row(
        "portfolio.tax_lots",
        id=LOT,
        user_id="@me",
        asset_id="@uni",
        asset_symbol="UNI",
        chain_id=1,
        acquired_transaction_id=BOUGHT,
        acquired_at="2023-02-01T00:00:00Z",
        acquired_amount="10",
        acquired_price_usd="6",
        cost_basis_usd="60",
        remaining_amount="6",
        created_at="@at",
    ),
    row(
        "portfolio.tax_lot_disposals",
        id=uuid(90),
        user_id="@me",
        lot_id=LOT,
        transaction_id=SOLD,
        amount="4",
        price_usd="10",
        proceeds_usd="40",
        gain_usd="16",
        disposed_at="2024-06-01T00:00:00Z",
        created_at="@at",
    ),
    row(
        "portfolio.tax_reports",
        id=uuid(91),
        user_id="@me",
        report_type="annual",
        tax_year=2024,
        country_code="DE",
        start_date="2024-01-01",
        end_date="2024-12-31",
        created_at="@at",
    ),
)

TRADING_ROWS: Final = (*_TRADING, *_TAX)
