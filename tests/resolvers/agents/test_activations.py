"""Switching agents on and off: limits, places, editors, strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from resolvers.catalog.asset import Asset
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.portfolio.types import Portfolio
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.agents.world import (
    agent_id,
    change,
    changed,
    refused,
    rows,
    some_users,
    tidied,
    user,
    world,
)
from tests.resolvers.graph import ask

AGENT, SMALL, RESTING, BAD, GONE = (uuid4() for _ in range(5))
TAG = AGENT.hex[:12]
USERS = some_users(10)
ALICE, BOB = (user(key) for key in USERS[:2])
COIN, DOLLAR = uuid4(), uuid4()
MINE, HIS = uuid4(), uuid4()
NOWHERE = agent_id(uuid4())


@pytest.fixture(scope="module", autouse=True)
async def agents(worker_stores: Stores) -> AsyncIterator[None]:
    """An agent for all, one with three places, and three that take nobody."""
    named = [
        (AGENT, f"v{TAG}-many", 100),
        (SMALL, f"v{TAG}-three", 3),
        (RESTING, f"v{TAG}-resting", 9),
        (BAD, f"v{TAG}-bad", 9),
        (GONE, f"v{TAG}-gone", 9),
    ]
    async with world(worker_stores, USERS, named):
        postgres = worker_stores.postgres
        for text, key in (
            ("UPDATE agents.agents SET maintenance_mode = true WHERE id = $1", RESTING),
            ("UPDATE agents.agents SET verification_status = 'blacklisted' WHERE id = $1", BAD),
            ("UPDATE agents.agents SET is_active = false WHERE id = $1", GONE),
        ):
            await postgres.execute(Statement("set", text, ("id",), "exec"), key)
        await postgres.copy_rows(
            "catalog.assets", ("id", "symbol", "name"), [(COIN, "VCO", "C"), (DOLLAR, "VDO", "D")]
        )
        await postgres.copy_rows(
            "portfolio.portfolios",
            ("id", "user_id", "name"),
            [(MINE, USERS[0], "Mine"), (HIS, USERS[1], "His")],
        )
        yield
    for table, keys in (("portfolio.portfolios", [MINE, HIS]), ("catalog.assets", [COIN, DOLLAR])):
        text = f"DELETE FROM {table} WHERE id = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


@pytest.fixture(autouse=True)
async def nobody_on(agents: None, worker_stores: Stores) -> AsyncIterator[None]:
    """Every test begins with agents that nobody has switched on."""
    yield
    for key in (AGENT, SMALL):
        await tidied(worker_stores, key)


def asset_id(key: object) -> str:
    return encode_id(entity_of(Asset), key)


def portfolio_id(key: object) -> str:
    return encode_id(entity_of(Portfolio), key)


LIMITS: dict[str, Any] = {
    "budgetUsd": "1000.50",
    "perAsset": [{"assetId": asset_id(DOLLAR), "maxUsd": "400"}],
    "maxPositionUsd": "250",
    "maxDrawdown": "0.2",
    "maxSlippageBps": 50,
    "maxLeverage": "1.5",
}


async def test_an_agent_is_switched_on_with_settings_and_limits(
    stores: Stores, worker_stores: Stores
) -> None:
    payload = await change(
        stores,
        ALICE,
        "activateAgent",
        agentId=agent_id(AGENT),
        portfolioId=portfolio_id(MINE),
        configuration={"mode": "calm", "api_key": "hush"},
        limits=LIMITS,
    )
    activation = payload["activation"]
    assert (payload["userErrors"], payload["replayed"]) == ([], False)
    assert activation == {
        "id": activation["id"],
        "status": "ACTIVE",
        "version": 1,
        "configuration": {"mode": "calm", "api_key": "hush"},
        "portfolio": {"name": "Mine"},
        "agent": {"slug": f"v{TAG}-many"},
        "limits": {
            "budgetUsd": "1000.50",
            "maxPositionUsd": "250",
            "maxDrawdown": "0.2",
            "maxSlippageBps": 50,
            "maxLeverage": "1.5",
            "perAsset": [{"maxUsd": "400", "asset": {"symbol": "VDO"}}],
        },
        "deactivatedAt": None,
        "tasks": {"nodes": []},
    }
    (entry,) = await rows(
        worker_stores,
        """SELECT action, actor_user_id, changes::text AS changes FROM ops.audit_log
        WHERE resource_type = 'agents.activations' AND actor_user_id = $1
        ORDER BY occurred_at DESC, id DESC LIMIT 1""",
        USERS[0],
    )
    assert entry["action"] == "create"
    assert "calm" in entry["changes"]
    assert "hush" not in entry["changes"]
    found = await rows(
        worker_stores,
        "SELECT event FROM ops.outbox WHERE aggregate = 'agents.activations' AND "
        "payload ->> 'user_id' = $1 ORDER BY sequence DESC LIMIT 1",
        str(USERS[0]),
    )
    assert found == [{"event": "created"}]


async def test_a_key_sent_again_switches_nothing_on_twice(stores: Stores) -> None:
    key = {"agentId": agent_id(AGENT), "idempotencyKey": uuid4().hex}
    first = await change(stores, ALICE, "activateAgent", **key)
    again = await change(stores, ALICE, "activateAgent", **key)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["activation"]["id"] == again["activation"]["id"]
    other = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT))
    assert refused(other) == [("agentId", "TAKEN")]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"budgetUsd": "0"}, [("limits.budgetUsd", "INVALID")]),
        ({"budgetUsd": "-1"}, [("limits.budgetUsd", "INVALID")]),
        ({"budgetUsd": "1000000000001"}, [("limits.budgetUsd", "INVALID")]),
        ({"maxDrawdown": "1.01"}, [("limits.maxDrawdown", "INVALID")]),
        ({"maxSlippageBps": 10_001}, [("limits.maxSlippageBps", "INVALID")]),
        ({"maxLeverage": "0.9"}, [("limits.maxLeverage", "INVALID")]),
        ({"budgetUsd": "10", "maxPositionUsd": "11"}, [("limits.maxPositionUsd", "INVALID")]),
        (
            {
                "budgetUsd": "10",
                "perAsset": [
                    {"assetId": asset_id(COIN), "maxUsd": "11"},
                    {"assetId": asset_id(COIN), "maxUsd": "1"},
                    {"assetId": "nonsense", "maxUsd": "0"},
                ],
            },
            [
                ("limits.perAsset.0.maxUsd", "INVALID"),
                ("limits.perAsset.1.assetId", "INVALID"),
                ("limits.perAsset.2.assetId", "NOT_FOUND"),
                ("limits.perAsset.2.maxUsd", "INVALID"),
            ],
        ),
        (
            {"perAsset": [{"assetId": asset_id(COIN), "maxUsd": "1"}] * 2},
            [("limits.perAsset.1.assetId", "INVALID")],
        ),
        (
            {"perAsset": [{"assetId": asset_id(uuid4()), "maxUsd": "1"}]},
            [("limits.perAsset.0.assetId", "NOT_FOUND")],
        ),
        (
            {"perAsset": [{"assetId": asset_id(COIN), "maxUsd": "1"}] * 51},
            [("limits.perAsset", "TOO_MANY")],
        ),
    ],
)
async def test_limits_that_make_no_sense_are_refused(
    stores: Stores, limits: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    payload = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT), limits=limits)
    assert refused(payload) == expected
    assert payload["activation"] is None


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (agent_id(RESTING), "NOT_ALLOWED"),
        (agent_id(BAD), "NOT_ALLOWED"),
        (agent_id(GONE), "NOT_FOUND"),
        (NOWHERE, "NOT_FOUND"),
        ("nonsense", "NOT_FOUND"),
    ],
    ids=["maintained", "harmful", "withdrawn", "unknown", "malformed"],
)
async def test_agents_that_take_nobody_are_refused(
    stores: Stores, agent: str, expected: str
) -> None:
    payload = await change(stores, ALICE, "activateAgent", agentId=agent)
    assert refused(payload) == [("agentId", expected)]


@pytest.mark.parametrize(
    "portfolio", [portfolio_id(HIS), portfolio_id(uuid4())], ids=["his", "nobody's"]
)
async def test_a_strangers_portfolio_is_as_none(stores: Stores, portfolio: str) -> None:
    agent = agent_id(AGENT)
    payload = await change(stores, ALICE, "activateAgent", agentId=agent, portfolioId=portfolio)
    assert refused(payload) == [("portfolioId", "NOT_FOUND")]
    mine = (await change(stores, ALICE, "activateAgent", agentId=agent))["activation"]
    payload = await change(
        stores, ALICE, "configureAgentActivation", id=mine["id"], portfolioId=portfolio
    )
    assert refused(payload) == [("portfolioId", "NOT_FOUND")]


async def test_ten_at_once_for_three_places_are_three(
    stores: Stores, worker_stores: Stores
) -> None:
    payloads = await asyncio.gather(
        *(change(stores, user(key), "activateAgent", agentId=agent_id(SMALL)) for key in USERS)
    )
    given = [payload for payload in payloads if payload["activation"]]
    assert len(given) == 3
    assert [refused(payload) for payload in payloads if payload not in given] == [
        [("agentId", "LIMIT_REACHED")]
    ] * 7
    (held,) = await rows(
        worker_stores,
        "SELECT count(*) AS n FROM agents.activations WHERE agent_id = $1 AND status = 'active'",
        SMALL,
    )
    assert held == {"n": 3}
    answer = await ask(
        stores,
        "query ($slug: String!) { agent(slug: $slug) { places { taken free } } }",
        slug=f"v{TAG}-three",
    )
    assert answer.data == {"agent": {"places": {"taken": 3, "free": 0}}}


async def test_a_pause_frees_the_place_and_a_resume_wants_one(stores: Stores) -> None:
    agent = agent_id(SMALL)
    held = []
    for key in USERS[:3]:
        payload = await change(stores, user(key), "activateAgent", agentId=agent)
        held.append(payload["activation"]["id"])
    fourth = user(USERS[3])
    payload = await change(stores, fourth, "activateAgent", agentId=agent)
    assert refused(payload) == [("agentId", "LIMIT_REACHED")]
    paused = await change(stores, ALICE, "pauseAgentActivation", id=held[0])
    assert paused["activation"]["status"] == "PAUSED"
    payload = await change(stores, fourth, "activateAgent", agentId=agent)
    assert payload["activation"]["status"] == "ACTIVE"
    payload = await change(stores, ALICE, "resumeAgentActivation", id=held[0])
    assert refused(payload) == [("id", "LIMIT_REACHED")]
    await change(stores, BOB, "stopAgentActivation", id=held[1])
    payload = await change(stores, ALICE, "resumeAgentActivation", id=held[0])
    assert payload["activation"]["status"] == "ACTIVE"


async def test_an_activation_goes_from_state_to_state(stores: Stores) -> None:
    made = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT))
    key = made["activation"]["id"]
    steps = [
        ("resumeAgentActivation", None),
        ("pauseAgentActivation", "PAUSED"),
        ("pauseAgentActivation", None),
        ("resumeAgentActivation", "ACTIVE"),
        ("stopAgentActivation", "STOPPED"),
        ("resumeAgentActivation", None),
        ("pauseAgentActivation", None),
        ("stopAgentActivation", None),
        ("configureAgentActivation", None),
    ]
    for field, status in steps:
        payload = await change(stores, ALICE, field, id=key)
        if status is None:
            assert refused(payload) == [("id", "NOT_ALLOWED")], field
        else:
            assert payload["activation"]["status"] == status
            stopped = payload["activation"]["deactivatedAt"] is not None
            assert stopped == (status == "STOPPED")
    again = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT))
    assert again["activation"]["id"] != key


async def test_two_editors_meet_and_what_is_left_out_stays(stores: Stores) -> None:
    made = await change(
        stores,
        ALICE,
        "activateAgent",
        agentId=agent_id(AGENT),
        portfolioId=portfolio_id(MINE),
        configuration={"mode": "calm"},
        limits=LIMITS,
    )
    key = made["activation"]["id"]
    configure = "configureAgentActivation"
    edited = await change(
        stores, ALICE, configure, id=key, expectedVersion=1, configuration={"mode": "bold"}
    )
    assert edited["activation"]["version"] == 2
    assert edited["activation"]["configuration"] == {"mode": "bold"}
    assert edited["activation"]["limits"] == made["activation"]["limits"]
    assert edited["activation"]["portfolio"] == {"name": "Mine"}
    late = await change(stores, ALICE, configure, id=key, expectedVersion=1, limits=None)
    assert refused(late) == [("expectedVersion", "CONFLICT")]
    bare = await change(
        stores, ALICE, configure, id=key, limits={"budgetUsd": "5"}, portfolioId=None
    )
    limits = bare["activation"]["limits"]
    assert (limits["budgetUsd"], limits["perAsset"], limits["maxLeverage"]) == ("5", [], None)
    assert bare["activation"]["portfolio"] is None


async def test_a_stranger_changes_and_sees_nothing(stores: Stores, worker_stores: Stores) -> None:
    made = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT))
    key = made["activation"]["id"]
    for field in ("configure", "pause", "resume", "stop"):
        for given in (key, key[:-2] + "AA", "nonsense"):
            payload = await change(stores, BOB, f"{field}AgentActivation", id=given)
            assert refused(payload) == [("id", "NOT_FOUND")]
        answer = await changed(stores, Viewer(), f"{field}AgentActivation", id=key)
        assert answer.codes == [(f"{field}AgentActivation", "UNAUTHENTICATED")]
        reader = user(USERS[0], "read")
        answer = await changed(stores, reader, f"{field}AgentActivation", id=key)
        assert answer.codes == [(f"{field}AgentActivation", "FORBIDDEN")]
        assert answer.statements == []
    (row,) = await rows(
        worker_stores, "SELECT status::text, version FROM agents.activations WHERE agent_id = $1",
        AGENT,
    )  # fmt: skip
    assert row == {"status": "active", "version": 1}
    query = """query ($id: ID!, $slug: String!) { agentActivation(id: $id) { status }
      node(id: $id) { id } agentActivations { nodes { id } }
      agent(slug: $slug) { activations { nodes { id } } } }"""
    variables = {"id": key, "slug": f"v{TAG}-many"}
    answer = await ask(stores, query, viewer=BOB, **variables)
    assert not answer.errors
    nothing: dict[str, Any] = {"nodes": []}
    assert answer.data == {
        "agentActivation": None,
        "node": None,
        "agentActivations": nothing,
        "agent": {"activations": nothing},
    }
    answer = await ask(stores, query, viewer=ALICE, **variables)
    assert answer.data["agentActivations"] == {"nodes": [{"id": key}]}
    assert answer.data["agent"]["activations"] == {"nodes": [{"id": key}]}
    answer = await ask(stores, query, **variables)
    assert {code for _, code in answer.codes} == {"UNAUTHENTICATED"}
    assert key not in str(answer.data)


async def test_numbers_of_an_activation_are_those_of_the_jobs(
    stores: Stores, worker_stores: Stores
) -> None:
    made = await change(stores, ALICE, "activateAgent", agentId=agent_id(AGENT))
    text = """UPDATE agents.activations SET total_executions = 7, successful_executions = 5,
      failed_executions = 2, total_profit = 12.5, current_allocation = 100, current_apr = 3.25
      WHERE agent_id = $1"""
    await worker_stores.postgres.execute(Statement("set", text, ("id",), "exec"), AGENT)
    answer = await ask(
        stores,
        """query ($id: ID!) { agentActivation(id: $id) { totalExecutions successfulExecutions
          failedExecutions totalProfitUsd totalFeesPaidUsd currentAllocationUsd currentAprPct
          lastExecutionAt version } }""",
        viewer=ALICE,
        id=made["activation"]["id"],
    )
    assert not answer.errors
    found = answer.data["agentActivation"]
    assert [found[f"{name}Executions"] for name in ("total", "successful", "failed")] == [
        *("7", "5", "2")
    ]
    assert Decimal(found["totalProfitUsd"]) == Decimal("12.5")
    assert Decimal(found["currentAllocationUsd"]) == 100
    assert Decimal(found["totalFeesPaidUsd"]) == 0
    assert (found["currentAprPct"], found["lastExecutionAt"]) == ("3.250000", None)
    # What an agent earned is no edit.
    assert found["version"] == 1
