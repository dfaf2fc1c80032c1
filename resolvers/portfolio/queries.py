"""Root fields of portfolios."""

from __future__ import annotations

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.permissions import Access
from resolvers.portfolio.snapshot import PortfolioOverview
from resolvers.portfolio.types import LedgerEntry, Portfolio, Position, Strategy
from resolvers.resolve import load_one


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
    positions: Connection[Position] | None = root_page(
        "Everything the viewer holds, over all portfolios, most valuable first.",
        access=Access.OWNER,
    )
    strategies: Connection[Strategy] | None = root_page(
        "The viewer's strategies, over all portfolios, by name.", access=Access.OWNER
    )
    ledger: Connection[LedgerEntry] | None = root_page(
        "The viewer's ledger, over all portfolios, newest first.", access=Access.OWNER
    )

    @root_field(
        "What the viewer holds over all active portfolios; null before it was first computed.",
        access=Access.OWNER,
    )
    async def portfolio_overview(self, info: Info) -> PortfolioOverview | None:
        """One row of a view that shows the viewer's own only."""
        found: PortfolioOverview | None = await load_one(
            info, PortfolioOverview, info.context.viewer.user_id
        )
        return found
