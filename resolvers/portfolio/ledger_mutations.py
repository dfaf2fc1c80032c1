"""Words of the owner on entries of the ledger; what the entries say stays as jobs wrote it."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.mutation import Change, Payload, changed, given, mutation
from resolvers.portfolio.types import LedgerEntry

MAX_TAGS = 20


@strawberry.input(description="Words on an entry of the ledger. What is left out stays as it is.")
class AnnotateTransactionInput:
    """Words on an entry of the ledger."""

    id: strawberry.ID = strawberry.field(description="Which entry.")
    category: str | None = strawberry.field(
        default=strawberry.UNSET, description="Of at most 100 characters; null for none."
    )
    subcategory: str | None = strawberry.field(
        default=strawberry.UNSET, description="Of at most 100 characters; null for none."
    )
    tags: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="At most 20, of at most 50 characters each; they replace those before.",
    )


@strawberry.type(description="What came of annotating an entry of the ledger.")
class AnnotateTransactionPayload(Payload):
    """What came of annotating an entry of the ledger."""

    transaction: LedgerEntry | None = changed("The entry; null when it was not changed.")


@strawberry.type(description="Words on the ledger.")
class LedgerMutation:
    """Words on the ledger."""

    @mutation("Puts a category and tags of the viewer's own on an entry of their ledger.")
    async def annotate_transaction(
        self, change: Change, input: AnnotateTransactionInput
    ) -> AnnotateTransactionPayload:
        """Three columns of one row."""
        mine = {"id": change.key("id", input.id, LedgerEntry), "user_id": change.user_id}
        values: dict[str, Any] = {
            name: change.text(name, getattr(input, name), longest=100, required=False)
            for name in ("category", "subcategory")
            if given(getattr(input, name))
        }
        if given(input.tags):
            tags = change.listed("tags", input.tags, most=MAX_TAGS)
            looked = [
                change.at("tags").text(str(place), tag, longest=50)
                for place, tag in enumerate(tags)
            ]
            values["tags"] = list(dict.fromkeys(looked))
        before = await change.found("id", "LedgerEntry", "portfolio_changes.lock_entry", **mine)
        stays = {name: before[name] for name in ("category", "subcategory", "tags")}
        after = await change.one("portfolio_changes.annotate_entry", **mine, **{**stays, **values})
        assert after is not None
        change.updated("portfolio.transactions", before, after, portfolio_id=after["portfolio_id"])
        return AnnotateTransactionPayload(transaction=after["id"])
