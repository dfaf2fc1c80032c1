"""What the migration runner talks about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
FileState = Literal["applied", "pending", "running", "changed", "missing", "out of order", "drift"]


class MigrationError(Exception):
    """Migrating stops here; the message says what is wrong, in which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Section:
    """One direction of a migration.

    Attributes:
        sql: the statements as written.
        transaction: all of them or none; otherwise one by one.
        line: of the file, where `sql` begins.
    """

    sql: str
    transaction: bool
    line: int = 1


@dataclass(frozen=True, slots=True)
class Migration:
    """One file.

    Attributes:
        version: the digits in front, which give the order.
        name: the rest of the file name.
        filename: for messages.
        description: the comment the file begins with, first paragraph.
        checksum: SHA-256 of the text with Unix line ends, in hex.
        up: how to apply it.
        down: how to undo it; None when it cannot be undone.
        irreversible: why it cannot be undone.
    """

    version: str
    name: str
    filename: str
    description: str
    checksum: str
    up: Section
    down: Section | None
    irreversible: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a store remembers about a migration.

    Attributes:
        version: of the file.
        checksum: of the file when it was applied; None when dbmate applied it, which keeps none.
        running: it was begun and not finished.
        statements_done: how many statements of an unfinished one are through.
    """

    version: str
    checksum: str | None
    running: bool = False
    statements_done: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """One step that was taken, or would be with `dry_run`.

    Attributes:
        store: where.
        version: of the file; for Qdrant the name of the collection.
        name: what it is called.
        direction: up or down.
        sql: the statements, as sent.
        duration_ms: how long it took; 0 in a dry run.
        dry_run: nothing was touched.
    """

    store: str
    version: str
    name: str
    direction: Direction
    sql: str
    duration_ms: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Where one store stands.

    Attributes:
        store: which.
        files: state of each file or collection, in order: version, name, state, remark.
        error: why it could not be asked.
    """

    store: str
    files: tuple[tuple[str, str, FileState, str], ...]
    error: str | None = None

    @property
    def up_to_date(self) -> bool:
        """Everything is applied and nothing deviates."""
        return self.error is None and all(state == "applied" for _, _, state, _ in self.files)
