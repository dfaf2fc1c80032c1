"""Reads CSV and JSON Lines files, plain or gzip, a chunk of rows at a time.

Memory holds one chunk, whatever the size of the file. A row that cannot be read is a row with a
fault, not the end of the file; a file that breaks off in the middle gives the rows before.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from gateway.load.values import Row

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

_BAD_TEXT: Final = re.compile("[\x00\udc80-\udcff]")
_MAX_LINE: Final = 4_000_000


class FileUnreadableError(ValueError):
    """A file, or the rest of it, cannot be read; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row with the number of its last line; `fault` is set when it cannot be read."""

    number: int
    row: Row
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive rows, and how many bytes of the file on disk are read."""

    lines: Sequence[Line]
    bytes_read: int


@dataclass(slots=True)
class _Watch:
    """Wraps the lines of a CSV file and remembers whether the row just read holds unusable text."""

    lines: io.TextIOWrapper
    fault: str | None = field(default=None)

    def __iter__(self) -> Iterator[str]:
        while line := self.lines.readline(_MAX_LINE):
            if (not line.isascii() or "\0" in line) and _BAD_TEXT.search(line):
                self.fault = "not UTF-8 text"
            yield line

    def take(self) -> str | None:
        fault, self.fault = self.fault, None
        return fault


def find_file(directory: Path, name: str) -> Path | None:
    """The file `name` or `name.gz` in a directory, or None."""
    for path in (directory / name, directory / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def fingerprint(path: Path) -> str:
    """SHA-256 of the file on disk; reads all of it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_chunks(
    path: Path, columns: Sequence[str], *, skip: int = 0, size: int = 5_000
) -> Generator[Chunk, None, None]:
    """Yield the rows of a file in chunks; blocks, so call it off the event loop.

    Args:
        path: `.csv` or `.jsonl`, or either with `.gz`.
        columns: columns that must be in the header of a CSV file.
        skip: rows to leave out at the start.
        size: rows in a chunk.

    Raises:
        FileUnreadableError: a column is missing, or the file ends in the middle of a gzip stream.
    """
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb"))
        text = stack.enter_context(_text(raw, packed=path.suffix == ".gz"))
        is_csv = Path(path.name.removesuffix(".gz")).suffix == ".csv"
        lines = _csv_lines(text, columns) if is_csv else _json_lines(text)
        yield from _chunks(lines, raw, skip, size)


def _text(raw: BinaryIO, *, packed: bool) -> io.TextIOWrapper:
    binary = gzip.GzipFile(fileobj=raw) if packed else raw
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _chunks(lines: Iterator[Line], raw: BinaryIO, skip: int, size: int) -> Iterator[Chunk]:
    chunk: list[Line] = []
    broken: Exception | None = None
    try:
        for position, line in enumerate(lines):
            if position < skip:
                continue
            chunk.append(line)
            if len(chunk) == size:
                yield Chunk(chunk, raw.tell())
                chunk = []
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        broken = error
    if chunk:
        yield Chunk(chunk, raw.tell())
    if broken is not None:
        raise FileUnreadableError(f"the gzip stream is damaged or cut off: {broken}") from broken


def _csv_lines(text: io.TextIOWrapper, columns: Sequence[str]) -> Iterator[Line]:
    watch = _Watch(text)
    reader = csv.reader(watch)
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise FileUnreadableError(f"the header lacks {', '.join(missing)}")
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield Line(reader.line_num, Row({}), f"broken CSV: {error}")
            continue
        if values is None:
            return
        fault = watch.take()
        if not values:
            continue
        if fault is None and len(values) != len(header):
            fault = f"{len(values)} fields instead of {len(header)}"
        yield Line(reader.line_num, Row(dict(zip(header, values, strict=False))), fault)


def _json_lines(text: io.TextIOWrapper) -> Iterator[Line]:
    number = 0
    while line := text.readline(_MAX_LINE):
        number += 1
        if line.isspace():
            continue
        fields, fault = _json_object(line)
        yield Line(number, Row(fields), fault)


def _json_object(line: str) -> tuple[dict[str, Any], str | None]:
    if _BAD_TEXT.search(line):
        return {}, "not UTF-8 text"
    try:
        value = json.loads(line)  # the standard parser keeps integers of any size exact
    except (ValueError, RecursionError) as error:
        return {}, f"broken JSON: {error}"
    return (value, None) if isinstance(value, dict) else ({}, "not a JSON object")
