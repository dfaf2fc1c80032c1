"""Declared reads as loaders: the plain executor's way from a declaration to rows.

Each loader belongs to one request and is known by everything that shapes its statement, so equal
fetches of a level, wherever in the document they stand, are one statement.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resolvers.connection import Count
from resolvers.permissions import Access, Tier, admits, require
from resolvers.plan import COUNT_LIMIT
from stores.relational.conditions import Condition, OwnedBy, both
from stores.relational.keyset import Sort
from stores.relational.read import Key, Read

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from resolvers.loaders import Loader
    from resolvers.reflection import Entity


@dataclass(frozen=True, slots=True)
class Rows:
    """Which rows of an entity a loader reads for its keys.

    Attributes:
        entity: type of the rows.
        columns: columns to read.
        remote: column that holds the key; None to read the table as a whole, with the key None.
        where: which rows.
        order: their ordering.
        limit: rows at most for each key.
    """

    entity: Entity
    columns: tuple[str, ...]
    remote: str | None = None
    where: Condition | None = None
    order: tuple[Sort, ...] = ()
    limit: int | None = None


def allow(
    context: RequestContext,
    entity: Entity,
    access: Access | None = None,
    tier: Tier = Tier.FREE,
) -> None:
    """Let the viewer read an entity, or raise; what its table asks for, no field can waive."""
    viewer, table = context.viewer, entity.table
    require(viewer, table.access, max(tier, table.tier))
    if access is not None and access is not table.access:
        require(viewer, access)


def lists(context: RequestContext, rows: Rows) -> Loader[Any, list[Any]]:
    """The loader that gives the rows of each key, in order; an empty list for a key without any."""

    async def load(keys: list[Any]) -> list[list[Any]]:
        slots = tuple(map(rows.entity.slot, rows.columns))
        build = rows.entity.build
        if rows.remote is None:
            found = await read_rows(context, rows)
            # A row of no columns comes with one that fills the place.
            return [[build(slots, row[: len(slots)]) for row in found] for _ in keys]
        groups: defaultdict[Any, list[Any]] = defaultdict(list)
        for row in await read_rows(context, rows, keys):
            groups[row[0]].append(build(slots, row[1:]))
        return [groups.get(key, []) for key in keys]

    return context.loaders.get(("lists", rows), lambda: load)


def ones(context: RequestContext, rows: Rows) -> Loader[Any, Any]:
    """The loader that gives the row of each key; None for a key without one."""
    assert rows.remote is not None

    async def load(keys: list[Any]) -> list[Any]:
        slots = tuple(map(rows.entity.slot, rows.columns))
        build = rows.entity.build
        found = {row[0]: build(slots, row[1:]) for row in await read_rows(context, rows, keys)}
        return [found.get(key) for key in keys]

    return context.loaders.get(("ones", rows), lambda: load)


def counts(context: RequestContext, rows: Rows) -> Loader[Any, Count]:
    """The loader that counts the rows of each key without reading them."""

    async def load(keys: list[Any]) -> list[Count]:
        found = await read_rows(context, rows, keys if rows.remote else None, counting=True)
        numbers = {row[0]: row[1] for row in found} if rows.remote else {None: found[0][0]}
        return [count_of(numbers.get(key, 0)) for key in keys]

    return context.loaders.get(("counts", rows), lambda: load)


def absent(value: Any) -> asyncio.Future[Any]:
    """An answer that needs no statement."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


async def read_rows(
    context: RequestContext,
    rows: Rows,
    keys: list[Any] | None = None,
    *,
    counting: bool = False,
    texts: tuple[str, ...] = (),
) -> list[Sequence[Any]]:
    """Rows of a declared read, or how many there are, limited to the viewer's own.

    Args:
        context: of the request.
        rows: which rows.
        keys: of `rows.remote`, distinct, at least one; rows then have the key in front.
        counting: count them instead, up to a limit.
        texts: columns the store writes as text, the key among them or not.
    """
    table = rows.entity.table
    read = Read(
        source=table.source,
        columns=() if counting else rows.columns,
        where=both(rows.where, owned(context, rows.entity)),
        order=() if counting else rows.order,
        limit=COUNT_LIMIT + 1 if counting else rows.limit,
        key=None if keys is None else Key(rows.remote or "", rows.entity.kind(rows.remote or "")),
        keys=() if keys is None else tuple(keys),
        counts=counting,
        texts=texts,
    )
    return await context.read(read, as_viewer=table.owner is not None)


def owned(context: RequestContext, entity: Entity) -> Condition | None:
    """The predicate beside row level security: either alone would hold."""
    owner = entity.table.owner
    if owner is None:
        return None
    require(context.viewer, Access.OWNER)
    if owner.operators and admits(context.viewer, Access.ADMIN):
        return None
    return OwnedBy(owner.column, owner.through, context.viewer.user_id)


def count_of(number: int) -> Count:
    """A number of rows, which was not counted beyond the limit."""
    return Count(value=min(number, COUNT_LIMIT), exact=number <= COUNT_LIMIT)
