"""`gateway doctor --consistency` and `gateway relay`, as operators call them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.relay.outbox import Outbox
from gateway.relay.relay import Relay
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions
from tests.gateway.relay.conftest import Ledger, add
from tests.gateway.test_cli import run, store_variables


async def test_the_doctor_tells_and_mends_what_differs(fresh_options: StoreOptions) -> None:
    variables = store_variables(fresh_options)
    before = await run("doctor --consistency --json", **variables)
    told: Any = orjson.loads(before.out)
    assert before.code == 1
    tables = {each["copy"]: each for each in told["consistency"]["tables"]}
    agents = tables["agent_profiles"]
    assert (agents["agrees"], agents["rowsFound"]) == (False, 0)
    assert agents["missing"]["count"] == agents["rows"] > 0
    assert tables["change_events"]["agrees"]

    mended = await run("doctor --repair", **variables)
    assert mended.code == 0, mended.out
    assert f"mended {agents['rows']} rows" in mended.err
    assert "✗" not in mended.out
    assert (await run("doctor --consistency", **variables)).code == 0


async def test_refused_changes_are_listed_tried_again_and_dropped(
    fresh_options: StoreOptions,
) -> None:
    variables = store_variables(fresh_options)
    refusing = Ledger("qdrant")
    refusing.refused = {"bad"}
    async with worker_stores(fresh_options) as stores:
        await add(stores, "x:bad", "y:bad")
        await Relay(Outbox(stores.postgres), [refusing]).catch_up()
    listed = await run("relay list", **variables)
    assert "test.things x" in listed.out
    assert "ValueError: bad makes no sense" in listed.out
    assert (await run("doctor", **variables)).code == 1
    assert (
        await run("relay retry", **variables)
    ).err.strip() == "2 refused changes are tried again"
    assert (await run("relay drop 1", **variables)).code == 0
    assert (await run("relay drop 1", **variables)).code == 2
