"""Arguments of planned fields; those without variables are worked out once a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql.execution.values import get_argument_values
from strawberry.schema.schema_converter import get_arguments

from resolvers.paging import PageArguments, page_arguments

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run
    from resolvers.plan import Page


def raw_arguments(run: Run, field: PlannedField) -> dict[str, Any]:
    """Arguments as graphql-core coerces them, fresh each time."""
    if not field.definition.args and not field.details[0].node.arguments:
        return {}
    return get_argument_values(field.definition, field.details[0].node, run.variables)


def arguments_of(run: Run, field: PlannedField) -> dict[str, Any]:
    """Arguments of a declared field, as Strawberry gives them to resolvers."""
    if not field.definition.args:
        return {}
    if field.static and "arguments" in field.cache:
        return dict(field.cache["arguments"])
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
    if field.static:
        field.cache["arguments"] = given
    return dict(given)


def page_arguments_of(run: Run, field: PlannedField, declared: Page) -> PageArguments:
    """Arguments of a page, checked."""
    held: PageArguments | None = field.cache.get("page") if field.static else None
    if held is None:
        assert field.target is not None
        held = page_arguments(declared, field.target, arguments_of(run, field))
        if field.static:
            field.cache["page"] = held
    return held
