"""What an owner says of a taxable event: notes, and the purchases a sale is set against."""

from __future__ import annotations

from typing import Final

import strawberry

from resolvers.mutation import Change, Payload, UserErrorCode, changed, mutation
from resolvers.permissions import Tier
from resolvers.tax.naming import unfit
from resolvers.tax.types import TaxLot, TaxTransaction

MAX_NAMED: Final = 1_000
_RESOURCE: Final = "portfolio.tax_transactions"


@strawberry.input(description="Notes on a taxable event.")
class AnnotateTaxTransactionInput:
    """Notes on a taxable event."""

    id: strawberry.ID = strawberry.field(description="Which event.")
    notes: str | None = strawberry.field(description="Of at most 2,000 characters; null for none.")


@strawberry.type(description="What came of annotating a taxable event.")
class AnnotateTaxTransactionPayload(Payload):
    """What came of annotating a taxable event."""

    transaction: TaxTransaction | None = changed("The event; null when it was not changed.")


@strawberry.input(description="Which purchases a sale is set against.")
class NameTaxLotsInput:
    """Which purchases a sale is set against."""

    transaction_id: strawberry.ID = strawberry.field(description="The sale.")
    lot_ids: list[strawberry.ID] = strawberry.field(
        description="Purchases of the same asset before the sale, the one to go first in front; at "
        f"most {MAX_NAMED:,}, none to leave it to the method."
    )


@strawberry.type(description="What came of naming purchases.")
class NameTaxLotsPayload(Payload):
    """What came of naming purchases."""

    transaction: TaxTransaction | None = changed("The sale; null when it was not changed.")


@strawberry.type(description="Changes of taxable events.")
class TaxEventMutation:
    """Changes of taxable events."""

    @mutation("Puts notes of the viewer's own on a taxable event of theirs.")
    async def annotate_tax_transaction(
        self, change: Change, input: AnnotateTaxTransactionInput
    ) -> AnnotateTaxTransactionPayload:
        """One column of one row."""
        mine = {"id": change.key("id", input.id, TaxTransaction), "user_id": change.user_id}
        notes = change.text("notes", input.notes, longest=2000, required=False)
        before = await change.found("id", "TaxTransaction", "tax.lock_transaction", **mine)
        after = await change.one("tax.annotate_transaction", notes=notes, **mine)
        assert after is not None
        change.updated(_RESOURCE, before, after)
        return AnnotateTaxTransactionPayload(transaction=after["id"])

    @mutation(
        "Names the purchases that a sale of the viewer's is set against, for the method SPECIFIC. "
        "What it comes to is settled anew in the background; units that no purchase covers are "
        "found among `taxIssues`.",
        tier=Tier.BASIC,
    )
    async def name_tax_lots(self, change: Change, input: NameTaxLotsInput) -> NameTaxLotsPayload:
        """One column of one row; its trigger puts the settling into the queue of jobs."""
        user = change.user_id
        key = change.key("transaction_id", input.transaction_id, TaxTransaction)
        listed = change.listed("lot_ids", input.lot_ids, most=MAX_NAMED)
        wanted = [change.key(("lot_ids", place), lot, TaxLot) for place, lot in enumerate(listed)]
        before = await change.found(
            "transaction_id", "TaxTransaction", "tax.lock_transaction", id=key, user_id=user
        )
        if before["asset_out_amount"] is None or not before["is_taxable"]:
            message = "Name a taxable event that gave something up."
            change.refuse("transaction_id", UserErrorCode.INVALID, message)
        rows = await change.all("tax.lots_to_name", user_id=user, ids=wanted)
        lots = {row["id"]: row for row in rows}
        for place, message in unfit(before, lots, wanted).items():
            missing = wanted[place] not in lots
            code = UserErrorCode.NOT_FOUND if missing else UserErrorCode.INVALID
            change.refuse(("lot_ids", place), code, message)
        events = [lots[lot]["event_id"] for lot in wanted if lot in lots] or None
        after = await change.one("tax.name_lots", id=key, user_id=user, event_ids=events)
        assert after is not None
        change.updated(_RESOURCE, before, after)
        return NameTaxLotsPayload(transaction=after["id"])
