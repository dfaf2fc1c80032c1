"""Root fields of dashboards."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.account.opaque_tokens import digest_of
from resolvers.connection import Connection
from resolvers.dashboards.schema import DASHBOARD
from resolvers.dashboards.sharing import PREFIX
from resolvers.dashboards.types import Dashboard, PublicDashboard, SharedDashboard
from resolvers.fields import root_field, root_one, root_page
from resolvers.ids import key_of
from resolvers.permissions import Access
from resolvers.reflection import entity_of
from resolvers.resolve import load_one


@strawberry.type(description="Dashboards.")
class DashboardQuery:
    """Root fields of dashboards."""

    dashboard: Dashboard | None = root_one(
        "One dashboard of the viewer's own; null when they have none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    dashboards: Connection[Dashboard] | None = root_page(
        "The viewer's dashboards, newest first.", access=Access.OWNER
    )
    public_dashboards: Connection[PublicDashboard] | None = root_page(
        "Published dashboards, those opened most first. Reading the list opens none.",
        access=Access.PUBLIC,
    )

    @root_field(
        "Opens a published dashboard, which counts as a view unless the viewer made it; null when "
        "there is none.",
        access=Access.PUBLIC,
    )
    async def public_dashboard(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],
    ) -> PublicDashboard | None:
        """The view is counted by a function of the store: readers may write nothing."""
        key = key_of(entity_of(PublicDashboard), id)
        await info.context.postgres("dashboards.count_view", key, as_viewer=True)
        found: PublicDashboard | None = await load_one(info, PublicDashboard, key)
        return found

    @root_field(
        "Opens the dashboard behind a link, which counts as a view unless the viewer made it; null "
        "when the link does not work, or no longer.",
        access=Access.PUBLIC,
    )
    async def shared_dashboard(
        self,
        info: Info,
        token: Annotated[
            str,
            strawberry.argument(
                description="Token of the link. Pass it as a variable, so that no log of documents "
                "holds it."
            ),
        ],
    ) -> SharedDashboard | None:
        """Whoever holds the token may look, and sees what everybody sees of a published one."""
        digest = digest_of(PREFIX, token)
        if digest is None:
            return None
        rows: list[Any] = await info.context.postgres(
            "dashboards.open_shared", digest, as_viewer=True
        )
        if not rows:
            return None
        name, description, layout, widgets, views, until, created_at, updated_at = rows[0]
        return SharedDashboard(
            name=name,
            description=description,
            layout=layout,
            widgets=widgets,
            view_count=views,
            shared_until=until,
            created_at=created_at,
            updated_at=updated_at,
        )

    @root_field(
        "JSON Schema of what a dashboard may hold: `layout` and `widgets`.", access=Access.PUBLIC
    )
    def dashboard_schema(self) -> JSON | None:
        """The same that inputs are held to."""
        return DASHBOARD  # type: ignore[return-value]
