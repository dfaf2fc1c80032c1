"""What a chunk of rows becomes: rows for the stores, and rows that were turned away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.load.targets import SERIES, UPSERTS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not stored.

    Attributes:
        line: number of the row's last line in the file.
        reason: for people.
        expected: the fault is known of this data and handled on purpose; it is no error.
    """

    line: int
    reason: str
    expected: bool = False


@dataclass(slots=True)
class Batch:
    """Writes collected from rows. Of two records with one key a statement gets one."""

    rows: int = 0
    upserts: dict[str, dict[object, Mapping[str, Any]]] = field(default_factory=dict)
    series: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def upsert(self, statement: str, key: object, record: Mapping[str, Any]) -> None:
        """Bring a record up to date; the last one of a key stands."""
        assert statement in UPSERTS, statement
        self.upserts.setdefault(statement, {})[key] = record

    def ensure(self, statement: str, key: object, record: Mapping[str, Any]) -> None:
        """Add a record where there is none; the first one of a key stands."""
        assert statement in UPSERTS, statement
        self.upserts.setdefault(statement, {}).setdefault(key, record)

    def append(self, table: str, *values: object) -> None:
        """Add a row to a series table, in the order of `SERIES`."""
        assert len(values) == len(SERIES[table]), table
        self.series.setdefault(table, []).append(values)
