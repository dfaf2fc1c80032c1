"""Rules every object of the ten schemas keeps, read from the catalogue of the running server."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import asyncpg

from tests.sql.postgres.catalogue import SCHEMAS, tables

#: Inventory section 26 and architecture section 3: where everything is.
HOMES = {
    "account": "users user_secrets user_wallets sessions api_keys subscriptions billing_events "
    "usage_daily rate_limit_policies dashboards refresh_tokens recovery_codes "
    "subscription_changes sign_ups",
    "agents": "agents agent_stats activations tasks executors",
    "alerts": "rules events deliveries delivery_attempts destinations mail_bounces",
    "catalog": "chains chain_heads protocols protocol_aliases protocol_deployments protocol_latest "
    "protocol_totals "
    "assets wallets wallet_transactions contracts yield_pools bridges address_labels incidents "
    "wallet_scorings wallet_lots",
    "ops": "audit_log outbox idempotency_keys job_runs system_config erasure_requests "
    "erasure_subjects "
    "export_requests migration_notes job_queue job_schedules "
    "relay_progress relay_failures service_instances archives",
    "portfolio": "portfolios portfolio_wallets summaries positions strategies transactions "
    "tax_transactions tax_lots tax_lot_disposals tax_reports tax_issues tax_settlements"
    " tax_profiles",
    "privacy": "pools deposits deposit_owners nullifiers deposits_archive stealth_announcements "
    "stealth_meta_addresses",
    "research": "projects onchain_analyses sentiment_analyses mentions tokenomics_analyses "
    "team_analyses team_members",
    "risk": "assessments latest alerts security_scans contract_audits malicious_contracts "
    "wallet_approvals protocol_health protocol_risk_indicators score_weights",
    "trading": "trade_routes bridge_transactions traders copy_trades trader_follows pool_reserves",
}
OWNER_COLUMNS = ["user_id", "actor_user_id", "owner_id", "portfolio_id"]


def private() -> dict[str, Any]:
    return tomllib.loads(resources.files("sql").joinpath("postgres/private.toml").read_text())


async def names(connection: asyncpg.Connection, query: str, *arguments: object) -> list[str]:
    return [str(row[0]) for row in await connection.fetch(query, *arguments)]


async def test_every_table_of_the_model_is_there(migrator: asyncpg.Connection) -> None:
    expected = [f"{schema}.{table}" for schema, all_ in HOMES.items() for table in all_.split()]
    assert await tables(migrator) == sorted(expected)


async def test_nothing_lacks_a_comment(migrator: asyncpg.Connection) -> None:
    bare = await names(
        migrator,
        """
        SELECT 'schema ' || nspname FROM pg_namespace
        WHERE nspname = ANY ($1) AND obj_description(oid, 'pg_namespace') IS NULL
        UNION ALL
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm')
            AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT format('%s.%s', c.oid::regclass, a.attname) FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm')
            AND NOT c.relispartition AND col_description(c.oid, a.attnum) IS NULL
        UNION ALL
        SELECT t.oid::regtype::text FROM pg_type t
        WHERE t.typnamespace::regnamespace::text = ANY ($1) AND t.typtype = 'e'
            AND obj_description(t.oid, 'pg_type') IS NULL
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace::regnamespace::text = ANY ($1)
            AND obj_description(p.oid, 'pg_proc') IS NULL
        """,
        SCHEMAS,
    )
    assert bare == []


async def test_comments_are_sentences(migrator: asyncpg.Connection) -> None:
    odd = await names(
        migrator,
        """
        SELECT format('%s.%s: %s', objoid::regclass, objsubid, description) FROM pg_description
        JOIN pg_class c ON c.oid = objoid AND classoid = 'pg_class'::regclass
        WHERE c.relnamespace::regnamespace::text = ANY ($1)
            AND description !~ '^[A-Z].*[.]$'
        """,
        SCHEMAS,
    )
    assert odd == []


async def test_001_05_g_12_tables_with_an_owner_force_row_security(
    migrator: asyncpg.Connection,
) -> None:
    open_tables = await names(
        migrator,
        """
        SELECT DISTINCT c.oid::regclass::text FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p')
            AND a.attname = ANY ($2) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """,
        SCHEMAS,
        OWNER_COLUMNS,
    )
    assert open_tables == []


async def test_private_toml_names_exactly_the_forced_tables(migrator: asyncpg.Connection) -> None:
    forced = await names(
        migrator,
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relforcerowsecurity
            AND NOT c.relispartition
        """,
        SCHEMAS,
    )
    listed = private()
    assert sorted(forced) == sorted(
        [*listed["owner"], *listed["through"], *listed["closed"]["tables"]]
    )


async def test_policies_cover_what_the_gateway_is_granted(migrator: asyncpg.Connection) -> None:
    for table in [*private()["owner"], *private()["through"]]:
        granted = await names(
            migrator,
            """
            SELECT lower(command) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS command
            WHERE CASE command
                WHEN 'DELETE' THEN has_table_privilege('gateway', $1, command)
                ELSE has_any_column_privilege('gateway', $1, command)
            END
            """,
            table,
        )
        schema, name = table.split(".")
        allowed = await names(
            migrator,
            "SELECT DISTINCT lower(cmd) FROM pg_policies"
            " WHERE schemaname = $1 AND tablename = $2 AND roles = '{gateway}'",
            schema,
            name,
        )
        assert sorted(granted) == sorted(allowed), table


async def test_each_policy_states_its_clauses(migrator: asyncpg.Connection) -> None:
    wrong = await names(
        migrator,
        """
        SELECT tablename || ' ' || policyname FROM pg_policies WHERE schemaname = ANY ($1) AND NOT
            CASE cmd
                WHEN 'INSERT' THEN qual IS NULL AND with_check IS NOT NULL
                WHEN 'UPDATE' THEN qual IS NOT NULL AND with_check IS NOT NULL
                WHEN 'ALL' THEN policyname = 'closed' AND qual = 'false' AND with_check = 'false'
                ELSE qual IS NOT NULL
            END
        """,
        SCHEMAS,
    )
    assert wrong == []


async def test_closed_tables_give_the_gateway_nothing(migrator: asyncpg.Connection) -> None:
    for table in private()["closed"]["tables"]:
        for command in ("SELECT", "INSERT", "UPDATE"):
            assert not await migrator.fetchval(
                "SELECT has_any_column_privilege('gateway', $1, $2)", table, command
            )


async def test_partitions_are_reached_through_their_parent_only(
    migrator: asyncpg.Connection,
) -> None:
    reachable = await names(
        migrator,
        """
        SELECT format('%s %s %s', c.oid::regclass, a.grantee::regrole, a.privilege_type)
        FROM pg_class c CROSS JOIN aclexplode(c.relacl) AS a
        WHERE c.relispartition AND c.relkind = 'r' AND a.grantee <> c.relowner
            AND c.relnamespace::regnamespace::text = ANY ($1)
            AND NOT (c.relname ~ '_default$' AND a.grantee = 'worker'::regrole
                AND a.privilege_type = 'SELECT')
        """,
        SCHEMAS,
    )
    assert reachable == []


async def test_every_foreign_key_is_indexed(migrator: asyncpg.Connection) -> None:
    """A key of several columns is served by an index that begins with any of them."""
    bare = await names(
        migrator,
        """
        SELECT c.conrelid::regclass || ' ' || pg_get_constraintdef(c.oid) FROM pg_constraint c
        JOIN pg_class t ON t.oid = c.conrelid AND NOT t.relispartition
        WHERE c.contype = 'f' AND c.connamespace::regnamespace::text = ANY ($1)
            AND NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisvalid
                    AND i.indkey[0] = ANY (c.conkey)
                    AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = format(
                        '(%I IS NOT NULL)', (SELECT attname FROM pg_attribute
                            WHERE attrelid = c.conrelid AND attnum = i.indkey[0])))
            )
        """,
        SCHEMAS,
    )
    assert bare == []


async def test_001_05_every_updated_at_has_its_trigger(migrator: asyncpg.Connection) -> None:
    bare = await names(
        migrator,
        """
        SELECT c.oid::regclass::text FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'updated_at'
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p')
            AND c.oid <> 'privacy.deposits_archive'::regclass -- keeps the time of the deposit
            AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid
                AND g.tgfoid = 'ops.set_updated_at'::regproc)
        """,
        SCHEMAS,
    )
    assert bare == []


async def test_functions_fix_their_search_path_and_exclude_the_public(
    migrator: asyncpg.Connection,
) -> None:
    wrong = await names(
        migrator,
        """
        SELECT oid::regprocedure::text FROM pg_proc p
        WHERE pronamespace::regnamespace::text = ANY ($1) AND (
            proconfig IS NULL OR NOT EXISTS (
                SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
            OR has_function_privilege('analytics', p.oid, 'EXECUTE')
            OR EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
                WHERE a.grantee = 0))
        """,
        SCHEMAS,
    )
    assert wrong == []


async def test_no_two_indexes_are_the_same(migrator: asyncpg.Connection) -> None:
    twice = await names(
        migrator,
        """
        SELECT string_agg(i.indexrelid::regclass::text, ' = ') FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace::regnamespace::text = ANY ($1)
        GROUP BY i.indrelid, i.indkey::text, i.indoption::text, i.indclass::text,
            coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
            coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
        HAVING count(*) > 1
        """,
        SCHEMAS,
    )
    assert twice == []


async def test_the_gateway_and_analytics_own_nothing(migrator: asyncpg.Connection) -> None:
    owned = await names(
        migrator,
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relowner IN ('gateway'::regrole, 'analytics'::regrole)",
    )
    assert owned == []


async def test_analytics_sees_catalogue_and_aggregates_only(migrator: asyncpg.Connection) -> None:
    readable = await names(
        migrator,
        """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm')
            AND has_any_column_privilege('analytics', c.oid, 'SELECT')
            AND c.relnamespace <> 'catalog'::regnamespace
        ORDER BY 1
        """,
        SCHEMAS,
    )
    assert readable == [
        "agents.agent_leaderboard",
        "agents.agent_performance_trends",
        "ops.daily_platform_metrics",
        "trading.top_traders_leaderboard",
    ]


async def test_schemas_refer_only_where_they_may(migrator: asyncpg.Connection) -> None:
    allowed = {"account", "catalog"}
    more = {schema: {"portfolio", "agents"} for schema in ("risk", "alerts", "agents", "portfolio")}
    for row in await migrator.fetch(
        """
        SELECT DISTINCT c.connamespace::regnamespace::text AS ours,
            p.relnamespace::regnamespace::text AS theirs
        FROM pg_constraint c JOIN pg_class p ON p.oid = c.confrelid WHERE c.contype = 'f'
        """
    ):
        ours, theirs = row["ours"], row["theirs"]
        assert theirs in allowed | {ours} | more.get(ours, set()), (ours, theirs)


async def test_amounts_scores_and_chain_ids_have_one_type(migrator: asyncpg.Connection) -> None:
    rules = {
        r"(^|_)score$|^confidence$|^win_rate$": {"numeric(5,4)"},
        r"_usd$": {"numeric(38,8)", "numeric(38,18)"},  # prices have more digits
        r"_pct$": {"numeric(18,6)"},
        r"(^|_)chain_id$": {"bigint"},
        r"(^|_)(address|tx_hash)$": {"text", "inet"},
        r"(^|_)(amount|quantity)$": {"numeric(76,18)", "numeric(78,0)"},
        r"_(at|until|after)$": {"timestamp with time zone"},
    }
    for pattern, types in rules.items():
        wrong = await names(
            migrator,
            """
            SELECT format('%s.%s %s', c.oid::regclass, a.attname,
                format_type(a.atttypid, a.atttypmod))
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace::regnamespace::text = ANY ($1) AND c.relkind IN ('r', 'p')
                AND a.attname ~ $2 AND NOT format_type(a.atttypid, a.atttypmod) = ANY ($3)
            """,
            SCHEMAS,
            pattern,
            list(types),
        )
        assert wrong == [], pattern
