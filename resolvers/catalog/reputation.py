"""What others say about addresses: labels and reports of harm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resolvers.reflection import entity_of

if TYPE_CHECKING:
    from resolvers.context import RequestContext

Place = tuple[int, str]


async def labels_at(context: RequestContext, keys: list[Place]) -> Mapping[Place, list[Any]]:
    """Labels of addresses, one statement."""
    from resolvers.catalog.place import AddressLabel

    return await _about(context, "wallets.labels", AddressLabel, keys)


async def reports_at(context: RequestContext, keys: list[Place]) -> Mapping[Place, list[Any]]:
    """Reports of harm about addresses, one statement."""
    from resolvers.catalog.place import MaliciousReport

    return await _about(context, "wallets.malicious_reports", MaliciousReport, keys)


async def _about(
    context: RequestContext, query: str, cls: type[Any], keys: list[Place]
) -> Mapping[Place, list[Any]]:
    chains, addresses = [chain for chain, _ in keys], [address for _, address in keys]
    entity = entity_of(cls)
    found: defaultdict[Place, list[Any]] = defaultdict(list)
    rows: list[Any] = await context.postgres(query, chains, addresses, keys=len(keys))
    for row in rows:
        slots = tuple(map(entity.slot, row.keys()))
        found[row["chain_id"], row["address"]].append(entity.build(slots, tuple(row)))
    return found
