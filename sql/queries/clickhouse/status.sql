-- How fresh the data is.

-- name: freshness :many
-- The newest measurement of each observed series and when it arrived. The newest time comes from the index of partitions;
-- for its arrival only the last hour before it is read.
SELECT 'market_data_latest' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM market_data_latest
WHERE ts >= (SELECT max(ts) FROM market_data_latest) - toIntervalHour(1)
HAVING count() > 0
UNION ALL
SELECT 'protocol_metrics_latest' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM protocol_metrics_latest
WHERE ts >= (SELECT max(ts) FROM protocol_metrics_latest) - toIntervalHour(1)
HAVING count() > 0
UNION ALL
SELECT 'yield_metrics_latest' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM yield_metrics_latest
WHERE ts >= (SELECT max(ts) FROM yield_metrics_latest) - toIntervalHour(1)
HAVING count() > 0
UNION ALL
SELECT 'gas_prices' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM gas_prices
WHERE ts >= (SELECT max(ts) FROM gas_prices) - toIntervalHour(1)
HAVING count() > 0
UNION ALL
SELECT 'wallet_transactions' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM wallet_transactions
WHERE ts >= (SELECT max(ts) FROM wallet_transactions) - toIntervalHour(1)
HAVING count() > 0
UNION ALL
SELECT 'dex_trades' AS series, max(ts) AS watermark, max(ingested_at) AS indexed_at
FROM dex_trades
WHERE ts >= (SELECT max(ts) FROM dex_trades) - toIntervalHour(1)
HAVING count() > 0;
