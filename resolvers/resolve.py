"""Resolves declared fields: one function a kind of declaration."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from resolvers.errors import BadInput
from resolvers.filters import checked, has_global_id
from resolvers.ids import key_of
from resolvers.paging import load_page
from resolvers.permissions import require
from resolvers.plan import (
    Batch,
    Column,
    Computed,
    Declaration,
    GlobalId,
    Many,
    One,
    Page,
    Root,
    Table,
)
from resolvers.reads import Rows, absent, allow, lists, ones
from resolvers.reflection import Entity, entity_of, target_of
from resolvers.selection import selected_columns
from stores.relational.conditions import Condition

if TYPE_CHECKING:
    from strawberry import Info
    from strawberry.types.field import StrawberryField

    from resolvers.context import RequestContext, Viewer


def resolve(
    field: StrawberryField, declaration: Declaration, source: Any, info: Info, given: dict[str, Any]
) -> Any:
    """The value of a declared field, or a future of it."""
    match declaration:
        case One():
            return _one(declaration, _target(field), source, info)
        case Many():
            return _many(declaration, _target(field), source, info)
        case Page():
            return _page(declaration, _target(field), source, info, given)
        case Root():
            return _root(declaration, _target(field), info, given)
        case Batch():
            return _batch(declaration, source, info, given)
        case Column() | Computed() | GlobalId():
            raise TypeError("plain and computed fields resolve themselves")


def load_one(info: Info, cls: type[Any], key: object, column: str | None = None) -> Any:
    """For resolvers of a domain's own: a row by a unique column (its key when not given), or None.

    Asked for many keys in one level, it is one statement.
    """
    entity = entity_of(cls)
    context: RequestContext = info.context
    allow(context, entity)
    rows = Rows(entity, selected_columns(info, entity), column or entity.table.key)
    return absent(None) if key is None else ones(context, rows).load(key)


async def find_one(info: Info, cls: type[Any], where: Condition, path: tuple[str, ...] = ()) -> Any:
    """For resolvers of a domain's own: the first row that meets a condition, or None.

    Args:
        info: of the field being resolved.
        cls: type of the row.
        where: which row; made of values that `resolvers.filters.checked` accepts.
        path: fields between the current one and the row, such as `wallet` of a payload.
    """
    entity = entity_of(cls)
    context: RequestContext = info.context
    allow(context, entity)
    columns = selected_columns(info, entity, path)
    rows = Rows(entity, columns, None, where, entity.sorts(()), 1)
    found = await lists(context, rows).load(None)
    return found[0] if found else None


def local_key(source: Any, columns: tuple[str, ...]) -> Any:
    """The key a row holds, None when any part of it is null."""
    entity = entity_of(type(source))
    try:
        values = tuple(source.__dict__[entity.slot(column)] for column in columns)
    except KeyError as missing:
        raise TypeError(f"{entity.name} was built without its column {missing}") from None
    if any(value is None for value in values):
        return None
    return values if len(values) > 1 else values[0]


def _target(field: StrawberryField) -> Entity:
    found: Entity | None = field.__dict__.get("_target")
    if found is None:
        found = field.__dict__["_target"] = target_of(field)
    return found


def _one(declared: One, target: Entity, source: Any, info: Info) -> Any:
    context: RequestContext = info.context
    allow(context, target, declared.access, declared.tier)
    key = local_key(source, (declared.local,))
    if key is None:
        return None
    rows = Rows(target, selected_columns(info, target), declared.remote or target.table.key)
    return ones(context, rows).load(key)


def _many(declared: Many, target: Entity, source: Any, info: Info) -> Any:
    context: RequestContext = info.context
    allow(context, target, declared.access, declared.tier)
    key = local_key(source, (declared.local or _key_of(source),))
    if key is None:
        return []
    rows = Rows(
        target,
        selected_columns(info, target),
        declared.remote,
        declared.where,
        target.sorts(declared.order),
        declared.limit,
    )
    return lists(context, rows).load(key)


def _page(declared: Page, target: Entity, source: Any, info: Info, given: Mapping[str, Any]) -> Any:
    if declared.remote is None:
        return load_page(info, declared, target, given)
    key = local_key(source, (declared.local or _key_of(source),))
    return load_page(info, declared, target, given, key)


def _root(declared: Root, target: Entity, info: Info, given: Mapping[str, Any]) -> Any:
    context: RequestContext = info.context
    allow(context, target, declared.access, declared.tier)
    column, value = root_key(declared, target, given)
    rows = Rows(target, selected_columns(info, target), column)
    return ones(context, rows).load(value)


def root_key(declared: Root, target: Entity, given: Mapping[str, Any]) -> tuple[str, object]:
    """The column and the value that the arguments of a root field name a row by.

    Raises:
        BadInput: none or several are given, or the value cannot be one.
    """
    global_id = has_global_id(target)
    names = {
        "id" if name == target.table.key and global_id else target.slot(name): name
        for name in declared.by
    }
    chosen = {name: value for name, value in given.items() if value is not None and name in names}
    if len(chosen) != 1:
        options = " or ".join(
            f"`{target.columns[c].graphql_name if c in target.columns else n}`"
            for n, c in names.items()
        )
        raise BadInput(f"Give exactly one of {options}.")
    ((name, value),) = chosen.items()
    column = names[name]
    if global_id and column == target.table.key:
        value = key_of(target, value)
    else:
        value = checked(target.columns[column], value)
    return column, value


def _batch(declared: Batch, source: Any, info: Info, given: dict[str, Any]) -> Any:
    context: RequestContext = info.context
    let_batch(context.viewer, declared, entity_of(type(source)).table)
    key = local_key(source, declared.local or (_key_of(source),))
    if key is None:
        return missing_of(declared)

    async def load(keys: list[Any]) -> list[Any]:
        found = await declared.function(context, keys, **given)
        return [found[key] if key in found else missing_of(declared) for key in keys]

    identity = ("batch", declared, frozen(given))
    return context.loaders.get(identity, lambda: load).load(key)


def missing_of(declared: Batch) -> Any:
    """A fresh value each time, so that nobody changes a shared list."""
    return declared.missing() if callable(declared.missing) else declared.missing


def _key_of(source: Any) -> str:
    return entity_of(type(source)).table.key


def let_batch(viewer: Viewer, declared: Batch, table: Table) -> None:
    """Let the viewer have what a batch function finds for rows of a table, or raise."""
    require(viewer, declared.access or table.access, max(declared.tier, table.tier))


def frozen(value: Any) -> Hashable:
    """Arguments as something that can tell loaders apart."""
    if isinstance(value, Mapping):
        return tuple((name, frozen(item)) for name, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (type(value), *(frozen(getattr(value, f.name)) for f in dataclasses.fields(value)))
    plain: Hashable = value
    return (type(value), plain)
