"""Words of accounts."""

from __future__ import annotations

import enum

import strawberry


@strawberry.enum(description="What somebody may do in general.")
class UserRole(enum.Enum):
    """What somebody may do in general."""

    USER = strawberry.enum_value("user", description="Reads what is public and what is their own.")
    ADMIN = strawberry.enum_value("admin", description="Runs the system.")


@strawberry.enum(description="What kind of customer a user is.")
class UserType(enum.Enum):
    """What kind of customer a user is."""

    RETAIL = strawberry.enum_value("retail", description="A person.")
    INSTITUTIONAL = strawberry.enum_value("institutional", description="A company or fund.")
    FAMILY_OFFICE = strawberry.enum_value("family_office", description="A family's own office.")


@strawberry.enum(description="How far checking a user's identity has come.")
class KycStatus(enum.Enum):
    """How far checking a user's identity has come."""

    PENDING = strawberry.enum_value("pending", description="Not finished yet.")
    VERIFIED = strawberry.enum_value("verified", description="Checked.")
    REJECTED = strawberry.enum_value("rejected", description="Checked and refused.")
    EXPIRED = strawberry.enum_value("expired", description="Checked too long ago.")


@strawberry.enum(description="What a user pays for; each tier includes those before it.")
class SubscriptionTier(enum.Enum):
    """What a user pays for; each tier includes those before it."""

    FREE = strawberry.enum_value("free", description="Nothing.")
    BASIC = strawberry.enum_value("basic", description="The smallest paid tier.")
    PRO = strawberry.enum_value("pro", description="For professionals.")
    ENTERPRISE = strawberry.enum_value("enterprise", description="For companies.")


@strawberry.enum(description="Where a subscription stands.")
class SubscriptionStatus(enum.Enum):
    """Where a subscription stands."""

    TRIAL = strawberry.enum_value("trial", description="Being tried; gives access.")
    ACTIVE = strawberry.enum_value("active", description="Paid; gives access.")
    PAST_DUE = strawberry.enum_value("past_due", description="Payment is late; gives access still.")
    UNPAID = strawberry.enum_value("unpaid", description="Not paid; gives no access.")
    CANCELLED = strawberry.enum_value("cancelled", description="Ended by its owner or replaced.")
    EXPIRED = strawberry.enum_value("expired", description="Ended by itself.")


@strawberry.enum(description="How often a subscription is charged.")
class BillingCycle(enum.Enum):
    """How often a subscription is charged."""

    MONTHLY = strawberry.enum_value("monthly", description="Every month.")
    YEARLY = strawberry.enum_value("yearly", description="Every year.")


@strawberry.enum(description="What a user wishes for their subscription.")
class SubscriptionAction(enum.Enum):
    """What a user wishes for their subscription."""

    CHANGE = strawberry.enum_value("change", description="Another tier or cycle, or a first one.")
    CANCEL = strawberry.enum_value("cancel", description="No further cycle.")
    RESUME = strawberry.enum_value("resume", description="To go on after all.")


@strawberry.enum(description="Where a wish for a subscription stands.")
class SubscriptionChangeStatus(enum.Enum):
    """Where a wish for a subscription stands."""

    REQUESTED = strawberry.enum_value("requested", description="With the payment provider.")
    APPLIED = strawberry.enum_value("applied", description="Carried out.")
    REJECTED = strawberry.enum_value("rejected", description="Refused.")


@strawberry.enum(description="Where a wish about a user's data stands.")
class DataRequestStatus(enum.Enum):
    """Where a wish about a user's data stands."""

    REQUESTED = strawberry.enum_value("requested", description="Waiting.")
    RUNNING = strawberry.enum_value("running", description="Being carried out.")
    COMPLETED = strawberry.enum_value("completed", description="Carried out.")
    FAILED = strawberry.enum_value("failed", description="Went wrong; it is tried again.")


@strawberry.enum(description="What a credential may do; each includes those before it.")
class ApiKeyScope(enum.Enum):
    """What a credential may do; each includes those before it."""

    READ = strawberry.enum_value("read", description="Read what its owner may read.")
    WRITE = strawberry.enum_value("write", description="Change what its owner may change.")
    ADMIN = strawberry.enum_value("admin", description="What is for operators.")
