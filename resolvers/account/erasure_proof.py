"""What an erasure did, for whoever has the id of its request and no account any more."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.account.types import ErasureRequest
from resolvers.fields import root_field
from resolvers.ids import key_of
from resolvers.permissions import Access
from resolvers.reflection import entity_of


@strawberry.type(description="What an erasure did; nothing in it tells who was erased.")
class ErasureProof:
    """What an erasure did."""

    requested_at: datetime = strawberry.field(description="When it was asked for.")
    due_at: datetime = strawberry.field(description="Until when it had to be done.")
    completed_at: datetime = strawberry.field(description="When it was done.")
    report: JSON = strawberry.field(
        description="Numbers of what was deleted, by store and place (`deleted`); what was kept, "
        "why, for how many years, and which columns were cleared (`kept`); what nobody can find "
        "(`unknown`)."
    )
    report_sha256: str = strawberry.field(
        description="SHA-256 in hexadecimal of the report as JSON with sorted keys and no blanks, "
        "as it was written into the audit log."
    )


@strawberry.type(description="Erasures that are done.")
class ErasureProofQuery:
    """Root field of erasures that are done."""

    @root_field(
        "What an erasure did, by the id that `requestErasure` gave; null until it is done.",
        access=Access.PUBLIC,
    )
    async def erasure_proof(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The request.")],
    ) -> ErasureProof | None:
        """The id is the secret: there is no account to ask with."""
        key = key_of(entity_of(ErasureRequest), id)
        assert isinstance(key, UUID)
        rows: Any = await info.context.postgres("lifecycle.erasure_proof", key)
        return ErasureProof(**dict(rows[0].items())) if rows else None
