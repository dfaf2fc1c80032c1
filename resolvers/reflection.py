"""What an entity's class says, worked out once it is complete: columns and fields' needs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, cast
from uuid import UUID

from strawberry.scalars import JSON
from strawberry.types.base import (
    StrawberryContainer,
    StrawberryList,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from resolvers.permissions import Access, Tier
from resolvers.plan import EXEC, Batch, Column, Computed, GlobalId, Many, One, Page, Root, Table
from resolvers.scalars import Address, BigInt, ChainId, Hash
from stores.relational.conditions import Kind
from stores.relational.keyset import Sort

_KINDS: Final[Mapping[object, Kind]] = {
    str: "text",
    Address: "text",
    ChainId: "text",
    Hash: "text",
    UUID: "uuid",
    int: "int",
    BigInt: "int",
    Decimal: "decimal",
    float: "float",
    bool: "bool",
    datetime: "timestamp",
    date: "date",
    JSON: "json",
}


@dataclass(frozen=True, slots=True, eq=False)
class ColumnInfo:
    """One plain field.

    Attributes:
        attribute: Python name of the field.
        column: name in the store.
        graphql_name: name in the schema.
        kind: kind of values.
        annotation: scalar or enum class of the values.
        nullable: the field may be null.
        description: of the field.
        declared: what the field declares.
    """

    attribute: str
    column: str
    graphql_name: str
    kind: Kind
    annotation: Any
    nullable: bool
    description: str
    declared: Column

    @property
    def filterable(self) -> bool:
        """May appear in `where`."""
        return (
            self.declared.filterable
            and not self.declared.guarded
            and self.kind not in ("json", "array")
        )

    @property
    def orderable(self) -> bool:
        """May appear in `orderBy`."""
        return (
            self.declared.orderable
            and not self.declared.guarded
            and self.kind not in ("json", "array")
        )


@dataclass(frozen=True, slots=True, eq=False)
class Entity:
    """A class that declares a table.

    Attributes:
        cls: the class.
        name: GraphQL name of the type.
        table: where its rows are.
        columns: plain fields by column.
        needs: columns each field needs, by GraphQL name; None when that cannot be known.
        fields: the Strawberry fields by GraphQL name.
        guards: who may see plain and computed fields that not every reader of the type may, by
            GraphQL name.
    """

    cls: type[Any]
    name: str
    table: Table
    columns: Mapping[str, ColumnInfo]
    needs: Mapping[str, tuple[str, ...] | None]
    fields: Mapping[str, StrawberryField]
    guards: Mapping[str, tuple[Access, Tier]]

    def kind(self, column: str) -> Kind:
        """Kind of a column, shown by a field or not."""
        if column in self.columns:
            return self.columns[column].kind
        if column == self.table.key:
            return self.table.key_kind
        return self.table.kinds.get(column, "uuid")

    def slot(self, column: str) -> str:
        """Attribute under which an instance keeps a column."""
        info = self.columns.get(column)
        return info.attribute if info else column

    def sorts(self, order: tuple[str, ...]) -> tuple[Sort, ...]:
        """A declared ordering, made total by the tie-break; unknown values stand last."""
        return _sorts(self, order or self.table.order)

    def sort(self, column: str, descending: bool, nulls_first: bool = False) -> Sort:
        """Order by one column."""
        info = self.columns.get(column)
        fixed = column in (self.table.tie or (self.table.key,))
        if info is None and not fixed and column not in self.table.kinds:
            raise TypeError(f"{self.name} is ordered by {column!r}, which it does not declare")
        if info is not None and info.declared.guarded:
            raise TypeError(f"{self.name} is ordered by {column!r}, which not every reader may see")
        nullable = info is not None and info.nullable and not fixed
        nulls = ("first" if nulls_first else "last") if nullable else None
        return Sort(column, self.kind(column), descending, cast("Any", nulls))

    def total(self, sorts: list[Sort]) -> tuple[Sort, ...]:
        """The ordering with the tie-break behind it, in the direction of its last column."""
        descending = sorts[-1].descending if sorts else False
        present = {sort.column for sort in sorts}
        ties = (column for column in self.table.tie or (self.table.key,) if column not in present)
        return (*sorts, *(self.sort(column, descending) for column in ties))

    def build(self, slots: tuple[str, ...], row: Any) -> Any:
        """An instance that holds a row's columns and nothing else."""
        instance = object.__new__(self.cls)
        instance.__dict__.update(zip(slots, row, strict=True))
        return instance


@functools.cache
def _sorts(entity: Entity, order: tuple[str, ...]) -> tuple[Sort, ...]:
    """Declared orderings are few, and asked for with every request."""
    return entity.total(
        [entity.sort(name.removeprefix("-"), name.startswith("-")) for name in order]
    )


def entity_of(cls: type[Any]) -> Entity:
    """The entity a class declares; all types it refers to must be importable by now.

    Raises:
        TypeError: the class declares no table, or a field's column has no known kind.
    """
    return _entity_of(cast("Any", cls))


@functools.cache
def _entity_of(cls: Any) -> Entity:
    table = cls.__dict__.get("__table__")
    if not isinstance(table, Table):
        raise TypeError(f"{cls.__name__} declares no table: decorate it with @entity(Table(…))")
    definition = cls.__strawberry_definition__
    columns: dict[str, ColumnInfo] = {}
    needs: dict[str, tuple[str, ...] | None] = {}
    fields: dict[str, StrawberryField] = {}
    guards: dict[str, tuple[Access, Tier]] = {}
    for item in definition.fields:
        name = item.graphql_name or to_camel_case(item.python_name)
        fields[name] = item
        declaration = item.metadata.get(EXEC)
        if isinstance(declaration, Column | Computed) and declaration.guarded:
            guards[name] = (declaration.access or Access.PUBLIC, declaration.tier)
        if isinstance(declaration, Column) or (declaration is None and item.is_basic_field):
            info = _column(cls, item, name, declaration or Column())
            columns[info.column] = info
            needs[name] = (info.column,)
        else:
            needs[name] = _needs(declaration, table)
    return Entity(cls, definition.name, table, columns, needs, fields, guards)


def is_entity(cls: object) -> bool:
    """Whether a class declares a table."""
    return isinstance(cls, type) and isinstance(cls.__dict__.get("__table__"), Table)


def _needs(declaration: object, table: Table) -> tuple[str, ...] | None:
    match declaration:
        case One(local):
            return (local,)
        case Many() | Page():
            return (declaration.local or table.key,)
        case Batch():
            return declaration.local or (table.key,)
        case Computed():
            return declaration.requires
        case GlobalId():
            return (table.key,)
        case Root():
            return ()
        case _:
            return None


def _column(cls: type[Any], item: StrawberryField, name: str, declared: Column) -> ColumnInfo:
    annotation: Any = item.resolve_type()
    nullable = many = False
    while isinstance(annotation, StrawberryOptional | StrawberryList):
        nullable = nullable or (isinstance(annotation, StrawberryOptional) and not many)
        many = many or isinstance(annotation, StrawberryList)
        annotation = annotation.of_type
    kind: Kind | None = "array" if many else declared.kind or _kind(annotation)
    if kind is None:
        raise TypeError(f"{cls.__name__}.{item.python_name}: a column cannot be {annotation!r}")
    if isinstance(annotation, StrawberryEnumDefinition):
        annotation = annotation.wrapped_cls
    return ColumnInfo(
        attribute=item.python_name,
        column=declared.column or item.python_name,
        graphql_name=name,
        kind=kind,
        annotation=annotation,
        nullable=nullable,
        description=item.description or "",
        declared=declared,
    )


def _kind(annotation: object) -> Kind | None:
    if isinstance(annotation, StrawberryEnumDefinition):
        return "enum"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "enum"
    return _KINDS.get(annotation)


def target_of(item: StrawberryField) -> Entity:
    """The entity a relation leads to, read from the field's annotation."""
    found: Any = item.resolve_type()
    while isinstance(found, StrawberryContainer):
        found = found.of_type
    if isinstance(found, LazyType):
        found = found.resolve_type()
    if has_object_definition(found) and not is_entity(found):
        arguments = list(found.__strawberry_definition__.type_var_map.values())
        found = arguments[0] if arguments else found
        if isinstance(found, LazyType):
            found = found.resolve_type()
    return entity_of(cast("type[Any]", found))
