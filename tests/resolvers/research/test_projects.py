"""Projects: what analyses found, side by side and over time, on rows checked by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from gateway.encoding import encode
from gateway.schema import EXECUTOR
from resolvers.context import RequestContext, Viewer
from resolvers.permissions import Tier
from stores.lifecycle import Stores
from stores.postgres.client import Postgres
from stores.queries import Statement
from tests.resolvers.graph import ask, graph, kinds_of_calls

CHAIN = 963_001
NOW = datetime(2025, 4, 10, 12, tzinfo=UTC)
MONDAY = datetime(2025, 4, 7, tzinfo=UTC)
COIN, PROTOCOL = uuid4(), uuid4()
PROJECTS = [uuid4() for _ in range(100)]
TAG = PROJECTS[0].hex[:12]
OLD, NEW = uuid4(), uuid4()
MOOD, TEAM = uuid4(), uuid4()
MEMBERS = [uuid4(), uuid4()]
MENTIONS = [uuid4() for _ in range(6)]
TOKEN = "0x" + "ab" * 20
PAYING = Viewer(uuid4(), "user", tier=Tier.PRO)


@pytest.fixture(scope="module", autouse=True)
async def projects(worker_stores: Stores) -> AsyncIterator[None]:
    """A hundred projects; the first has been looked at in every way, the others not at all."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Research chain", True)],
    )
    await postgres.copy_rows("catalog.assets", ("id", "symbol", "name"), [(COIN, "TRSC", "Coin")])
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(PROTOCOL, f"r{TAG}", "Researched", "Lending")],
    )
    await postgres.copy_rows(
        "research.projects",
        ("id", "slug", "name", "protocol_id", "asset_id", "github_org"),
        [
            (
                *(id_, f"p{TAG}-{n:03}", f"P{TAG} {n:03}"),
                *((PROTOCOL, COIN, "org") if n == 0 else (None, None, None)),
            )
            for n, id_ in enumerate(PROJECTS)
        ],
    )
    first = PROJECTS[0]
    await postgres.copy_rows(
        "research.onchain_analyses",
        (
            *("id", "project_id", "token_address", "chain_id", "current_price_usd"),
            *("holder_data", "risk_score", "confidence", "created_at"),
        ),
        [
            (OLD, first, TOKEN, CHAIN, Decimal("1.5"), {}, Decimal("0.9"), Decimal("0.5"), MONDAY),
            (
                *(NEW, first, TOKEN, CHAIN, Decimal("2.25"), {"totalHolders": 7}),
                *(Decimal("0.25"), Decimal("0.8"), MONDAY + timedelta(days=1)),
            ),
        ],
    )
    await postgres.copy_rows(
        "research.sentiment_analyses",
        (
            *("id", "project_id", "keywords", "overall_sentiment", "sentiment_trend"),
            *("total_mentions", "confidence", "created_at"),
        ),
        [(MOOD, first, ["coin"], Decimal("0.4"), "positive", 5, Decimal("0.7"), MONDAY)],
    )
    await postgres.copy_rows(
        "research.tokenomics_analyses",
        (
            *("project_id", "protocol_id", "tokenomics_score", "fairness_score"),
            *("utility_score", "confidence", "created_at"),
        ),
        [(first, PROTOCOL, *map(Decimal, ("0.6", "0.5", "0.4", "0.9")), MONDAY)],
    )
    await postgres.copy_rows(
        "research.team_analyses",
        (
            *("id", "project_id", "team_size", "credibility_score", "verification_level"),
            *("risk_flags", "confidence", "created_at"),
        ),
        [(TEAM, first, 2, Decimal("0.75"), "high", ["one"], Decimal("0.6"), MONDAY)],
    )
    await postgres.copy_rows(
        "research.team_members",
        ("id", "analysis_id", "name", "role", "overall_score"),
        [
            (MEMBERS[0], TEAM, "Ada", "Engineer", Decimal("0.5")),
            (MEMBERS[1], TEAM, "Bob", None, Decimal("0.9")),
        ],
    )
    await postgres.copy_rows(
        "research.mentions",
        (
            *("id", "source", "platform_id", "title", "sentiment_score", "published_at"),
            *("project_id", "analysis_id", "asset_ids"),
        ),
        [
            _mention(0, "news", "0.5", hours=1, asset=True),
            _mention(1, "reddit", "-0.1", hours=2, asset=True),
            _mention(2, "news", None, hours=3, asset=False),
            _mention(3, "news", "1", hours=48, asset=True),
            _mention(4, "twitter", None, hours=49, asset=False, project=False),
            _mention(5, "news", "-1", hours=25, asset=True, project=False),
        ],
    )
    yield
    for table, column, keys in (
        ("research.mentions", "id", MENTIONS),
        ("research.team_analyses", "id", [TEAM]),
        ("research.tokenomics_analyses", "project_id", [first]),
        ("research.sentiment_analyses", "id", [MOOD]),
        ("research.onchain_analyses", "id", [OLD, NEW]),
        ("research.projects", "id", PROJECTS),
        ("catalog.protocols", "id", [PROTOCOL]),
        ("catalog.assets", "id", [COIN]),
    ):
        text = f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


def _mention(
    number: int, source: str, score: str | None, *, hours: int, asset: bool, project: bool = True
) -> tuple[Any, ...]:
    return (
        *(MENTIONS[number], source, f"{TAG}-{number}", f"M{number}"),
        *(None if score is None else Decimal(score), MONDAY + timedelta(hours=hours)),
        *((PROJECTS[0], MOOD) if project else (None, None)),
        [COIN] if asset else [],
    )


async def _ask(stores: Stores, query: str, viewer: Viewer | None = None, **variables: Any) -> Any:
    context = RequestContext(viewer or Viewer(), stores, trace=[], clock=lambda: NOW)
    return await ask(stores, query, context=context, **variables)


async def test_a_project_shows_each_analysis_newest_first(stores: Stores) -> None:
    answer = await _ask(
        stores,
        """query ($slug: String!) { project(slug: $slug) { name githubOrg
          protocol { name } asset { symbol }
          onchainAnalyses { nodes { currentPriceUsd riskScore tokenAddress holderData
            chain { slug } project { slug } } }
          sentimentAnalyses { nodes { overallSentiment sentimentTrend keywords totalMentions
            mentions { nodes { title } } } }
          tokenomicsAnalyses { nodes { tokenomicsScore protocol { name } } }
          teamAnalyses { nodes { credibilityScore verificationLevel riskFlags teamSize } }
          mentions(first: 2) { nodes { title assets { symbol } analysis { timeframe } } } } }""",
        slug=f"p{TAG}-000",
    )
    assert not answer.errors
    project = answer.data["project"]
    checksummed = "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"
    onchain = {"tokenAddress": checksummed, "chain": {"slug": f"chain-{CHAIN}"}}
    onchain["project"] = {"slug": f"p{TAG}-000"}
    assert project == {
        "name": f"P{TAG} 000",
        "githubOrg": "org",
        "protocol": {"name": "Researched"},
        "asset": {"symbol": "TRSC"},
        "onchainAnalyses": {
            "nodes": [
                {
                    "currentPriceUsd": "2.250000000000000000",
                    "riskScore": "0.2500",
                    "holderData": {"totalHolders": 7},
                    **onchain,
                },
                {
                    "currentPriceUsd": "1.500000000000000000",
                    "riskScore": "0.9000",
                    "holderData": {},
                    **onchain,
                },
            ]
        },
        "sentimentAnalyses": {
            "nodes": [
                {
                    "overallSentiment": "0.4000",
                    "sentimentTrend": "POSITIVE",
                    "keywords": ["coin"],
                    "totalMentions": "5",
                    "mentions": {"nodes": [{"title": f"M{n}"} for n in (3, 2, 1, 0)]},
                }
            ]
        },
        "tokenomicsAnalyses": {
            "nodes": [{"tokenomicsScore": "0.6000", "protocol": {"name": "Researched"}}]
        },
        "teamAnalyses": {
            "nodes": [
                {
                    "credibilityScore": "0.7500",
                    "verificationLevel": "HIGH",
                    "riskFlags": ["one"],
                    "teamSize": 2,
                }
            ]
        },
        "mentions": {
            "nodes": [
                {"title": "M3", "assets": [{"symbol": "TRSC"}], "analysis": {"timeframe": "24h"}},
                {"title": "M2", "assets": [], "analysis": {"timeframe": "24h"}},
            ]
        },
    }


async def test_scores_are_those_of_the_newest_analysis_or_unknown(stores: Stores) -> None:
    answer = await _ask(
        stores,
        """query ($like: String!) { projects(first: 2, where: {slug: {like: $like}}) { nodes {
          scores { riskScore onchainAt sentiment sentimentTrend tokenomicsScore fairnessScore
            utilityScore credibilityScore verificationLevel teamAt } } } }""",
        like=f"p{TAG}-%",
    )
    assert not answer.errors
    known, unknown = (node["scores"] for node in answer.data["projects"]["nodes"])
    assert known == {
        "riskScore": "0.2500",
        "onchainAt": "2025-04-08T00:00:00Z",
        "sentiment": "0.4000",
        "sentimentTrend": "POSITIVE",
        "tokenomicsScore": "0.6000",
        "fairnessScore": "0.5000",
        "utilityScore": "0.4000",
        "credibilityScore": "0.7500",
        "verificationLevel": "HIGH",
        "teamAt": "2025-04-07T00:00:00Z",
    }
    assert set(unknown.values()) == {None}


MOODS = """query ($slug: String!, $empty: Boolean!) { project(slug: $slug) {
  mood(from: "2025-04-07", to: "2025-04-10", includeEmpty: $empty) { t sentiment count }
  asset { mood(from: "2025-04-07", to: "2025-04-10") { t sentiment count } } } }"""


async def test_mood_is_the_mean_of_judged_texts_and_unknown_without(stores: Stores) -> None:
    answer = await _ask(stores, MOODS, slug=f"p{TAG}-000", empty=True)
    assert not answer.errors
    days = [f"2025-04-0{day}T00:00:00Z" for day in (7, 8, 9)]
    # (0.5 - 0.1) / 2: the third text of Monday was not judged.
    assert answer.data["project"]["mood"] == {
        "t": days,
        "sentiment": ["0.2000", None, "1.0000"],
        "count": [3, 0, 1],
    }
    assert answer.data["project"]["asset"]["mood"] == {
        "t": days,
        "sentiment": ["0.2000", "-1.0000", "1.0000"],
        "count": [2, 1, 1],
    }
    answer = await _ask(stores, MOODS, slug=f"p{TAG}-000", empty=False)
    assert answer.data["project"]["mood"]["t"] == [days[0], days[2]]
    answer = await _ask(stores, MOODS, slug=f"p{TAG}-001", empty=True)
    assert answer.data["project"]["mood"]["sentiment"] == [None, None, None]


async def test_protocols_and_assets_lead_to_what_research_found(stores: Stores) -> None:
    answer = await _ask(
        stores,
        """query ($slug: String!) { protocol(slug: $slug) {
          projects { slug asset { projects { slug }
            mentions(first: 9, source: NEWS, from: "2025-04-07T01:00:00Z",
              to: "2025-04-09") { title } } }
          tokenomicsAnalyses { totalCount { value } nodes { fairnessScore } } } }""",
        slug=f"r{TAG}",
    )
    assert not answer.errors
    protocol = answer.data["protocol"]
    (project,) = protocol["projects"]
    assert project["slug"] == project["asset"]["projects"][0]["slug"] == f"p{TAG}-000"
    # M3 is at midnight of the 9th, M1 of reddit; M2 does not name the asset.
    assert [mention["title"] for mention in project["asset"]["mentions"]] == ["M5", "M0"]
    assert protocol["tokenomicsAnalyses"] == {
        "totalCount": {"value": 1},
        "nodes": [{"fairnessScore": "0.5000"}],
    }


async def test_roots_list_analyses_by_what_is_asked(stores: Stores) -> None:
    answer = await _ask(
        stores,
        """{ onchainAnalyses(first: 1, where: {riskScore: {gt: "0.2"}, createdAt: {
              gte: "2025-04-08", lt: "2025-04-09"}}) { nodes { project { slug } } }
             sentimentAnalyses(first: 1, where: {createdAt: {eq: "2025-04-07"}}) {
              nodes { project { slug } } }
             tokenomicsAnalyses(first: 1, where: {createdAt: {eq: "2025-04-07"}}) {
              nodes { project { slug } } }
             teamAnalyses(first: 1, where: {createdAt: {eq: "2025-04-07"}}) {
              nodes { project { slug } } } }""",
    )
    assert not answer.errors
    found = [connection["nodes"][0]["project"]["slug"] for connection in answer.data.values()]
    assert found == [f"p{TAG}-000"] * 4


MEMBERS_QUERY = """query ($slug: String!, $id: ID!) {
  project(slug: $slug) { teamAnalyses { nodes { members { nodes { name role } } } } }
  teamMembers(first: 1, where: {name: {eq: "Ada"}, id: {eq: $id}}) { nodes { name } }
  node(id: $id) { ... on TeamMember { name overallScore analysis { teamSize } } } }"""


async def test_people_are_shown_to_paying_users_by_every_way(stores: Stores) -> None:
    found = await _ask(
        stores,
        '{ teamMembers(first: 1000, where: {name: {eq: "Ada"}}) { nodes { id role } } }',
        PAYING,
    )
    assert not found.errors
    (ada,) = (node for node in found.data["teamMembers"]["nodes"] if node["role"] == "Engineer")
    variables = {"slug": f"p{TAG}-000", "id": ada["id"]}
    answer = await _ask(stores, MEMBERS_QUERY, PAYING, **variables)
    assert not answer.errors
    (team,) = answer.data["project"]["teamAnalyses"]["nodes"]
    assert team["members"]["nodes"] == [
        {"name": "Bob", "role": None},
        {"name": "Ada", "role": "Engineer"},
    ]
    assert answer.data["teamMembers"]["nodes"] == [{"name": "Ada"}]
    assert answer.data["node"] == {
        "name": "Ada",
        "overallScore": "0.5000",
        "analysis": {"teamSize": 2},
    }
    for viewer, code in ((Viewer(), "UNAUTHENTICATED"), (Viewer(uuid4(), "user"), "FORBIDDEN")):
        answer = await _ask(stores, MEMBERS_QUERY, viewer, **variables)
        assert {each for _, each in answer.codes} == {code}
        assert len(answer.codes) == 3
        assert answer.data["node"] is answer.data["teamMembers"] is None
        assert answer.data["project"]["teamAnalyses"]["nodes"] == [{"members": None}]
        assert "Ada" not in str(answer.data)


EVERYTHING = """query ($like: String!, $first: Int!) {
  projects(first: $first, where: {slug: {like: $like}}) { nodes {
    protocol { name projects { slug } } asset { mentions { title } mood { t } }
    scores { riskScore } mood { t }
    onchainAnalyses { nodes { riskScore chain { slug } } }
    sentimentAnalyses { nodes { timeframe mentions { nodes { title } } } }
    tokenomicsAnalyses { nodes { utilityScore } }
    teamAnalyses { nodes { teamSize members { nodes { name } } } }
    mentions { nodes { title assets { symbol } } } } } }"""


async def test_statements_do_not_grow_with_projects(stores: Stores) -> None:
    answers = [
        await _ask(stores, EVERYTHING, PAYING, like=f"p{TAG}-%", first=first)
        for first in (1, 10, 100)
    ]
    assert [answer.errors for answer in answers] == [[], [], []]
    assert [len(answer.data["projects"]["nodes"]) for answer in answers] == [1, 10, 100]
    assert len({tuple(answer.statements) for answer in answers}) == 1
    assert set(kinds_of_calls(answers[0])) == {"postgres"}
    again = await graph().execute(
        EVERYTHING,
        variable_values={"like": f"p{TAG}-%", "first": 100},
        context_value=RequestContext(PAYING, stores, clock=lambda: NOW),
        operation_extensions={EXECUTOR: "plain"},
    )
    assert encode(again.data) == encode(answers[2].data)


async def test_without_postgres_the_roots_are_null(stores: Stores) -> None:
    nobody = Postgres("postgresql://gateway:x@127.0.0.1:1/onchain")
    answer = await ask(
        replace(stores, postgres=nobody),
        '{ project(slug: "x") { name } mentionsMatching(text: "x") { score } }',
    )
    await nobody.close()
    assert answer.data == {"project": None, "mentionsMatching": None}
    assert {error.original_error.store for error in answer.errors} == {"postgres"}
