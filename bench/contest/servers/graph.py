"""The schema of the contest in our own vocabulary."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.schema import GatewaySchema, make_schema
from resolvers.connection import Connection
from resolvers.fields import column, entity, one, page, root_one, root_page
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Table
from resolvers.scalars import SCALARS, BigInt


@entity(
    Table("postgres", "contest.protocols", order=("-tvl_usd", "id")),
    description="A protocol.",
)
class Protocol(Node):
    """A protocol."""

    slug: str = column("Readable key.")
    name: str = column("Name.")
    category: str = column("What it does.")
    website_url: str | None = column("Its page.")
    audit_count: int | None = column("Audits known.")
    is_active: bool = column("Whether it is in use.")
    tvl_usd: Decimal | None = column("Value locked, US dollars.")
    volume_24h_usd: Decimal | None = column("Volume of a day, US dollars.", name="volume24hUsd")
    listed_on: date | None = column("Day it was listed.")
    updated_at: datetime = column("When its figures were computed.")


@entity(Table("postgres", "contest.tokens", order=("symbol",)), description="A token.")
class Token(Node):
    """A token."""

    symbol: str = column("Ticker.")
    name: str = column("Name.")
    decimals: int | None = column("Digits after the point of one whole unit.")


@entity(
    Table("postgres", "contest.wallet_transactions", order=("-occurred_at", "-id")),
    description="What a wallet did.",
)
class WalletTransaction(Node):
    """What a wallet did."""

    tx_hash: str = column("Hash of the transaction.")
    kind: str = column("What it was.")
    occurred_at: datetime = column("When.")
    block_number: BigInt | None = column("In which block.")
    amount_in: Decimal | None = column("Amount given.")
    amount_out: Decimal | None = column("Amount received.")
    amount_usd: Decimal | None = column("Value, US dollars.")
    gas_used: int | None = column("Gas used.")
    protocol: Protocol | None = one("The protocol used.", local="protocol_id", joined=True)
    token_in: Token | None = one("The token given.", local="token_in_id", joined=True)
    token_out: Token | None = one("The token received.", local="token_out_id", joined=True)


@entity(Table("postgres", "contest.wallets", order=("-score", "id")), description="An address.")
class Wallet(Node):
    """An address."""

    address: str = column("The address.")
    label: str | None = column("Name tag.")
    score: float | None = column("How well it trades, 0 to 1.")
    tx_count: int | None = column("Transactions observed.")
    first_seen_at: datetime | None = column("Its first transaction.")
    transactions: Connection[WalletTransaction] = page(
        "Its transactions, newest first.", remote="wallet_id"
    )


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    protocol: Protocol | None = root_one("One protocol.", by=("id", "slug"), access=Access.PUBLIC)
    protocols: Connection[Protocol] | None = root_page("All protocols.", access=Access.PUBLIC)
    wallets: Connection[Wallet] | None = root_page("All wallets.", access=Access.PUBLIC)
    wallet: Wallet | None = root_one("One wallet.", by=("id", "address"), access=Access.PUBLIC)


def contest_schema() -> GatewaySchema:
    """The schema, run by the gateway's own edge and executor."""
    return make_schema(Query, config=StrawberryConfig(scalar_map=dict(SCALARS)))
