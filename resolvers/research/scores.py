"""The newest results about projects, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

from resolvers.research.enums import SentimentTrend, VerificationLevel

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.type(
    description="Results of the newest analysis of each kind; null where there was none yet."
)
class ProjectScores:
    """Results of the newest analysis of each kind; all of it null when there was none."""

    risk_score: Decimal | None = strawberry.field(
        default=None, description="Risk of the token on chain, 0 safe to 1 dangerous."
    )
    onchain_at: datetime | None = strawberry.field(
        default=None, description="When that was analysed."
    )
    sentiment: Decimal | None = strawberry.field(
        default=None, description="Mood, -1 bad to 1 good."
    )
    sentiment_trend: SentimentTrend | None = strawberry.field(
        default=None, description="Which way the mood moves; null when unclear."
    )
    sentiment_at: datetime | None = strawberry.field(
        default=None, description="When that was analysed."
    )
    tokenomics_score: Decimal | None = strawberry.field(
        default=None, description="Quality of the token's economy, 0 to 1."
    )
    fairness_score: Decimal | None = strawberry.field(
        default=None, description="How fairly the token is spread, 0 to 1."
    )
    utility_score: Decimal | None = strawberry.field(
        default=None, description="How useful the token is, 0 to 1."
    )
    tokenomics_at: datetime | None = strawberry.field(
        default=None, description="When that was analysed."
    )
    credibility_score: Decimal | None = strawberry.field(
        default=None, description="How believable the team is, 0 to 1."
    )
    verification_level: VerificationLevel | None = strawberry.field(
        default=None, description="How much about the team could be verified."
    )
    team_at: datetime | None = strawberry.field(default=None, description="When that was analysed.")


def no_scores() -> ProjectScores:
    """Scores of what was never analysed."""
    return ProjectScores()


async def scores_of(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, ProjectScores]:
    """Newest results of projects, one statement."""
    rows: list[Any] = await context.postgres("research.newest_scores", keys, keys=len(keys))
    return {key: _scores(*values) for key, *values in rows}


def _scores(risk: Any, onchain_at: Any, *more: Any) -> ProjectScores:
    sentiment, trend, sentiment_at, tokenomics, fairness, utility, tokenomics_at, *team = more
    credibility, level, team_at = team
    return ProjectScores(
        risk_score=risk,
        onchain_at=onchain_at,
        sentiment=sentiment,
        sentiment_trend=None if trend is None else SentimentTrend(trend),
        sentiment_at=sentiment_at,
        tokenomics_score=tokenomics,
        fairness_score=fairness,
        utility_score=utility,
        tokenomics_at=tokenomics_at,
        credibility_score=credibility,
        verification_level=None if level is None else VerificationLevel(level),
        team_at=team_at,
    )
