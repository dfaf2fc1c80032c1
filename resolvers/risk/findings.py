"""What was found in contracts: scans and audits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.risk.enums import ScanStatus

if TYPE_CHECKING:
    from resolvers.catalog.place import Contract

# Ids of scans grow with time, so their order is that of time.
SCANS = Table("postgres", "risk.security_scans", order=("-id",))
AUDITS = Table("postgres", "risk.contract_audits", order=("-audited_on",))

_Contract = Annotated["Contract", strawberry.lazy("resolvers.catalog.place")]


@entity(SCANS, description="A run of a scanner over a contract.")
class SecurityScan(Node):
    """A run of a scanner over a contract."""

    scanner: str = column("Program that scans.")
    scanner_version: str | None = column("Its version; null before it ran.")
    status: ScanStatus = column("Where it stands.")
    score: Decimal | None = column("Result, 0 safe to 1 dangerous; null before it has one.")
    severity_counts: JSON = column("Number of findings, by severity.")
    findings: JSON = column("What was found, as a list.")
    requested_at: datetime = column("When it was asked for.", column="created_at")
    started_at: datetime | None = column("When it began; null while it waits.")
    completed_at: datetime | None = column("When it ended; null before that.")
    contract: _Contract | None = one("The contract.", local="contract_id")


@entity(AUDITS, description="A published audit of a contract.")
class ContractAudit(Node):
    """A published audit of a contract."""

    auditor: str = column("Who audited.")
    report_url: str | None = column("Where the report is; null when unknown.")
    audited_on: date | None = column("Day of the report; null when unknown.")
    severity_counts: JSON = column("Number of findings, by severity.")
    status: str | None = column("Outcome, in the words of the auditor.")
    contract: _Contract | None = one("The contract.", local="contract_id")
