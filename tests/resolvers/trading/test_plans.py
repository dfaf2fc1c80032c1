"""Long lists of trading are read in the order of an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import RequestContext
from resolvers.reads import owned
from resolvers.reflection import entity_of
from resolvers.trading.routes import TradeRoute
from resolvers.trading.traders import CopyTrade, Trader, TraderFollow
from resolvers.trading.transfers import BridgeTransfer
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.relational.conditions import Compare, both
from stores.relational.read import Read, statement
from tests.resolvers.trading.conftest import SIGNED_IN


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize(
    ("cls", "of", "index"),
    [
        (Trader, None, "traders_total_pnl_usd_id_idx"),
        (TradeRoute, None, "trade_routes_user_id_created_at_id_idx"),
        (TraderFollow, None, "trader_follows_user_id_created_at_id_idx"),
        (BridgeTransfer, None, "bridge_transactions_user_id_initiated_at_id_idx"),
        (
            BridgeTransfer,
            "bridge_id",
            "bridge_transactions_user_id_bridge_id_initiated_at_id_idx",
        ),
        (CopyTrade, None, "copy_trades_user_id_executed_at_id_idx"),
        (CopyTrade, "trader_id", "copy_trades_user_id_trader_id_executed_at_id_idx"),
    ],
)
async def test_a_page_is_read_from_an_index_without_a_sort(
    stores: Stores, cls: type[Any], of: str | None, index: str
) -> None:
    entity = entity_of(cls)
    context = RequestContext(SIGNED_IN, stores)
    narrower = None if of is None else Compare(of, "uuid", "eq", uuid4())
    built, values = statement(
        Read(
            source=entity.table.source,
            columns=(entity.table.key,),
            where=both(narrower, owned(context, entity)),
            order=entity.sorts(()),
            limit=21,
        )
    )
    async with stores.postgres.transaction(viewer_id=SIGNED_IN.user_id) as transaction:
        for setting in ("seqscan", "bitmapscan"):
            text = f"SET LOCAL enable_{setting} = off"
            await transaction.execute(Statement("setting", text, kind="exec"))
        explained = Statement("explain", f"EXPLAIN (FORMAT JSON) {built.text}", kind="exec")
        found: Any = await transaction.fetch(explained, *values)
    nodes = list(_nodes(found[0][0][0]["Plan"]))
    assert {node["Index Name"] for node in nodes if "Index Name" in node} == {index}
    assert not {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort"}
