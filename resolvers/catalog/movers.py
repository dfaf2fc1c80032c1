"""What moved most."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.asset import Asset
from resolvers.catalog.chains import optional_chain_number
from resolvers.catalog.protocol import Protocol
from resolvers.catalog.spans import span_values
from resolvers.errors import BadInput
from resolvers.node import Node
from resolvers.resolve import load_one
from resolvers.series import Change, ChangeWindow, change_of

if TYPE_CHECKING:
    from resolvers.context import RequestContext

MAX_MOVERS = 100
_MOST_USD = Decimal(10) ** 28


@strawberry.enum(description="What movers are ranked by.")
class MoverMetric(enum.Enum):
    """What movers are ranked by."""

    PRICE = strawberry.enum_value("price", description="Price of assets.")
    TVL = strawberry.enum_value("tvl", description="Value locked in protocols.")


@strawberry.enum(description="Which way something moved.")
class MoverDirection(enum.Enum):
    """Which way something moved; the value is the sign."""

    UP = strawberry.enum_value(1, description="It grew; the largest growth first.")
    DOWN = strawberry.enum_value(-1, description="It shrank; the largest loss first.")


@strawberry.type(description="Something that moved, and how far.")
class Mover:
    """Something that moved, and how far."""

    key: strawberry.Private[UUID]
    cls: strawberry.Private[type[Any]]
    value: Decimal = strawberry.field(
        description="Newest price of one unit or newest value locked, US dollars."
    )
    change: Change = strawberry.field(description="How far it moved; ranked by `pct`.")

    @strawberry.field(  # type: ignore[untyped-decorator]
        description="The asset or protocol; null when it is not in the catalogue."
    )
    async def node(self, info: Info) -> Node | None:
        """All nodes of one type are one statement."""
        found: Node | None = await load_one(info, self.cls, self.key)
        return found


@dataclass(frozen=True, slots=True)
class Ranking:
    """What is asked for.

    Attributes:
        by: figure compared.
        window: span compared over.
        direction: up or down.
        min_tvl_usd: smallest value locked; of TVL only.
        min_market_cap_usd: smallest market capitalisation; of PRICE only.
        chain: only on this chain.
        first: how many.
    """

    by: MoverMetric
    window: ChangeWindow
    direction: MoverDirection
    min_tvl_usd: Decimal | None
    min_market_cap_usd: Decimal | None
    chain: Any
    first: int

    def smallest(self) -> Decimal:
        """The threshold that goes with the figure.

        Raises:
            BadInput: the other one is given, or it is out of range.
        """
        given = {"minTvlUsd": self.min_tvl_usd, "minMarketCapUsd": self.min_market_cap_usd}
        name = "minTvlUsd" if self.by is MoverMetric.TVL else "minMarketCapUsd"
        chosen = given.pop(name)
        for other, value in given.items():
            if value is not None:
                raise BadInput(f"`{other}` does not go with {self.by.name}.", hint=f"Use `{name}`.")
        if chosen is not None and not 0 <= chosen < _MOST_USD:
            raise BadInput(f"`{name}` must be 0 or more, and below 1e28.")
        return chosen or Decimal(0)


async def top_movers(context: RequestContext, ranking: Ranking) -> list[Mover]:
    """The movers, one statement.

    Raises:
        BadInput: an argument is out of range.
    """
    if not 1 <= ranking.first <= MAX_MOVERS:
        raise BadInput(f"`first` is {ranking.first}; it must lie between 1 and {MAX_MOVERS}.")
    values = {
        "chain_id": await optional_chain_number(context, ranking.chain) or 0,
        "min_size": f"{ranking.smallest():f}",
        "sign": ranking.direction.value,
        "count": ranking.first,
        **span_values(ranking.window),
    }
    if ranking.by is MoverMetric.TVL:
        cls: type[Any] = Protocol
        rows: list[Any] = await context.clickhouse("metrics.movers", {**values, "metric": "tvl"})
    else:
        cls = Asset
        rows = await context.clickhouse("prices.movers", values)
    movers = []
    for key, value, earlier, _ in rows:
        change = change_of(value, earlier)
        if change is not None:
            movers.append(Mover(key=key, cls=cls, value=value, change=change))
    return movers
