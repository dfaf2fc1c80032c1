"""A hundred parents of every type of accounts, for `test_relations`."""

from __future__ import annotations

from typing import Final

from gateway.load.identity import DEMO_USER_ID
from stores.lifecycle import Stores
from stores.queries import Statement

_COPIES: Final = 110
_STATEMENTS: Final = (
    f"""
    INSERT INTO account.sessions (user_id, token_hash, expires_at)
    SELECT $1::uuid, sha256(n::text::bytea), now() + n * interval '1 hour'
    FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO account.user_wallets (user_id, wallet_id)
    SELECT $1::uuid, id FROM catalog.wallets ORDER BY id LIMIT {_COPIES}
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO account.api_keys (user_id, key_prefix, key_hash, name)
    VALUES ($1::uuid, 'ogk_rel', sha256('relations'), 'Relations')
    """,
    f"""
    INSERT INTO ops.audit_log (actor_user_id, actor_role, action, resource_type, resource_id,
        api_key_id)
    SELECT $1::uuid, 'user', 'update', 'account.api_keys', k.id::text, k.id
    FROM account.api_keys AS k, generate_series(1, {_COPIES}) AS n WHERE k.key_prefix = 'ogk_rel'
    """,
    f"""
    INSERT INTO ops.export_requests (user_id, status, completed_at, expires_at, object_key)
    SELECT $1::uuid, 'completed', now(), now() + interval '1 day', 'exports/' || n
    FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO portfolio.tax_reports (user_id, report_type, tax_year, country_code, start_date,
        end_date)
    SELECT $1::uuid, 'custom', 2024, 'US', date '2024-01-01', date '2024-01-01' + n
    FROM generate_series(1, {_COPIES}) AS n
    """,
    f"""
    INSERT INTO portfolio.tax_issues (user_id, asset_key, event_id, reason, asset_symbol)
    SELECT x.user_id, a.id::text, x.id, 'missing_price', a.symbol
    FROM (SELECT id, user_id FROM portfolio.tax_transactions ORDER BY id LIMIT 1) AS x,
        (SELECT id, symbol FROM catalog.assets ORDER BY id LIMIT {_COPIES}) AS a
    """,
    f"""
    INSERT INTO alerts.destinations (user_id, channel, label, masked, ciphertext, key_version,
        is_active, bounced_at, bounce_reason)
    SELECT $1::uuid, 'email', 'n' || n, '…', sha256(n::text::bytea), 1, false, now(), 'gone'
    FROM generate_series(1, {_COPIES}) AS n
    """,
    """
    UPDATE alerts.deliveries SET digest_id = (SELECT id FROM alerts.deliveries ORDER BY id LIMIT 1)
    WHERE user_id = $1::uuid
    """,
    f"""
    INSERT INTO catalog.wallet_lots (wallet_id, asset_id, amount, cost_usd)
    SELECT w.id, a.id, 1, 1 FROM (SELECT id FROM catalog.wallets ORDER BY id LIMIT {_COPIES}) AS w,
        (SELECT id FROM catalog.assets ORDER BY id LIMIT 1) AS a
    ON CONFLICT DO NOTHING
    """,
    f"""
    UPDATE catalog.wallets SET smart_money_score = 0.9, is_active = true
    WHERE id IN (SELECT id FROM catalog.wallets ORDER BY id LIMIT {_COPIES})
    """,
    "REFRESH MATERIALIZED VIEW catalog.smart_money_leaderboard",
)


async def write_account_rows(worker: Stores) -> None:
    """Write them for the demo user; `worker` must have the role of loaders."""
    for text in _STATEMENTS:
        values = (DEMO_USER_ID,) if "$1" in text else ()
        statement = Statement("account rows", text, ("user_id",)[: len(values)], kind="exec")
        await worker.postgres.execute(statement, *values)
