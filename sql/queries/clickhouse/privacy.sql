-- Shielded pools over time.

-- name: pool_history :many
-- Last value of a figure in each bucket that enough people or deposits were behind.
SELECT
    pool_id,
    toStartOfInterval(toDateTime(ts, 'UTC'), toIntervalSecond({step_s:UInt32}), toDateTime('1970-01-05', 'UTC')) AS t,
    argMax(
        multiIf(
            {metric:String} = 'size' AND anonymity_set >= {minimum_group_size:UInt32},
            toNullable(total_pool_size),
            {metric:String} = 'anonymity_set' AND anonymity_set >= {minimum_group_size:UInt32},
            toNullable(toDecimal128(anonymity_set, 8)),
            {metric:String} = 'active_mixers' AND active_mixers >= {minimum_group_size:UInt32},
            toNullable(toDecimal128(active_mixers, 8)),
            {metric:String} = 'unique_users' AND total_unique_users >= {minimum_group_size:UInt32},
            toNullable(toDecimal128(total_unique_users, 8)),
            {metric:String} = 'volume' AND active_mixers >= {minimum_group_size:UInt32},
            volume_24h,
            {metric:String} = 'privacy_score' AND anonymity_set >= {minimum_group_size:UInt32}
            AND active_mixers >= {minimum_group_size:UInt32},
            toNullable(toDecimal128(toDecimalString(privacy_score, 8), 8)),
            NULL
        ),
        (ts, ingested_at)
    ) AS value
FROM pool_statistics
WHERE pool_id IN {keys:Array(UUID)}
    AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')}
GROUP BY pool_id, t
HAVING value IS NOT NULL
ORDER BY pool_id, t;

-- name: newest_points :many
-- The time of the newest point of each pool.
SELECT pool_id, max(ts) AS newest FROM pool_statistics
WHERE pool_id IN {pools:Array(UUID)}
GROUP BY pool_id;
