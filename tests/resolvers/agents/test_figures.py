"""Figures of agents: ranks, weeks, reports; sums that would tell of one user are kept back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from gateway.encoding import encode
from gateway.schema import EXECUTOR
from resolvers.context import RequestContext
from resolvers.ids import encode_id
from resolvers.portfolio.types import Portfolio
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.agents.world import some_users, user, world
from tests.resolvers.graph import ask, graph, kinds_of_calls

AGENTS = [uuid4() for _ in range(100)]
TAG = AGENTS[0].hex[:12]
USERS = some_users(6)
VIEWER = user(USERS[0])
NOW = datetime.now(UTC)
DAY = datetime(2025, 3, 3, tzinfo=UTC)
PORTFOLIO = uuid4()


@pytest.fixture(scope="module", autouse=True)
async def agents(worker_stores: Stores) -> AsyncIterator[None]:
    """A hundred agents: six users run the first, two the second, the first of them all."""
    named = [(key, f"f{TAG}-{n:03}", 1000) for n, key in enumerate(AGENTS)]
    postgres = worker_stores.postgres
    async with world(worker_stores, USERS, named):
        text = """UPDATE agents.agents SET reputation_score = CASE id WHEN $1 THEN 0.8 ELSE 0.9 END
          WHERE id IN ($1, $2)"""
        statement = Statement("set", text, ("a", "b"), "exec")
        await postgres.execute(statement, AGENTS[0], AGENTS[1])
        await postgres.copy_rows(
            "agents.agent_stats",
            (
                *("agent_id", "total_executions", "successful_executions", "avg_yield"),
                *("max_drawdown", "total_profit_generated", "current_active_users"),
            ),
            [
                (AGENTS[0], 8, 6, Decimal("12"), Decimal("0.02"), Decimal(15), 5),
                (AGENTS[1], 0, 0, None, None, Decimal(9), 4),
                (AGENTS[2], 0, 0, None, None, None, 9),
            ],
        )
        await postgres.copy_rows(
            "portfolio.portfolios", ("id", "user_id", "name"), [(PORTFOLIO, USERS[0], "P")]
        )
        await postgres.copy_rows(
            "portfolio.strategies",
            ("portfolio_id", "agent_id", "strategy_type", "name"),
            [(PORTFOLIO, AGENTS[0], "staking", "S")],
        )
        # One user who switched an agent on and off five times is still one.
        await postgres.copy_rows(
            "agents.activations",
            ("user_id", "agent_id", "total_profit", "status", "activated_at", "deactivated_at"),
            [(USERS[3], AGENTS[3], Decimal(1), "stopped", NOW, NOW) for _ in range(5)],
        )
        await postgres.copy_rows(
            "agents.activations",
            (
                *("user_id", "agent_id", "total_profit", "current_allocation", "current_apr"),
                *("activated_at", "portfolio_id"),
            ),
            [
                (key, AGENTS[0], Decimal(n), Decimal(100), Decimal(n), NOW, None)
                for n, key in enumerate(USERS)
            ]
            + [(key, AGENTS[1], Decimal(9), Decimal(7), None, NOW, None) for key in USERS[1:3]]
            + [(USERS[0], key, Decimal(0), Decimal(0), None, NOW, PORTFOLIO) for key in AGENTS[2:]],
        )
        for view in ("agent_leaderboard", "agent_performance_trends"):
            text = f"SELECT ops.refresh_view('agents.{view}')"
            await postgres.fetch(Statement("refresh", text, (), "exec"))
        await worker_stores.clickhouse.insert(
            "agent_performance",
            (
                *("ts", "agent_id", "metric_name", "metric_value", "response_time_ms"),
                *("success_rate", "error_count"),
            ),
            [
                (DAY + timedelta(hours=1), AGENTS[0], "yield", 1.0, 100, 0.5, 2),
                (DAY + timedelta(hours=2), AGENTS[0], "yield", 2.0, 201, None, 3),
                (DAY + timedelta(days=2), AGENTS[0], "yield", 4.0, None, None, 0),
                (DAY + timedelta(days=2), AGENTS[0], "latency", 4.0, 7, 1.0, 9),
            ],
        )
        yield
        for table, column, keys in (
            ("portfolio.strategies", "agent_id", AGENTS),
            ("agents.activations", "agent_id", AGENTS),
            ("agents.agent_stats", "agent_id", AGENTS),
            ("portfolio.portfolios", "id", [PORTFOLIO]),
        ):
            text = f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])"
            await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


RANK = """rank { reputationScore successRate activeUsers riskAdjustedYieldPct avgYieldPct managedUsd
  avgProfitUsd agent { slug } } trends { weekStart newActivations totalProfitUsd avgProfitUsd
  avgAprPct agent { slug } } places { taken free }"""


async def _agent(stores: Stores, number: int, fields: str, **variables: Any) -> Any:
    query = f"query ($slug: String!) {{ agent(slug: $slug) {{ {fields} }} }}"
    answer = await ask(stores, query, slug=f"f{TAG}-{number:03}", **variables)
    assert not answer.errors, answer.errors
    return answer.data["agent"]


async def test_rank_and_weeks_are_those_computed_by_hand(stores: Stores) -> None:
    found = await _agent(stores, 0, RANK)
    monday = (NOW - timedelta(days=NOW.weekday())).date()
    slug = {"slug": f"f{TAG}-000"}
    assert found == {
        "rank": {
            "reputationScore": "0.8000",
            "successRate": "0.7500",
            "activeUsers": "6",
            "avgYieldPct": "12.000000",
            # 12 - 2 * 100 * 0.02
            "riskAdjustedYieldPct": "8.000000",
            "managedUsd": "600.00000000",
            "avgProfitUsd": "2.50000000",
            "agent": slug,
        },
        "trends": [
            {
                "weekStart": monday.isoformat(),
                "newActivations": "6",
                "totalProfitUsd": "15.00000000",
                "avgProfitUsd": "2.50000000",
                "avgAprPct": "2.500000",
                "agent": slug,
            }
        ],
        "places": {"taken": 6, "free": 994},
    }


async def test_what_few_users_earn_is_kept_back(stores: Stores) -> None:
    found = await _agent(stores, 1, RANK)
    rank, (week,) = found["rank"], found["trends"]
    assert (rank["activeUsers"], rank["managedUsd"], rank["avgProfitUsd"]) == ("2", None, None)
    assert (week["newActivations"], week["totalProfitUsd"], week["avgProfitUsd"]) == (
        *("2", None, None),
    )
    assert rank["successRate"] is None
    for field in ("managedUsd", "avgProfitUsd"):
        wish = f"agentLeaderboard(where: {{{field}: {{gt: 1}}}})"
        answer = await ask(stores, f"{{ {wish} {{ nodes {{ ranking }} }} }}")
        assert answer.errors


async def test_profits_of_few_users_are_not_told_by_running_figures(stores: Stores) -> None:
    figures = "stats { totalProfitUsd activeUsers }"
    found = [(await _agent(stores, number, figures))["stats"] for number in range(3)]
    assert found == [
        {"totalProfitUsd": "15.00000000", "activeUsers": "5"},
        {"totalProfitUsd": None, "activeUsers": "4"},
        {"totalProfitUsd": None, "activeUsers": "9"},
    ]


async def test_one_user_who_comes_again_counts_once(stores: Stores) -> None:
    found = await _agent(stores, 3, "trends { newActivations totalProfitUsd avgProfitUsd }")
    # Five of one user and one of another: who made the five would learn what the other one earned.
    assert found["trends"] == [
        {"newActivations": "6", "totalProfitUsd": None, "avgProfitUsd": None}
    ]


async def test_the_board_is_ordered_and_the_weeks_are_newest_first(stores: Stores) -> None:
    answer = await ask(
        stores,
        """{ agentLeaderboard(first: 1000) { nodes { ranking agent { slug } } }
             agentTrends(first: 1000) { nodes { weekStart agent { slug } } } }""",
    )
    assert not answer.errors
    board = answer.data["agentLeaderboard"]["nodes"]
    assert [int(row["ranking"]) for row in board] == list(range(1, len(board) + 1))
    mine = [row["agent"]["slug"] for row in board if row["agent"]["slug"].startswith(f"f{TAG}-00")]
    assert mine[:2] == [f"f{TAG}-001", f"f{TAG}-000"]
    weeks = [date.fromisoformat(row["weekStart"]) for row in answer.data["agentTrends"]["nodes"]]
    assert weeks == sorted(weeks, reverse=True)
    slugs = {row["agent"]["slug"] for row in answer.data["agentTrends"]["nodes"]}
    assert {f"f{TAG}-{n:03}" for n in range(100)} <= slugs


SPAN = 'metric: "yield", from: "2025-03-03", to: "2025-03-06"'


async def test_reports_are_means_and_sums_of_each_day(stores: Stores) -> None:
    found = await _agent(
        stores, 0, f"reliability({SPAN}) {{ t responseTimeMs successRate errorCount }}"
    )
    assert found["reliability"] == {
        "t": ["2025-03-03T00:00:00Z", "2025-03-05T00:00:00Z"],
        "responseTimeMs": ["150.5", None],
        "successRate": ["0.5", None],
        "errorCount": ["5", "0"],
    }


async def test_a_metric_is_never_zero_where_nothing_was_measured(stores: Stores) -> None:
    found = await _agent(stores, 0, f"performance({SPAN}, fill: PREVIOUS) {{ v }}")
    assert found["performance"]["v"] == ["1.5", "1.5", "4.0"]
    answer = await ask(
        stores,
        "query ($slug: String!) { agent(slug: $slug) { "
        f"performance({SPAN}, fill: ZERO) {{ v }} }} }}",
        slug=f"f{TAG}-000",
    )
    assert answer.codes == [("agent.performance", "BAD_USER_INPUT")]
    assert answer.data == {"agent": {"performance": None}}


# Reads of different columns, because equal ones may or may not meet in one statement.
EVERYTHING = f"""query ($prefix: String!, $first: Int!) {{
  agents(first: $first, where: {{slug: {{like: $prefix}}}}) {{ nodes {{
    rank {{ ranking agent {{ slug }} }} trends {{ weekStart agent {{ kind }} }} places {{ taken }}
    stats {{ totalExecutions }} reliability({SPAN}) {{ t }} health {{ status }}
    activations {{ nodes {{ status limits {{ perAsset {{ asset {{ symbol }} }} }} agent {{ name }}
      portfolio {{ name }}
      tasks {{ nodes {{ status agent {{ version }} activation {{ status }} }} }} }} }}
    tasks {{ nodes {{ status }} }} strategies {{ nodes {{ name }} }} }} }} }}"""


async def test_statements_do_not_grow_with_agents(stores: Stores) -> None:
    answers = [
        await ask(
            stores,
            EVERYTHING,
            context=RequestContext(VIEWER, stores, trace=[]),
            prefix=f"f{TAG}-%",
            first=first,
        )
        for first in (3, 10, 100)
    ]
    assert [answer.errors for answer in answers] == [[], [], []]
    assert [len(answer.data["agents"]["nodes"]) for answer in answers] == [3, 10, 100]
    for answer in answers[1:]:
        assert answer.statements == answers[0].statements
    assert set(kinds_of_calls(answers[0])) == {"postgres", "clickhouse", "redis"}
    again = await graph().execute(
        EVERYTHING,
        variable_values={"prefix": f"f{TAG}-%", "first": 100},
        context_value=RequestContext(VIEWER, stores),
        operation_extensions={EXECUTOR: "plain"},
    )
    assert encode(again.data) == encode(answers[2].data)
    strategies = answers[0].data["agents"]["nodes"][0]["strategies"]
    assert strategies == {"nodes": [{"name": "S"}]}


async def test_a_portfolio_leads_to_the_agents_that_work_for_it(stores: Stores) -> None:
    answer = await ask(
        stores,
        """query ($id: ID!) { portfolio(id: $id) { activations(first: 1) {
          totalCount { value } nodes { status agent { kind } } } } }""",
        viewer=VIEWER,
        id=encode_id(entity_of(Portfolio), PORTFOLIO),
    )
    assert not answer.errors
    assert answer.data["portfolio"]["activations"] == {
        "totalCount": {"value": 98},
        "nodes": [{"status": "ACTIVE", "agent": {"kind": "MARKETPLACE"}}],
    }
