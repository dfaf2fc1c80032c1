"""What a plan fetches: numbered as it is printed, and equal reads made one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from gateway.executor.fetch import FETCHES
from gateway.executor.plan import How, PlannedField, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence


def merge_reads(selections: Sequence[Selection]) -> None:
    """Say what each selection fetches, in how few reads, and which reads others send as well."""
    for selection in selections:
        selection.fetches = tuple(field for field in selection.fields if field.fetched)
        selection.reads = _reads(selection.fetches)
        for _, fields in selection.reads:
            _unify(fields)
    alike: defaultdict[Any, list[tuple[PlannedField, ...]]] = defaultdict(list)
    for selection in selections:
        for _, fields in selection.reads:
            if _is_step(fields[0]):
                alike[_identity(fields[0])].append(fields)
    for groups in alike.values():
        for fields in groups:
            for field in fields:
                field.shared = len(groups) > 1


def number(selection: Selection, path: str = "", under: str = "", taken: int = 0) -> int:
    """Say where fields stand in the printed plan; returns how many steps are at this level."""
    for field in selection.fields:
        field.path = f"{path}.{field.key}" if path else field.key
        if _is_step(field):
            taken += 1
            field.step = f"{under}.{taken}" if under else str(taken)
            field.within = under if field.how is How.JOINED else ""
        if field.output is None:
            continue
        several = len(field.output.selections) > 1
        below = 0 if field.step else taken
        for name, each in field.output.selections.items():
            here = f"{field.path}({name})" if several else field.path
            below = number(each, here, field.step or under, below)
        taken = taken if field.step else below
    return taken


def _is_step(field: PlannedField) -> bool:
    """Whether it is a step of the printed plan: something is asked for."""
    asks = (How.ONE, How.JOINED, How.MANY, How.PAGE, How.ROOT, How.BATCH, How.WRAPPED)
    return field.how in asks


def _reads(
    fetches: Sequence[PlannedField],
) -> tuple[tuple[tuple[int, ...], tuple[PlannedField, ...]], ...]:
    """Fetches with their places, those together that one read by key serves."""
    groups: dict[Any, list[int]] = {}
    for place, field in enumerate(fetches):
        field.fetch = FETCHES.get(field.how)
        alike = _identity(field) if field.how is How.ONE else place
        groups.setdefault(alike, []).append(place)
    return tuple(
        (tuple(places), tuple(fetches[place] for place in places)) for places in groups.values()
    )


def _unify(fields: Sequence[PlannedField]) -> None:
    """Let fields that ask the same of the same rows have one output, so it is completed once."""
    known: dict[Any, PlannedField] = {}
    for field in fields:
        if field.output is None or field.row is None or field.how is not How.ONE:
            continue
        asked = field.output.only
        if any(each.fetched for each in asked.fields):
            continue
        same = tuple((each.key, each.how, each.name, each.places) for each in asked.fields)
        first = known.setdefault(same, field)
        if first is not field:
            field.asked, field.output, field.row = asked, first.output, first.row


def _identity(field: PlannedField) -> Any:
    """What is equal for fields that may send the same read."""
    if field.how is How.BATCH or field.row is None:
        return (field.how, id(field.declaration) if field.how is How.BATCH else id(field))
    assert field.target is not None
    row = field.row
    joined = tuple((local, target.cls) for local, target in row.joins.items())
    exact = frozenset(row.native), frozenset(row.presences)
    return (field.target.cls, tuple(row.columns), *exact, joined)
