"""Who asks, as the graph shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.account.enums import SubscriptionTier, UserRole
from resolvers.account.types import (
    ApiKey,
    DataExport,
    ErasureRequest,
    LinkedWallet,
    Session,
    SubscriptionChange,
    User,
    UserSubscription,
)
from resolvers.connection import Connection
from resolvers.fields import root_field, root_page
from resolvers.ids import encode_id
from resolvers.permissions import Access
from resolvers.reflection import entity_of
from resolvers.resolve import find_one, load_one
from stores.relational.conditions import OneOf

if TYPE_CHECKING:
    from resolvers.portfolio.types import Portfolio

_GIVES_ACCESS = OneOf("status", "enum", ("trial", "active", "past_due"))


@strawberry.type(name="Viewer", description="The signed-in user who asks.")
class ViewerType:
    """The signed-in user who asks."""

    id: strawberry.ID = strawberry.field(
        description="Global id of the account, as `user` has it; pass it unchanged to `node`."
    )
    user_id: UUID = strawberry.field(
        description="The key in that id, as the payment provider, an issuer of web tokens (`sub`) "
        "and `gateway load --user` know the user."
    )
    role: UserRole = strawberry.field(description="What the user may do in general.")
    tier: SubscriptionTier = strawberry.field(description="What the user pays for.")
    scopes: list[str] | None = strawberry.field(
        description="What the credential is limited to, in alphabetical order; null for everything "
        "that the user may do."
    )

    @root_field("The account of the user.", access=Access.OWNER)
    def user(self, info: Info) -> User | None:
        """Read by its key."""
        return load_one(info, User, info.context.viewer.user_id)  # type: ignore[no-any-return]

    @root_field(
        "The session of this request; null when it came with another credential.",
        access=Access.OWNER,
    )
    def session(self, info: Info) -> Session | None:
        """Read by its key."""
        return load_one(info, Session, info.context.viewer.session_id)  # type: ignore[no-any-return]

    @root_field(
        "The subscription that gives the user access; null for the free tier.", access=Access.OWNER
    )
    async def subscription(self, info: Info) -> UserSubscription | None:
        """There is at most one."""
        found: Any = await find_one(info, UserSubscription, _GIVES_ACCESS)
        return found  # type: ignore[no-any-return]

    @root_field("Recovery codes of the second factor that are still good.", access=Access.OWNER)
    async def recovery_codes_left(self, info: Info) -> int | None:
        """Counted, never shown."""
        viewer_id = info.context.viewer.user_id
        rows = await info.context.postgres("account.recovery_codes_left", viewer_id, as_viewer=True)
        return int(rows[0][1]) if rows else 0

    sessions: Connection[Session] | None = root_page(
        "Where the user is or was signed in; those that last longest first.", access=Access.OWNER
    )
    api_keys: Connection[ApiKey] | None = root_page(
        "Keys for programs, the newest first.", access=Access.OWNER
    )
    wallets: Connection[LinkedWallet] | None = root_page(
        "Wallets of the user, in the order they were linked.", access=Access.OWNER
    )
    subscriptions: Connection[UserSubscription] | None = root_page(
        "All subscriptions, the latest first.", access=Access.OWNER
    )
    subscription_changes: Connection[SubscriptionChange] | None = root_page(
        "Wishes for subscriptions, the newest first.", access=Access.OWNER
    )
    data_exports: Connection[DataExport] | None = root_page(
        "Copies of all that is stored about the user, the newest first.", access=Access.OWNER
    )
    erasure_requests: Connection[ErasureRequest] | None = root_page(
        "Wishes to be erased, the newest first.", access=Access.OWNER
    )
    portfolios: (
        Connection[Annotated[Portfolio, strawberry.lazy("resolvers.portfolio.types")]] | None
    ) = root_page("The viewer's portfolios, by name.", access=Access.OWNER)


@strawberry.type(description="Who asks.")
class ViewerQuery:
    """Root field of the viewer."""

    @root_field("Who asks; null when nobody is signed in.", access=Access.PUBLIC)
    def viewer(self, info: Info) -> ViewerType | None:
        """Known from the request; nothing is read."""
        viewer = info.context.viewer
        if viewer.user_id is None:
            return None
        made = object.__new__(ViewerType)
        made.__dict__.update(
            id=encode_id(entity_of(User), viewer.user_id),
            user_id=viewer.user_id,
            role=UserRole(viewer.role),
            tier=SubscriptionTier(viewer.tier.word),
            scopes=None if viewer.scopes is None else sorted(viewer.scopes),
        )
        return made
