"""`gateway doctor` and `gateway relay`, as operators call them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.config import Settings
from gateway.consistency.checks import check_all
from gateway.diagnosis import examine
from gateway.relay.outbox import Outbox
from gateway.relay.relay import Relay
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions
from tests.gateway.relay.conftest import Ledger, add
from tests.gateway.test_cli import run, store_variables


async def test_the_doctor_mends_what_differs_and_tells_machines(
    fresh_options: StoreOptions,
) -> None:
    settings = Settings(qdrant_prefix=fresh_options.qdrant_prefix)
    before = await check_all(settings, fresh_options.urls, repair=False)
    (agents,) = [each for each in before.comparisons if each.copy == "agent_profiles"]
    assert not before.agrees
    assert len(agents.missing) == agents.expected.count > 0

    mended = await run("doctor --repair --json", **store_variables(fresh_options))
    told: Any = orjson.loads(mended.out)
    assert mended.code == 0
    assert told["well"]
    assert told["consistency"]["agrees"]
    assert told["consistency"]["repaired"] == agents.expected.count
    tables = {each["copy"]: each for each in told["consistency"]["tables"]}
    assert tables["agent_profiles"]["rowsFound"] == agents.expected.count
    assert tables["agent_profiles"]["checksumFound"] == agents.expected.checksum
    assert tables["agent_profiles"]["missing"] == {"count": 0, "keys": []}


async def test_refused_changes_are_listed_and_a_finding(fresh_options: StoreOptions) -> None:
    refusing = Ledger("qdrant")
    refusing.refused = {"bad"}
    async with worker_stores(fresh_options) as stores:
        await add(stores, "x:bad", "y:bad")
        await Relay(Outbox(stores.postgres), [refusing]).catch_up()
    settings = Settings(qdrant_prefix=fresh_options.qdrant_prefix)
    found = {each.subject: each for each in await examine(settings, fresh_options.urls)}
    assert found["changes for qdrant"].state == "2 refused, 0 waiting"
    assert not found["changes for qdrant"].well
    assert found["changes for redis"].well, "nobody has waited for long"
    listed = await run("relay list", **store_variables(fresh_options))
    assert "test.things x" in listed.out
    assert "ValueError: bad makes no sense" in listed.out
