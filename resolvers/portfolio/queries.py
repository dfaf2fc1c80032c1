"""Root fields of portfolios."""

from __future__ import annotations

import strawberry

from resolvers.connection import Connection
from resolvers.fields import root_one, root_page
from resolvers.permissions import Access
from resolvers.portfolio.types import Portfolio


@strawberry.type(description="What the viewer owns.")
class PortfolioQuery:
    """Root fields of portfolios."""

    portfolio: Portfolio | None = root_one(
        "One portfolio of the viewer's own; null when they own none with this id.",
        by=("id",),
        access=Access.OWNER,
    )
    portfolios: Connection[Portfolio] | None = root_page(
        "The viewer's portfolios, by name.", access=Access.OWNER
    )
