-- Public history leaves for Parquet files instead of being deleted.
--
-- Months whose rows arrived two years ago (GATEWAY_HISTORY_DAYS) go one by one, see gateway/archive.
-- Most of these tables deleted rows by a TTL, which could come before the file is written; now they
-- are only packed. What belongs to a person is not archived and keeps its TTL.

-- migrate:up transaction:false

ALTER TABLE wallet_transactions MODIFY COMMENT 'Observed activity of wallets; Postgres holds the newest 90 days again. Months leave for Parquet files two years after they arrived';
ALTER TABLE dex_trades MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE dex_trades MODIFY COMMENT 'Swaps on decentralised exchanges. Months leave for Parquet files two years after they arrived';
ALTER TABLE lending_events MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE lending_events MODIFY COMMENT 'Supplies, withdrawals, borrows, repayments and liquidations. Months leave for Parquet files two years after they arrived';
ALTER TABLE gas_prices MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE gas_prices MODIFY COMMENT 'Observed gas prices by chain and source. Months leave for Parquet files two years after they arrived';
ALTER TABLE mev_opportunities MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE mev_opportunities MODIFY COMMENT 'MEV opportunities seen; those open now are in Redis (arb:opps). Months leave for Parquet files two years after they arrived';
ALTER TABLE gas_predictions MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE gas_predictions MODIFY COMMENT 'Forecasts of gas prices. Months leave for Parquet files two years after they arrived';
ALTER TABLE predictions MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE predictions MODIFY COMMENT 'Forecasts of prices, TVL and trends. Months leave for Parquet files two years after they arrived';
ALTER TABLE yield_metrics MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE yield_metrics MODIFY COMMENT 'Yields and value of pools. Months leave for Parquet files two years after they arrived';
ALTER TABLE pool_statistics MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE pool_statistics MODIFY COMMENT 'Metrics of privacy pools over time, aggregates only. Months leave for Parquet files two years after they arrived';
ALTER TABLE protocol_health_history MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE protocol_health_history MODIFY COMMENT 'Health of protocols over time; the newest is risk.protocol_health in Postgres. Months leave for Parquet files two years after they arrived';
ALTER TABLE agent_performance MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9));
ALTER TABLE agent_performance MODIFY COMMENT 'Metrics of agents over time. Months leave for Parquet files two years after they arrived';

-- migrate:down transaction:false

ALTER TABLE agent_performance MODIFY COMMENT 'Metrics of agents over time, kept two years after arrival';
ALTER TABLE agent_performance MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE protocol_health_history MODIFY COMMENT 'Health of protocols over time, kept two years after arrival; the newest is risk.protocol_health in Postgres';
ALTER TABLE protocol_health_history MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE pool_statistics MODIFY COMMENT 'Metrics of privacy pools over time, aggregates only, kept two years after arrival';
ALTER TABLE pool_statistics MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE yield_metrics MODIFY COMMENT 'Yields and value of pools, kept five years after arrival';
ALTER TABLE yield_metrics MODIFY TTL toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE;
ALTER TABLE predictions MODIFY COMMENT 'Forecasts of prices, TVL and trends, kept two years after arrival';
ALTER TABLE predictions MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE gas_predictions MODIFY COMMENT 'Forecasts of gas prices, kept two years after arrival';
ALTER TABLE gas_predictions MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE mev_opportunities MODIFY COMMENT 'MEV opportunities seen, kept two years after arrival; those open now are in Redis (arb:opps)';
ALTER TABLE mev_opportunities MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE gas_prices MODIFY COMMENT 'Observed gas prices by chain and source';
ALTER TABLE gas_prices MODIFY TTL toDateTime(ingested_at) + INTERVAL 2 YEAR DELETE;
ALTER TABLE lending_events MODIFY COMMENT 'Supplies, withdrawals, borrows, repayments and liquidations, kept five years after arrival';
ALTER TABLE lending_events MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9)), toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE;
ALTER TABLE dex_trades MODIFY COMMENT 'Swaps on decentralised exchanges, kept five years after arrival';
ALTER TABLE dex_trades MODIFY TTL toDateTime(ingested_at) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(9)), toDateTime(ingested_at) + INTERVAL 5 YEAR DELETE;
ALTER TABLE wallet_transactions MODIFY COMMENT 'Observed activity of wallets, complete and kept for good; Postgres holds the newest 90 days again';
