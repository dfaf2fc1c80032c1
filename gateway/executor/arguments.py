"""Arguments of planned fields; those without variables are worked out once a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from graphql import GraphQLArgument, GraphQLScalarType, Undefined, VariableNode, get_nullable_type
from graphql.execution.values import get_argument_values
from strawberry.schema.schema_converter import get_arguments

from gateway.executor.classify import DEFINITION
from resolvers.paging import PageArguments, page_arguments
from resolvers.reads import allow

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run
    from resolvers.plan import Page

# Arguments of a page that are written in the document, or are a number of rows alone.
PageForm = int | Literal["static"]


def raw_arguments(run: Run, field: PlannedField) -> dict[str, Any]:
    """Arguments as graphql-core coerces them, fresh each time."""
    if not field.definition.args and not field.details[0].node.arguments:
        return {}
    return get_argument_values(field.definition, field.details[0].node, run.variables)


def arguments_of(run: Run, field: PlannedField) -> dict[str, Any]:
    """Arguments of a declared field, as Strawberry gives them to resolvers."""
    if not field.definition.args:
        return {}
    if field.kept.arguments is not None:
        return dict(field.kept.arguments)
    if (simple := _from_variables(run, field)) is not None:
        return simple
    assert field.strawberry is not None
    schema: Any = run.executor().schema
    converter = schema._strawberry_schema.schema_converter
    given = get_arguments(
        field=field.strawberry,
        source=None,
        info=None,  # type: ignore[arg-type]  # only resolvers of Strawberry's own take it
        kwargs=raw_arguments(run, field),
        config=converter.config,
        scalar_registry=converter.scalar_registry,
    )[1]
    if field.static and _hashable(given):
        field.kept.arguments = given
    return dict(given)


def _hashable(given: dict[str, Any]) -> bool:
    """Whether nobody who is handed the values can change them; lists and inputs can be."""
    try:
        hash(tuple(given.values()))
    except TypeError:
        return False
    return True


def _from_variables(run: Run, field: PlannedField) -> dict[str, Any] | None:
    """Scalars that all come from variables, which are coerced already; None for anything else."""
    names = _names_of_variables(field)
    if names is None:
        return None
    coerced = run.variables.coerced
    found = {name: coerced.get(variable) for name, variable in names.items()}
    # A variable without a value is no argument, and a null may be one too few.
    return None if None in found.values() else found


def _names_of_variables(field: PlannedField) -> dict[str, str] | None:
    names = field.kept.variables
    if names is False:
        names = field.kept.variables = _variables(field)
    return names


def _variables(field: PlannedField) -> dict[str, str] | None:
    """Names of the variables by Python name of the argument; None when there is more to them."""
    definitions = field.definition.args
    if any(map(_has_default, definitions.values())):
        return None
    found: dict[str, str] = {}
    for argument in field.details[0].node.arguments or ():
        definition = definitions[argument.name.value]
        declared = definition.extensions.get(DEFINITION)
        scalar = isinstance(get_nullable_type(definition.type), GraphQLScalarType)
        if not isinstance(argument.value, VariableNode) or not scalar or declared is None:
            return None
        found[declared.python_name] = argument.value.name.value
    return found


def _has_default(argument: GraphQLArgument) -> bool:
    """Whether an argument that is not given has a value all the same."""
    return argument.default is not None or argument.default_value is not Undefined


def page_arguments_of(run: Run, field: PlannedField, declared: Page) -> PageArguments:
    """Arguments of a page, checked, for a viewer who may read it.

    Input that cannot be understood is told first, as Strawberry does, whoever asks.
    """
    assert field.target is not None
    given = arguments_of(run, field)
    allow(run.context, field.target, declared.access, declared.tier)
    return page_arguments(declared, field.target, given)


def page_form(run: Run, field: PlannedField) -> PageForm | None:
    """What a page's arguments depend on: nothing, one number, or more than can be told from."""
    if field.static:
        return "static"
    names = _names_of_variables(field)
    if names is None or names.keys() != {"first"}:
        return None
    first: int | None = run.variables.coerced.get(names["first"])
    return first
