-- What ClickHouse does when it hears of changes.

-- name: drop_portfolios :exec
-- Drops a series of portfolios that are gone.
DELETE FROM {series:Identifier} WHERE portfolio_id IN {portfolios:Array(UUID)};

-- name: drop_portfolio_scores :exec
-- Drops risk scores of portfolios that are gone.
DELETE FROM risk_scores WHERE target_type = 'portfolio' AND target_id IN {portfolios:Array(UUID)};
