"""What a load tells while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

FileState = Literal["loading", "loaded", "unchanged", "missing", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the file of one source, or the work after the files, is.

    Attributes:
        source: name of the source, or of the step that recomputes something.
        path: the file, relative to the directory; empty for a step.
        state: `missing` files are no fault; `failed` ones broke off.
        rows: rows read so far, including those of an earlier run that this one continues.
        bytes_read: of the file on disk.
        bytes_total: size of the file on disk; 0 for a step.
        rows_per_s: speed of this run.
    """

    source: str
    path: str
    state: FileState
    rows: int = 0
    bytes_read: int = 0
    bytes_total: int = 0
    rows_per_s: float = 0.0


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        rows: rows read, counting those of earlier runs; stored are `rows - rejected - skipped`.
        rejected: rows that are wrong and were not stored.
        skipped: rows left out on purpose, because of faults known of such data.
        seconds: time this run took for the file.
        error: why the file, or its rest, could not be read.
        fingerprint: SHA-256 of the file; empty when it is missing.
    """

    source: str
    path: str
    state: FileState
    rows: int = 0
    rejected: int = 0
    skipped: int = 0
    seconds: float = 0.0
    error: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes:
        files: one report a known source, in the order of loading.
        unknown: files of the directory that no source reads.
        steps: seconds each recomputation took, by name.
        strict: whether a rejected row makes the load fail.
    """

    files: tuple[FileReport, ...]
    unknown: tuple[str, ...]
    steps: dict[str, float] = field(default_factory=dict)
    strict: bool = False

    @property
    def rows(self) -> int:
        """Rows read from all files."""
        return sum(file.rows for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows that were wrong."""
        return sum(file.rejected for file in self.files)

    @property
    def skipped(self) -> int:
        """Rows left out on purpose."""
        return sum(file.skipped for file in self.files)

    @property
    def exit_code(self) -> int:
        """1 when strict and anything was wrong with a row or file, else 0."""
        wrong = self.rejected > 0 or any(file.state == "failed" for file in self.files)
        return int(self.strict and wrong)
