"""Leaf values: expressions for generated code, and the exact function behind each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.pyutils import is_iterable

from resolvers.scalars import SCALARS

if TYPE_CHECKING:
    from stores.relational.conditions import Kind

_LARGEST_INT: Final = 2**31 - 1
_SERIALIZERS: Final = {each.name: each.serialize for each in SCALARS.values()}
# Days without end, as the driver reads them.
_INFINITE: Final = {"infinity": date.max, "-infinity": date.min}
# Scalars whose text is the value itself.
_TEXTS: Final = ("Hash", "ChainId")


class Surprise(Exception):
    """A value that generated code does not complete; the exact completer decides what it means."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """How generated code completes one value.

    Attributes:
        expression: Python expression of `{a}`, which is not None, and of `{c}`, the constant.
        constant: what `{c}` stands for.
        guard: condition under which the expression holds, None when it always does.
        expected: type of the values for which expression and guard are right; None for any.
        passes_null: the expression is right for None as well.
    """

    expression: str
    constant: Any = None
    guard: str | None = None
    expected: type | None = None
    passes_null: bool = False


_TEXT: Final = Leaf("{a}", expected=str, passes_null=True)
_BUILT_IN: Final[Mapping[Any, Leaf]] = {
    GraphQLString: _TEXT,
    GraphQLID: _TEXT,
    GraphQLBoolean: Leaf("{a}", expected=bool, passes_null=True),
    GraphQLInt: Leaf("{a}", None, f"-{_LARGEST_INT + 1} <= {{a}} <= {_LARGEST_INT}", int, True),
    GraphQLFloat: Leaf("{a}", None, "-inf < {a} < inf", float, True),
}
_OURS: Final[Mapping[str, Leaf]] = {
    "Hash": _TEXT,
    "ChainId": _TEXT,
    "Date": Leaf("{a}", expected=date, passes_null=True),
    # Infinity comes without a zone.
    "DateTime": Leaf("{a}", None, "{a}.tzinfo is UTC", datetime, True),
    "UUID": Leaf("str({a})", expected=UUID),
    "JSON": Leaf("{a}", passes_null=True),
}
# Names the expressions may use besides their own constant.
SCOPE: Final[Mapping[str, Any]] = {
    "date": date,
    "datetime": datetime,
    "Decimal": Decimal,
    "UTC": UTC,
    "UUID": UUID,
    "inf": math.inf,
}
_IS_TEXT: Final = ("type({a}) is str", "{a}")
# The usual type of an object's attribute, and the expression that is right for it.
_USUAL: Final[Mapping[Any, tuple[str, str]]] = {
    GraphQLString: _IS_TEXT,
    GraphQLID: _IS_TEXT,
    GraphQLBoolean: ("type({a}) is bool", "{a}"),
    GraphQLInt: (f"type({{a}}) is int and -{_LARGEST_INT + 1} <= {{a}} <= {_LARGEST_INT}", "{a}"),
    GraphQLFloat: ("type({a}) is float and -inf < {a} < inf", "{a}"),
}
_USUAL_OURS: Final[Mapping[str, tuple[str, str]]] = {
    "Hash": _IS_TEXT,
    "ChainId": _IS_TEXT,
    "BigInt": ("type({a}) is int", "str({a})"),
    "Decimal": ("type({a}) is Decimal and {a}.is_finite()", 'format({a}, "f")'),
    "DateTime": ("type({a}) is datetime and {a}.tzinfo is UTC", "{a}"),
    "Date": ("type({a}) is date", "{a}"),
    "UUID": ("type({a}) is UUID", "str({a})"),
}


def trusted(type_: Any, kind: Kind | None, as_text: bool) -> Leaf:
    """The shortest way for a column of a store, whose values are all of one type or null.

    Args:
        type_: the field's type without its outer non-null.
        kind: kind of the column, when it is one.
        as_text: the store writes it as text.
    """
    if not is_leaf_type(type_):
        return guarded(type_)
    if as_text:
        return _of_text(type_, kind)
    if isinstance(type_, GraphQLEnumType):
        return Leaf("{c}[{a}]", _Names(type_), expected=str)
    if _is_ours(type_, "BigInt"):
        return Leaf("str({a})", expected=int) if kind == "int" else guarded(type_)
    if type_ in _BUILT_IN:
        return _BUILT_IN[type_]
    name = type_.name
    return _OURS[name] if name in _OURS and _is_ours(type_, name) else guarded(type_)


def guarded(type_: Any) -> Leaf:
    """The way for values of which nothing is known: the usual type in line, others by a call."""
    exact = completer(type_)
    if isinstance(type_, GraphQLEnumType):
        return Leaf("{c}[{a}] if type({a}) is str else {c}.exact({a})", _Names(type_))
    usual = _USUAL.get(type_)
    if usual is None:
        name = getattr(type_, "name", "")
        usual = _USUAL_OURS.get(name) if _is_ours(type_, name) else None
    if usual is None:
        return Leaf("{c}({a})", exact)
    condition, expression = usual
    return Leaf(f"{expression} if {condition} else {{c}}({{a}})", exact)


def completer(type_: Any) -> Callable[[Any], Any]:
    """Completes a value that is not None exactly, or leaves by an exception."""
    if is_list_type(type_):
        inner = type_.of_type
        required = is_non_null_type(inner)
        one = completer(get_nullable_type(inner))

        def every(value: Any) -> Any:
            if isinstance(value, str) or not is_iterable(value):
                raise Surprise
            items = [None if item is None else one(item) for item in value]
            if required and None in items:
                raise Surprise
            return items

        return every
    coerce = type_.coerce_output_value

    def single(value: Any) -> Any:
        if isinstance(value, Exception):
            raise Surprise
        try:
            found = coerce(value)
        except Exception as error:
            raise Surprise from error
        if found is None or found is Undefined:
            raise Surprise
        return found

    return single


def native(kind: Kind, text: str) -> Any:
    """The object behind a text that a store wrote, as the plain path would have read it."""
    match kind:
        case "uuid":
            return UUID(text)
        case "timestamp":
            return datetime.fromisoformat(text)
        case "date":
            return _INFINITE.get(text) or date.fromisoformat(text)
        case _:
            return Decimal(text)


def through_object(exact: Callable[[Any], Any], kind: Kind) -> Callable[[str], Any]:
    """Completes a text as the object the plain path would have had."""

    def complete(text: str) -> Any:
        try:
            value = native(kind, text)
        except (ValueError, ArithmeticError) as error:
            raise Surprise from error
        return exact(value)

    return complete


def _of_text(type_: Any, kind: Kind | None) -> Leaf:
    # What is no number ends in a letter: NaN, Infinity.
    if kind == "decimal" and _is_ours(type_, "Decimal", "BigInt"):
        return Leaf("{a}", None, '{a}[-1] < ":"', str, True)
    if (kind, getattr(type_, "name", "")) in (("uuid", "UUID"), ("timestamp", "DateTime")) and (
        _is_ours(type_, type_.name)
    ):
        return Leaf("{a}", expected=str, passes_null=True)
    if kind == "date" and _is_ours(type_, "Date"):
        # Infinity and years beyond four digits have other lengths.
        return Leaf("{a}", None, "len({a}) == 10", str, True)
    exact = completer(type_)
    assert kind is not None
    return Leaf("{c}({a})", through_object(exact, kind))


class _Names(dict[Any, str]):
    """Names of an enum by the values a store holds."""

    def __init__(self, type_: GraphQLEnumType) -> None:
        self.exact = completer(type_)
        held = {
            getattr(each.value, "value", each.value): name
            for name, each in type_.values.items()
            if isinstance(getattr(each.value, "value", each.value), str)
        }
        super().__init__(held)

    def __missing__(self, value: str) -> str:
        found: str = self.exact(value)
        return found


def _is_ours(type_: Any, *names: str) -> bool:
    """One of the project's scalars with its own serializer, not a namesake."""
    name = getattr(type_, "name", None)
    if name not in names:
        return False
    serialize = getattr(type_, "serialize", None)
    return (
        serialize is _SERIALIZERS[name]
        or getattr(type_, "coerce_output_value", None) is (_SERIALIZERS[name])
    )
