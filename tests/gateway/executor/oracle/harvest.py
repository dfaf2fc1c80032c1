"""Values of a graph that arguments can name: cursors, global ids, texts; asked for beforehand."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_object_type,
)

from tests.gateway.executor.oracle.inputs import literal

Ask = Callable[[str], Awaitable[Any]]
Cursors = dict[tuple[str, str], tuple[tuple[Any, str], ...]]

_DEEPEST: Final = 5
_ORDERINGS: Final = 3
_KEPT: Final = 4
_HARVESTED: Final = ("String", "Address", "ChainId", "Hash", "DateTime", "Date", "UUID")


async def found_cursors(schema: GraphQLSchema, ask: Ask, seed: int = 1) -> Cursors:
    """Cursors of every page that can be reached without arguments, under several orderings.

    Args:
        schema: the graph.
        ask: gives the data of a query, or None.
        seed: of the choice of orderings.
    """
    rng = random.Random(seed)
    found: Cursors = {}
    for type_, way in _ways(schema).items():
        for name, definition in schema.type_map[type_].fields.items():  # type: ignore[attr-defined]
            if not _is_page(definition):
                continue
            kept: list[tuple[Any, str]] = []
            for order in _orderings(definition.args["orderBy"].type, rng):
                given = "first: 3"
                if order is not None:
                    given += f", orderBy: {literal(definition.args['orderBy'].type, order)}"
                page = f"{name}({given}) {{ edges {{ cursor }} }}"
                data = await ask(way.replace("HERE", page))
                texts = list(dict.fromkeys(_texts(data)))
                kept += [(order, text) for text in texts[:_KEPT]]
            if kept:
                found[type_, name] = tuple(kept)
    return found


async def found_ids(schema: GraphQLSchema, ask: Ask, most: int = 3) -> tuple[str, ...]:
    """Global ids of all types that can be reached without arguments."""
    found: dict[str, None] = {}
    for type_, way in _ways(schema).items():
        fields = schema.type_map[type_].fields  # type: ignore[attr-defined]
        if "id" in fields and str(fields["id"].type) == "ID!":
            texts = list(dict.fromkeys(_texts(await ask(way.replace("HERE", "id")))))
            found.update(dict.fromkeys(texts[:most]))
    return tuple(found)


async def found_texts(schema: GraphQLSchema, ask: Ask, most: int = 6) -> dict[str, tuple[Any, ...]]:
    """Values of plain fields by the field's name, of all types that can be reached so."""
    found: dict[str, dict[Any, None]] = {}
    for type_, way in _ways(schema).items():
        fields: dict[str, Any] = schema.type_map[type_].fields  # type: ignore[attr-defined]
        leaves = [
            name
            for name, each in fields.items()
            if name != "id" and not each.args and str(get_nullable_type(each.type)) in _HARVESTED
        ]
        # One by one, so that a field which may not be read spoils nothing.
        for name in leaves:
            values = list(_texts(await ask(way.replace("HERE", name))))[:most]
            found.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: tuple(values) for name, values in found.items() if values}


def _ways(schema: GraphQLSchema) -> dict[str, str]:
    """For each object type the text of a query that leads to it, with HERE in its place."""
    assert schema.query_type is not None
    ways = {schema.query_type.name: "{ HERE }"}
    waiting: deque[tuple[GraphQLObjectType, int]] = deque([(schema.query_type, 0)])
    while waiting:
        type_, depth = waiting.popleft()
        for name, definition in type_.fields.items():
            inner: Any = get_named_type(definition.type)
            if not is_object_type(inner) or inner.name in ways or depth >= _DEEPEST:
                continue
            if definition.args and not _is_page(definition):
                continue  # which of them must be given is not in the schema
            given = "(first: 3)" if _is_page(definition) else ""
            ways[inner.name] = ways[type_.name].replace("HERE", f"{name}{given} {{ HERE }}")
            waiting.append((inner, depth + 1))
    return ways


def _is_page(definition: Any) -> bool:
    return {"first", "after", "orderBy"} <= set(definition.args)


def _orderings(type_: Any, rng: random.Random) -> Iterator[Any]:
    """The default, and a few others."""
    yield None
    item = get_named_type(type_)
    fields = list(get_named_type(item.fields["field"].type).values)
    for _ in range(_ORDERINGS):
        chosen = rng.sample(fields, min(len(fields), rng.choice((1, 1, 2))))
        yield [
            {
                "field": name,
                **({"direction": rng.choice(("ASC", "DESC"))} if rng.random() < 0.7 else {}),
                **({"nulls": rng.choice(("FIRST", "LAST"))} if rng.random() < 0.4 else {}),
            }
            for name in chosen
        ]


def _texts(data: Any) -> Iterator[str]:
    """Leaves of an answer."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)
    elif isinstance(data, dict):
        for item in data.values():
            yield from _texts(item)
