"""Permissions wallets gave to take their tokens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.fields import batch, column, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.risk.enums import Severity
from resolvers.risk.exposure import (
    quantities,
    spender_contracts,
    spender_labels,
    spender_reports,
    values_at_risk,
)
from resolvers.scalars import Address, BigInt, Hash

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.place import AddressLabel, Contract, MaliciousReport
    from resolvers.catalog.wallet import Wallet

APPROVALS = Table("postgres", "risk.wallet_approvals", order=("-approved_at",))


@entity(
    APPROVALS,
    description="A permission a wallet gave an address to take one of its tokens, as seen on "
    "chain.",
)
class TokenApproval(Node):
    """A permission a wallet gave an address to take one of its tokens."""

    spender: Address = column("The address that may take it.")
    amount: BigInt | None = column(
        "How much it may take, in the smallest unit of the token; null when it may take "
        "everything or nobody knows.",
        kind="decimal",
    )
    is_unlimited: bool = column("Whether it may take everything.")
    tx_hash: Hash | None = column("Transaction that gave it; null when unknown.")
    approved_at: datetime | None = column("When it was given; null when unknown.")
    revoked_at: datetime | None = column("When it was taken back; null while it stands.")
    risk_level: Severity | None = column("How dangerous it is; null when nobody assessed it.")
    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "The wallet that gave it.", local="wallet_id"
    )
    asset: Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None = one(
        "The token it is for.", local="asset_id"
    )
    quantity: Decimal | None = batch(
        "How much it may take, in whole units; null when unlimited, or when the token's decimals "
        "are unknown.",
        quantities,
    )
    value_at_risk_usd: Decimal | None = batch(
        "What it allows to take now at the newest known price, US dollars: 0 once it was taken "
        "back; null when unlimited, or when price or decimals are unknown. What the wallet really "
        "holds is not looked at.",
        values_at_risk,
        store="redis",
    )
    spender_contract: Annotated[Contract, strawberry.lazy("resolvers.catalog.place")] | None = (
        batch("The contract at the spender; null when it is not known.", spender_contracts)
    )
    spender_labels: list[Annotated[AddressLabel, strawberry.lazy("resolvers.catalog.place")]] = (
        batch("What sources say about the spender, the surest first.", spender_labels, missing=list)
    )
    spender_reports: list[
        Annotated[MaliciousReport, strawberry.lazy("resolvers.catalog.place")]
    ] = batch(
        "Reports that the spender is harmful which still stand, the earliest first; none is no "
        "proof of innocence.",
        spender_reports,
        missing=list,
    )
