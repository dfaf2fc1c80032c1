"""Wallets by the addresses that measurements name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resolvers.reflection import entity_of

if TYPE_CHECKING:
    from resolvers.context import RequestContext

Place = tuple[int, str]


async def wallets_at(context: RequestContext, keys: list[Place]) -> Mapping[Place, Any]:
    """Wallets at addresses, one statement."""
    from resolvers.catalog.wallet import Wallet

    chains, addresses = [chain for chain, _ in keys], [address for _, address in keys]
    entity = entity_of(Wallet)
    rows: list[Any] = await context.postgres(
        "trading.wallets_at", chains, addresses, keys=len(keys)
    )
    return {
        (row["chain_id"], row["address"]): entity.build(
            tuple(map(entity.slot, row.keys())), tuple(row)
        )
        for row in rows
    }
