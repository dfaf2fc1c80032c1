"""Where normalised rows go: series tables of ClickHouse and upsert statements of Postgres."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Columns of each series table in the order of the tuples that sources append.
SERIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        table: tuple(columns.split())
        for table, columns in {
            "market_data": "ts asset_id chain_id source price",
            "market_bars": (
                "ts span asset_id chain_id source open high low close volume_24h market_cap"
            ),
            "gas_prices": (
                "ts chain_id source price_gwei base_fee_gwei block_number gas_used gas_limit "
                "tx_count network_utilization"
            ),
            "wallet_transactions": (
                "ts chain_id id wallet_id tx_hash log_index block_number transaction_type "
                "protocol_id token_in_id token_out_id amount_in amount_out amount_in_usd "
                "amount_out_usd gas_used gas_price gas_cost_usd counterparty source"
            ),
            "dex_trades": (
                "ts chain_id id dex_name protocol_id pair_address token0_address token1_address "
                "token0_id token1_id amount0 amount1 price amount_usd fee_bps sender recipient "
                "wallet_id tx_hash log_index block_number source"
            ),
            "lending_events": (
                "ts chain_id id protocol_id protocol_name action reserve_address reserve_asset_id "
                "owner wallet_id amount amount_usd liquidator debt_asset_id debt_asset_address "
                "debt_amount tx_hash log_index block_number source"
            ),
            "mev_opportunities": (
                "detected_at id opportunity_type chain_id block_number token_id protocol_ids "
                "estimated_profit_usd gas_cost_estimate_usd is_executed executed_by "
                "actual_profit_usd execution_tx_hash executed_at metadata source"
            ),
            "yield_metrics": (
                "ts pool_id protocol_id chain_id pool_address apy tvl_usd rewards_apr "
                "trading_fees_apr source"
            ),
            "protocol_metrics": "ts protocol_id chain_id metric_type value value_usd source",
        }.items()
    }
)

# Statements of sql/queries/postgres/load_*.sql, in an order in which every row finds the rows it
# refers to. `ensure_…` adds what is missing; `upsert_…` also brings up to date what is there.
UPSERTS: Final = (
    "load_catalog.upsert_chains",
    "load_catalog.ensure_chains",
    "load_catalog.upsert_assets",
    "load_catalog.ensure_assets",
    "load_catalog.upsert_protocols",
    "load_catalog.ensure_protocols",
    "load_catalog.upsert_protocol_aliases",
    "load_catalog.upsert_deployments",
    "load_catalog.upsert_bridges",
    "load_catalog.upsert_yield_pools",
    "load_catalog.ensure_yield_pools",
    "load_catalog.ensure_wallets",
    "load_catalog.ensure_contracts",
    "load_catalog.upsert_chain_heads",
    "load_facts.upsert_address_labels",
    "load_facts.upsert_incidents",
    "load_facts.upsert_malicious_contracts",
    "load_facts.upsert_mentions",
    "load_demo.upsert_users",
    "load_demo.upsert_user_wallets",
    "load_demo.upsert_portfolios",
    "load_demo.upsert_portfolio_wallets",
    "load_demo.upsert_strategies",
    "load_demo.upsert_positions",
    "load_demo.upsert_transactions",
)
