"""Every kind of file, in an order in which what a file refers to is loaded before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.load.sources import (
    bridges,
    chains,
    demo,
    gas,
    mev,
    news,
    prices,
    protocols,
    security,
    tokens,
    trades,
    transactions,
    yields,
)

if TYPE_CHECKING:
    from gateway.load.source import Source

SOURCES: Final[tuple[Source, ...]] = (
    chains.SOURCE,
    tokens.SOURCE,
    protocols.PARENTS,
    protocols.PROTOCOLS,
    bridges.SOURCE,
    *prices.SOURCES,
    *gas.SOURCES,
    *transactions.SOURCES,
    *trades.SOURCES,
    *yields.SOURCES,
    *security.SOURCES,
    *mev.SOURCES,
    *news.SOURCES,
    *demo.SOURCES,
)
