"""Shielded pools: figures over enough people or deposits to say nothing of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from resolvers.fields import batch, column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Table
from resolvers.privacy.enums import (
    PrivacyPoolMetric,
    PrivacyPoolTier,
    PrivacyPoolType,
    PrivacyRating,
)
from resolvers.scalars import BigInt
from resolvers.series import (
    Fill,
    FillArgument,
    From,
    IncludeOpen,
    Interval,
    IntervalArgument,
    Series,
    To,
    histories,
    window,
)

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.context import RequestContext

POOLS = Table(
    "postgres", "privacy.public_pools", order=("-privacy_score",), kinds={"chain_id": "int"}
)
# Any other amount would tell a deposit from the rest, and lead from it to its withdrawal.
DENOMINATIONS: Final = tuple(Decimal(10) ** power for power in range(-3, 7))

_COUNTED: Final = (
    " Where figures are computed from deposits each counts as one of a depositor of its own, "
    "because nobody can tell whose it is."
)
_HIDDEN: Final = " Null when fewer are behind it than `minimumGroupSize`, or when never computed."

Metric = Annotated[PrivacyPoolMetric, strawberry.argument(description="Which figure.")]


async def pool_history(
    context: RequestContext,
    keys: list[tuple[UUID, int]],
    *,
    metric: Metric,
    from_: From = None,
    to: To = None,
    interval: IntervalArgument = Interval.DAY,
    fill: FillArgument = Fill.NONE,
    include_open: IncludeOpen = False,
) -> Mapping[tuple[UUID, int], Series]:
    """A figure of pools over time; one statement, because all pools have one least group."""
    wanted = window(
        context.clock(),
        from_=from_,
        to=to,
        interval=interval,
        fill=fill,
        include_open=include_open,
    )
    by_group: defaultdict[int, list[UUID]] = defaultdict(list)
    for pool_id, group in keys:
        by_group[group].append(pool_id)
    found: dict[tuple[UUID, int], Series] = {}
    for group, pool_ids in by_group.items():
        read = await histories(
            context,
            "privacy.pool_history",
            pool_ids,
            wanted,
            metric=metric.value,
            minimum_group_size=group,
        )
        found |= {(pool_id, group): read[pool_id] for pool_id in pool_ids}
    return found


@entity(
    POOLS,
    description="A shielded pool on one chain: deposits of many go in, and what comes out cannot "
    "be told apart. Only figures that say nothing of a single person are shown.",
)
class PrivacyPool(Node):
    """A shielded pool on one chain."""

    pool_type: PrivacyPoolType = column("What it is made for.")
    pool_name: str = column("Name for people.", name="name")
    is_active: bool = column("Whether it takes deposits.")
    tier: PrivacyPoolTier | None = column(
        "How large it is; null for a pool that takes no deposits or was never measured.",
        column="pool_tier",
    )
    privacy_rating: PrivacyRating | None = column("How well it hides; null as `tier`.")
    privacy_score: Decimal | None = column(
        "The same as a number, 0 to 1: size (0.4), active depositors (0.3) and anonymity set "
        "(0.3). Null when one of them is not shown."
    )
    minimum_group_size: int = column("People or deposits a figure must be over to be shown.")
    hides_enough: bool = column(
        "Whether a deposit hides among at least `minimumGroupSize` others; when not, do not use it."
    )
    anonymity_set: BigInt | None = column("Deposits among which one hides." + _HIDDEN)
    participation_pct: Decimal | None = column(
        "Active depositors over anonymity set, percent." + _HIDDEN,
        column="mixer_participation_pct",
    )
    daily_volume_pct: Decimal | None = column("Volume of 24 hours over size, percent." + _HIDDEN)
    total_size_usd: Decimal | None = column(
        "Worth of all deposits not yet withdrawn, US dollars." + _HIDDEN
    )
    eth_size_usd: Decimal | None = column("Part of it in ether, US dollars." + _HIDDEN)
    stablecoin_size_usd: Decimal | None = column("Part of it in stablecoins, US dollars." + _HIDDEN)
    other_size_usd: Decimal | None = column("The rest of it, US dollars." + _HIDDEN)
    active_mixers: BigInt | None = column(
        "Depositors active in the last 24 hours." + _COUNTED + _HIDDEN
    )
    new_mixers_24h: BigInt | None = column(
        "Depositors who came in the last 24 hours." + _COUNTED + _HIDDEN, name="newMixers24h"
    )
    deposits_24h: BigInt | None = column(
        "Deposits in the last 24 hours." + _HIDDEN, name="deposits24h"
    )
    withdrawals_24h: BigInt | None = column(
        "Withdrawals in the last 24 hours." + _HIDDEN, name="withdrawals24h"
    )
    volume_24h_usd: Decimal | None = column(
        "Deposited and withdrawn in the last 24 hours, US dollars." + _HIDDEN, name="volume24hUsd"
    )
    volume_7d_usd: Decimal | None = column(
        "Deposited and withdrawn in the last seven days, US dollars." + _HIDDEN, name="volume7dUsd"
    )
    volume_30d_usd: Decimal | None = column(
        "Deposited and withdrawn in the last thirty days, US dollars." + _HIDDEN,
        name="volume30dUsd",
    )
    unique_users: BigInt | None = column(
        "Depositors so far." + _COUNTED + _HIDDEN, column="total_unique_users"
    )
    total_deposits: BigInt | None = column("Deposits so far." + _HIDDEN)
    total_withdrawals: BigInt | None = column("Withdrawals so far." + _HIDDEN)
    avg_deposit_usd: Decimal | None = column("Mean worth of a deposit, US dollars." + _HIDDEN)
    avg_withdrawal_usd: Decimal | None = column("Mean worth of a withdrawal, US dollars." + _HIDDEN)
    median_transaction_time_s: Decimal | None = column(
        "Median time from deposit to withdrawal, seconds." + _HIDDEN
    )
    entropy_level: Decimal | None = column(
        "How evenly deposits are spread over depositors, 0 to 1." + _HIDDEN
    )
    mixing_efficiency: Decimal | None = column(
        "Share of deposits that were mixed as asked, 0 to 1." + _HIDDEN
    )
    gas_efficiency_score: Decimal | None = column(
        "How cheap its operations are, 0 dear to 1 cheap; null when unknown."
    )
    compliance_score: Decimal | None = column(
        "Result of its last compliance review, 0 to 1; null before the first."
    )
    regulatory_flags: JSON = column("Open questions of regulators, as a list.")
    last_audit_at: datetime | None = column("When it was last audited; null when never.")
    observed_at: datetime | None = column("When its figures were computed; null when never.")
    chain: Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None = one(
        "The chain it is on.", local="chain_id"
    )
    history: Series | None = batch(
        "A figure over time: the last of each bucket. Times at which too few people or deposits "
        "were behind it are left out.",
        pool_history,
        local=("id", "minimum_group_size"),
        store="clickhouse",
    )

    @computed("Amounts a deposit may have, in whole units of its asset; any other would stand out.")
    def denominations(self) -> list[Decimal]:
        """The same for all pools."""
        return list(DENOMINATIONS)
