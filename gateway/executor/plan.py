"""The plan of an operation: a tree of selections.

It depends on the document alone, never on values of variables other than those of `@skip` and
`@include`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from resolvers.plan import Declaration

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType
    from graphql.execution.collect_fields import FieldDetailsList
    from strawberry.types.field import StrawberryField

    from gateway.executor.reading import Reading
    from resolvers.reflection import Entity
    from stores.relational.conditions import Kind


class How(enum.Enum):
    """How a field gets its value."""

    TYPENAME = "name of the type"
    VALUE = "a column or attribute of the source"
    GLOBAL_ID = "made of the type and the row's key"
    CHILD = "objects held in a column or attribute of the source"
    SAME = "the row itself, seen as another type: the node of an edge"
    CURSOR = "the row's place in its page"
    ONE = "a row of another table"
    JOINED = "a row of another table, read in the statement of its parent's"
    MANY = "rows of another table"
    PAGE = "a page of another table"
    ROOT = "a row found by an argument"
    BATCH = "a function over the keys of a level"
    DIRECT = "a resolver without arguments, called itself"
    WRAPPED = "a resolver, called through all of Strawberry's wrappers"
    REFUSED = "nothing: those the plan is for may not see it"


@dataclass(slots=True, eq=False)
class Layout:
    """Which value stands where in a row; filled while planning, fixed afterwards.

    Attributes:
        columns: names in order: columns of a relation, or attributes of an object.
        native: columns some consumer needs as Python objects; others of the kinds the store can
            write as text are read as text.
        entity: type of the rows; None for objects.
        extensible: the read may append columns, those of an ordering chosen by the caller.
        joins: entities whose rows are read beside, by the column that holds their key. Their
            columns have it in front: `protocol_id.name`.
        presences: columns of which only is asked whether they are null.
    """

    entity: Entity | None = None
    columns: list[str] = field(default_factory=list)
    native: set[str] = field(default_factory=set)
    extensible: bool = False
    joins: dict[str, Entity] = field(default_factory=dict)
    presences: set[str] = field(default_factory=set)

    def place(self, column: str, *, native: bool = False) -> int:
        """Index of a column, which is wanted from now on."""
        if native:
            self.native.add(column)
        self.presences.discard(column)
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)

    def present(self, column: str) -> int:
        """Index of a column that is null or not; its value if something else wants it."""
        if column not in self.columns:
            self.presences.add(column)
            self.columns.append(column)
        return self.columns.index(column)

    def kind(self, column: str) -> Kind:
        """Kind of a column of rows, or of those beside."""
        assert self.entity is not None
        local, dot, name = column.partition(".")
        return self.joins[local].kind(name) if dot else self.entity.kind(column)


@dataclass(slots=True, eq=False)
class Output:
    """What stands below a field that leads to objects.

    Attributes:
        depth: how many lists are around the objects.
        selections: what is asked of each possible type; one for a concrete type.
        abstract: the type is an interface or a union.
        rows: the values are rows of a read rather than objects.
    """

    depth: int
    selections: dict[str, Selection]
    abstract: bool
    rows: bool = False

    @property
    def only(self) -> Selection:
        """The selection of a concrete type."""
        (selection,) = self.selections.values()
        return selection


@dataclass(slots=True, eq=False)
class Kept:
    """What running a field works out once; of a caller's values no more than a number of rows.

    Attributes:
        arguments: those of a field without variables, as resolvers take them.
        variables: names of variables by Python name of the argument, when they are all there is;
            False until looked at.
        pages: reads of a page whose arguments are no variables, or a number of rows alone.
        readings: reads by what arguments choose: the column of a root field, a page's ordering.
        wish: which fields of a connection are selected.
        forms: whether the rows read and the parents hold the key as text.
    """

    arguments: dict[str, Any] | None = None
    variables: dict[str, str] | Literal[False] | None = False
    pages: dict[int | str, Any] = field(default_factory=dict)
    readings: dict[Hashable, Reading] = field(default_factory=dict)
    wish: set[str] | None = None
    forms: tuple[bool, bool] | None = None


@dataclass(slots=True, eq=False)
class PlannedField:
    """One entry of a selection.

    Attributes:
        key: response key.
        name: name in the schema.
        how: where its value comes from.
        type: declared type with its wrappers.
        definition: of the field.
        details: its nodes, merged by the specification's rules.
        parent_type: type it belongs to.
        strawberry: the Strawberry field, None for those of graphql-core itself.
        declaration: what it declares.
        target: the entity a relation leads to.
        places: indexes of what it needs in the parent's row: a key, or the value itself.
        output: what stands below it; None for leaves.
        asked: its own selection when its output is that of a field beside it which asks the same;
            errors are located by its nodes.
        row: layout of the rows it reads.
        static: its arguments hold no variables.
        shared: a field of another selection may send the same read in the same level.
        step: its place in the printed plan, such as `2.1`; empty for fields that fetch nothing.
        within: the step whose statement reads it; empty for what has a statement of its own.
        path: response keys that lead to it, with type names where they differ.
        fetch: function that resolves it for all sources of a frame; None for relations to one row,
            which are resolved in groups, and for what needs no fetch.
        reading: its read, when no argument changes it; made when first needed.
        kept: what else is worked out once.
    """

    key: str
    name: str
    how: How
    type: GraphQLOutputType
    definition: GraphQLField
    details: FieldDetailsList
    parent_type: GraphQLObjectType
    strawberry: StrawberryField | None = None
    declaration: Declaration | None = None
    target: Entity | None = None
    places: tuple[int, ...] = ()
    output: Output | None = None
    asked: Selection | None = None
    row: Layout | None = None
    static: bool = True
    shared: bool = False
    step: str = ""
    within: str = ""
    path: str = ""
    fetch: Callable[..., Any] | None = None
    reading: Reading | None = None
    kept: Kept = field(default_factory=lambda: Kept())

    @property
    def nodes(self) -> list[FieldNode]:
        """Its nodes in the document."""
        return [detail.node for detail in self.details]

    @property
    def fetched(self) -> bool:
        """Whether it has to be resolved before rows can be completed."""
        return self.how not in (How.TYPENAME, How.VALUE, How.GLOBAL_ID, How.JOINED)

    @property
    def keyed(self) -> bool:
        """Whether its values are found by a key held in the parent's row."""
        return self.how in (How.ONE, How.MANY, How.BATCH) or (
            self.how is How.PAGE and bool(self.places)
        )


@dataclass(slots=True, eq=False)
class Selection:
    """What is asked of objects of one type.

    Attributes:
        object_type: the type.
        fields: in the order of the answer.
        layout: what a row of it holds.
        entity: the entity the type is, if it is one.
        rows: sources are rows of reads; otherwise objects with attributes.
        prefix: what its columns have in front in the rows, which are those of its parent.
        build: fills structs from rows whose types are as expected; made when first needed, see
            `codegen`.
        build_guarded: the same, checking every value.
        expected: Python type of the values at some places, for `build` to be right.
        fetches: fields that have to be resolved before rows can be completed.
        reads: fetches with their places, those together that one read is for.
    """

    object_type: GraphQLObjectType
    layout: Layout
    entity: Entity | None = None
    rows: bool = False
    prefix: str = ""
    fields: tuple[PlannedField, ...] = ()
    build: Callable[..., list[Any]] | None = None
    build_guarded: Callable[..., list[Any]] | None = None
    expected: tuple[tuple[int, type], ...] = ()
    fetches: tuple[PlannedField, ...] = ()
    reads: tuple[tuple[tuple[int, ...], tuple[PlannedField, ...]], ...] = ()


@dataclass(slots=True, eq=False)
class Plan:
    """A compiled operation.

    Attributes:
        root: what is asked of the root type.
        serial: root fields run one after the other: a mutation.
        bytes: estimate of the memory it takes.
    """

    root: Selection
    serial: bool
    bytes: int
