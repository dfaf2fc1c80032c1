"""What resolvers get besides their arguments: the object, and where in the answer it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphql.pyutils import Path

if TYPE_CHECKING:
    from gateway.executor.frames import Frame


def instances(frame: Frame) -> Sequence[Any]:
    """The objects resolvers get: themselves, or made of the rows they were read as."""
    selection = frame.selection
    if not selection.rows:
        return frame.sources
    entity = selection.entity
    assert entity is not None
    slots = tuple(map(entity.slot, selection.layout.columns))
    width = len(slots)
    return [entity.build(slots, row[:width]) for row in frame.rows]


def paths(frame: Frame) -> list[Path | None]:
    """For each source the first place in the answer it is at."""
    if frame.above is None:
        return [None] * len(frame.sources)
    parents, field, resolved = frame.above
    entries: Any = resolved.number_entries()
    above = paths(parents)
    found: dict[int, Path] = {}
    name = frame.selection.object_type.name

    def visit(entry: Any, path: Path) -> None:
        if isinstance(entry, tuple):
            if entry[0] == name:
                found.setdefault(entry[1], path)
        elif isinstance(entry, int):
            found.setdefault(entry, path)
        elif isinstance(entry, list | range):
            for index, item in enumerate(entry):
                visit(item, Path(path, index, None))

    for index, start in enumerate(above):
        here = Path(start, field.key, field.parent_type.name)
        if field.keyed:
            row = parents.rows[index]
            key = tuple(row[place] for place in field.places)
            visit(entries.get(key if len(key) > 1 else key[0]), here)
        else:
            visit(entries[index], here)
    return [found.get(index) for index in range(len(frame.sources))]
