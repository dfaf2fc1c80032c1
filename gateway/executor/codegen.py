"""Generates what turns rows of a selection into structs: a msgspec.Struct class and two functions.

The source holds names made here and nothing else: response keys go to the struct's `rename`,
constants to the function's globals. It has no try, no path and no list of errors: whatever it does
not expect leaves it as an exception, and `exact` takes over.
"""

from __future__ import annotations

import binascii
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
from graphql import get_nullable_type, is_non_null_type

from gateway.executor import leaves
from gateway.executor.leaves import Leaf, Surprise
from gateway.executor.plan import How, Layout, PlannedField, Selection
from stores.relational.read import text_kinds

if TYPE_CHECKING:
    from resolvers.reflection import Entity

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def generate(selection: Selection) -> None:
    """Set the function of a selection that was planned, and what it expects."""
    trusted: list[tuple[int, type]] | None = [] if selection.rows else None
    selection.build = _function(selection, trusted)
    selection.expected = tuple(trusted or ())


def generate_guarded(selection: Selection) -> None:
    """Set the function that checks every value."""
    selection.build_guarded = _function(selection, None)


def is_text(layout: Layout, column: str) -> bool:
    """Whether rows hold a column as the store's text: no object is made of what is only shown."""
    entity = layout.entity
    if entity is None or column in layout.native or column == "":
        return False
    if column in layout.presences:
        return False
    return layout.kind(column) in text_kinds(entity.table.store) or is_instant(layout, column)


def is_instant(layout: Layout, column: str) -> bool:
    """Whether the store can write a column as the graph shows times."""
    entity = layout.entity
    assert entity is not None
    return entity.table.store == "postgres" and layout.kind(column) == "timestamp"


@functools.lru_cache(maxsize=256)
def struct(keys: tuple[str, ...]) -> type[msgspec.Struct]:
    """The class of objects with these response keys, in this order."""
    names = [f"f{number}" for number in range(len(keys))]
    return msgspec.defstruct(
        "Object",
        [(name, Any) for name in names],
        rename=dict(zip(names, keys, strict=True)),
        gc=False,
    )


def _fail() -> NoReturn:
    raise Surprise


def _function(
    selection: Selection, trust: list[tuple[int, type]] | None
) -> Callable[..., list[Any]]:
    """The function `(rows, *lookups) -> structs`; a lookup for each fetched field."""
    scope: dict[str, Any] = {
        **leaves.SCOPE,
        "S": struct(tuple(field.key for field in selection.fields)),
        "fail": _fail,
    }
    values: list[str] = []
    guards: list[str] = []
    parameters: list[str] = []
    aligned: list[int] = []
    for number, field in enumerate(selection.fields):
        if field.fetched:
            name = f"m{number}"
            parameters.append(name)
            if field.keyed:
                found = f"{name}[{_key(field)}]"
            else:
                found = f"x{number}"
                aligned.append(number)
            if is_non_null_type(field.type):
                guards.append(f"(v{number} := {found}) is not None")
                found = f"v{number}"
            values.append(found)
        else:
            values.append(_value(selection, field, str(number), scope, guards, trust))
    source = _source(selection, values, guards, parameters, aligned)
    exec(compile(source, "<plan>", "exec"), scope)  # noqa: S102 - holds no text of a caller
    made: Callable[..., list[Any]] = scope["build"]
    return made


def _source(
    selection: Selection,
    values: list[str],
    guards: list[str],
    parameters: list[str],
    aligned: list[int],
) -> str:
    row = [f"a{place}" for place in range(len(selection.layout.columns))]
    target = f"({', '.join(row)},)" if row else "_"
    rows = "rows"
    if aligned:
        target = f"{target}, {', '.join(f'x{number}' for number in aligned)}"
        rows = f"zip(rows, {', '.join(f'm{number}' for number in aligned)})"
    made = f"S({', '.join(values)})"
    if guards:
        made = f"{made} if {' and '.join(guards)} else fail()"
    head = ", ".join(["rows", *parameters])
    return f"def build({head}):\n    return [{made} for {target} in {rows}]\n"


def _key(field: PlannedField) -> str:
    places = [f"a{place}" for place in field.places]
    if len(places) == 1:
        return places[0]
    present = " and ".join(f"{place} is not None" for place in places)
    return f"({', '.join(places)}) if {present} else None"


def _value(
    selection: Selection,
    field: PlannedField,
    number: str,
    scope: dict[str, Any],
    guards: list[str],
    trust: list[tuple[int, type]] | None,
) -> str:
    constant = f"c{number}"
    if field.how is How.JOINED:
        return _joined(selection, field, number, scope, guards, trust)
    if field.how is How.TYPENAME:
        scope[constant] = selection.object_type.name
        return constant
    place = field.places[0]
    given = f"a{place}"
    if field.how is How.GLOBAL_ID:
        assert selection.entity is not None
        scope[constant] = global_id(selection.entity)
        guards.append(f"{given} is not None")
        return f"{constant}({given})"
    leaf = _leaf(selection, field, place, trust is not None)
    if trust is not None and leaf.expected is not None:
        trust.append((place, leaf.expected))
    if leaf.constant is not None:
        scope[constant] = leaf.constant
    expression = leaf.expression.format(a=given, c=constant)
    guard = leaf.guard.format(a=given, c=constant) if leaf.guard else None
    if is_non_null_type(field.type):
        guards.append(f"{given} is not None" + (f" and {guard}" if guard else ""))
        return f"({expression})"
    if guard:
        guards.append(f"({given} is None or {guard})")
    return expression if leaf.passes_null else f"(None if {given} is None else ({expression}))"


def _joined(
    selection: Selection,
    field: PlannedField,
    number: str,
    scope: dict[str, Any],
    guards: list[str],
    trust: list[tuple[int, type]] | None,
) -> str:
    """An object of columns that stand in the same row, or null where they are all null."""
    assert field.output is not None
    below, place = field.output.only, field.places[0]
    held = selection.layout.columns[place] not in selection.layout.presences
    present = f"a{place} is not None" if held else f"a{place}"
    own: list[str] = []
    values = [
        _value(below, each, f"{number}_{count}", scope, own, trust)
        for count, each in enumerate(below.fields)
    ]
    scope[f"S{number}"] = struct(tuple(each.key for each in below.fields))
    made = f"S{number}({', '.join(values)})"
    if own:
        made = f"({made} if {' and '.join(own)} else fail())"
    if is_non_null_type(field.type):
        guards.append(present)
        return made
    return f"({made} if {present} else None)"


def _leaf(selection: Selection, field: PlannedField, place: int, trust: bool) -> Leaf:
    type_ = get_nullable_type(field.type)
    if not selection.rows:
        return leaves.guarded(type_)
    assert selection.layout.entity is not None
    column = selection.layout.columns[place]
    kind = selection.layout.kind(column)
    as_text = is_text(selection.layout, column)
    if trust or as_text:
        found = leaves.trusted(type_, kind, as_text)
        if trust or found.expected is None:
            return found
        # A text of unknown origin: through the object the plain path would have had.
        exact = leaves.completer(type_)
        return Leaf("{c}({a})", leaves.through_object(exact, kind))
    return leaves.guarded(type_)


def global_id(entity: Entity) -> Callable[[object], str]:
    """Makes global ids of an entity from keys or their text, as `resolvers.ids.encode_id` does."""
    prefix = f"{entity.name}:"
    encode = binascii.b2a_base64

    def make(key: object) -> str:
        text = encode(f"{prefix}{key}".encode(), newline=False)
        return text.translate(_URL_SAFE, b"=").decode()

    return make
