"""What public activity shows of addresses, whoever owns them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.chains import chain_number
from resolvers.catalog.price import quotes
from resolvers.catalog.wallet import Wallet
from resolvers.errors import BadInput
from resolvers.fields import root_field
from resolvers.permissions import Access
from resolvers.resolve import load_one
from resolvers.scalars import Address, ChainId
from stores.errors import StoreError

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.context import RequestContext

MAX_ADDRESSES: Final = 50
MAX_CHAINS: Final = 50
MAX_WALLETS: Final = 500
MAX_HOLDINGS: Final = 1_000
_CENTS: Final = Decimal("0.00000001")


@strawberry.type(
    description="What is left of one asset after everything observed. It is not the balance of the "
    "chain: what happened before the observation began is not in it."
)
class ObservedHolding:
    """What is left of one asset after everything observed."""

    asset_id: strawberry.Private[UUID]
    quantity: Decimal = strawberry.field(
        description="What came in less what went out, whole units; negative when more went out."
    )
    came_in: Decimal = strawberry.field(description="What came in, whole units.")
    went_out: Decimal = strawberry.field(description="What went out, whole units.")
    came_in_usd: Decimal | None = strawberry.field(
        description="Worth of what came in at those times, US dollars, where priced."
    )
    went_out_usd: Decimal | None = strawberry.field(
        description="Worth of what went out at those times, US dollars, where priced."
    )
    price_usd: Decimal | None = strawberry.field(
        description="Newest price of one unit, US dollars; null when unknown."
    )
    value_usd: Decimal | None = strawberry.field(
        description="Worth of the quantity at that price, US dollars."
    )

    @strawberry.field(description="The asset.")  # type: ignore[untyped-decorator]
    async def asset(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found: Asset | None = await load_one(info, Asset, self.asset_id)
        return found


@strawberry.type(
    description="What public activity shows of some addresses together. Nobody's name, portfolio "
    "or note is in it."
)
class AddressPortfolio:
    """What public activity shows of some addresses together."""

    wallet_ids: strawberry.Private[list[UUID]]
    unknown_addresses: list[Address] = strawberry.field(
        description="Addresses nothing was observed at, on the chains asked for."
    )
    wallet_count: int = strawberry.field(description="Addresses on chains that were observed.")
    transaction_count: int = strawberry.field(description="Transactions observed.")
    trade_count: int = strawberry.field(description="Trades observed.")
    realized_pnl_usd: Decimal | None = strawberry.field(
        description="Profit of all trades, US dollars; null when unknown."
    )
    first_seen_at: datetime | None = strawberry.field(description="First transaction observed.")
    last_activity_at: datetime | None = strawberry.field(description="Newest transaction observed.")

    @strawberry.field(description="The addresses on each chain.")  # type: ignore[untyped-decorator]
    async def wallets(self, info: Info) -> list[Wallet]:
        """One statement."""
        rows = [load_one(info, Wallet, key) for key in self.wallet_ids]
        return [row for row in [await each for each in rows] if row is not None]

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="What is left of each asset after everything observed, most valuable first; "
        "null while the archive is away. At most 1,000."
    )
    async def holdings(self, info: Info) -> list[ObservedHolding] | None:
        """One statement, and the prices."""
        return await observed_holdings(info.context, self.wallet_ids)


Addresses = Annotated[
    list[Address], strawberry.argument(description="Addresses in any case; at most 50.")
]
Chains = Annotated[
    list[ChainId] | None,
    strawberry.argument(
        description="Only on these chains: CAIP-2 ids, EVM chain ids or slugs; all when absent."
    ),
]


@strawberry.type(description="What is public about addresses.")
class AddressPortfolioQuery:
    """What is public about addresses."""

    @root_field(
        "What public activity shows of addresses together, whoever owns them.",
        access=Access.PUBLIC,
    )
    async def portfolio_of(
        self, info: Info, addresses: Addresses, chains: Chains = None
    ) -> AddressPortfolio | None:
        """Two statements; holdings are read when they are selected."""
        _check(addresses, chains)
        context: RequestContext = info.context
        numbers = None if chains is None else [await chain_number(context, c) for c in chains]
        wanted = list(dict.fromkeys(addresses))
        rows: list[Any] = await context.postgres(
            "portfolio.wallets_at", wanted, numbers, MAX_WALLETS
        )
        ids = [row[0] for row in rows]
        known = {row[1] for row in rows}
        ((count, transactions, trades, pnl, first, last),) = await context.postgres(
            "portfolio.wallet_figures", ids
        )
        figures: dict[str, Any] = {
            "wallet_count": count,
            "transaction_count": int(str(transactions or 0)),
            "trade_count": int(str(trades or 0)),
            "realized_pnl_usd": pnl,
            "first_seen_at": first,
            "last_activity_at": last,
        }
        unknown = [address for address in wanted if address not in known]
        return AddressPortfolio(wallet_ids=ids, unknown_addresses=unknown, **figures)


def _check(addresses: Sequence[str], chains: Sequence[str] | None) -> None:
    if not addresses:
        raise BadInput("`addresses` is empty.", hint="Give at least one.")
    if len(addresses) > MAX_ADDRESSES:
        raise BadInput(
            f"`addresses` has {len(addresses)} entries, above the maximum of {MAX_ADDRESSES}."
        )
    if chains is not None and len(chains) > MAX_CHAINS:
        raise BadInput(f"`chains` has {len(chains)} entries, above the maximum of {MAX_CHAINS}.")


async def observed_holdings(context: RequestContext, wallets: list[UUID]) -> list[ObservedHolding]:
    """What is left of each asset in wallets, priced; most valuable first."""
    if not wallets:
        return []
    values = {"keys": [str(key) for key in wallets], "count": MAX_HOLDINGS}
    rows: list[Any] = await context.clickhouse("portfolio.flows", values, keys=len(wallets))
    prices = await quotes(context, [row[0] for row in rows]) if rows else {}
    found = []
    with localcontext(prec=200):
        for asset, came, went, came_usd, went_usd in rows:
            quantity = (came or Decimal(0)) - (went or Decimal(0))
            quote = prices.get(asset)
            price = None if quote is None or isinstance(quote, StoreError) else quote.usd
            found.append(
                ObservedHolding(
                    asset_id=asset,
                    quantity=quantity,
                    came_in=came or Decimal(0),
                    went_out=went or Decimal(0),
                    came_in_usd=came_usd,
                    went_out_usd=went_usd,
                    price_usd=price,
                    value_usd=None if price is None else (quantity * price).quantize(_CENTS),
                )
            )
    found.sort(key=lambda each: (each.value_usd is None, -(each.value_usd or 0)))
    return found
