"""`where` inputs, generated from an entity's columns, and the conditions they mean."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation

from resolvers.errors import BadInput
from resolvers.ids import checked_text, key_of
from resolvers.plan import EXEC, GlobalId
from resolvers.scalars import Address, BigInt, ChainId, Hash
from stores.relational.conditions import All, Compare, Condition, IsNull, Kind, Not, one_of
from stores.relational.conditions import Any as AnyOf

if TYPE_CHECKING:
    from resolvers.reflection import ColumnInfo, Entity

MAX_VALUES: Final = 1000
MAX_CONDITIONS: Final = 100
_INT64: Final = range(-(2**63), 2**63)
# What the widest type of amounts, Decimal(76, 18), holds before and after the point.
_INTEGER_DIGITS: Final = 57
_FRACTION_DIGITS: Final = 18
_WIDE: Final = Context(prec=2000)

_NAMES: Final[Mapping[object, str]] = {
    str: "String",
    Address: "Address",
    ChainId: "ChainId",
    Hash: "Hash",
    UUID: "UUID",
    int: "Int",
    BigInt: "BigInt",
    Decimal: "Decimal",
    float: "Float",
    bool: "Boolean",
    datetime: "DateTime",
    date: "Date",
}
_EQUALITY: Final = {
    "eq": "Equal to this value.",
    "ne": "Different from this value; a row where it is unknown does not match.",
}
_MEMBERSHIP: Final = {
    "in": "Equal to one of these values, at most 1,000.",
    "notIn": "Equal to none of these values; a row where it is unknown does not match.",
}
_RANGE: Final = {
    "gt": "Greater than this value.",
    "gte": "Greater than or equal to this value.",
    "lt": "Less than this value.",
    "lte": "Less than or equal to this value.",
}
_PATTERN: Final = {
    "like": "Matches this pattern: % stands for any text, _ for one character; a backslash before "
    "either takes it as it is.",
    "ilike": "Matches this pattern without regard to case: % stands for any text, _ for one "
    "character; a backslash before either takes it as it is.",
}
_QUOTED: Final = re.compile(r"(?:[^\\]|\\[\\%_])*+", re.DOTALL)
_IS_NULL: Final = "True: the value is unknown. False: it is known."
_RANGED: Final = ("text", "int", "decimal", "float", "timestamp", "date")


def where_input(entity: Entity) -> type[Any]:
    """The input type that filters rows of an entity; its values arrive as a `Condition`."""
    return _where_input(entity)


@functools.cache
def _where_input(entity: Entity) -> type[Any]:
    name = f"{entity.name}Where"
    filters = {info.column: info for info in entity.columns.values() if info.filterable}
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for info in filters.values():
        body["__annotations__"][info.attribute] = filter_input(info.annotation, info.kind) | None
        body[info.attribute] = strawberry.field(
            default=UNSET,
            name=info.graphql_name,
            description=f"Condition on `{info.graphql_name}`: {info.description}",
        )
    if has_global_id(entity):
        body["__annotations__"]["id"] = id_filter() | None
        body["id"] = strawberry.field(default=UNSET, description="Condition on the global id.")
    for attribute, description in (
        ("and_", "All of these conditions hold, besides the others given here."),
        ("or_", "At least one of these conditions holds; an empty list matches nothing."),
        ("not_", "This condition does not hold; rows for which it is unknown do not match."),
    ):
        body["__annotations__"][attribute] = str | None  # replaced below by the type itself
        body[attribute] = strawberry.field(
            default=UNSET, name=attribute.rstrip("_"), description=description
        )
    made: Any = strawberry.input(
        type(name, (), body),
        description=f"Which rows of `{entity.name}` to return. Conditions given together must "
        "all hold.",
    )
    definition = made.__strawberry_definition__
    for field in definition.fields:
        if field.python_name in ("and_", "or_"):
            field.type_annotation = StrawberryAnnotation(list[made] | None)
        elif field.python_name == "not_":
            field.type_annotation = StrawberryAnnotation(made | None)
    definition.from_input = lambda _type, value, _context: condition_of(entity, value)
    return cast("type[Any]", made)


def filter_input(annotation: Any, kind: Kind) -> type[Any]:
    """The input type that compares a column of some scalar or enum."""
    return _filter_input(annotation, kind)


@functools.cache
def _filter_input(annotation: Any, kind: Kind) -> type[Any]:
    operators: dict[str, str] = dict(_EQUALITY)
    if kind != "bool":
        operators |= _MEMBERSHIP
    if annotation is str:
        operators |= _PATTERN
    if kind in _RANGED and annotation in _NAMES:
        operators |= _RANGE
    name = _NAMES.get(annotation) or cast("Any", annotation).__strawberry_definition__.name
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for operator, description in operators.items():
        attribute = f"{operator}_"
        several = operator in _MEMBERSHIP
        body["__annotations__"][attribute] = (list[annotation] if several else annotation) | None
        body[attribute] = strawberry.field(default=UNSET, name=operator, description=description)
    body["__annotations__"]["is_null"] = bool | None
    body["is_null"] = strawberry.field(default=UNSET, name="isNull", description=_IS_NULL)
    return strawberry.input(
        type(f"{name}Filter", (), body),
        description=f"Conditions on a value of type `{name}`; those given together must all hold.",
    )


@functools.cache
def id_filter() -> type[Any]:
    """The input type that compares a global id."""
    body: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for operator, description in (_EQUALITY | _MEMBERSHIP).items():
        type_ = list[strawberry.ID] if operator in _MEMBERSHIP else strawberry.ID
        body["__annotations__"][f"{operator}_"] = type_ | None
        body[f"{operator}_"] = strawberry.field(
            default=UNSET, name=operator, description=description.replace("value", "id")
        )
    return strawberry.input(
        type("IDFilter", (), body),
        description="Conditions on a global id; those given together must all hold.",
    )


def has_global_id(entity: Entity) -> bool:
    """Whether the entity shows its key as a global id, in the field `id`."""
    field = entity.fields.get("id")
    return field is not None and isinstance(field.metadata.get(EXEC), GlobalId)


def condition_of(entity: Entity, where: Mapping[str, Any]) -> Condition:
    """The condition of a coerced `where` value.

    Raises:
        BadInput: a comparison with null, too many conditions or values, or a value no store can
            hold.
    """
    condition = All(tuple(_conditions(entity, where)))
    if _size(condition) > MAX_CONDITIONS:
        raise BadInput(f"The filter has more than {MAX_CONDITIONS} conditions.")
    return condition.of[0] if len(condition.of) == 1 else condition


def _conditions(entity: Entity, where: Mapping[str, Any]) -> Iterator[Condition]:
    by_name = {info.graphql_name: info for info in entity.columns.values() if info.filterable}
    for name, given in where.items():
        if given is None:
            raise BadInput(f"The filter `{name}` is null.", hint="Leave it out instead.")
        if name in by_name:
            yield from _comparisons(by_name[name], given)
        elif name == "id":
            yield from _id_comparisons(entity, given)
        elif name == "not":
            yield Not(All(tuple(_conditions(entity, given))))
        else:
            parts = tuple(All(tuple(_conditions(entity, part))) for part in given)
            yield All(parts) if name == "and" else AnyOf(parts)


def _comparisons(info: ColumnInfo, given: Mapping[str, Any]) -> Iterator[Condition]:
    for operator, value in given.items():
        if value is None:
            raise BadInput(
                f"The filter `{info.graphql_name}.{operator}` is null.",
                hint="To ask for unknown values, use `isNull: true`.",
            )
        if operator == "isNull":
            yield IsNull(info.column, negated=not value)
        elif operator in _MEMBERSHIP:
            if len(value) > MAX_VALUES:
                raise BadInput(
                    f"The filter `{info.graphql_name}.{operator}` has more than "
                    f"{MAX_VALUES:,} values."
                )
            values = tuple(checked(info, item) for item in value)
            yield one_of(info.column, info.kind, values, negated=operator == "notIn")
        else:
            if operator in _PATTERN:
                _check_pattern(info, value)
            yield Compare(info.column, info.kind, cast("Any", operator), checked(info, value))


def _check_pattern(info: ColumnInfo, pattern: str) -> None:
    """The stores agree on what a backslash means before these characters only."""
    if not _QUOTED.fullmatch(pattern):
        raise BadInput(
            f"The pattern of `{info.graphql_name}` has a backslash that quotes nothing.",
            hint="Put it before %, _ or another backslash.",
        )


def _id_comparisons(entity: Entity, given: Mapping[str, Any]) -> Iterator[Condition]:
    column, kind = entity.table.key, entity.table.key_kind
    for operator, value in given.items():
        if value is None:
            raise BadInput(f"The filter `id.{operator}` is null.")
        if operator not in _MEMBERSHIP:
            yield Compare(column, kind, cast("Any", operator), key_of(entity, value))
            continue
        if len(value) > MAX_VALUES:
            raise BadInput(f"The filter `id.{operator}` has more than {MAX_VALUES:,} values.")
        keys = tuple(key_of(entity, item) for item in value)
        yield one_of(column, kind, keys, negated=operator == "notIn")


def checked(info: ColumnInfo, value: object) -> object:
    """A value that the column's store can compare with.

    Raises:
        BadInput: it is null, not text, or out of range.
    """
    if value is None:
        raise BadInput(f"`{info.graphql_name}` is compared with null.", hint="Use `isNull`.")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return checked_text(info.graphql_name, value)
    if info.kind == "int" and isinstance(value, int) and value not in _INT64:
        raise BadInput(f"`{info.graphql_name}` is compared with a number beyond 64 bits.")
    if info.kind == "decimal" and isinstance(value, int | Decimal):
        number = Decimal(value)
        exponent = number.normalize(_WIDE).as_tuple().exponent
        if number.adjusted() >= _INTEGER_DIGITS or -cast("int", exponent) > _FRACTION_DIGITS:
            raise BadInput(
                f"`{info.graphql_name}` is compared with a number of more than {_INTEGER_DIGITS} "
                f"digits before or {_FRACTION_DIGITS} after the point."
            )
        return number
    return value


def _size(condition: Condition) -> int:
    match condition:
        case All(of) | AnyOf(of):
            return sum(map(_size, of)) + (not of)
        case Not(of):
            return _size(of)
        case _:
            return 1
