"""From a validated operation to its plan; what cannot be planned raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    OperationType,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.collect_fields import collect_fields, collect_subfields

from gateway.executor.asked import Unplannable, entity_behind
from gateway.executor.classify import DEFINITION, classify, origin_of
from gateway.executor.joining import is_joinable, is_shown
from gateway.executor.merging import merge_reads, number
from gateway.executor.plan import How, Layout, Output, Plan, PlannedField, Selection
from resolvers.connection import Connection
from resolvers.permissions import admits
from resolvers.plan import Many, One, Page
from resolvers.reflection import target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLOutputType
    from graphql.execution import Executor
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

    from resolvers.context import Viewer
    from resolvers.reflection import Entity

# Measured: what a planned field takes besides its nodes, with its share of generated code.
_BYTES_A_FIELD: Final = 2_200
_BYTES_A_SELECTION: Final = 9_000
# A level takes about nine frames of Python's stack while it runs, of a thousand there are.
_MOST_LEVELS: Final = 50
# An interface is planned for each of its types, so a short text may ask for many.
_MOST_SELECTIONS: Final = 1_000


def plan_of(executor: Executor[Any], viewer: Viewer | None = None) -> Plan:
    """The plan of the operation an executor was built for, with its values of the flags.

    Args:
        executor: built for it.
        viewer: who asks; fields of rows that they may not see are not read. None: everything is.

    Raises:
        Unplannable: graphql-core has to run it.
    """
    return _Planner(executor, viewer).plan()


class _Planner:
    """Plans one operation."""

    def __init__(self, executor: Executor[Any], viewer: Viewer | None) -> None:
        self._executor = executor
        self._viewer = viewer
        self._schema = executor.schema
        self._selections: list[Selection] = []
        self._fields: list[PlannedField] = []

    def plan(self) -> Plan:
        operation = self._executor.operation
        root_type = self._schema.get_root_type(operation.operation)
        if root_type is None:
            raise Unplannable("an operation the schema does not have")
        try:
            grouped = collect_fields(
                self._schema,
                self._executor.fragments,
                self._executor.variable_values,
                root_type,
                operation,
            ).grouped_field_set
            root = self._selection(root_type, grouped, Layout(), rows=False)
        except GraphQLError as error:
            raise Unplannable("directives that cannot be evaluated") from error
        except RecursionError:
            raise Unplannable("selections that nest too deep") from None
        if _levels(root) > _MOST_LEVELS:
            raise Unplannable("selections that nest too deep")
        return self._finished(root, serial=operation.operation is OperationType.MUTATION)

    def _finished(self, root: Selection, *, serial: bool) -> Plan:
        """Number the fetches and find those that may be merged."""
        number(root)
        merge_reads(self._selections)
        text = self._executor.operation.loc
        size = _BYTES_A_FIELD * len(self._fields) + _BYTES_A_SELECTION * len(self._selections)
        return Plan(root, serial, size + (text.end - text.start if text else 0))

    def _selection(
        self,
        type_: GraphQLObjectType,
        grouped: GroupedFieldSet,
        layout: Layout,
        *,
        rows: bool,
        prefix: str = "",
    ) -> Selection:
        if len(self._selections) >= _MOST_SELECTIONS:
            raise Unplannable("too many selections")
        selection = Selection(type_, layout, entity_behind(type_), rows, prefix)
        selection.fields = tuple(
            self._field(selection, key, details) for key, details in grouped.items()
        )
        self._selections.append(selection)
        return selection

    def _field(self, parent: Selection, key: str, details: FieldDetailsList) -> PlannedField:
        name = details[0].node.name.value
        if name in ("__schema", "__type"):
            raise Unplannable("introspection")
        definition = self._schema.get_field(parent.object_type, name)
        if definition is None:
            raise Unplannable("a field the schema does not have")
        field = PlannedField(
            key, name, How.TYPENAME, definition.type, definition, details, parent.object_type
        )
        self._fields.append(field)
        if name == "__typename":
            return field
        field.strawberry = definition.extensions.get(DEFINITION)
        field.how, field.declaration = classify(
            field.strawberry, parent.entity, self._is_root(parent)
        )
        if not self._may_see(parent.entity, name):
            field.how = How.REFUSED
            return field
        field.static = not any(_variables(detail.node) for detail in details)
        if field.how is How.ONE and self._may_join(parent, field):
            field.how = How.JOINED
        self._place(parent, field)
        if not is_leaf_type(get_named_type(field.type)):
            self._lead_on(field, parent.layout)
        elif field.how is How.CHILD:
            field.how = How.VALUE
        return field

    def _may_see(self, entity: Entity | None, name: str) -> bool:
        guard = None if entity is None else entity.guards.get(name)
        return guard is None or self._viewer is None or admits(self._viewer, *guard)

    def _is_root(self, selection: Selection) -> bool:
        return selection.object_type is self._schema.get_root_type(
            self._executor.operation.operation
        )

    def _may_join(self, parent: Selection, field: PlannedField) -> bool:
        """Whether its parent's read can bring the row, and all that is asked of it."""
        if not is_joinable(parent, field):
            return False
        assert field.target is not None
        (type_,) = self._possible(field.type)
        return all(
            is_shown(self._schema, type_, field.target, details[0].node.name.value)
            for details in self._collect(type_, field.details).values()
        )

    def _place(self, parent: Selection, field: PlannedField) -> None:
        """Say which values of the parent's row the field needs."""
        layout, entity, declared = parent.layout, parent.entity, field.declaration
        prefix = parent.prefix
        match field.how:
            case How.VALUE | How.CHILD:
                assert field.strawberry is not None
                field.places = (layout.place(prefix + _source(entity, field)),)
            case How.GLOBAL_ID:
                assert entity is not None
                field.places = (layout.place(prefix + entity.table.key),)
            case How.JOINED:
                assert isinstance(declared, One)
                assert field.target is not None
                layout.joins[declared.local] = field.target
                key = f"{declared.local}.{field.target.table.key}"
                field.places = (layout.present(key),)
            case How.ONE | How.MANY | How.PAGE if entity is not None:
                assert isinstance(declared, One | Many | Page)
                if not isinstance(declared, Page) or declared.remote is not None:
                    field.places = (layout.place(declared.local or entity.table.key),)
            case How.BATCH:
                assert entity is not None
                columns = declared.local or (entity.table.key,)  # type: ignore[union-attr]
                field.places = tuple(layout.place(name, native=True) for name in columns)
            case How.DIRECT | How.WRAPPED if entity is not None and parent.rows:
                # An object is made of the row; one that is there already is handed over.
                needs = entity.needs.get(field.name)
                if needs is None:
                    needs = (*entity.columns, entity.table.key)
                for column in needs:
                    layout.place(column, native=True)

    def _lead_on(self, field: PlannedField, layout: Layout) -> None:
        """Plan what stands below a field that leads to objects; `layout` is of its parent."""
        match field.how:
            case How.ONE | How.MANY | How.ROOT:
                assert field.strawberry is not None
                field.target = target_of(field.strawberry)
                field.row = Layout(field.target, _key_first(field))
                self._below_rows(field, field.row)
            case How.JOINED:
                assert isinstance(field.declaration, One)
                field.row = layout
                self._below_rows(field, layout, f"{field.declaration.local}.")
            case How.PAGE:
                assert field.strawberry is not None
                field.target = target_of(field.strawberry)
                field.row = Layout(field.target, _key_first(field))
                field.row.extensible = True
                self._below_page(field)
            case _:
                self._below_objects(field)

    def _below_rows(self, field: PlannedField, layout: Layout, prefix: str = "") -> None:
        (type_,) = self._possible(field.type)
        grouped = self._collect(type_, field.details)
        selection = self._selection(type_, grouped, layout, rows=True, prefix=prefix)
        field.output = Output(_depth(field.type), {type_.name: selection}, False, rows=True)

    def _below_objects(self, field: PlannedField) -> None:
        selections = {
            type_.name: self._selection(
                type_, self._collect(type_, field.details), Layout(entity_behind(type_)), rows=False
            )
            for type_ in self._possible(field.type)
        }
        named = get_named_type(field.type)
        field.output = Output(_depth(field.type), selections, is_abstract_type(named))

    def _below_page(self, field: PlannedField) -> None:
        """A connection: its rows are seen twice, as nodes and as edges, and read once."""
        (type_,) = self._possible(field.type)
        if origin_of(type_) is not Connection:
            raise Unplannable("a page that is no connection of ours")
        selection = Selection(type_, Layout(None, ["nodes", "page_info", "total_count"]))
        self._selections.append(selection)
        made = []
        for key, details in self._collect(type_, field.details).items():
            made.append(self._of_page(selection, field, key, details))
        selection.fields = tuple(made)
        field.output = Output(0, {type_.name: selection}, False)

    def _of_page(
        self, parent: Selection, page: PlannedField, key: str, details: FieldDetailsList
    ) -> PlannedField:
        field = self._bare(parent.object_type, key, details)
        if field.name == "__typename":
            return field
        field.how = How.CHILD
        if field.name == "nodes":
            assert page.row is not None
            field.places = (0,)
            self._below_rows(field, page.row)
        elif field.name == "edges":
            field.places = (0,)
            self._below_edges(field, page)
        elif field.name in ("pageInfo", "totalCount"):
            field.places = (1 if field.name == "pageInfo" else 2,)
            self._below_objects(field)
        else:
            raise Unplannable("a field of a page that is not ours")
        return field

    def _below_edges(self, field: PlannedField, page: PlannedField) -> None:
        assert page.row is not None
        (type_,) = self._possible(field.type)
        selection = Selection(type_, page.row, None, rows=True)
        self._selections.append(selection)
        made = []
        for key, details in self._collect(type_, field.details).items():
            below = self._bare(type_, key, details)
            if below.name == "node":
                below.how = How.SAME
                self._below_rows(below, page.row)
            elif below.name == "cursor":
                below.how = How.CURSOR
            elif below.name != "__typename":
                raise Unplannable("a field of an edge that is not ours")
            made.append(below)
        selection.fields = tuple(made)
        field.output = Output(1, {type_.name: selection}, False, rows=True)

    def _bare(self, parent: GraphQLObjectType, key: str, details: FieldDetailsList) -> PlannedField:
        name = details[0].node.name.value
        definition = self._schema.get_field(parent, name)
        if definition is None:
            raise Unplannable("a field the schema does not have")
        field = PlannedField(key, name, How.TYPENAME, definition.type, definition, details, parent)
        field.strawberry = definition.extensions.get(DEFINITION)
        self._fields.append(field)
        return field

    def _collect(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        return collect_subfields(
            self._schema,
            self._executor.fragments,
            self._executor.variable_values,
            self._executor.operation,
            type_,
            details,
        ).grouped_field_set

    def _possible(self, type_: GraphQLOutputType) -> Sequence[GraphQLObjectType]:
        named: Any = get_named_type(type_)
        if is_abstract_type(named):
            return self._schema.get_possible_types(named)
        return [named]


def _levels(root: Selection) -> int:
    """How deep selections nest."""
    level, count = [root], 0
    while level:
        count += 1
        outputs = [field.output for each in level for field in each.fields if field.output]
        level = [each for output in outputs for each in output.selections.values()]
    return count


def _depth(type_: GraphQLOutputType) -> int:
    inner: Any = get_nullable_type(type_)
    depth = 0
    while is_list_type(inner):
        depth, inner = depth + 1, get_nullable_type(inner.of_type)
    return depth


def _key_first(field: PlannedField) -> list[str]:
    """A keyed read returns the key in front."""
    declared, target = field.declaration, field.target
    assert target is not None
    match declared:
        case One(_, remote):
            return [remote or target.table.key]
        case Many(remote):
            return [remote]
        case Page(remote):
            return [remote] if remote is not None else []
        case _:
            # Which column finds the row is known when the arguments are.
            return [""]


def _source(entity: Entity | None, field: PlannedField) -> str:
    """Name of the column or attribute a plain field shows."""
    assert field.strawberry is not None
    if entity is None:
        return field.strawberry.python_name
    for info in entity.columns.values():
        if info.graphql_name == field.name:
            return info.column
    return field.strawberry.python_name


def _variables(node: Any) -> bool:
    """Whether the arguments of a field node hold variables."""
    waiting = [argument.value for argument in node.arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            return True
        waiting.extend(getattr(value, "values", None) or ())
        waiting.extend(item.value for item in getattr(value, "fields", None) or ())
    return False
