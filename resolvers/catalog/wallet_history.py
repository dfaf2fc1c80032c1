"""Reads a wallet's transactions over two stores as one list.

Postgres holds the newest rows of every wallet, ClickHouse all of them, under the same ids. The list
is what Postgres has, then what ClickHouse has from before the oldest row of Postgres, the seam. So
both directions see the same list, a row that reached only Postgres so far is there once, and
nothing is read from ClickHouse when the window fills the page.

Times of blocks are whole seconds; both stores keep them exactly.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers import cursors
from resolvers.connection import Count
from resolvers.errors import BadInput
from resolvers.plan import COUNT_LIMIT, DEFAULT_PAGE, MAX_PAGE
from resolvers.reflection import entity_of
from stores.errors import StoreError, StoreTimeout, StoreUnavailable
from stores.relational.keyset import Sort
from stores.relational.read import Source

if TYPE_CHECKING:
    from resolvers.context import RequestContext

_LOG: Final = logging.getLogger(__name__)
_SOURCE: Final = Source("postgres", "catalog.wallet_transactions")
_ORDER: Final = (
    Sort("occurred_at", "timestamp", descending=True),
    Sort("id", "uuid", descending=True),
)
# Columns both statements return, after the wallet (and in Postgres the seam).
_COLUMNS: Final = (
    *("occurred_at", "id", "chain_id", "tx_hash", "log_index", "block_number"),
    *("transaction_type", "counterparty", "protocol_id", "token_in_id", "token_out_id"),
    *("amount_in", "amount_out", "amount_in_usd", "amount_out_usd", "pnl_usd"),
    *("gas_used", "gas_price", "gas_cost_usd", "source"),
)
_TYPE: Final = _COLUMNS.index("transaction_type")

Position = tuple[datetime, UUID]
# Before and after every row; within what both stores' types hold.
_NEWEST: Final[Position] = (datetime(2299, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))
_OLDEST: Final[Position] = (datetime(1900, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of the list that is wanted.

    Attributes:
        limit: rows wanted.
        backward: the oldest of the part rather than the newest.
        older_than: position the rows come after in the list.
        newer_than: position they come before.
    """

    limit: int
    backward: bool
    older_than: Position | None
    newer_than: Position | None

    @classmethod
    def of(
        cls, first: int | None, after: str | None, last: int | None, before: str | None
    ) -> Stretch:
        """From the arguments of a connection.

        Raises:
            BadInput: with what is wrong.
        """
        if first is not None and last is not None:
            raise BadInput("`first` and `last` are given together.", hint="Choose one of them.")
        limit = DEFAULT_PAGE if first is None and last is None else first if last is None else last
        name = "first" if last is None else "last"
        assert limit is not None
        if not 0 <= limit <= MAX_PAGE:
            raise BadInput(f"`{name}` is {limit}; it must lie between 0 and {MAX_PAGE}.")
        return cls(limit, last is not None, _position(after), _position(before))

    def cursor(self, node: Any) -> str:
        """The cursor of a row."""
        return cursors.encode(_SOURCE, _ORDER, position_of(node))


@dataclass(slots=True)
class Found:
    """A page of one wallet.

    Attributes:
        nodes: its rows, newest first.
        has_older: rows follow, or may.
        has_newer: rows come before.
        is_complete: the archive was read, or was not needed.
    """

    nodes: list[Any]
    has_older: bool
    has_newer: bool
    is_complete: bool = True


@dataclass(slots=True)
class _Hot:
    """What the window holds of one wallet: the seam, and rows in the order of reading."""

    seam: Position | None = None
    nodes: list[Any] = field(default_factory=list)


def position_of(node: Any) -> Position:
    """Place of a row in the list."""
    return (node.__dict__["at"], node.__dict__["id"])


async def pages(
    context: RequestContext, keys: Sequence[UUID], stretch: Stretch, cls: type[Any]
) -> dict[UUID, Found | StoreError]:
    """The page of each wallet; an error stands for a page of which nothing can be said.

    Raises:
        StoreError: of Postgres.
    """
    hot = await _hot(context, keys, stretch, cls)
    starts = {
        key: start
        for key, part in hot.items()
        if (start := _archive_start(part, stretch)) is not None
    }
    try:
        cold = await _cold(context, starts, stretch, cls)
    except (StoreUnavailable, StoreTimeout) as error:
        _LOG.warning("wallet transactions: no archive (%s)", error)
        return {key: _without_archive(hot[key], key in starts, stretch, error) for key in keys}
    return {key: _merged(hot[key].nodes, cold.get(key, []), stretch) for key in keys}


async def count_of(context: RequestContext, wallet_id: UUID) -> Count:
    """How many transactions the history of a wallet has; a statement for all wallets of a level."""

    async def load(keys: list[UUID]) -> list[Count]:
        values = {"keys": [str(key) for key in keys], "count": COUNT_LIMIT + 1}
        rows: list[Any] = await context.clickhouse(
            "wallets.transaction_counts", values, keys=len(keys)
        )
        numbers: dict[Any, Any] = dict(rows)
        return [
            Count(
                value=min(numbers.get(key, 0), COUNT_LIMIT),
                exact=numbers.get(key, 0) <= COUNT_LIMIT,
            )
            for key in keys
        ]

    return await context.loaders.get(("wallet transaction counts",), lambda: load).load(wallet_id)


async def _hot(
    context: RequestContext, keys: Sequence[UUID], stretch: Stretch, cls: type[Any]
) -> dict[UUID, _Hot]:
    rows: list[Any] = await context.postgres(
        "wallets.transactions_oldest" if stretch.backward else "wallets.transactions_newest",
        list(keys),
        *(stretch.older_than or _NEWEST),
        *(stretch.newer_than or _OLDEST),
        stretch.limit + 1,
        keys=len(keys),
    )
    found = {key: _Hot() for key in keys}
    node = _builder(cls)
    for wallet_id, oldest_at, oldest_id, *values in rows:
        part = found[wallet_id]
        part.seam = None if oldest_id is None else (oldest_at, oldest_id)
        if values[1] is not None:
            part.nodes.append(node(wallet_id, values))
    return found


def _archive_start(part: _Hot, stretch: Stretch) -> Position | None:
    """Before which position the archive is to be read; None when it is not needed."""
    if part.seam is not None and stretch.newer_than is not None and stretch.newer_than >= part.seam:
        return None
    if not stretch.backward and len(part.nodes) > stretch.limit:
        return None
    bounds = [bound for bound in (part.seam, stretch.older_than) if bound is not None]
    return min(bounds, default=_NEWEST)


async def _cold(
    context: RequestContext, starts: Mapping[UUID, Position], stretch: Stretch, cls: type[Any]
) -> Mapping[UUID, list[Any]]:
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    if not starts:
        return found
    newer_at, newer_id = stretch.newer_than or _OLDEST
    values = {
        "keys": [str(key) for key in starts],
        "older_than_ats": [_text(at) for at, _ in starts.values()],
        "older_than_ids": [str(id_) for _, id_ in starts.values()],
        "latest": _text(max(at for at, _ in starts.values())),
        "newer_than_at": _text(newer_at),
        "newer_than_id": str(newer_id),
        "count": stretch.limit + 1,
    }
    rows: list[Any] = await context.clickhouse(
        "wallets.transactions_oldest" if stretch.backward else "wallets.transactions_newest",
        values,
        keys=len(starts),
    )
    node = _builder(cls)
    for wallet_id, *row in rows:
        found[wallet_id].append(node(wallet_id, row))
    return found


def _merged(hot: list[Any], cold: list[Any], stretch: Stretch) -> Found:
    """One page of two parts, each in the order of reading."""
    parts = (cold + hot) if stretch.backward else (hot + cold)
    more = len(parts) > stretch.limit
    nodes = parts[: stretch.limit]
    if stretch.backward:
        nodes.reverse()
        return Found(nodes, has_older=stretch.newer_than is not None, has_newer=more)
    return Found(nodes, has_older=more, has_newer=stretch.older_than is not None)


def _without_archive(
    part: _Hot, needed: bool, stretch: Stretch, error: StoreError
) -> Found | StoreError:
    """What can be said of a page when the archive is away.

    The window's rows are the newest, so a page that begins with some of them is right as far as it
    goes. One that would begin in the archive is an error: an empty page would look like the end.
    """
    if not needed:
        return _merged(part.nodes, [], stretch)
    if stretch.backward or not part.nodes:
        return error
    has_newer = stretch.older_than is not None
    return Found(part.nodes, has_older=True, has_newer=has_newer, is_complete=False)


def _builder(cls: type[Any]) -> Callable[[UUID, list[Any]], Any]:
    """Makes an instance of a wallet and its columns."""
    entity = entity_of(cls)
    known = {each.value for each in entity.columns["transaction_type"].annotation}
    slots = (*map(entity.slot, _COLUMNS), "wallet_id")

    def build(wallet_id: UUID, values: list[Any]) -> Any:
        if values[_TYPE] not in known:  # ClickHouse takes any word
            values[_TYPE] = "other"
        return entity.build(slots, (*values, wallet_id))

    return build


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    at, id_ = cursors.decode(_SOURCE, _ORDER, cursor)
    assert isinstance(at, datetime)
    assert isinstance(id_, UUID)
    return (min(max(at, _OLDEST[0]), _NEWEST[0]), id_)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
