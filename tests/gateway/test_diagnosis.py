"""What doctor says about the database, from the rows themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.config import Settings
from gateway.diagnosis import Finding, examine
from stores.lifecycle import StoreOptions, Stores
from tests.gateway.worker.conftest import own_stores, rows

__all__ = ["own_stores"]


async def findings(options: StoreOptions) -> dict[str, Finding]:
    settings = Settings(qdrant_prefix=options.qdrant_prefix)
    return {found.subject: found for found in await examine(settings, options.urls)}


async def test_doctor_tells_size_and_connections_and_rows_in_no_month(
    own_stores: Stores, fresh_options: StoreOptions
) -> None:
    before = await findings(fresh_options)
    assert "MB: " in before["postgres size"].state
    assert before["postgres connections"].well
    assert " worker" in before["postgres connections"].state
    assert "ops.audit_log" not in before

    await rows(
        own_stores,
        "INSERT INTO ops.audit_log (occurred_at, actor_role, action, resource_type)"
        " VALUES ($1, 'system', 'made', 'x')",
        datetime(2199, 1, 1, tzinfo=UTC),
    )
    after = await findings(fresh_options)
    assert (after["ops.audit_log"].state, after["ops.audit_log"].well) == (
        "1 rows are in no month",
        False,
    )
