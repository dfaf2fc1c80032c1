"""Plans as people read them: stable text, and JSON for tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError, parse

from gateway.executor import codegen
from gateway.executor.asked import Unplannable
from gateway.executor.plan import How, Plan, PlannedField, Selection
from gateway.executor.planner import plan_of
from gateway.executor.reading import joins_of
from resolvers.plan import Batch, Many, One, Page
from stores.relational.conditions import Condition
from stores.relational.keyset import Sort
from stores.relational.read import Key, Read, statement

if TYPE_CHECKING:
    from gateway.schema import GatewaySchema

_WORDS: Final[Mapping[How, str]] = {
    How.ONE: "one",
    How.JOINED: "one",
    How.MANY: "many",
    How.PAGE: "page",
    How.ROOT: "one",
    How.BATCH: "function",
    How.WRAPPED: "resolver",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One fetch of a plan.

    Attributes:
        step: its place in the tree: `2.1` is the first that needs the rows of `2`. Calls in
            `extensions.plan` name the step they were made for.
        path: response keys that lead to the field.
        kind: `one`, `many`, `page` for declared reads, `function` for a batch function, `resolver`.
        store: the store it mainly reads; None when a resolver decides.
        relation: table or view of a declared read, name of a function.
        key: column the rows are asked for by; None for a read as a whole.
        columns: columns read, in order; those read as text end in `::text`.
        statement: text of a declared read, None when arguments decide about it.
        merged: an equal read of the same level is sent together with it.
        within: step whose statement reads it as well, by a join; None when it has its own.
    """

    step: str
    path: str
    kind: str
    store: str | None
    relation: str
    key: str | None
    columns: tuple[str, ...]
    statement: str | None
    merged: bool
    within: str | None = None


def explain(
    schema: GatewaySchema,
    query: str,
    operation_name: str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> str:
    """The plan of an operation as text; says so when graphql-core runs it.

    Raises:
        GraphQLError: the operation cannot be chosen, or variables do not fit.
    """
    found = steps(schema, query, operation_name, variables)
    return found if isinstance(found, str) else as_text(found)


def steps(
    schema: GatewaySchema,
    query: str,
    operation_name: str | None = None,
    variables: Mapping[str, Any] | None = None,
) -> list[Step] | str:
    """The fetches of an operation in order, or why there is no plan; otherwise as `explain`."""
    from gateway.schema import EdgeExecution

    executor = EdgeExecution.build(
        schema.graphql_schema,
        parse(query),
        raw_variable_values=dict(variables or {}),
        operation_name=operation_name,
    )
    if isinstance(executor, list):
        raise executor[0] if executor else GraphQLError("The operation cannot run.")
    try:
        return plan_steps(plan_of(executor))
    except Unplannable as error:
        return f"plain: graphql-core runs it, because of {error}\n"


def plan_steps(plan: Plan) -> list[Step]:
    """The fetches of a plan, each before those that need its rows."""
    return list(_of(plan.root))


def as_json(found: list[Step]) -> list[dict[str, Any]]:
    """The steps as JSON values."""
    return [asdict(step) for step in found]


def as_text(found: list[Step]) -> str:
    """The steps as a tree, a line or two each; the same plan always gives the same text."""
    lines = []
    for step in found:
        indent = "  " * step.step.count(".")
        by = f" by {step.key}" if step.key else ""
        where = f"{step.store}: " if step.store else ""
        how = ", merged with its like" if step.merged else ""
        if step.within is not None:
            how = f", joined in {step.within}"
        lines.append(
            f"{indent}{step.step} {step.path}: {step.kind} of {where}{step.relation}{by}{how}"
        )
        if step.columns:
            lines.append(f"{indent}    {', '.join(step.columns)}")
        if step.statement:
            lines.append(f"{indent}    {step.statement}")
    return "\n".join(lines) + "\n" if lines else "nothing is fetched\n"


def _of(selection: Selection) -> Iterator[Step]:
    for field in selection.fields:
        if field.step:
            yield _step(selection, field)
        if field.output is not None:
            for below in field.output.selections.values():
                yield from _of(below)


def _step(selection: Selection, field: PlannedField) -> Step:
    declared, target, layout = field.declaration, field.target, field.row
    common: dict[str, Any] = {
        "step": field.step,
        "path": field.path,
        "kind": _WORDS[field.how],
        "merged": field.shared or (field.fetched and _is_merged(selection, field)),
    }
    if target is None or layout is None:
        named = declared.function.__name__ if isinstance(declared, Batch) else field.name
        store = declared.store if isinstance(declared, Batch) else None
        return Step(**common, store=store, relation=named, key=None, columns=(), statement=None)
    if field.how is How.JOINED:
        key = target.table.key
        return Step(
            **common,
            store=target.table.store,
            relation=target.table.relation,
            key=key,
            columns=tuple(_column(field, name) for name in _joined_columns(field)),
            statement=None,
            within=field.within,
        )
    keyed = not (isinstance(declared, Page) and declared.remote is None)
    return Step(
        **common,
        store=target.table.store,
        relation=target.table.relation,
        key=(layout.columns[0] or "an argument") if keyed else None,
        columns=tuple(_column(field, name) for name in layout.columns[1 if keyed else 0 :]),
        statement=_statement(field),
    )


def _joined_columns(field: PlannedField) -> list[str]:
    """What a joined field shows, and how it is known that there is a row."""
    assert field.row is not None
    assert field.output is not None
    below = field.output.only
    places = [*field.places, *(place for each in below.fields for place in each.places)]
    return [field.row.columns[place] for place in dict.fromkeys(places)]


def _is_merged(selection: Selection, field: PlannedField) -> bool:
    """Whether a field beside it is served by the same read."""
    place = selection.fetches.index(field)
    return any(place in places and len(places) > 1 for places, _ in selection.reads)


def _column(field: PlannedField, name: str) -> str:
    assert field.row is not None
    if name in field.row.presences:
        return f"{name} is not null"
    return f"{name}::text" if codegen.is_text(field.row, name) else name


def _statement(field: PlannedField) -> str | None:
    """Text of a read whose shape no argument changes, but for the page's own columns."""
    declared, target, layout = field.declaration, field.target, field.row
    assert target is not None
    assert layout is not None
    where: Condition | None = None
    order: tuple[Sort, ...] = ()
    limit: int | None = None
    match declared:
        case One():
            pass
        case Many():
            where, order, limit = declared.where, target.sorts(declared.order), declared.limit
        case _:
            return None
    if target.table.owner is not None:
        return None
    texts = [name for name in layout.columns if codegen.is_text(layout, name)]
    instants = tuple(name for name in texts if codegen.is_instant(layout, name))
    read = Read(
        source=target.table.source,
        columns=tuple(layout.columns[1:]),
        where=where,
        order=order,
        limit=limit,
        key=Key(layout.columns[0], target.kind(layout.columns[0])),
        keys=(None,),
        texts=tuple(name for name in texts if name not in instants),
        instants=instants,
        presences=tuple(sorted(layout.presences)),
        joins=joins_of(layout),
    )
    return statement(read)[0].text
