"""Holds values to a JSON Schema, as far as `resolvers/dashboards/schema.py` uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
Schema = Mapping[str, Any]

_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_SAYS_NOTHING: Final = frozenset({"$schema", "title", "description", "type"})


def problems(schema: Schema, value: Any, path: Path = ()) -> Iterator[Problem]:
    """What of a value is against a schema: where, and what to do.

    Raises:
        KeyError: the schema uses a keyword that is not known here.
    """
    wanted = schema.get("type")
    if wanted is not None and not _TYPES[wanted](value):
        yield path, f"Give a value of type {wanted}."
        return
    for keyword, bound in schema.items():
        if keyword in _BOUNDS:
            message = _BOUNDS[keyword](bound, value)
            if message is not None:
                yield path, message
        elif keyword not in _SAYS_NOTHING:
            for inner, message in _PARTS[keyword](schema, value):
                yield (*path, *inner), message


def _required(schema: Schema, value: Any) -> Iterator[Problem]:
    for name in schema["required"]:
        if name not in value:
            yield (name,), "Give a value."


def _no_others(schema: Schema, value: Any) -> Iterator[Problem]:
    known = schema["properties"]
    for name in value:
        if name not in known:
            yield (name,), f"There is no such property; there are {', '.join(known)}."


def _properties(schema: Schema, value: Any) -> Iterator[Problem]:
    for name, inner in schema["properties"].items():
        if name in value:
            yield from problems(inner, value[name], (name,))


def _items(schema: Schema, value: Any) -> Iterator[Problem]:
    for place, item in enumerate(value):
        yield from problems(schema["items"], item, (place,))


def _when(holds: bool, message: str) -> str | None:
    return None if holds else message


_PARTS: Final[Mapping[str, Callable[[Schema, Any], Iterator[Problem]]]] = {
    "required": _required,
    "additionalProperties": _no_others,
    "properties": _properties,
    "items": _items,
}
_BOUNDS: Final[Mapping[str, Callable[[Any, Any], str | None]]] = {
    "enum": lambda bound, value: _when(value in bound, f"Take one of {', '.join(bound)}."),
    "pattern": lambda bound, value: _when(
        re.search(bound, value) is not None, f"Write what matches {bound}."
    ),
    "minimum": lambda bound, value: _when(value >= bound, f"Give {bound} or more."),
    "maximum": lambda bound, value: _when(value <= bound, f"Give {bound} or less."),
    "maxLength": lambda bound, value: _when(
        len(value) <= bound, f"Shorten it to {bound:,} characters."
    ),
    "maxItems": lambda bound, value: _when(len(value) <= bound, f"Send at most {bound:,} entries."),
    "maxProperties": lambda bound, value: _when(
        len(value) <= bound, f"Send at most {bound:,} properties."
    ),
}
