-- What jobs of operation ask of the series.

-- name: activity_rows :one
-- Rows of wallet activity from one time up to before another.
SELECT count() AS row_count FROM wallet_transactions FINAL
WHERE ts >= {start:DateTime64(3, 'UTC')} AND ts < {end:DateTime64(3, 'UTC')};
