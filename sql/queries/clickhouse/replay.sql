-- What `gateway demo` plays again as live prices.

-- name: hourly_closes :many
-- Closes of the source with the most assets, hour by hour; only of series recorded hourly
-- throughout, because a price a day played as hours would jump.
WITH hourly AS
(
    SELECT asset_id, source
    FROM market_data_hourly_state
    GROUP BY asset_id, source
    HAVING uniqExact(ts) > 0.9 * dateDiff('hour', min(ts), max(ts))
)
SELECT asset_id, ts, close
FROM market_data_hourly
WHERE (asset_id, source) IN
(
    SELECT asset_id, source
    FROM hourly
    WHERE source = (SELECT source FROM hourly GROUP BY source ORDER BY count() DESC, source LIMIT 1)
    ORDER BY asset_id
    LIMIT {assets:UInt32}
)
ORDER BY ts, asset_id;
