"""What was done to owned data: everybody reads what they did, operators read everything."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from resolvers.account.types import ApiKey, User
from resolvers.connection import Connection
from resolvers.fields import column, computed, entity, one, root_page
from resolvers.ids import named_id
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Owner, Table

AUDIT_LOG = Table(
    "postgres",
    "ops.audit_entries",
    order=("-occurred_at",),
    owner=Owner("actor_user_id", operators=True),
)

# Type of the graph that shows each kind of thing that changes are recorded of.
_TYPES: Final = {
    "account.api_keys": "ApiKey",
    "account.dashboards": "Dashboard",
    "account.sessions": "Session",
    "account.subscription_changes": "SubscriptionChange",
    "account.subscriptions": "UserSubscription",
    "account.user_wallets": "Wallet",
    "account.users": "User",
    "agents.activations": "AgentActivation",
    "agents.tasks": "AgentTask",
    "alerts.destinations": "AlertDestination",
    "alerts.events": "AlertEvent",
    "alerts.rules": "AlertRule",
    "ops.erasure_requests": "ErasureRequest",
    "ops.export_requests": "DataExport",
    "portfolio.portfolios": "Portfolio",
    "portfolio.positions": "Position",
    "portfolio.strategies": "Strategy",
    "portfolio.tax_profiles": "TaxProfile",
    "portfolio.tax_reports": "TaxReport",
    "portfolio.tax_transactions": "TaxTransaction",
    "portfolio.transactions": "LedgerEntry",
    "privacy.stealth_meta_addresses": "StealthMetaAddress",
    "risk.alerts": "RiskAlert",
    "risk.security_scans": "SecurityScan",
    "trading.bridge_transactions": "BridgeTransfer",
    "trading.trade_routes": "TradeRoute",
    "trading.trader_follows": "TraderFollow",
}


@strawberry.enum(description="How something that was tried ended.")
class AuditStatus(enum.Enum):
    """How something that was tried ended."""

    SUCCESS = strawberry.enum_value("success", description="It was done.")
    FAILURE = strawberry.enum_value("failure", description="It was refused.")
    ERROR = strawberry.enum_value("error", description="It broke off.")


@entity(
    AUDIT_LOG,
    description="An entry of the audit log: who did what to what. Entries are written with the "
    "change itself and never altered; secret and personal values are left out of them.",
)
class AuditEntry(Node):
    """An entry of the audit log."""

    occurred_at: datetime = column("When it was done.")
    actor_user_id: UUID | None = column(
        "User who did it; null for the system and for somebody not signed in."
    )
    api_key_id: UUID | None = column("API key it was done with; null when it was none.")
    actor_role: str = column("In which role it was done: user, admin, anonymous or system.")
    client_ip: str | None = column("Address it was done from; null when it is not known.")
    user_agent: str | None = column("Program it was done with.")
    request_id: str | None = column("Request it was part of, as in logs and errors.")
    action: str = column("What was done, such as create, update, delete or login.")
    resource_type: str = column("What kind of thing it was done to, such as portfolio.positions.")
    resource_id: str | None = column(
        "Key of the one it was done to, to search by; null when it is about several or none."
    )
    changes: JSON = column(
        "Values before and after, by name, of what is neither secret nor personal."
    )
    metadata: JSON = column("Further facts.")
    status: AuditStatus = column("How it ended.")
    error_message: str | None = column("Why it was refused or broke off; null when it was done.")
    actor: User | None = one(
        "Account of who did it; null for the system, and for operators, who do not see those of "
        "others.",
        local="actor_user_id",
    )
    api_key: ApiKey | None = one(
        "API key it was done with, where it is the viewer's own.", local="api_key_id"
    )

    @computed(
        "Global id of what it was done to, for `node`, which is null when it is gone by now; null "
        "when there is no single one.",
        requires=("resource_type", "resource_id"),
    )
    def resource_node_id(self) -> strawberry.ID | None:
        """Made of the kind and the key."""
        name, key = _TYPES.get(self.__dict__["resource_type"]), self.__dict__["resource_id"]
        return None if name is None or key is None else strawberry.ID(named_id(name, key))


@strawberry.type(description="The audit log.")
class AuditQuery:
    """Root field of the audit log."""

    audit_log: Connection[AuditEntry] | None = root_page(
        "What the viewer did, the latest first; for operators what anybody did.",
        access=Access.OWNER,
    )
