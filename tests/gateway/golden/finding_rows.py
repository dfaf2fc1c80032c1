"""Rows of research, of risk and of privacy, which mostly are for everybody."""

from __future__ import annotations

from typing import Final

from tests.gateway.golden.row import AAVE, POOL, PROJECT, TEAM, row, uuid


def _assessed(number: int, kind: str, column: str, target: str, score: str) -> str:
    return row(
        "risk.assessments",
        id=uuid(number),
        target_type=kind,
        **{column: target},
        dimension="overall",
        score=score,
        confidence="0.8",
        created_at="@at",
        description="What the auditors found.",
        source_agent_id="@agent",
    )


_RESEARCH: Final = (
    row(
        "research.projects",
        id=PROJECT,
        slug="uniswap",
        name="Uniswap",
        asset_id="@uni",
        protocol_id="@uniswap",
        created_at="@at",
    ),
    row(
        "research.onchain_analyses",
        id=uuid(40),
        project_id=PROJECT,
        chain_id=1,
        risk_score="0.35",
        confidence="0.9",
        created_at="@at",
    ),
    row(
        "research.sentiment_analyses",
        id=uuid(41),
        project_id=PROJECT,
        overall_sentiment="0.25",
        sentiment_trend="positive",
        confidence="0.7",
        created_at="@at",
    ),
    row(
        "research.tokenomics_analyses",
        id=uuid(42),
        project_id=PROJECT,
        protocol_id="@uniswap",
        tokenomics_score="0.6",
        fairness_score="0.5",
        utility_score="0.4",
        confidence="0.5",
        created_at="@at",
    ),
    row(
        "research.team_analyses",
        id=TEAM,
        project_id=PROJECT,
        credibility_score="0.75",
        verification_level="high",
        confidence="0.5",
        created_at="@at",
    ),
    row(
        "research.team_members",
        id=uuid(43),
        analysis_id=TEAM,
        name="A. Founder",
        role="Founder",
        overall_score="0.8",
        created_at="@at",
    ),
)

_RISK: Final = (
    _assessed(50, "protocol", "protocol_id", "@aave", "0.2"),
    _assessed(51, "asset", "asset_id", "@uni", "0.4"),
    _assessed(52, "portfolio", "portfolio_id", "@portfolio", "0.6"),
    row(
        "risk.security_scans",
        id=uuid(53),
        contract_id="@contract",
        scanner="slither",
        status="completed",
        score="0.9",
        created_at="@at",
        completed_at="@at",
    ),
    row(
        "risk.contract_audits",
        id=uuid(54),
        contract_id="@contract",
        auditor="Trail of Bits",
        audited_on="2021-01-20",
    ),
    row(
        "risk.wallet_approvals",
        id=uuid(55),
        wallet_id="@wallet",
        asset_id="@uni",
        spender="0x00000000072d54638c2c2a3da3f715360269eea1",
        amount=5_000_000_000_000_000_000,
        approved_at="@at",
    ),
    row(
        "risk.protocol_health",
        protocol_id="@aave",
        chain_id=1,
        status="degraded",
        observed_at="@at",
    ),
    row(
        "risk.protocol_risk_indicators",
        protocol_id="@aave",
        indicator="utilisation",
        value="0.97",
        threshold="0.95",
        breached=True,
        observed_at="@at",
    ),
    row(
        "risk.alerts",
        id=uuid(56),
        user_id="@me",
        portfolio_id="@portfolio",
        target_type="protocol",
        target_id=AAVE,
        alert_type="protocol_risk",
        severity="high",
        message="A protocol you are in is degraded.",
        created_at="@at",
    ),
)

_PRIVACY: Final = (
    row(
        "privacy.pools",
        id=POOL,
        pool_type="main",
        chain_id=1,
        pool_name="Main",
        created_at="@at",
    ),
    row(
        "privacy.deposits",
        pool_id=POOL,
        chain_id=1,
        asset_id="@eth",
        denomination="1",
        commitment_hash="0x" + "c" * 64,
        deposit_confirmed_at="@at",
    ),
    row("privacy.nullifiers", nullifier_hash="0x" + "b" * 64, chain_id=1),
    row(
        "privacy.stealth_announcements",
        chain_id=1,
        stealth_address="0x" + "5" * 40,
        ephemeral_public_key="0x02" + "7" * 64,
        view_tag=17,
        tx_hash="0x" + "d" * 64,
        announced_at="@at",
    ),
    row(
        "privacy.stealth_meta_addresses",
        id=uuid(80),
        user_id="@me",
        chain_id=1,
        scheme_id=1,
        meta_address="st:eth:0x02" + "7" * 64,
        registrant_wallet_id="@my_wallet",
        created_at="@at",
    ),
)

FINDING_ROWS: Final = (*_RESEARCH, *_RISK, *_PRIVACY)
