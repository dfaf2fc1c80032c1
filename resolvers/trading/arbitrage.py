"""Differences of prices that can be traded right now, and the bridges that help."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.catalog.live import mapping, moment, number
from resolvers.errors import BadInput
from resolvers.resolve import load_one
from resolvers.trading.mev import MevKind
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.context import RequestContext

MAX_OPPORTUNITIES: Final = 100
# As many as the ranking is trimmed to: the best may all be gone already.
_RANKED: Final = 1000
_PERCENT: Final = Decimal("0.000001")


@strawberry.type(description="An opportunity that is open now; it lives half a minute at most.")
class ArbitrageOpportunity:
    """An opportunity that is open now."""

    chain_id: strawberry.Private[int | None]
    token_id: strawberry.Private[UUID | None]
    protocol_ids: strawberry.Private[tuple[UUID, ...]]
    opportunity_id: UUID = strawberry.field(
        description="Its id; `mevEvents` knows it by the same once it is recorded."
    )
    kind: MevKind = strawberry.field(description="How the value is taken.")
    net_profit_usd: Decimal = strawberry.field(
        description="Profit after gas, US dollars; ranked by it."
    )
    estimated_profit_usd: Decimal | None = strawberry.field(
        description="Profit before gas, US dollars; null when unknown."
    )
    gas_cost_usd: Decimal | None = strawberry.field(
        description="Gas it would cost, US dollars; null when unknown."
    )
    detected_at: datetime | None = strawberry.field(
        description="When it was seen; null when unknown."
    )
    expires_at: datetime | None = strawberry.field(
        description="When it stops being one; null when unknown."
    )

    @strawberry.field(description="The chain; null when it spans several.")  # type: ignore[untyped-decorator]
    async def chain(
        self, info: Info
    ) -> Annotated[Chain, strawberry.lazy("resolvers.catalog.chain")] | None:
        """All chains of a level are one statement."""
        from resolvers.catalog.chain import Chain

        found: Chain | None = await load_one(info, Chain, self.chain_id)
        return found

    @strawberry.field(description="Asset the profit is made in; null when unknown.")  # type: ignore[untyped-decorator]
    async def token(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found: Asset | None = await load_one(info, Asset, self.token_id)
        return found

    @strawberry.field(description="Protocols involved, as far as they are listed.")  # type: ignore[untyped-decorator]
    async def protocols(
        self, info: Info
    ) -> list[Annotated[Protocol, strawberry.lazy("resolvers.catalog.protocol")]]:
        """All protocols of a level are one statement."""
        from resolvers.catalog.protocol import Protocol

        found = await asyncio.gather(*(load_one(info, Protocol, key) for key in self.protocol_ids))
        return [protocol for protocol in found if protocol is not None]


async def open_opportunities(
    context: RequestContext,
    *,
    chain_id: int | None,
    min_net_profit_usd: Decimal | None,
    first: int,
) -> list[ArbitrageOpportunity]:
    """Opportunities open now, the most profitable first; two calls of Redis, one to tidy up.

    Ids whose opportunity is gone leave the ranking. One that says it has expired is left out
    though it is still there.

    Raises:
        BadInput: `first` is out of range.
        StoreError: in one of its kinds.
    """
    if not 1 <= first <= MAX_OPPORTUNITIES:
        raise BadInput(f"`first` is {first}; it must lie between 1 and {MAX_OPPORTUNITIES}.")
    commands = context.stores.redis.commands
    ranking = redis_keys.key("arbitrage_ranking")
    with context.step("redis", "arbitrage_ranking", "ZREVRANGE arb:opps") as step:
        ids = [str(id_) for id_ in await commands.zrevrange(ranking, 0, _RANKED - 1)]
        step.rows = len(ids)
    known = [id_ for id_ in ids if _is_uuid(id_)]
    hashes = await _hashes(context, known)
    gone = [id_ for id_ in ids if not hashes.get(id_)]
    if gone:
        with context.step("redis", "arbitrage_ranking", "ZREM arb:opps", len(gone)):
            await commands.zrem(ranking, *gone)
    now = context.clock()
    read = (_opportunity(id_, hashes[id_]) for id_ in known if hashes[id_])
    found = [
        each
        for each in read
        if each is not None
        and (each.expires_at is None or each.expires_at > now)
        and (chain_id is None or each.chain_id == chain_id)
        and (min_net_profit_usd is None or each.net_profit_usd >= min_net_profit_usd)
    ]
    # Redis ranks by floats; among equals the id decides, so that a page is the same twice.
    found.sort(key=lambda each: (-each.net_profit_usd, each.opportunity_id))
    return found[:first]


async def _hashes(context: RequestContext, ids: Sequence[str]) -> dict[str, Mapping[str, str]]:
    if not ids:
        return {}
    pipeline = context.stores.redis.commands.pipeline(transaction=False)
    for id_ in ids:
        pipeline.hgetall(redis_keys.key("arbitrage_opportunity", opportunity_id=id_))
    text = "HGETALL arb:opp:{opportunity_id}"
    with context.step("redis", "arbitrage_opportunity", text, len(ids)) as step:
        hashes = await pipeline.execute()
        step.rows = sum(map(bool, hashes))
    return dict(zip(ids, hashes, strict=True))


def _opportunity(id_: str, fields: Mapping[str, str]) -> ArbitrageOpportunity | None:
    """None when it makes no sense."""
    net = number(fields.get("net_profit_usd"))
    chain = fields.get("chain_id", "")
    token = fields.get("token_id", "")
    try:
        kind = MevKind(fields.get("opportunity_type"))
        listed = mapping(f'{{"ids": {fields.get("protocol_ids") or "[]"}}}').get("ids", [])
        protocols = tuple(UUID(str(each)) for each in listed)
        chain_id = int(chain) if chain else None
        token_id = UUID(token) if token else None
    except (ValueError, TypeError):
        return None
    if net is None:
        return None
    return ArbitrageOpportunity(
        chain_id=chain_id,
        token_id=token_id,
        protocol_ids=protocols,
        opportunity_id=UUID(id_),
        kind=kind,
        net_profit_usd=net,
        estimated_profit_usd=number(fields.get("estimated_profit_usd")),
        gas_cost_usd=number(fields.get("gas_cost_estimate_usd")),
        detected_at=moment(fields.get("detected_at_ms")),
        expires_at=moment(fields.get("expires_at_ms")),
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
