"""Newest figures of protocols by chain and over all: the rules, and the body of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.catalog.spans import tolerance
from resolvers.context import named_queries
from resolvers.series import ChangeWindow

if TYPE_CHECKING:
    from stores.lifecycle import Stores

BATCH: Final = 200
_FIRST: Final = UUID(int=0)
_TOTAL: Final = 0
# A flow that was measured longer before the value locked is none of the same day.
_SAME_DAY: Final = timedelta(days=1)
_SPANS: Final = {
    "h1": ChangeWindow.H1,
    "h24": ChangeWindow.H24,
    "d7": ChangeWindow.D7,
    "d30": ChangeWindow.D30,
}
_EARLIER: Final = ("hour_ago", "day_ago", "week_ago", "month_ago")
_CHANGES: Final = ("change_1h", "change_24h", "change_7d", "change_30d")
_LEAST_USD: Final = Decimal(1)
_MOST_PCT: Final = Decimal(999_999_999)
_PERCENT: Final = Decimal("0.000001")
# What the columns can hold; a source that says more says nothing.
_MOST_USD: Final = Decimal(10) ** 30

Figures = dict[str, "Decimal | datetime | UUID | int | None"]


def change_pct(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The change in percent, at most 999,999,999.

    None when either is unknown, or when less than a dollar was there: a share of next to nothing
    says nothing.
    """
    if now is None or before is None or before < _LEAST_USD:
        return None
    with localcontext(prec=60):
        return min(((now / before - 1) * 100).quantize(_PERCENT), _MOST_PCT)


def figures_of(
    measured: Mapping[str, tuple[datetime, Decimal]], earlier: Sequence[Decimal | None]
) -> Figures:
    """The figures of a protocol on one chain, or over all, by name; what nobody measured is None.

    Args:
        measured: newest time and value by metric: tvl, volume_24h and fees_24h, US dollars.
        earlier: values locked an hour, a day, seven and thirty days before.
    """
    newest = max(at for at, _ in measured.values())

    def value(metric: str) -> Decimal | None:
        at, found = measured.get(metric, (newest, None))
        fits = found is not None and abs(found) < _MOST_USD and newest - at <= _SAME_DAY
        return found if fits else None

    def flow(metric: str) -> Decimal | None:
        found = value(metric)
        return found if found is not None and found >= 0 else None

    tvl = value("tvl")
    figures: Figures = {
        "observed_at": newest if tvl is None else measured["tvl"][0],
        "tvl": tvl,
        "volume_24h": flow("volume_24h"),
        "fees_24h": flow("fees_24h"),
    }
    figures |= dict(zip(_EARLIER, earlier, strict=True))
    changes = (change_pct(tvl, before) for before in earlier)
    return figures | dict(zip(_CHANGES, changes, strict=True))


async def update_protocol_figures(
    stores: Stores, *, batch: int = BATCH, done: Callable[[int], None] = lambda _: None
) -> int:
    """Write the newest figures of every protocol by chain and over all; how many were new.

    Running it again without new measurements writes nothing.

    Args:
        stores: opened as worker.
        batch: protocols in one step.
        done: told how many rows a step wrote.

    Raises:
        StoreError: steps before the failing one stay written.
    """
    series = named_queries("clickhouse")
    after, total = _FIRST, 0
    while True:
        rows: list[Any] = await stores.clickhouse.fetch(
            series["protocol_figures.protocols"], {"after": str(after), "count": batch}
        )
        if not rows:
            return total
        written = await _update(stores, [row[0] for row in rows])
        done(written)
        after, total = rows[-1][0], total + written


async def _update(stores: Stores, keys: Sequence[UUID]) -> int:
    series = named_queries("clickhouse")
    values: dict[str, object] = {"keys": [str(key) for key in keys]}
    newest = await stores.clickhouse.fetch(series["protocol_figures.newest"], values)
    for name, window in _SPANS.items():
        values[f"{name}_s"] = int(window.span.total_seconds())
        values[f"{name}_late_s"] = int(tolerance(window).total_seconds())
    earlier = await stores.clickhouse.fetch(series["protocol_figures.earlier"], values)
    by_chain, totals = _gather(newest, earlier)
    written = 0
    for name, records in (("write", by_chain), ("write_totals", totals)):
        if records:
            query = named_queries("postgres")[f"protocol_figures.{name}"]
            written += await stores.postgres.execute(query, *query.arguments(rows=records))
    return written


def _gather(
    newest: Iterable[Sequence[Any]], earlier: Iterable[Sequence[Any]]
) -> tuple[list[Figures], list[Figures]]:
    """The rows of chains, and those over all chains."""
    measured: dict[tuple[UUID, int], dict[str, tuple[datetime, Decimal]]] = {}
    for protocol, chain, metric, at, value in newest:
        measured.setdefault((protocol, chain), {})[metric] = (at, value)
    before = {(row[0], row[1]): row[2:] for row in earlier}
    by_chain: list[Figures] = []
    totals: list[Figures] = []
    for (protocol, chain), metrics in measured.items():
        figures = figures_of(metrics, before.get((protocol, chain), (None,) * len(_EARLIER)))
        figures["protocol_id"] = protocol
        if chain == _TOTAL:
            totals.append(figures)
        else:
            by_chain.append(figures | {"chain_id": chain})
    return by_chain, totals
