"""Fields that Python functions resolve: batch functions, plain methods, Strawberry's resolvers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphql.pyutils import Path

from gateway.executor.arguments import arguments_of, raw_arguments
from gateway.executor.frames import Frame, Resolved, failed
from gateway.executor.keys import keys_of
from gateway.executor.objects import finished, may_wait, read_out, settled, sorted_in
from gateway.executor.sources import instances, paths
from resolvers.fields import let_in
from resolvers.plan import Batch, Column, Computed
from resolvers.resolve import frozen, let_batch, missing_of

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField
    from gateway.executor.run import Run


async def batch(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """What the declared function finds for all keys of the level."""
    declared, entity = field.declaration, frame.selection.entity
    assert isinstance(declared, Batch)
    assert entity is not None
    try:
        given = arguments_of(run, field)
        let_batch(run.context.viewer, declared, entity.table)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    keys = keys_of(frame, field)
    found: Mapping[Any, Any] = {}
    if keys:
        try:
            if field.shared:
                identity = ("batch", declared, frozen(given))
                found = await run.shared(
                    identity, keys, lambda every: declared.function(run.context, every, **given)
                )
            else:
                found = await declared.function(run.context, keys, **given)
        except Exception as error:  # noqa: BLE001 - the field's error where there is a key
            return await _with_missing(run, frame, field, dict.fromkeys(keys, error))
    return await _with_missing(
        run,
        frame,
        field,
        {key: found[key] if key in found else missing_of(declared) for key in keys},
    )


async def _with_missing(
    run: Run, frame: Frame, field: PlannedField, values: dict[Any, Any]
) -> Resolved:
    assert isinstance(field.declaration, Batch)
    values[None] = missing_of(field.declaration)
    return await _of_values(run, frame, field, values)


async def direct(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """A function of each object."""
    assert field.strawberry is not None
    resolver = field.strawberry.base_resolver
    assert resolver is not None
    declared = field.declaration
    if isinstance(declared, Computed):
        try:
            let_in(run.context.viewer, declared)
        except Exception as error:  # noqa: BLE001 - the field's error for every parent
            return failed(run, error)
    values = []
    for source in instances(frame):
        try:
            values.append(resolver(source))
        except Exception as error:  # noqa: BLE001 - this object's error
            values.append(error)
    return await _of_values(run, frame, field, values)


def refused(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """The error of a field that the viewer may not see, and of which nothing was read."""
    assert isinstance(field.declaration, Column | Computed)
    try:
        raw_arguments(run, field)
        let_in(run.context.viewer, field.declaration)
    except Exception as error:  # noqa: BLE001 - the field's error for every parent
        return failed(run, error)
    raise AssertionError("the plan was made for viewers with fewer rights")


async def wrapped(run: Run, frame: Frame, field: PlannedField) -> Resolved:
    """Strawberry's own resolver of the field, with all its wrappers."""
    executor = run.executor()
    resolve = field.definition.resolve or executor.field_resolver
    values = []
    for source, path in zip(instances(frame), paths(frame), strict=True):
        try:
            info = executor.build_resolve_info(
                field.definition,
                field.nodes,
                field.parent_type,
                Path(path, field.key, field.parent_type.name),
            )
            values.append(resolve(source, info, **raw_arguments(run, field)))
        except Exception as error:  # noqa: BLE001 - this object's error
            values.append(error)
    return await _of_values(run, frame, field, values)


async def _of_values(
    run: Run, frame: Frame, field: PlannedField, values: list[Any] | dict[Any, Any]
) -> Resolved:
    """Values of a field, awaited where need be, as entries."""
    given = plain = list(values.values()) if isinstance(values, dict) else values
    if may_wait(plain, field.output.depth if field.output else 1):
        plain = await settled(plain)
    if field.output is None:
        plain = read_out(plain)
    if plain is not given:
        values = dict(zip(values, plain, strict=True)) if isinstance(values, dict) else plain
    if any(isinstance(value, Exception) for value in plain):
        run.surprised = True
    if field.output is None:
        return Resolved(values)
    return await finished(sorted_in(run, frame, field, values))
