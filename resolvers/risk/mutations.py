"""Changes of warnings, and wishes for scans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import strawberry

from resolvers.catalog.place import Contract
from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    clash,
    mutation,
    not_found,
)
from resolvers.permissions import Tier
from resolvers.risk.alert import RiskAlert
from resolvers.risk.findings import SecurityScan

# What a wish for a scan is written under; whichever program takes it says its own version.
SCANNER: Final = "gateway"


@strawberry.input(description="Which warning was seen.")
class AcknowledgeRiskAlertInput:
    """Which warning was seen."""

    id: strawberry.ID = strawberry.field(description="The warning.")


@strawberry.type(description="What came of saying that a warning was seen.")
class AcknowledgeRiskAlertPayload(Payload):
    """What came of saying that a warning was seen."""

    risk_alert: RiskAlert | None = changed("The warning; null when there is none.")


@strawberry.input(description="Which danger is over.")
class ResolveRiskAlertInput:
    """Which danger is over."""

    id: strawberry.ID = strawberry.field(description="The warning about it.")


@strawberry.type(description="What came of saying that a danger is over.")
class ResolveRiskAlertPayload(Payload):
    """What came of saying that a danger is over."""

    risk_alert: RiskAlert | None = changed("The warning; null when there is none.")


@strawberry.input(description="Which contract to scan.")
class RequestSecurityScanInput(IdempotentInput):
    """Which contract to scan."""

    contract_id: strawberry.ID = strawberry.field(description="The contract.")


@strawberry.type(description="What came of asking for a scan.")
class RequestSecurityScanPayload(ReplayablePayload):
    """What came of asking for a scan."""

    security_scan: SecurityScan | None = changed(
        "The scan: a new one that waits, or the one that waits or runs already."
    )


@strawberry.type(description="Changes of warnings, and wishes for scans.")
class RiskMutation:
    """Changes of warnings, and wishes for scans."""

    @mutation("Says that the viewer has seen a warning; once seen it stays so.")
    async def acknowledge_risk_alert(
        self, change: Change, input: AcknowledgeRiskAlertInput
    ) -> AcknowledgeRiskAlertPayload:
        """Nothing is written when it was seen before."""
        key = change.key("id", input.id, RiskAlert)
        before = await change.found(
            "id", "RiskAlert", "risk.lock_alert", id=key, user_id=change.user_id
        )
        if not before["is_acknowledged"]:
            after = await change.found(
                "id", "RiskAlert", "risk.acknowledge_alert", id=key, user_id=change.user_id
            )
            change.updated("risk.alerts", before, after)
        return AcknowledgeRiskAlertPayload(risk_alert=key)

    @mutation("Says that the danger of a warning is over, and that the warning was seen.")
    async def resolve_risk_alert(
        self, change: Change, input: ResolveRiskAlertInput
    ) -> ResolveRiskAlertPayload:
        """Nothing is written when it was over before."""
        key = change.key("id", input.id, RiskAlert)
        before = await change.found(
            "id", "RiskAlert", "risk.lock_alert", id=key, user_id=change.user_id
        )
        if before["resolved_at"] is None:
            after = await change.found(
                "id", "RiskAlert", "risk.resolve_alert", id=key, user_id=change.user_id
            )
            change.updated("risk.alerts", before, after)
        return ResolveRiskAlertPayload(risk_alert=key)

    @mutation(
        "Asks for a scan of a contract. While one waits or runs, whoever asks gets that one. "
        "Results are public.",
        tier=Tier.PRO,
        clashes={
            "security_scans_contract_id_fkey": clash(
                "contract_id", UserErrorCode.NOT_FOUND, not_found("Contract")
            )
        },
    )
    async def request_security_scan(
        self, change: Change, input: RequestSecurityScanInput
    ) -> RequestSecurityScanPayload:
        """A job takes it from there."""
        key = change.key("contract_id", input.contract_id, Contract)
        scan, is_new = await _scan_of(change, key)
        change.record(
            Entry(
                "create" if is_new else "request",
                "risk.security_scans",
                str(scan["id"]),
                after=dict(scan.items()) if is_new else None,
                event="created" if is_new else None,
                payload={"id": scan["id"], "contract_id": key},
            )
        )
        return RequestSecurityScanPayload(security_scan=scan["id"])


async def _scan_of(change: Change, contract: UUID) -> tuple[Mapping[str, Any], bool]:
    """A new scan, or the one that waits or runs already; and whether it is new."""
    wanted = {"contract_id": contract, "scanner": SCANNER}
    made = await change.one("risk.request_scan", **wanted)
    if made is None:
        known = await change.one("risk.open_scan", **wanted)
        if known is not None:
            return known, False
        # It ended between the two statements.
        made = await change.found("contract_id", "Contract", "risk.request_scan", **wanted)
    return made, True
