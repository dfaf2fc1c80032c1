"""Values for arguments and variables: by the type of the input and, for texts, by its name."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

_INTS: Final = (0, 1, 2, 3, 4, 5, 7, 12, 23, -1, 2**31 - 1, -(2**31))
_ROWS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 20, 1000, -1, 1001)
_SMALL: Final = ("first", "last", "count", "turns", "to", "step", "start", "times", "depth")
_SCALARS: Final[Mapping[str, Sequence[Any]]] = {
    "Float": (0, 1, 0.5, 1.25, -3.5, 1e9, 7),
    "Boolean": (True, False),
    "String": ("", "a", "m-1", "Item 3", "ä\u2028\U0001f600", "x" * 40, "\\", '"'),
    "BigInt": ("0", "7", 7, "-1", "1000000000000", "99999999999999999999"),
    "Decimal": ("0", "1.5", "0.25", 2, "-3", "1000000.000000001"),
    "DateTime": ("2024-05-01T00:00:00Z", "2024-05-01T00:03:00.000005Z", 1714521600),
    "Date": ("2020-01-03", "2024-02-29", "1999-12-31"),
    "UUID": ("00000000-0000-0005-0000-000000000002", "00000000-0000-0000-0000-000000000000"),
    "JSON": ({"a": 1}, {}, {"b": {"c": "d"}}),
    "Address": (f"0x{7:040x}", f"0x{1:040x}", "0x" + "AB" * 20),
    "Hash": (f"0x{7:064x}",),
    "ChainId": ("eip155:1", "ethereum", "base"),
}
_PATTERNS: Final = ("%1%", "M%", "Item _", "", "%", "\\%", "%\\")


@dataclass(frozen=True, slots=True)
class Pools:
    """Values that fit the data.

    Attributes:
        ids: global ids.
        texts: by name of the argument or input field; for scalars of any type.
        cursors: orderings and cursors of them, by type and field of the page.
    """

    ids: tuple[str, ...] = ()
    texts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    cursors: Mapping[tuple[str, str], tuple[tuple[Any, str], ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Inputs:
    """Makes values of input types as JSON."""

    rng: random.Random
    pools: Pools

    def value(self, type_: GraphQLInputType, name: str, depth: int = 0) -> Any:
        """A value; now and then null where it may be."""
        if is_non_null_type(type_):
            type_ = type_.of_type
        elif self.rng.random() < (0.01 if depth else 0.04):
            return None
        if is_list_type(type_):
            count = self.rng.choice((0, 1, 1, 2, 2, 3))
            return [self.value(type_.of_type, name, depth + 1) for _ in range(count)]
        if is_input_object_type(type_):
            return self._object(type_, name, depth)
        if is_enum_type(type_):
            return self.rng.choice(list(type_.values))
        return self._scalar(str(type_), name)

    def _object(self, type_: GraphQLInputObjectType, name: str, depth: int) -> dict[str, Any]:
        required = [each for each, about in type_.fields.items() if is_required_input_field(about)]
        optional = [
            each
            for each, about in type_.fields.items()
            if each not in required and (depth < 3 or not _recursive(type_, about.type))
        ]
        most = 1 if type_.is_one_of else self.rng.choice((0, 1, 1, 1, 2, 3))
        if not required:
            most = max(most, 1)
        chosen = required + self.rng.sample(optional, min(most, len(optional)))
        # An operator compares with values of the field it is under.
        known = name in self.pools.texts
        return {
            each: self.value(type_.fields[each].type, name if known else each, depth + 1)
            for each in chosen
        }

    def _scalar(self, type_: str, name: str) -> Any:
        if type_ == "ID":
            return self.rng.choice((*self.pools.ids, "nonsense", ""))
        if name in self.pools.texts and self.rng.random() < 0.9:
            return self.rng.choice(self.pools.texts[name])
        if type_ == "Int":
            return self.rng.choice(_ROWS if name in _SMALL else _INTS)
        if name in ("like", "ilike"):
            return self.rng.choice(_PATTERNS)
        return self.rng.choice(_SCALARS.get(type_, _SCALARS["String"]))


def _recursive(type_: GraphQLInputObjectType, inner: Any) -> bool:
    while hasattr(inner, "of_type"):
        inner = inner.of_type
    return inner is type_


def literal(type_: GraphQLInputType, value: Any) -> str:
    """A value as it is written in a document."""
    if is_non_null_type(type_):
        return literal(type_.of_type, value)
    if value is None:
        return "null"
    if is_list_type(type_):
        if not isinstance(value, list):
            return literal(type_.of_type, value)
        return f"[{', '.join(literal(type_.of_type, item) for item in value)}]"
    if isinstance(type_, GraphQLInputObjectType):
        parts = (f"{name}: {literal(type_.fields[name].type, v)}" for name, v in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    return _plain_literal(value)


def _plain_literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_plain_literal(v)}' for name, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain_literal, value))}]"
    return json.dumps(value)
