-- What ClickHouse does when it hears of changes.

-- name: drop_portfolios :exec
-- Drops a series of portfolios that are gone.
DELETE FROM {series:Identifier} WHERE portfolio_id IN {portfolios:Array(UUID)};
