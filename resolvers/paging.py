"""One page of a declared list, from its arguments to a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from resolvers import cursors
from resolvers.connection import Connection, Count, PageInfo, connection
from resolvers.errors import BadInput
from resolvers.ordering import total_order
from resolvers.reads import Rows, absent, allow, count_of, counts, lists
from resolvers.selection import needed, selected
from stores.relational.conditions import Condition, both
from stores.relational.keyset import Sort, after, backwards

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext
    from resolvers.plan import Page
    from resolvers.reflection import Entity


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Arguments of a page, checked.

    Attributes:
        order: the ordering, total.
        where: which rows, as the caller and the declaration say.
        limit: rows wanted.
        backward: the last rows are wanted rather than the first.
        after: position the rows come after.
        before: position the rows come before.
    """

    order: tuple[Sort, ...]
    where: Condition | None
    limit: int
    backward: bool = False
    after: tuple[object, ...] | None = None
    before: tuple[object, ...] | None = None

    @property
    def between(self) -> Condition | None:
        """Rows between the two positions."""
        return both(
            None if self.after is None else after(self.order, self.after),
            None if self.before is None else after(backwards(self.order), self.before),
        )


@dataclass(frozen=True, slots=True)
class PageWish:
    """What of a page is selected.

    Attributes:
        rows: any row or the page info.
        count: the total count.
        cursors: cursors of rows.
        page_info: the page info.
        columns: columns of the rows, those of the ordering included.
    """

    rows: bool
    count: bool
    cursors: bool
    page_info: bool
    columns: tuple[str, ...]


def page_arguments(
    page: Page, entity: Entity, given: Mapping[str, Any], where: Condition | None = None
) -> PageArguments:
    """Check the arguments of a page.

    Args:
        page: the declaration.
        entity: type of the rows.
        given: `first`, `after`, `last`, `before`, `where` (a condition), `order_by` (sorts).
        where: a further condition of the field's own.

    Raises:
        BadInput: with what is wrong and what is allowed.
    """
    first, last = given.get("first"), given.get("last")
    if first is not None and last is not None:
        raise BadInput("`first` and `last` are given together.", hint="Choose one of them.")
    for name, number in (("first", first), ("last", last)):
        if number is not None and number < 0:
            raise BadInput(f"`{name}` is negative.")
        if number is not None and number > page.maximum:
            raise BadInput(
                f"`{name}` is {number}, above the maximum of {page.maximum}.",
                hint="Ask for fewer rows and page on with cursors.",
            )
    order = total_order(entity, given.get("order_by") or (), page.order)
    limit = page.default if first is None and last is None else first if last is None else last
    source = entity.table.source

    def position(cursor: str | None) -> tuple[object, ...] | None:
        return None if cursor is None else cursors.decode(source, order, cursor)

    return PageArguments(
        order=order,
        where=both(page.where, where, given.get("where")),
        limit=limit if limit is not None else page.default,
        backward=last is not None,
        after=position(given.get("after")),
        before=position(given.get("before")),
    )


def page_wish(info: Info, entity: Entity, order: tuple[Sort, ...]) -> PageWish:
    """What the selection below the current field wants of a page."""
    fields = selected(info, info._raw_info.field_nodes, None)
    edges = selected(info, fields.get("edges", ()), None)
    page_info = "pageInfo" in fields
    nodes: list[FieldNode] = [*edges.get("node", ()), *fields.get("nodes", ())]
    positions = tuple(sort.column for sort in order)
    return PageWish(
        rows=page_info or "edges" in fields or "nodes" in fields,
        count="totalCount" in fields,
        cursors="cursor" in edges,
        page_info=page_info,
        columns=needed(info.context.viewer, entity, selected(info, nodes, entity.name), positions),
    )


async def load_page(
    info: Info,
    page: Page,
    entity: Entity,
    given: Mapping[str, Any],
    key: object = None,
    where: Condition | None = None,
) -> Connection[Any]:
    """The page of one parent, read together with the pages of all parents of its level.

    Args:
        info: of the field being resolved.
        page: the declaration.
        entity: type of the rows.
        given: the field's arguments.
        key: value of `page.remote`; None on a root field, elsewhere for a page without rows.
        where: a further condition, equal for all parents.
    """
    context: RequestContext = info.context
    allow(context, entity, page.access, page.tier)
    arguments = page_arguments(page, entity, given, where)
    nodes = info._raw_info.field_nodes
    identity = ("page", entity.cls, arguments.order, *map(id, nodes))
    wish: PageWish = context.loaders.remember(
        identity, lambda: (nodes, page_wish(info, entity, arguments.order))
    )[1]
    nowhere = page.remote is not None and key is None
    count: Awaitable[Count] | None = None
    if wish.count:
        wanted = Rows(entity, (), page.remote, arguments.where)
        count = absent(count_of(0)) if nowhere else counts(context, wanted).load(key)
    if not wish.rows:
        return connection([], [], None, count)
    if nowhere:
        return _connection(entity, arguments, wish, [], count)
    order = backwards(arguments.order) if arguments.backward else arguments.order
    rows = Rows(
        entity,
        wish.columns,
        page.remote,
        both(arguments.where, arguments.between),
        order,
        # One more row tells whether the list goes on.
        arguments.limit + 1,
    )
    found = await lists(context, rows).load(key)
    return _connection(entity, arguments, wish, found, count)


def _connection(
    entity: Entity, arguments: PageArguments, wish: PageWish, found: list[Any], count: Any
) -> Connection[Any]:
    more = len(found) > arguments.limit
    nodes = found[: arguments.limit]
    if arguments.backward:
        nodes.reverse()
    slots = [entity.slot(sort.column) for sort in arguments.order]

    def cursor(node: Any) -> str:
        values = [node.__dict__[slot] for slot in slots]
        return cursors.encode(entity.table.source, arguments.order, values)

    all_cursors = [cursor(node) for node in nodes] if wish.cursors else []
    page_info = None
    if wish.page_info:
        page_info = PageInfo(
            has_next_page=arguments.before is not None if arguments.backward else more,
            has_previous_page=more if arguments.backward else arguments.after is not None,
            start_cursor=cursor(nodes[0]) if nodes else None,
            end_cursor=cursor(nodes[-1]) if nodes else None,
        )
    return connection(nodes, all_cursors, page_info, count)
