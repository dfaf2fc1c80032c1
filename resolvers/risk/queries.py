"""Root fields of risk."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import Info

from resolvers.catalog.chains import ChainArgument, optional_chain_number
from resolvers.catalog.place import MaliciousReport
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.permissions import Access
from resolvers.reflection import entity_of
from resolvers.risk.alert import RiskAlert
from resolvers.risk.approval import TokenApproval
from resolvers.risk.assessment import RiskAssessment, RiskScore
from resolvers.risk.findings import ContractAudit, SecurityScan
from resolvers.risk.health import ProtocolHealth, RiskIndicator
from resolvers.scalars import Address


@strawberry.type(description="How dangerous things are.")
class RiskQuery:
    """Root fields of risk."""

    risk_scores: Connection[RiskScore] | None = root_page(
        "The newest score of each danger of public things, the greatest first; filter by "
        "`targetType` and `dimension`.",
        access=Access.PUBLIC,
    )
    risk_assessments: Connection[RiskAssessment] | None = root_page(
        "Scores of public things with their reasons, newest first.", access=Access.PUBLIC
    )
    security_scan: SecurityScan | None = root_one(
        "One scan of a contract by its id; null when there is none.",
        by=("id",),
        access=Access.PUBLIC,
    )
    security_scans: Connection[SecurityScan] | None = root_page(
        "Scans of contracts, newest first.", access=Access.PUBLIC
    )
    contract_audits: Connection[ContractAudit] | None = root_page(
        "Published audits of contracts, newest first.", access=Access.PUBLIC
    )
    malicious_reports: Connection[MaliciousReport] | None = root_page(
        "Reports that addresses are harmful, by threat; those proved wrong have `isActive: false`.",
        access=Access.PUBLIC,
    )
    token_approvals: Connection[TokenApproval] | None = root_page(
        "Permissions to take tokens, newest first; filter by `spender` for whoever trusted it.",
        access=Access.PUBLIC,
    )
    protocol_health: Connection[ProtocolHealth] | None = root_page(
        "How protocols are on each chain at the moment, largest first.", access=Access.PUBLIC
    )
    risk_indicators: Connection[RiskIndicator] | None = root_page(
        "Figures of protocols that warn early, those that warn now first.", access=Access.PUBLIC
    )
    risk_alert: RiskAlert | None = root_one(
        "One warning to the viewer; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    risk_alerts: Connection[RiskAlert] | None = root_page(
        "Warnings to the viewer, newest first.", access=Access.OWNER
    )

    @root_field(
        "Reports that an address is harmful which still stand, the earliest first, at most 1,000; "
        "none is no proof of innocence.",
        access=Access.PUBLIC,
    )
    async def malicious_reports_at(
        self,
        info: Info,
        address: Annotated[Address, strawberry.argument(description="The address, in any case.")],
        chain: ChainArgument = None,
    ) -> list[MaliciousReport] | None:
        """One statement, and one for the chain when it is named."""
        number = await optional_chain_number(info.context, chain)
        entity = entity_of(MaliciousReport)
        rows: list[Any] = await info.context.postgres("risk.reports_at", address, number)
        return [entity.build(tuple(map(entity.slot, row.keys())), tuple(row)) for row in rows]
