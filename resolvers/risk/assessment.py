"""Scores of danger with their reasons: those of public things, and those of a user's portfolios."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.fields import column, computed, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.risk.enums import RiskDimension, RiskTargetType
from resolvers.risk.target import TARGET, load_target

if TYPE_CHECKING:
    from resolvers.agents.types import Agent
    from resolvers.portfolio.types import Portfolio

_THROUGH = Owner("portfolio_id", through="portfolio.portfolios")
# Ids of assessments grow with time, so their order is that of time.
PUBLIC = Table("postgres", "risk.public_assessments", order=("-id",))
PRIVATE = Table("postgres", "risk.portfolio_assessments", order=("-id",), owner=_THROUGH)
NEWEST_PUBLIC = Table("postgres", "risk.public_latest", key="assessment_id", order=("-score",))
NEWEST_PRIVATE = Table(
    "postgres", "risk.latest", key="assessment_id", order=("-score",), owner=_THROUGH
)

_Agent = Annotated["Agent", strawberry.lazy("resolvers.agents.types")]
_Portfolio = Annotated["Portfolio", strawberry.lazy("resolvers.portfolio.types")]


@strawberry.interface(description="How dangerous something is in one respect.")
class RiskRating:
    """How dangerous something is in one respect."""

    dimension: RiskDimension = column("Which danger is measured.")
    score: Decimal = column("How dangerous, 0 safe to 1 dangerous.")
    confidence: Decimal | None = column("How sure the score is, 0 to 1; null when not told.")
    assessed_at: datetime = column("When it was made.")
    expires_at: datetime | None = column(
        "Until when it holds; null means until the next assessment."
    )


@strawberry.interface(description="A score of danger with its reasons.")
class RiskReasoning(RiskRating):
    """A score of danger with its reasons."""

    description: str | None = column("The assessment in a sentence.")
    risk_factors: list[str] = column("Reasons, in words.")
    factors: JSON = column("Reasons, as figures by name.")
    recommendations: JSON = column("What to do about it, as a list.")
    method_version: str = column("Version of the method.", column="assessment_version")
    source_agent: _Agent | None = one(
        "The agent that made it; null when it was made without one.", local="source_agent_id"
    )


@entity(PUBLIC, description="How dangerous a public thing was found to be in one respect.")
class RiskAssessment(Node, RiskReasoning):
    """How dangerous a public thing was found to be in one respect."""

    target_type: RiskTargetType = column("What kind of thing is assessed.")

    @computed(TARGET, requires=("target_type", "target_id"))
    async def target(self, info: Info) -> Node | None:
        """One statement a kind and level."""
        columns = self.__dict__
        found: Node | None = await load_target(info, columns["target_type"], columns["target_id"])
        return found


@entity(PRIVATE, description="How dangerous a portfolio of the viewer was found to be.")
class PortfolioRiskAssessment(Node, RiskReasoning):
    """How dangerous a portfolio of the viewer was found to be."""

    portfolio: _Portfolio | None = one("The portfolio.", local="portfolio_id")


@entity(NEWEST_PUBLIC, description="The newest score of one danger of a public thing.")
class RiskScore(RiskRating):
    """The newest score of one danger of a public thing."""

    target_type: RiskTargetType = column("What kind of thing is assessed.")
    assessment: RiskAssessment | None = one("The reasons.", local="assessment_id")

    @computed(TARGET, requires=("target_type", "target_id"))
    async def target(self, info: Info) -> Node | None:
        """One statement a kind and level."""
        columns = self.__dict__
        found: Node | None = await load_target(info, columns["target_type"], columns["target_id"])
        return found


@entity(NEWEST_PRIVATE, description="The newest score of one danger of a portfolio.")
class PortfolioRiskScore(RiskRating):
    """The newest score of one danger of a portfolio."""

    assessment: PortfolioRiskAssessment | None = one("The reasons.", local="assessment_id")
