"""Arguments of declared fields, made from what the field leads to."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

from resolvers.filters import has_global_id, where_input
from resolvers.ordering import order_input
from resolvers.plan import Batch, Declaration, Page, Root
from resolvers.reflection import Entity, target_of

if TYPE_CHECKING:
    from strawberry.types.field import StrawberryField


def arguments_of(field: StrawberryField, declaration: Declaration) -> list[StrawberryArgument]:
    """The arguments of a declared field."""
    match declaration:
        case Page():
            return _of_page(target_of(field), declaration)
        case Root(by):
            return _of_root(target_of(field), by)
        case Batch(function):
            return _of_function(function)
        case _:
            return []


def omit_null(argument: StrawberryArgument) -> None:
    """A default of null says nothing: the schema leaves it out, and the function supplies it."""
    if argument.default is None:
        argument.default = strawberry.UNSET


def _argument(name: str, type_: Any, description: str) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
    )


def _of_page(entity: Entity, page: Page) -> list[StrawberryArgument]:
    return [
        _argument(
            "first",
            int | None,
            f"How many rows from the start; {page.default} when neither `first` nor `last` is "
            f"given, {page.maximum} at most.",
        ),
        _argument("after", str | None, "Rows after the one with this cursor."),
        _argument("last", int | None, f"How many rows from the end, {page.maximum} at most."),
        _argument("before", str | None, "Rows before the one with this cursor."),
        _argument("where", where_input(entity) | None, "Which rows; all when not given."),
        _argument(
            "order_by",
            list[order_input(entity)] | None,  # type: ignore[misc]  # made just now
            "In which order; the first entry weighs most.",
        ),
    ]


def _of_root(entity: Entity, by: tuple[str, ...]) -> list[StrawberryArgument]:
    made = []
    for column in by:
        if column == entity.table.key and has_global_id(entity):
            name, type_, about = "id", strawberry.ID, "Global id, from the field `id`."
        else:
            info = entity.columns[column]
            name, type_, about = info.attribute, info.annotation, info.description
        # The only way to say which row is required, of several any one will do.
        made.append(_argument(name, type_ if len(by) == 1 else type_ | None, about))
    return made


def _of_function(function: Any) -> list[StrawberryArgument]:
    namespace = sys.modules[function.__module__].__dict__
    made = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        argument = StrawberryArgument(
            python_name=parameter.name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(parameter.annotation, namespace=namespace),
            default=parameter.default,
        )
        omit_null(argument)
        # A trailing underscore only keeps the name from being a keyword.
        argument.graphql_name = argument.graphql_name or to_camel_case(parameter.name.rstrip("_"))
        made.append(argument)
    return made
