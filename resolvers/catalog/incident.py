"""Hacks, exploits and failures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.scalars import Hash

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol

INCIDENTS = Table(
    "postgres", "catalog.incidents", order=("-occurred_on",), kinds={"chain_id": "int"}
)


@entity(INCIDENTS, description="A hack, exploit or failure in which money was lost.")
class Incident(Node):
    """A hack, exploit or failure in which money was lost."""

    occurred_on: date = column("Day it happened, UTC.")
    name: str = column("Who was hit, as the source writes it.")
    attack_type: str | None = column("How, such as reentrancy or price manipulation.")
    loss_usd: Decimal | None = column(
        "Loss in US dollars of that day; null when the source gives another unit."
    )
    loss_amount: Decimal | None = column("Loss in `lossUnit`.")
    loss_unit: str | None = column("Unit of `lossAmount`, such as USD or ETH.")
    loss_text: str | None = column("Loss in the words of the source.")
    tx_hash: Hash | None = column("The attacking transaction.")
    chain_name: str | None = column("The chain as the source writes it.")
    reference_urls: list[str] = column("Reports and post-mortems.")
    source: str = column("Who recorded it.")
    protocol: Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")] | None = one(
        "The protocol that was hit; null when it is not in the catalogue.",
        local="protocol_id",
        joined=True,
    )
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it happened on; null when unknown.", local="chain_id", joined=True
    )
