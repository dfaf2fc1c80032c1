"""What is traded on decentralised exchanges, summed over time."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from strawberry import Info

from resolvers.errors import BadInput
from resolvers.resolve import load_one
from resolvers.scalars import Address
from resolvers.series import (
    Series,
    Window,
    series,
)

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.context import RequestContext

MAX_GROUPS: Final = 100


@strawberry.enum(description="What traded volume is summed by.")
class VolumeBy(enum.Enum):
    """What traded volume is summed by."""

    CHAIN = strawberry.enum_value("chain", description="The chain.")
    DEX = strawberry.enum_value("dex", description="The exchange, as the source names it.")
    PAIR = strawberry.enum_value("pair", description="The pool, so the pair on one exchange.")


@strawberry.type(description="What was traded in one group over a span of time.")
class DexVolume:
    """What was traded in one group over a span of time."""

    chain_id: strawberry.Private[int]
    dex_name: str | None = strawberry.field(
        description="The exchange as the source names it; null when not summed by DEX."
    )
    pair_address: Address | None = strawberry.field(
        description="Contract of the pool; null when not summed by PAIR."
    )
    volume_usd: Decimal | None = strawberry.field(
        description="Value of the trades, US dollars; null when none was priced."
    )
    trades: int = strawberry.field(description="Number of trades.")
    unpriced_trades: int = strawberry.field(
        description="Trades nobody priced, which the value lacks."
    )
    wallets: int = strawberry.field(description="Distinct wallets among the trades, where known.")
    over_time: Series = strawberry.field(
        description="Value of the trades in each bucket, US dollars."
    )

    @strawberry.field(description="The chain; null when not summed by CHAIN.")  # type: ignore[untyped-decorator]
    async def chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.chain_id or None)
        return found


@dataclass(frozen=True, slots=True)
class VolumeQuestion:
    """What is asked for.

    Attributes:
        by: what to sum by; nothing makes one sum of everything.
        chain_id, dex_name, pair_address: only these trades; None for all.
        first: groups at most.
    """

    by: frozenset[VolumeBy]
    chain_id: int | None
    dex_name: str | None
    pair_address: str | None
    first: int


async def dex_volumes(
    context: RequestContext, question: VolumeQuestion, asked: Window
) -> list[DexVolume]:
    """The groups with the largest value, one statement.

    Raises:
        BadInput: `first` is out of range.
    """
    if not 1 <= question.first <= MAX_GROUPS:
        raise BadInput(f"`first` is {question.first}; it must lie between 1 and {MAX_GROUPS}.")
    if asked.start >= asked.end:
        return []
    values = {
        **{f"by_{each.value}": each in question.by for each in VolumeBy},
        "chain_id": question.chain_id or 0,
        "dex_name": question.dex_name or "",
        "pair_address": question.pair_address or "",
        "start": asked.start,
        "end": asked.end,
        "step_s": asked.interval.value,
        "count": question.first,
    }
    rows: list[Any] = await context.clickhouse("trading.dex_volume", values)
    return [
        DexVolume(
            chain_id=chain,
            dex_name=dex or None,
            pair_address=Address(pair) if pair else None,
            volume_usd=volume,
            trades=trades,
            unpriced_trades=unpriced,
            wallets=wallets,
            over_time=series(asked, [bucket for bucket in buckets if bucket[1] is not None]),
        )
        for chain, dex, pair, volume, trades, unpriced, wallets, buckets in rows
    ]
