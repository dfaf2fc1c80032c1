"""Rows of accounts, of agents at work and of alerts: all are the demo user's."""

from __future__ import annotations

from typing import Final

from tests.gateway.golden.row import ACTIVATION, EVENT, KEY, RULE, SUBSCRIPTION, row, uuid

_ACCOUNT: Final = (
    row(
        "account.api_keys",
        id=KEY,
        user_id="@me",
        key_prefix="dsi_demo",
        key_hash="\\x" + "01" * 32,
        name="Notebook",
        created_at="@at",
    ),
    row(
        "account.subscriptions",
        id=SUBSCRIPTION,
        user_id="@me",
        provider="stripe",
        tier="pro",
        status="expired",
        created_at="@at",
    ),
    row(
        "account.billing_events",
        id=uuid(20),
        user_id="@me",
        subscription_id=SUBSCRIPTION,
        provider="stripe",
        provider_event_id="evt_1",
        event_type="invoice.paid",
        amount_cents=4900,
        created_at="@at",
    ),
    row(
        "account.dashboards",
        id=uuid(21),
        user_id="@me",
        name="Lending at a glance",
        is_public=True,
        widgets='[{"id": "tvl", "type": "number"}]',
        created_at="@at",
        updated_at="@at",
    ),
    row(
        "account.dashboards",
        id=uuid(22),
        user_id="@me",
        name="My losses",
        created_at="@at",
        updated_at="@at",
    ),
    row(
        "ops.audit_log",
        occurred_at="@at",
        id=uuid(23),
        actor_user_id="@me",
        actor_role="user",
        ip_address="192.0.2.7",
        action="create",
        resource_type="portfolio",
        changes='{"name": "Core holdings"}',
    ),
    row(
        "ops.job_runs",
        id=uuid(24),
        job="refresh_views",
        status="succeeded",
        started_at="@at",
        finished_at="@at",
        item_count=7,
    ),
)

_AGENTS: Final = (
    row(
        "agents.activations",
        id=ACTIVATION,
        user_id="@me",
        agent_id="@agent",
        portfolio_id="@portfolio",
        allocation_limits='{"budget_usd": "1000"}',
        risk_parameters='{"max_slippage_bps": 50}',
        activated_at="@at",
        created_at="@at",
    ),
    row(
        "agents.tasks",
        id=uuid(30),
        user_id="@me",
        agent_id="@agent",
        activation_id=ACTIVATION,
        task_type="report",
        created_at="@at",
        run_after="@at",
    ),
)

_ALERTS: Final = (
    row(
        "alerts.rules",
        id=RULE,
        user_id="@me",
        name="UNI falls",
        alert_type="price_change",
        target_type="asset",
        asset_id="@uni",
        condition_operator="lt",
        threshold_value="-5",
        threshold_type="percentage",
        created_at="@at",
    ),
    row(
        "alerts.events",
        id=EVENT,
        triggered_at="@at",
        rule_id=RULE,
        user_id="@me",
        alert_type="price_change",
        triggered_value="-6.5",
        threshold_value="-5",
        condition_met="-6.5 < -5",
        title="UNI falls",
        message="UNI fell by 6.5 percent.",
    ),
    row(
        "alerts.deliveries",
        id=uuid(60),
        event_triggered_at="@at",
        event_id=EVENT,
        user_id="@me",
        channel="email",
        recipient_masked="d…@example.org",
        created_at="@at",
    ),
    row(
        "alerts.destinations",
        id=uuid(61),
        user_id="@me",
        channel="email",
        label="Inbox",
        masked="d…@example.org",
        ciphertext="\\x00",
        key_version=1,
        created_at="@at",
    ),
)

ACCOUNT_ROWS: Final = (*_ACCOUNT, *_AGENTS, *_ALERTS)
