"""Accounts as their owner sees them. What is secret has no field: no hash, no seed, no token."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.account.enums import (
    BillingCycle,
    DataRequestStatus,
    KycStatus,
    SubscriptionAction,
    SubscriptionChangeStatus,
    SubscriptionStatus,
    SubscriptionTier,
    UserRole,
    UserType,
)
from resolvers.connection import Connection
from resolvers.downloads import LIFETIME
from resolvers.fields import column, computed, entity, one, page
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from resolvers.catalog.wallet import Wallet
    from resolvers.usage.types import BillingEvent

_MINE = Owner("user_id")
USERS = Table("postgres", "account.users", order=("created_at",), owner=Owner("id"))
SESSIONS = Table("postgres", "account.sessions", order=("-expires_at",), owner=_MINE)
API_KEYS = Table("postgres", "account.api_keys", order=("-created_at",), owner=_MINE)
LINKED_WALLETS = Table(
    "postgres",
    "account.user_wallets",
    key="wallet_id",
    tie=("user_id", "wallet_id"),
    order=("created_at",),
    owner=_MINE,
)
SUBSCRIPTIONS = Table("postgres", "account.subscriptions", order=("-started_at",), owner=_MINE)
SUBSCRIPTION_CHANGES = Table(
    "postgres", "account.subscription_changes", order=("-created_at",), owner=_MINE
)
EXPORTS = Table(
    "postgres",
    "ops.export_requests",
    order=("-requested_at",),
    owner=_MINE,
    kinds={"object_key": "text"},
)
ERASURES = Table("postgres", "ops.erasure_requests", order=("-requested_at",), owner=_MINE)


@entity(USERS, description="A user, as they see themselves. Nobody sees another one.")
class User(Node):
    """A user, as they see themselves."""

    email: str | None = column("E-mail address; null for whoever signs in with a wallet only.")
    username: str | None = column("Name to sign in with; null when none was chosen.")
    first_name: str | None = column("Given name.")
    last_name: str | None = column("Family name.")
    display_name: str | None = column("Name to be called by.")
    avatar_url: str | None = column("Address of a picture.")
    role: UserRole = column("What they may do in general.")
    user_type: UserType = column("What kind of customer they are.")
    kyc_status: KycStatus = column("How far checking their identity has come.")
    email_verified_at: datetime | None = column(
        "When they showed that the e-mail address is theirs; null until then."
    )
    two_factor_enabled: bool = column("Whether signing in takes a second factor.")
    last_login_at: datetime | None = column("When they last signed in.")
    last_activity_at: datetime | None = column("When they last asked for something.")
    login_count: BigInt = column("How often they signed in.")
    consent_given_at: datetime | None = column(
        "When they agreed to the terms; null when they did not, or took it back."
    )
    consent_version: str | None = column("Which terms they agreed to.")
    data_retention_days: int = column("Days for which their activity is kept.")
    settings: JSON = column("Settings of applications, by name.")
    version: int = column("How often the profile was edited, counted from 1.")
    created_at: datetime = column("When they signed up.")
    updated_at: datetime = column("When the account last changed.")


@entity(SESSIONS, description="A place where the viewer is, or was, signed in.")
class Session(Node):
    """A place where the viewer is, or was, signed in."""

    client_ip: str | None = column("Address it was last used or refreshed from.")
    user_agent: str | None = column("What the program calls itself.")
    created_at: datetime = column("When it was opened.")
    last_activity_at: datetime = column("When it was last used.")
    expires_at: datetime = column("Until when the session token works.")
    refresh_expires_at: datetime | None = column("Until when it can be refreshed.")
    revoked_at: datetime | None = column("When it was ended; null while it is not.")
    revoked_reason: str | None = column("Why it was ended, such as logout or refresh_reused.")

    @computed("Whether this request came with it.", requires=("id",))
    def is_current(self, info: Info) -> bool:
        """Known from the request."""
        return bool(info.context.viewer.session_id == self.__dict__["id"])


@entity(API_KEYS, description="A key for programs. The key itself is shown when it is made, once.")
class ApiKey(Node):
    """A key for programs."""

    key_prefix: str = column("How the key begins, to know it by.")
    name: str = column("What its owner calls it.")
    description: str | None = column("What it is for.")
    scopes: list[str] = column("What it may do: read, write, admin.")
    allowed_networks: list[str] | None = column(
        "Addresses and networks it works from; null for any."
    )
    rate_limit_per_hour: int | None = column("Cost points an hour; null for those of the tier.")
    rate_limit_per_day: int | None = column("Cost points a day; null for those of the tier.")
    usage_count: BigInt = column("Requests with it, as last counted.")
    last_used_at: datetime | None = column("When it was last used; null when never.")
    is_active: bool = column("Whether it works, unless it has expired.")
    expires_at: datetime | None = column("When it stops working by itself; null for never.")
    revoked_at: datetime | None = column("When it was revoked.")
    revoked_reason: str | None = column("Why it was revoked.")
    created_at: datetime = column("When it was made.")


@entity(LINKED_WALLETS, description="A wallet of the viewer. Only they see that it is theirs.")
class LinkedWallet:
    """A wallet of the viewer."""

    label: str | None = column("What its owner calls it.")
    is_primary: bool = column(
        "Whether it is the main one: the first that was linked, of those that are left."
    )
    verified_at: datetime | None = column(
        "When its owner proved it by a signature; null when they only said so."
    )
    created_at: datetime = column("When it was linked.")
    wallet: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "The wallet and what is known about it.", local="wallet_id"
    )


@entity(SUBSCRIPTIONS, description="What the viewer pays, or paid, for.")
class UserSubscription(Node):
    """What the viewer pays, or paid, for."""

    tier: SubscriptionTier = column("What was bought.")
    status: SubscriptionStatus = column("Where it stands.")
    provider: str = column("Who collects the money, such as stripe.")
    billing_cycle: BillingCycle | None = column("How often it is charged.")
    price_cents: BigInt | None = column("Price of one cycle, in hundredths of the currency.")
    currency: str = column("ISO 4217 code, or ticker of a coin.")
    payment_method: str | None = column("Card, transfer or coin.")
    started_at: datetime = column("When it began.")
    current_period_start: datetime | None = column("Start of the period paid for.")
    current_period_end: datetime | None = column("End of the period paid for.")
    auto_renew: bool = column("Whether it goes on by itself.")
    next_billing_at: datetime | None = column("Next charge; null when there is none.")
    cancelled_at: datetime | None = column("When it was cancelled.")
    cancellation_reason: str | None = column("Why it was cancelled.")
    billing_events: Connection[
        Annotated[BillingEvent, strawberry.lazy("resolvers.usage.types")]
    ] = page("Messages of the provider about it, newest first.", remote="subscription_id")


@entity(SUBSCRIPTION_CHANGES, description="A wish for a subscription, which the provider settles.")
class SubscriptionChange(Node):
    """A wish for a subscription."""

    action: SubscriptionAction = column("What is wished.")
    tier: SubscriptionTier | None = column("The tier wished for; null unless it is a change.")
    billing_cycle: BillingCycle | None = column("How often to be charged.")
    status: SubscriptionChangeStatus = column("Where it stands.")
    settled_at: datetime | None = column("When it was carried out or refused.")
    created_at: datetime = column("When it was wished.")


@entity(EXPORTS, description="A copy of all that is stored about the viewer.")
class DataExport(Node):
    """A copy of all that is stored about the viewer."""

    status: DataRequestStatus = column("Where it stands.")
    requested_at: datetime = column("When it was asked for.")
    completed_at: datetime | None = column("When it was made.")
    expires_at: datetime | None = column("When it is thrown away.")
    file_size_bytes: BigInt | None = column("Its size, in bytes.")
    file_sha256: str | None = column("SHA-256 of it, in hexadecimal; null until it is made.")

    @computed(
        "Where it can be had, for a quarter of an hour from now: a path of this server, to be "
        "opened as it is. Whoever has it has the copy. Null until it is made, and once it is "
        "thrown away.",
        requires=("object_key", "user_id", "requested_at", "expires_at"),
    )
    def file_url(self, info: Info) -> str | None:
        """Made anew each time; it ends with the copy at the latest."""
        columns, context = self.__dict__, info.context
        now, until = context.clock(), columns["expires_at"]
        if columns["object_key"] is None or until is None or until <= now:
            return None
        if context.downloads is None:
            return None
        made: str = context.downloads.link(
            columns["object_key"],
            owner=columns["user_id"],
            file_name=f"data-export-{columns['requested_at']:%Y-%m-%d}.json",
            now=now,
            lifetime=min(LIFETIME, until - now),
        )
        return made


@entity(ERASURES, description="A wish of the viewer to be erased from all stores.")
class ErasureRequest(Node):
    """A wish of the viewer to be erased from all stores."""

    status: DataRequestStatus = column("Where it stands.")
    requested_at: datetime = column("When it was asked for.")
    due_at: datetime = column("Until when it is done.")
    started_at: datetime | None = column(
        "When it began; it cannot be called off from then on. Null while it waits."
    )
    completed_at: datetime | None = column("When it was done.")
