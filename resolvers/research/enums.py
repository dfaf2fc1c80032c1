"""Words that research uses with a fixed meaning."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="Which way a mood points.")
class SentimentTrend(enum.Enum):
    """Which way a mood points."""

    POSITIVE = strawberry.enum_value("positive", description="It gets better.")
    NEUTRAL = strawberry.enum_value("neutral", description="It stays as it is.")
    NEGATIVE = strawberry.enum_value("negative", description="It gets worse.")


@strawberry.enum(description="How much about a team could be verified.")
class VerificationLevel(enum.Enum):
    """How much about a team could be verified."""

    LOW = strawberry.enum_value("low", description="Little or nothing.")
    MEDIUM = strawberry.enum_value("medium", description="Some of it.")
    HIGH = strawberry.enum_value("high", description="Most of it.")
