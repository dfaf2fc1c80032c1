"""Words of shielded pools."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="What a shielded pool is made for.")
class PrivacyPoolType(enum.Enum):
    """What a shielded pool is made for."""

    MAIN = strawberry.enum_value("main", description="Everybody.")
    HIGH_VOLUME = strawberry.enum_value("high_volume", description="Large and frequent deposits.")
    MAXIMUM_PRIVACY = strawberry.enum_value(
        "maximum_privacy", description="As much mixing as there is, however long it takes."
    )
    INSTITUTIONAL = strawberry.enum_value("institutional", description="Checked institutions.")


@strawberry.enum(description="How large a shielded pool is.")
class PrivacyPoolTier(enum.Enum):
    """How large a shielded pool is."""

    INSTITUTIONAL = strawberry.enum_value(
        "institutional", description="Above 100 million US dollars."
    )
    PROFESSIONAL = strawberry.enum_value("professional", description="Above 50 million US dollars.")
    STANDARD = strawberry.enum_value("standard", description="Above 10 million US dollars.")
    DEVELOPING = strawberry.enum_value("developing", description="10 million US dollars at most.")


@strawberry.enum(description="How well a shielded pool hides, by its privacy score.")
class PrivacyRating(enum.Enum):
    """How well a shielded pool hides."""

    MAXIMUM = strawberry.enum_value("maximum", description="A score from 0.9.")
    HIGH = strawberry.enum_value("high", description="A score from 0.8.")
    MEDIUM = strawberry.enum_value("medium", description="A score from 0.7.")
    LOW = strawberry.enum_value("low", description="A score below 0.7.")


@strawberry.enum(description="A figure of a shielded pool that is kept over time.")
class PrivacyPoolMetric(enum.Enum):
    """A figure of a shielded pool that is kept over time."""

    SIZE_USD = strawberry.enum_value(
        "size", description="Worth of all deposits not yet withdrawn, US dollars."
    )
    ANONYMITY_SET = strawberry.enum_value(
        "anonymity_set", description="Deposits among which one hides."
    )
    ACTIVE_MIXERS = strawberry.enum_value(
        "active_mixers", description="Depositors active in the 24 hours before."
    )
    UNIQUE_USERS = strawberry.enum_value("unique_users", description="Depositors until then.")
    VOLUME_24H_USD = strawberry.enum_value(
        "volume", description="Deposited and withdrawn in the 24 hours before, US dollars."
    )
    PRIVACY_SCORE = strawberry.enum_value(
        "privacy_score", description="How well the pool hid, 0 to 1."
    )


@strawberry.enum(description="How much mixing a deposit asks for.")
class DepositPrivacyLevel(enum.Enum):
    """How much mixing a deposit asks for."""

    STANDARD = strawberry.enum_value("standard", description="The usual.")
    ADVANCED = strawberry.enum_value("advanced", description="More.")
    MAXIMUM = strawberry.enum_value("maximum", description="As much as there is.")


@strawberry.enum(
    description="Where a deposit stands. Whether it was withdrawn is not told: that would join it "
    "to the withdrawal."
)
class DepositStatus(enum.Enum):
    """Where a deposit stands, as far as that may be told."""

    PENDING = strawberry.enum_value("pending", description="Not final on chain yet.")
    PROCESSING = strawberry.enum_value("processing", description="Being mixed.")
    MIXED = strawberry.enum_value("mixed", description="Mixed, not to be withdrawn yet.")
    COMPLETED = strawberry.enum_value(
        "completed", description="May be withdrawn, or was; its nullifier tells its holder."
    )
    FAILED = strawberry.enum_value("failed", description="Given up.")


@strawberry.enum(description="Whether the proof of a deposit was checked.")
class DepositProofStatus(enum.Enum):
    """Whether the proof of a deposit was checked."""

    PENDING = strawberry.enum_value("pending", description="Not yet.")
    VERIFIED = strawberry.enum_value("verified", description="It holds.")
    FAILED = strawberry.enum_value("failed", description="It does not hold.")
    EXPIRED = strawberry.enum_value("expired", description="It came too late.")
