"""What the stores hold of people is declared whole, and nobody is erased but by their own wish."""

from __future__ import annotations

import hashlib
import tomllib
from importlib import resources
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from resolvers.lifecycle.holdings import activity_kept_days, holdings
from resolvers.lifecycle.proof import checksum
from stores.lifecycle import StoreOptions, Stores
from stores.queries import Statement
from tests.sql.postgres.rows import Rows, acting_for

HELD: Final = holdings()
#: Columns, payload fields and the like that lead to a person.
PERSONAL: Final = ["user_id", "owner_id", "actor_user_id", "portfolio_id", "strategy_id", "rule_id"]
#: Texts of kept rows that stay, because they are what the law is about, or references of others.
TEXTS_KEPT: Final = {
    "account.billing_events": {"provider", "provider_event_id", "event_type", "currency", "status"},
    "account.subscriptions": {"provider", "provider_subscription_id", "currency"},
    "portfolio.tax_lot_disposals": set(),
    "portfolio.tax_lots": {"asset_symbol"},
    "portfolio.tax_transactions": {"asset_in_symbol", "asset_out_symbol", "fee_symbol"},
}


async def test_every_series_of_people_is_declared(worker_stores: Stores) -> None:
    found = await worker_stores.clickhouse.fetch(
        Statement(
            "personal",
            "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase()"
            " AND name IN {names:Array(String)} ORDER BY table",
        ),
        {"names": PERSONAL},
    )
    declared = {each.name for each in HELD.clickhouse}
    assert {row[0] for row in found} <= declared
    assert declared - {row[0] for row in found} == {"risk_scores"}  # portfolios among others


def test_every_collection_with_points_of_people_is_declared() -> None:
    text = resources.files("sql").joinpath("qdrant/collections.toml").read_text()
    collections = tomllib.loads(text)
    personal = {
        (name, field)
        for name, of in collections.items()
        for field in of["payload"]
        if field in PERSONAL
    }
    assert personal == {(each.name, each.column) for each in HELD.qdrant}


async def test_no_free_text_of_a_kept_row_is_overlooked(worker_stores: Stores) -> None:
    kept = {name: values for each in HELD.kept for name, values in each.tables.items()}
    rows = await worker_stores.postgres.fetch(
        Statement(
            "texts",
            "SELECT t.name, a.attname FROM unnest($1::text[]) AS t (name)"
            " JOIN pg_attribute a ON a.attrelid = t.name::regclass AND a.attnum > 0"
            " AND NOT a.attisdropped AND format_type(a.atttypid, NULL)"
            " IN ('text', 'jsonb', 'inet', 'bytea', 'text[]')",
        ),
        list(kept),
    )
    texts: dict[str, set[str]] = {name: set() for name in kept}
    for table, column in rows:
        texts[table].add(column)
    assert {name: texts[name] - kept[name].keys() for name in kept} == TEXTS_KEPT
    assert all(name in HELD.tables and HELD.tables[name].parent is None for name in kept)
    assert HELD.kept_apart.keys() | HELD.activity.keys() <= HELD.tables.keys()


async def test_only_a_users_own_wish_takes_them_out_of_the_log(
    worker_stores: Stores, store_options: StoreOptions
) -> None:
    urls = store_options.urls
    worker, gateway, owner = [
        await asyncpg.connect(url)
        for url in (urls.postgres_worker, urls.postgres, urls.postgres_migrator)
    ]
    try:
        rows = Rows(worker)
        victim, operator = await rows.user(), await rows.user(role="admin")
        await rows.insert("ops.audit_log", actor_user_id=victim)
        take_out = "SELECT ops.take_actor_out($1, $2, 10)"
        for connection in (gateway, worker):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(take_out, victim, uuid4())
        request = "INSERT INTO ops.erasure_requests (user_id) VALUES ($1)"
        async with acting_for(gateway, operator):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await gateway.execute(request, victim)
        log = "SELECT count(*) FROM ops.audit_log WHERE actor_user_id = $1"
        assert await worker.fetchval(log, victim) == 1
        assert await owner.fetchval(log, victim) == 0, "the owner of the log sees none of it"
    finally:
        for connection in (worker, gateway, owner):
            await connection.close()


@pytest.mark.parametrize(
    ("days", "consented", "kept"),
    [(90, True, 90), (90, False, 2), (1, False, 1), (3650, True, 3650)],
)
def test_without_consent_use_is_kept_for_two_days(days: int, consented: bool, kept: int) -> None:
    assert activity_kept_days(days, consented) == kept


def test_tables_are_emptied_before_those_they_refer_to() -> None:
    references = [
        ("portfolio.positions", "portfolio.portfolios"),
        ("portfolio.portfolios", "account.users"),
        ("alerts.rules", "portfolio.portfolios"),
        ("alerts.rules", "catalog.assets"),
    ]
    order = [each.table for each in HELD.deleted(references)]
    assert order.index("portfolio.positions") < order.index("portfolio.portfolios")
    assert order.index("alerts.rules") < order.index("portfolio.portfolios")
    assert order.index("portfolio.portfolios") < order.index("account.users")
    assert "account.subscriptions" not in order


def test_the_checksum_is_of_the_content_and_not_of_its_spelling() -> None:
    assert checksum({"b": 1, "a": "ü"}) == checksum({"a": "ü", "b": 1})
    text = '{"a":"ü","b":1}'
    assert checksum({"b": 1, "a": "ü"}) == hashlib.sha256(text.encode()).hexdigest()
