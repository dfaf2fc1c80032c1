"""What was done to owned data: everybody reads what they did, operators read everything."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from resolvers.connection import Connection
from resolvers.fields import column, entity, root_page
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Owner, Table

AUDIT_LOG = Table(
    "postgres",
    "ops.audit_entries",
    order=("-occurred_at",),
    owner=Owner("actor_user_id", operators=True),
)


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
    resource_id: str | None = column("Which one; null when it is about several or none.")
    changes: JSON = column(
        "Values before and after, by name, of what is neither secret nor personal."
    )
    metadata: JSON = column("Further facts.")
    status: AuditStatus = column("How it ended.")
    error_message: str | None = column("Why it was refused or broke off; null when it was done.")


@strawberry.type(description="The audit log.")
class AuditQuery:
    """Root field of the audit log."""

    audit_log: Connection[AuditEntry] | None = root_page(
        "What the viewer did, the latest first; for operators what anybody did.",
        access=Access.OWNER,
    )
