"""A hundred parents of every type of research and agents, for `test_relations`."""

from __future__ import annotations

from typing import Final

from gateway.load.identity import DEMO_USER_ID
from stores.lifecycle import Stores
from stores.queries import Statement

_COPIES: Final = 110
# Before those of the sample, of which there are more than the test looks at.
_ID: Final = "('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid"


def _one_of(relation: str) -> str:
    """Another row's id for each `n`, as far as there are others."""
    return f"""(
        SELECT id FROM {relation} ORDER BY id OFFSET n % (SELECT count(*) FROM {relation}) LIMIT 1
    )"""


def _made(relation: str, **values: str) -> str:
    """Rows of a relation, `n` counting them."""
    return f"""
    INSERT INTO {relation} ({", ".join(values)})
    SELECT {", ".join(values.values())} FROM generate_series(1, {_COPIES}) AS n
    """


_ASSET: Final = _one_of("catalog.assets")
_PROTOCOL: Final = _one_of("catalog.protocols")
_RESEARCH: Final = (
    _made(
        "research.projects",
        id=_ID,
        slug="'copy-' || n",
        name="'Copy ' || n",
        protocol_id=_PROTOCOL,
        asset_id=_ASSET,
    ),
    _made(
        "research.onchain_analyses",
        id=_ID,
        project_id=_ID,
        chain_id=_one_of("catalog.chains"),
        risk_score="0.5",
        confidence="0.5",
    ),
    _made(
        "research.sentiment_analyses",
        id=_ID,
        project_id=_ID,
        overall_sentiment="0.5",
        confidence="0.5",
    ),
    _made(
        "research.tokenomics_analyses",
        id=_ID,
        project_id=_ID,
        protocol_id=_PROTOCOL,
        tokenomics_score="0.5",
        fairness_score="0.5",
        utility_score="0.5",
        confidence="0.5",
    ),
    _made(
        "research.team_analyses",
        id=_ID,
        project_id=_ID,
        credibility_score="0.5",
        verification_level="'low'",
        confidence="0.5",
    ),
    _made(
        "research.team_members",
        id=_ID,
        analysis_id=_ID,
        name="'Copy ' || n",
        overall_score="0.5",
    ),
    _made(
        "research.mentions",
        id=_ID,
        source="'reddit'",
        platform_id="'linked-' || n",
        title="'Copies of lending'",
        published_at="now()",
        project_id=_ID,
        analysis_id=_ID,
        asset_ids=f"ARRAY[{_ASSET}]",
    ),
)
_AGENTS: Final = (
    f"""
    INSERT INTO agents.activations (
        id, user_id, agent_id, portfolio_id, allocation_limits
    )
    SELECT {_ID}, $1::uuid, agent.id, mine.id,
        jsonb_build_object('assets', jsonb_build_object({_ASSET}, '1'))
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM agents.agents) AS agent,
        (SELECT id FROM portfolio.portfolios WHERE user_id = $1::uuid LIMIT 1) AS mine
    """,
    """
    INSERT INTO agents.tasks (user_id, agent_id, activation_id, task_type)
    SELECT user_id, agent_id, id, 'copy' FROM agents.activations WHERE user_id = $1::uuid
    """,
)
_VIEWS: Final = ("agents.agent_leaderboard", "agents.agent_performance_trends")


async def write_research_rows(worker: Stores) -> None:
    """Write them, agents' for the demo user; `worker` must have the role of loaders."""
    for text in _RESEARCH:
        await worker.postgres.execute(Statement("research rows", text, kind="exec"))
    for text in _AGENTS:
        statement = Statement("rows of agents", text, ("user_id",), kind="exec")
        await worker.postgres.execute(statement, DEMO_USER_ID)
    for view in _VIEWS:
        text = f"SELECT ops.refresh_view('{view}')"
        await worker.postgres.fetch(Statement("refresh", text, kind="exec"))
