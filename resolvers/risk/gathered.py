"""Everything known about the danger of one thing, gathered: what `risk` of each type leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.connection import Connection
from resolvers.fields import batch, entity, many, page
from resolvers.plan import Owner, Table
from resolvers.reflection import entity_of
from resolvers.risk.alert import RiskAlert
from resolvers.risk.assessment import (
    PortfolioRiskAssessment,
    PortfolioRiskScore,
    RiskAssessment,
    RiskScore,
)
from resolvers.risk.enums import RiskTargetType
from resolvers.risk.exposure import ApprovalExposure, exposures, portfolio_exposures
from resolvers.risk.findings import ContractAudit, SecurityScan
from resolvers.risk.health import ProtocolHealth, RiskIndicator
from resolvers.risk.history import ProtocolHealthSeries, health_histories, score_histories
from resolvers.risk.liquidation import LiquidationRisk, liquidations
from resolvers.series import Series

if TYPE_CHECKING:
    from resolvers.context import RequestContext

PROTOCOLS = Table("postgres", "catalog.protocols", order=("id",))
ASSETS = Table("postgres", "catalog.assets", order=("id",))
WALLETS = Table("postgres", "catalog.wallets", order=("id",))
CONTRACTS = Table("postgres", "catalog.contracts", order=("id",))
PORTFOLIOS = Table("postgres", "portfolio.portfolios", order=("id",), owner=Owner("user_id"))

_SCORES: Final = "The newest score of each danger, the greatest first."
_ASSESSMENTS: Final = "Scores with their reasons, newest first."
_HISTORY: Final = "One danger over time, 0 safe to 1 dangerous: the last score of each bucket."


@entity(PROTOCOLS, description="How dangerous a protocol is, and how it is at the moment.")
class ProtocolRisk:
    """How dangerous a protocol is, and how it is at the moment."""

    scores: list[RiskScore] = many(_SCORES, remote="target_id")
    assessments: Connection[RiskAssessment] = page(_ASSESSMENTS, remote="target_id")
    history: Series | None = batch(
        _HISTORY, score_histories(RiskTargetType.PROTOCOL), store="clickhouse"
    )
    health: list[ProtocolHealth] = many(
        "How it is on each chain, largest first; empty when nobody checks.", remote="protocol_id"
    )
    health_history: ProtocolHealthSeries | None = batch(
        "How it was over time: on one chain, or on all together where its checks say that.",
        health_histories,
        store="clickhouse",
    )
    indicators: list[RiskIndicator] = many(
        "Figures that warn early, those that warn now first.", remote="protocol_id"
    )


@entity(ASSETS, description="How dangerous an asset is.")
class AssetRisk:
    """How dangerous an asset is."""

    scores: list[RiskScore] = many(_SCORES, remote="target_id")
    assessments: Connection[RiskAssessment] = page(_ASSESSMENTS, remote="target_id")
    history: Series | None = batch(
        _HISTORY, score_histories(RiskTargetType.ASSET), store="clickhouse"
    )


@entity(CONTRACTS, description="How dangerous a contract is, and who looked at it.")
class ContractRisk:
    """How dangerous a contract is, and who looked at it."""

    scores: list[RiskScore] = many(_SCORES, remote="target_id")
    assessments: Connection[RiskAssessment] = page(_ASSESSMENTS, remote="target_id")
    history: Series | None = batch(
        _HISTORY, score_histories(RiskTargetType.CONTRACT), store="clickhouse"
    )
    scans: Connection[SecurityScan] = page("Scans of it, newest first.", remote="contract_id")
    audits: Connection[ContractAudit] = page("Audits of it, newest first.", remote="contract_id")


async def security_scores(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """Newest scores of wallets' security, one statement."""
    entity = entity_of(RiskScore)
    rows: list[Any] = await context.postgres("risk.security_scores", keys, keys=len(keys))
    return {
        row["target_id"]: entity.build(tuple(map(entity.slot, row.keys())), tuple(row))
        for row in rows
    }


@entity(WALLETS, description="How dangerous a wallet is to deal with, and what endangers it.")
class WalletRisk:
    """How dangerous a wallet is to deal with, and what endangers it."""

    scores: list[RiskScore] = many(_SCORES, remote="target_id")
    assessments: Connection[RiskAssessment] = page(_ASSESSMENTS, remote="target_id")
    history: Series | None = batch(
        _HISTORY, score_histories(RiskTargetType.WALLET), store="clickhouse"
    )
    security: RiskScore | None = batch(
        "The newest score of its security; null when nobody assessed it.", security_scores
    )
    exposure: ApprovalExposure | None = batch(
        "What its open approvals allow others to take; null when no open one is known.",
        exposures,
        store="redis",
    )


@entity(PORTFOLIOS, description="How dangerous a portfolio of the viewer is.")
class PortfolioRisk:
    """How dangerous a portfolio of the viewer is."""

    scores: list[PortfolioRiskScore] = many(_SCORES, remote="portfolio_id")
    assessments: Connection[PortfolioRiskAssessment] = page(_ASSESSMENTS, remote="portfolio_id")
    history: Series | None = batch(
        _HISTORY, score_histories(RiskTargetType.PORTFOLIO), store="clickhouse"
    )
    liquidation: LiquidationRisk | None = batch(
        "How near it is to having its collateral sold; null without debt, and when nobody computed "
        "it within five minutes.",
        liquidations,
        store="redis",
    )
    exposure: ApprovalExposure | None = batch(
        "What open approvals of its wallets allow others to take; null when no open one is known.",
        portfolio_exposures,
        store="redis",
    )
    alerts: Connection[RiskAlert] = page("Warnings about it, newest first.", remote="portfolio_id")
