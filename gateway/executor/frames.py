"""What a running operation has fetched: the same tree as the plan, with rows in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.executor.plan import PlannedField, Selection
    from gateway.executor.run import Run
    from resolvers.paging import PageArguments
    from resolvers.reflection import Entity


@dataclass(slots=True, eq=False)
class PagePlace:
    """What makes cursors of the rows of a page."""

    entity: Entity
    arguments: PageArguments
    places: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Resolved:
    """Values of one field for all sources of a frame.

    Attributes:
        entries: by key of the parent's row, or one for each source. An entry is a leaf's value, the
            index of an object in the frame below (with the type's name in front when the type is
            abstract), a range or list of those, None, or the exception that stands for it.
        frames: objects below, by type name.
        dense: the objects of the frame below are in the order of the entries, which are not looked
            at; by key they are the rows themselves.
        lookup: what completing made of it, for further fields with the same values.
    """

    entries: Mapping[Any, Any] | Sequence[Any]
    frames: dict[str, Frame] = field(default_factory=dict)
    dense: bool = False
    lookup: Any = None

    def number_entries(self) -> Mapping[Any, Any] | Sequence[Any]:
        """The entries, dense ones as indexes."""
        if self.dense and isinstance(self.entries, dict):
            self.entries = dict(zip(self.entries, range(len(self.entries)), strict=True))
        return self.entries


@dataclass(slots=True, eq=False)
class Frame:
    """Sources of one selection, from all parents.

    Attributes:
        selection: what is asked of them.
        sources: rows of a read, or objects.
        rows: values in the order of the selection's layout.
        above: frame of the parents, the field that leads here, its values; None at the root.
        fields: values of fetched fields, in the order of `selection.fetches`.
        page: the page the rows are of.
    """

    selection: Selection
    sources: Sequence[Any]
    rows: Sequence[Any]
    above: tuple[Frame, PlannedField, Resolved] | None = None
    fields: list[Resolved] = field(default_factory=list)
    page: PagePlace | None = None

    def release(self) -> None:
        """Let go of what stands below: frames know their parents, and a circle would keep rows."""
        for resolved in self.fields:
            for child in resolved.frames.values():
                child.release()
        self.fields = []


class Lookup(dict[Any, Any]):
    """Completed values by key; None for a key without a row."""

    __slots__ = ()

    def __missing__(self, key: Any) -> None:
        return None


class Always(dict[Any, Any]):
    """The same entry for every key and every index."""

    __slots__ = ("_entry",)

    def __init__(self, entry: Any) -> None:
        super().__init__()
        self._entry = entry

    def __missing__(self, key: Any) -> Any:
        return self._entry

    def get(self, key: Any, default: Any = None) -> Any:
        return self._entry


def failed(run: Run, error: Exception) -> Resolved:
    """A field that failed for every parent."""
    run.surprised = True
    return Resolved(Always(error))


def failed_for(run: Run, keys: Sequence[Any], error: Exception, otherwise: Any) -> Resolved:
    """A field that failed for parents with a key; the others have a value all the same."""
    run.surprised = True
    entries: dict[Any, Any] = dict.fromkeys(keys, error)
    entries[None] = otherwise
    return Resolved(entries)
