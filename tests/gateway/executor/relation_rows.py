"""Rows that the sample is short of: a hundred parents of every type, with keys that lead on.

Copies of rows of the sample, with ids of their own, spread over what they point at.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from stores.lifecycle import Stores
from stores.queries import Statement

COPIES: Final = 110
_ID: Final = "('f0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"


async def write_rows(worker: Stores) -> None:
    """Write them; `worker` must have the role of loaders."""
    async with worker.postgres.transaction() as work:
        for text in _STATEMENTS:
            await work.execute(Statement("relation rows", text, kind="exec"))
    await _write_series(worker)


async def _write_series(worker: Stores) -> None:
    """Rows of ClickHouse, which point at rows of Postgres."""

    async def keys_of(text: str) -> list[Any]:
        return [row[0] for row in await worker.postgres.fetch(Statement("targets", text))]

    assets = await keys_of("SELECT id FROM catalog.assets ORDER BY id")
    protocols = await keys_of("SELECT id FROM catalog.protocols ORDER BY id")
    chains = await keys_of("SELECT id FROM catalog.chains ORDER BY id")
    keys = await keys_of("SELECT id FROM account.api_keys WHERE name LIKE 'Copy %'")
    (owner,) = await keys_of(f"SELECT {_OWNER}")

    def forecast(kind: str, targets: list[UUID], n: int) -> tuple[object, ...]:
        target, chain = targets[n % len(targets)], chains[n % len(chains)]
        return (_AT, uuid4(), kind, str(target), chain, 1, 24, "copy", "1", _AT)

    columns = (
        *("ts", "prediction_id", "prediction_type", "target_id", "chain_id", "predicted_value"),
        *("prediction_horizon_hours", "model_name", "model_version", "prediction_for"),
    )
    kinds = (("token_price", assets), ("protocol_tvl", protocols))
    await worker.clickhouse.insert(
        "predictions",
        columns,
        [forecast(kind, targets, n) for kind, targets in kinds for n in range(COPIES)],
    )
    await worker.clickhouse.insert(
        "usage_events",
        ("ts", "event_id", "user_id", "api_key_id", "event_type", "resource_type", "resource_id"),
        [(_AT, uuid4(), owner, key, "query", "", "") for key in keys],
    )


def _copies(relation: str, **changed: str) -> str:
    """Copies of the relation's first row that differ in some columns, `n` counting them."""
    pairs = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return f"""
    INSERT INTO {relation}
    SELECT (jsonb_populate_record(model, jsonb_build_object({pairs}))).*
    FROM (SELECT each AS model FROM {relation} AS each ORDER BY each LIMIT 1) AS one,
        generate_series(1, {COPIES}) AS n
    """


def _one_of(relation: str) -> str:
    """Another row's id for each `n`, as far as there are others."""
    return f"""(
        SELECT id FROM {relation} ORDER BY id
        OFFSET n % (SELECT count(*) FROM {relation}) LIMIT 1
    )"""


def _spread(relation: str, column: str, target: str) -> str:
    """Points a column of every row at the rows of another relation in turn."""
    return f"""
    WITH rows AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM {relation}),
        targets AS (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS total
            FROM {target}
        )
    UPDATE {relation} AS changed SET {column} = targets.id
    FROM rows JOIN targets ON targets.n = rows.n % targets.total
    WHERE changed.id = rows.id
    """


_PROTOCOL: Final = _one_of("catalog.protocols")
_ASSET: Final = _one_of("catalog.assets")
_CHAIN: Final = _one_of("catalog.chains")
_WALLET: Final = _one_of("catalog.wallets")
_AGENT: Final = _one_of("agents.agents")
_CONTRACT: Final = _one_of("catalog.contracts")
_INCIDENT: Final = _one_of("catalog.incidents")
# Whose portfolios the copies are.
_OWNER: Final = "(SELECT user_id FROM portfolio.portfolios LIMIT 1)"


def _made(relation: str, **values: str) -> str:
    """Rows of a relation that the sample has none of, `n` counting them."""
    return f"""
    INSERT INTO {relation} ({", ".join(values)})
    SELECT {", ".join(values.values())} FROM generate_series(1, {COPIES}) AS n
    """


def _another_id(number: int) -> str:
    """Ids for a relation that holds rows under those of the copies already."""
    return _ID.replace("-8000-", f"-800{number}-")


_AT: Final = datetime(2025, 10, 5, tzinfo=UTC)
_KEY: Final = _another_id(5)
_TAXED: Final = _another_id(6)
# Shielded pools are one of a kind on each chain.
_POOLS: Final = f"""
INSERT INTO privacy.pools (pool_type, chain_id, pool_name)
SELECT kind, chain.id, 'Copy' FROM catalog.chains AS chain, unnest(
    enum_range(NULL::privacy.pool_type)
) AS kind ORDER BY chain.id, kind LIMIT {COPIES}
"""
_PROVED: Final = f"""
INSERT INTO account.user_wallets (user_id, wallet_id)
SELECT {_OWNER}, id FROM catalog.wallets ON CONFLICT DO NOTHING
"""
_STATEMENTS: Final = (
    _copies(
        "catalog.protocols",
        id=_ID,
        slug="'copy-' || n",
        name="'Copy ' || n",
        parent_id=_PROTOCOL,
        token_asset_id=_ASSET,
    ),
    _copies("catalog.protocol_latest", protocol_id=_ID, chain_id=_CHAIN),
    _copies("catalog.bridges", id=_ID, slug="'copy-' || n", protocol_id=_PROTOCOL),
    _spread("catalog.chains", "parent_chain_id", "catalog.chains"),
    _spread("catalog.contracts", "protocol_id", "catalog.protocols"),
    _spread("catalog.wallet_transactions", "protocol_id", "catalog.protocols"),
    _spread("catalog.incidents", "protocol_id", "catalog.protocols"),
    _spread("catalog.incidents", "chain_id", "catalog.chains"),
    """
    INSERT INTO catalog.chain_heads
    SELECT (jsonb_populate_record(head, jsonb_build_object('chain_id', chain.id))).*
    FROM catalog.chains AS chain, catalog.chain_heads AS head
    WHERE chain.id <> head.chain_id
    """,
    _copies("agents.agents", id=_ID, slug="'copy-' || n"),
    _copies("agents.agent_stats", agent_id=_ID),
    _copies("research.mentions", id=_ID, platform_id="'copy-' || n"),
    _copies("portfolio.portfolios", id=_ID, name="'Copy ' || n", is_default="false"),
    _copies("portfolio.summaries", portfolio_id=_ID),
    _copies(
        "portfolio.positions",
        id=_ID,
        portfolio_id=_ID,
        asset_id=_ASSET,
        chain_id=_CHAIN,
        protocol_id=_PROTOCOL,
        wallet_id=_WALLET,
    ),
    _copies("portfolio.strategies", id=_ID, portfolio_id=_ID, agent_id=_AGENT),
    _copies("portfolio.portfolio_wallets", portfolio_id=_ID, wallet_id=_WALLET),
    _copies(
        "portfolio.transactions",
        id=_ID,
        portfolio_id=_ID,
        from_asset_id=_ASSET,
        to_asset_id=_ASSET,
        chain_id=_CHAIN,
        protocol_id=_PROTOCOL,
        wallet_id=_WALLET,
        strategy_id=_ID,
        agent_id=_AGENT,
    ),
    _made(
        "risk.assessments",
        id=_ID,
        target_type="'protocol'",
        protocol_id=_ID,
        dimension="'overall'",
        score="0.5",
        source_agent_id=_AGENT,
    ),
    _made(
        "risk.assessments",
        id=_another_id(1),
        target_type="'portfolio'",
        portfolio_id=_ID,
        dimension="'overall'",
        score="0.5",
        source_agent_id=_AGENT,
    ),
    _made(
        "risk.assessments",
        id=_another_id(2),
        target_type="'asset'",
        asset_id=_ASSET,
        dimension="'overall'",
        score="0.5",
    ),
    _made(
        "risk.alerts",
        id=_ID,
        user_id=_OWNER,
        portfolio_id=_ID,
        target_type="'protocol'",
        target_id=_ID,
        alert_type="'protocol_risk'",
        severity="'low'",
        message="'Copy'",
    ),
    _made(
        "risk.security_scans",
        id=_ID,
        contract_id=_CONTRACT,
        scanner="'copy'",
        status="'completed'",
    ),
    _made("risk.contract_audits", id=_ID, contract_id=_CONTRACT, auditor="'copy ' || n"),
    _made(
        "risk.wallet_approvals",
        id=_ID,
        wallet_id=_WALLET,
        asset_id=_ASSET,
        spender="'0x' || n",
        amount="n",
    ),
    _made(
        "risk.protocol_health",
        protocol_id=_ID,
        chain_id=_CHAIN,
        incident_id=_INCIDENT,
        observed_at="now()",
    ),
    _made(
        "risk.protocol_risk_indicators",
        protocol_id=_ID,
        indicator="'copy'",
        observed_at="now()",
    ),
    _made(
        "alerts.rules",
        id=_ID,
        user_id=_OWNER,
        name="'Copy ' || n",
        alert_type="'price_change'",
        target_type="'asset'",
        asset_id=_ASSET,
        chain_id=_CHAIN,
        condition_operator="'gt'",
        threshold_value="n",
    ),
    _made(
        "alerts.events",
        id=_ID,
        triggered_at="now()",
        rule_id=_ID,
        user_id=_OWNER,
        alert_type="'price_change'",
        triggered_value="n",
        threshold_value="n",
        condition_met="'copy'",
        title="'Copy'",
        message="'Copy'",
    ),
    _made(
        "alerts.deliveries",
        id=_ID,
        event_triggered_at="now()",
        event_id=_ID,
        user_id=_OWNER,
        channel="'email'",
        recipient_masked="'…'",
    ),
    _POOLS,
    _PROVED,
    _made(
        "privacy.stealth_announcements",
        chain_id=_CHAIN,
        stealth_address="'0x' || lpad(n::text, 40, '0')",
        ephemeral_public_key="'0x' || repeat('0', 66)",
        tx_hash="'0x' || lpad(n::text, 64, '0')",
        announced_at="now()",
    ),
    _made(
        "privacy.stealth_meta_addresses",
        user_id=_OWNER,
        chain_id=_CHAIN,
        scheme_id="n",
        meta_address="'st:copy:0x' || repeat('0', 66)",
        registrant_wallet_id=_WALLET,
    ),
    _made(
        "account.api_keys",
        id=_KEY,
        user_id=_OWNER,
        key_prefix="'copy'",
        key_hash="sha256(n::text::bytea)",
        name="'Copy ' || n",
    ),
    _made(
        "account.subscriptions",
        id=_KEY,
        user_id=_OWNER,
        provider="'copy'",
        tier="'pro'",
        status="'expired'",
    ),
    _made(
        "account.billing_events",
        user_id=_OWNER,
        subscription_id=_KEY,
        provider="'copy'",
        provider_event_id="'copy ' || n",
        event_type="'paid'",
    ),
    _made(
        "portfolio.tax_transactions",
        id=_TAXED,
        user_id=_OWNER,
        chain_id=_CHAIN,
        tx_hash="'0x' || lpad(n::text, 64, '0')",
        occurred_at="now()",
        transaction_type="'swap'",
        asset_in_id=_ASSET,
        asset_out_id=_ASSET,
        source_transaction_id=_ID,
    ),
    _made(
        "portfolio.tax_lots",
        id=_TAXED,
        user_id=_OWNER,
        asset_id=_ASSET,
        asset_symbol="'COPY' || n",
        chain_id=_CHAIN,
        acquired_transaction_id=_TAXED,
        acquired_at="now()",
        acquired_amount="2",
        acquired_price_usd="n",
        cost_basis_usd="n",
        remaining_amount="1",
    ),
    _made(
        "portfolio.tax_lot_disposals",
        id=_TAXED,
        user_id=_OWNER,
        lot_id=_TAXED,
        transaction_id=_TAXED,
        amount="1",
        price_usd="n",
        proceeds_usd="n",
        gain_usd="n",
        disposed_at="now()",
    ),
)
