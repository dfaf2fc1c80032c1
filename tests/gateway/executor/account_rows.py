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
)


async def write_account_rows(worker: Stores) -> None:
    """Write them for the demo user; `worker` must have the role of loaders."""
    for text in _STATEMENTS:
        statement = Statement("account rows", text, ("user_id",), kind="exec")
        await worker.postgres.execute(statement, DEMO_USER_ID)
