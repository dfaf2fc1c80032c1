-- What `gateway demo` plays again as live prices.

-- name: hourly_closes :many
-- Closes of the assets with the most hours, hour by hour; only of series recorded hourly
-- throughout, because a price a day played as hours would jump.
SELECT asset_id, ts, close
FROM market_data_hourly
WHERE (asset_id, source) IN
(
    SELECT asset_id, source
    FROM market_data_hourly_state
    GROUP BY asset_id, source
    HAVING uniqExact(ts) > 0.9 * dateDiff('hour', min(ts), max(ts))
    ORDER BY uniqExact(ts) DESC, asset_id
    LIMIT {assets:UInt32}
)
ORDER BY ts, asset_id;
