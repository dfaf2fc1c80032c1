"""How a domain declares an entity and its fields; `resolvers/plan.py` shows it whole.

Every helper returns a Strawberry field that carries its declaration and resolves through it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from resolvers import arguments, resolve, subgraph
from resolvers.permissions import Access, Tier, require
from resolvers.plan import (
    DEFAULT_PAGE,
    EXEC,
    MAX_PAGE,
    Batch,
    BatchFunction,
    Column,
    Computed,
    Declaration,
    Many,
    One,
    Page,
    Root,
    Table,
)
from stores.relational.conditions import Condition, Kind

if TYPE_CHECKING:
    from resolvers.context import Viewer

C = TypeVar("C", bound=type)


class DeclaredField(StrawberryField):
    """A field that is resolved by its declaration."""

    @property
    def declaration(self) -> Declaration:
        """What the field says of its source."""
        found: Declaration = self.metadata[EXEC]
        return found

    @property
    def is_basic_field(self) -> bool:
        """False: the value is not an attribute of the parent."""
        return False

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """Made when the schema is built, because they follow from the type the field leads to."""
        if self._arguments is None:
            self._arguments = arguments.arguments_of(self, self.declaration)
        return self._arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The value, or a future of it."""
        return resolve.resolve(self, self.declaration, source, info, kwargs)


class ComputedField(StrawberryField):
    """A field with a resolver of its own, which runs only for those who may read it."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """Those of the resolver."""
        made = super().arguments
        for argument in made:
            arguments.omit_null(argument)
        return made

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """What the resolver returns."""
        let_in(info.context.viewer, self.metadata[EXEC])
        return super().get_result(source, info, args, kwargs)


class GuardedColumn(StrawberryField):
    """A column that not every reader of its type may see."""

    @property
    def is_basic_field(self) -> bool:
        """False: the row may lack it."""
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """The value, which was read for those only who may see it."""
        let_in(info.context.viewer, self.metadata[EXEC])
        return getattr(source, self.python_name)


def column(
    description: str,
    *,
    column: str | None = None,
    kind: Kind | None = None,
    name: str | None = None,
    orderable: bool = True,
    filterable: bool = True,
    access: Access | None = None,
    tier: Tier = Tier.FREE,
) -> Any:
    """A plain field: the column of the same name, or of the name given.

    Args:
        description: meaning, unit, source, and what null means; for analysts.
        column: column when its name differs from the field's.
        kind: kind of values when the annotation does not say it.
        name: GraphQL name when it is not the field's in camel case.
        orderable: may appear in `orderBy`.
        filterable: may appear in `where`.
        access: who may read it, when stricter than the type; it is in no `where` or `orderBy` then.
        tier: the least tier it is part of; above free it is in no `where` or `orderBy`.
    """
    declared = Column(column, kind, orderable, filterable, access, tier)
    if declared.guarded:
        return GuardedColumn(
            graphql_name=name,
            description=description,
            metadata={EXEC: declared},
            directives=subgraph.marks(access, tier),
        )
    return strawberry.field(name=name, description=description, metadata={EXEC: declared})


def computed(
    description: str,
    *,
    requires: tuple[str, ...] = (),
    name: str | None = None,
    access: Access | None = None,
    tier: Tier = Tier.FREE,
    write: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """A field that is a function of columns of its own row; decorates a method.

    The method finds the columns it requires on `self`, and no others.
    """

    def decorate(method: Callable[..., Any]) -> Any:
        declared = Computed(requires, access, tier, write)
        made = ComputedField(
            graphql_name=name,
            description=description,
            metadata={EXEC: declared},
            directives=subgraph.marks(access, tier),
        )
        return made(method)

    return decorate


def root_field(
    description: str,
    *,
    access: Access,
    name: str | None = None,
    tier: Tier = Tier.FREE,
    write: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """A root field with a resolver of its own; decorates a method. `write` is for mutations."""
    return computed(description, access=access, name=name, tier=tier, write=write)


def one(
    description: str,
    *,
    local: str,
    remote: str | None = None,
    access: Access | None = None,
    joined: bool = False,
    tier: Tier = Tier.FREE,
) -> Any:
    """One row of another type: `local` holds its key, or the value of its column `remote`.

    It may be `joined` to the statement of this row where that is cheaper than one of its own: a
    row or a short page leads to a few rows by their key.
    """
    return _field(description, One(local, remote, access, tier=tier, joined=joined))


def many(
    description: str,
    *,
    remote: str,
    local: str | None = None,
    order: tuple[str, ...] = (),
    limit: int = 100,
    where: Condition | None = None,
    access: Access | None = None,
    tier: Tier = Tier.FREE,
) -> Any:
    """A short list of rows of another type, whose column `remote` holds this row's key."""
    return _field(description, Many(remote, local, order, limit, where, access, tier))


def page(
    description: str,
    *,
    remote: str,
    local: str | None = None,
    order: tuple[str, ...] = (),
    where: Condition | None = None,
    default: int = DEFAULT_PAGE,
    maximum: int = MAX_PAGE,
    access: Access | None = None,
    tier: Tier = Tier.FREE,
) -> Any:
    """A connection over rows of another type, whose column `remote` holds this row's key."""
    return _field(description, Page(remote, local, order, where, default, maximum, access, tier))


def batch(
    description: str,
    function: BatchFunction,
    *,
    local: tuple[str, ...] = (),
    missing: Any = None,
    store: str = "postgres",
    access: Access | None = None,
    tier: Tier = Tier.FREE,
) -> Any:
    """Whatever a function finds for all parents of a level at once.

    Args:
        description: for analysts.
        function: `async (context, keys, *, arguments…) -> Mapping[key, value]`; keyword-only
            parameters become the field's arguments, described by `Annotated[…,
            strawberry.argument("…")]`.
        local: columns that make the key, this row's key when not given; several make a tuple.
        missing: value for keys that the answer lacks; a key with a null in it is never asked for.
        store: what it mainly reads.
        access: who may read it, when stricter than the type.
        tier: the least tier it is part of.
    """
    return _field(description, Batch(function, local, missing, store, access, tier))


def root_one(
    description: str, *, by: tuple[str, ...], access: Access, tier: Tier = Tier.FREE
) -> Any:
    """A root field that finds one row by one of some unique columns; null when there is none."""
    return _field(description, Root(by, access, tier))


def root_page(
    description: str,
    *,
    access: Access,
    order: tuple[str, ...] = (),
    where: Condition | None = None,
    default: int = DEFAULT_PAGE,
    maximum: int = MAX_PAGE,
    tier: Tier = Tier.FREE,
) -> Any:
    """A root field that is a connection over all rows of a type."""
    return _field(description, Page(None, None, order, where, default, maximum, access, tier))


@dataclass_transform(
    kw_only_default=True,
    field_specifiers=(column, one, many, page, batch, root_one, root_page, strawberry.field),
)
def entity(
    table: Table, *, description: str, name: str | None = None, keys: tuple[str, ...] = ()
) -> Callable[[C], C]:
    """Make a class a GraphQL type whose plain fields are columns of a table.

    Args:
        table: where its rows are.
        description: what a row is; for analysts.
        name: GraphQL name when it is not that of the class.
        keys: fields by which other subgraphs may refer to a row, such as `id` and `slug`: unique
            columns of text, or the global id.
    """
    directives = subgraph.keys(keys)

    def decorate(cls: C) -> C:
        cls.__table__ = table  # type: ignore[attr-defined]
        made: C = strawberry.type(cls, name=name, description=description, directives=directives)
        return made

    return decorate


def let_in(viewer: Viewer, declared: Column | Computed) -> None:
    """Let the viewer see a plain or computed field, or raise.

    What a field says of itself adds to what its type says, which was asked where its row was read.
    """
    if declared.guarded:
        write = isinstance(declared, Computed) and declared.write
        require(viewer, declared.access or Access.PUBLIC, declared.tier, write=write)


def _field(description: str, declaration: One | Many | Page | Root | Batch) -> Any:
    marks = subgraph.marks(declaration.access, declaration.tier)
    return DeclaredField(description=description, metadata={EXEC: declaration}, directives=marks)
