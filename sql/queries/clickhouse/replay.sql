-- What `gateway demo` plays again as live prices.

-- name: hourly_closes :many
-- Hourly closes of the assets with the most recorded hours, hour by hour.
SELECT asset_id, ts, close
FROM market_data_hourly
WHERE (asset_id, source) IN
(
    SELECT asset_id, source
    FROM market_data_hourly_state
    GROUP BY asset_id, source
    ORDER BY uniqExact(ts) DESC, asset_id
    LIMIT {assets:UInt32}
)
ORDER BY ts, asset_id;
