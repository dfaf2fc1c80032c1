"""Who asks, as the graph shows it."""

from __future__ import annotations

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.fields import root_field, root_page
from resolvers.permissions import Access
from resolvers.portfolio.types import Portfolio


@strawberry.type(name="Viewer", description="The signed-in user who asks.")
class ViewerType:
    """The signed-in user who asks."""

    user_id: strawberry.ID = strawberry.field(
        description="The user's id; no global id, nobody else's can be asked for."
    )
    role: str = strawberry.field(description="What the user may do: user or admin.")
    portfolios: Connection[Portfolio] | None = root_page(
        "The viewer's portfolios, by name.", access=Access.OWNER
    )


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
        made.__dict__.update(user_id=str(viewer.user_id), role=viewer.role)
        return made
