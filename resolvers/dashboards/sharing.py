"""Links to dashboards: made, and withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import strawberry

from resolvers.account.opaque_tokens import new_token
from resolvers.dashboards.types import Dashboard
from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    changed,
    mutation,
    shown_once,
)

PREFIX: Final = "dsh_"
_SHORTEST: Final = timedelta(minutes=1)
_USUAL: Final = timedelta(days=30)
_LONGEST: Final = timedelta(days=365)
RESOURCE: Final = "account.dashboards"


@strawberry.input(description="Which dashboard to share by a link, and for how long.")
class ShareDashboardInput(IdempotentInput):
    """Which dashboard to share by a link."""

    id: strawberry.ID = strawberry.field(description="One of the viewer's own.")
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Until when the link works, a year ahead at most; thirty days from now when "
        "not given.",
    )


@strawberry.type(description="What came of sharing a dashboard.")
class ShareDashboardPayload(ReplayablePayload):
    """What came of sharing a dashboard."""

    dashboard: Dashboard | None = changed("The dashboard; null when it was not shared.")
    share_token: str | None = shown_once(
        "Token for `sharedDashboard`. It is shown this once and kept nowhere; a link made before "
        "no longer works. Null in a replay."
    )


@strawberry.input(description="Which dashboard to share no more.")
class UnshareDashboardInput:
    """Which dashboard to share no more."""

    id: strawberry.ID = strawberry.field(description="One of the viewer's own.")


@strawberry.type(description="What came of withdrawing a link.")
class UnshareDashboardPayload(Payload):
    """What came of withdrawing a link."""

    dashboard: Dashboard | None = changed("The dashboard; null when there is none.")


@strawberry.type(description="Changes of links to dashboards.")
class DashboardSharingMutation:
    """Changes of links to dashboards."""

    @mutation("Makes a link to a dashboard of the viewer; the link before, if any, ends.")
    async def share_dashboard(
        self, change: Change, input: ShareDashboardInput
    ) -> ShareDashboardPayload:
        """The store keeps the hash of the token, and compares it itself."""
        now = change.context.clock()
        until = change.moment(
            "expires_at", input.expires_at, earliest=now + _SHORTEST, latest=now + _LONGEST
        )
        token = new_token(PREFIX)
        return ShareDashboardPayload(
            dashboard=await _link(change, input.id, token.digest, until or now + _USUAL),
            share_token=token.text,
        )

    @mutation("Withdraws the link to a dashboard of the viewer, at once.")
    async def unshare_dashboard(
        self, change: Change, input: UnshareDashboardInput
    ) -> UnshareDashboardPayload:
        """Withdrawing a link that is not there changes nothing."""
        return UnshareDashboardPayload(dashboard=await _link(change, input.id, None, None))


async def _link(
    change: Change, given_id: strawberry.ID, digest: bytes | None, until: datetime | None
) -> Any:
    key = change.key("id", given_id, Dashboard)
    row = await change.found(
        "id",
        "Dashboard",
        "dashboards.link",
        id=key,
        user_id=change.user_id,
        share_token_hash=digest,
        share_expires_at=until,
    )
    change.record(
        Entry(
            "share" if digest else "unshare",
            RESOURCE,
            str(row["id"]),
            after={"share_expires_at": row["share_expires_at"]},
        )
    )
    return row["id"]
