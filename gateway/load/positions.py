"""A user's own positions from a CSV file, written the way the user would write them.

The file goes through the mutation `importPositions` as that user: the same checks, row level
security, audit and outbox rows. Files of more rows than one mutation takes go in portions, each of
which is written whole or not at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.context import KnownClient, RequestContext, Viewer
from resolvers.portfolio.position_file import MAX_BYTES, MAX_ROWS

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.schema import GatewaySchema
    from stores.lifecycle import Stores

_MUTATION: Final = """mutation ($input: ImportPositionsInput!) { importPositions(input: $input) {
  createdCount updatedCount unchangedCount removedCount userErrors { field message } } }"""
_CLIENT: Final = KnownClient(user_agent="gateway load")
_COUNTS: Final = ("createdCount", "updatedCount", "unchangedCount", "removedCount")


class PositionsError(ValueError):
    """The file cannot be imported; the text says why."""


@dataclass(slots=True)
class PositionsReport:
    """What came of a file.

    Attributes:
        created, updated, unchanged, removed: positions.
        problems: what kept rows from being written, with the line where there is one.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)


async def load_positions(
    schema: GatewaySchema,
    stores: Stores,
    file: Path,
    *,
    user_id: UUID,
    portfolio_id: str,
    replace: bool = False,
) -> PositionsReport:
    """Import a file into a portfolio of a user; stops at the first portion with a wrong row.

    Args:
        schema: the graph.
        stores: opened as the gateway's role.
        file: CSV in UTF-8, with the columns that `importPositions` describes.
        user_id: whose portfolio it is.
        portfolio_id: its global id, or its key.
        replace: remove positions that the file does not name.

    Raises:
        PositionsError: it is no CSV in UTF-8, or has too many rows to replace everything.
    """
    portions = list(_portions(file))
    if replace and len(portions) > 1:
        raise PositionsError(
            f"--replace takes a file of at most {MAX_ROWS:,} rows and {MAX_BYTES:,} bytes"
        )
    report = PositionsReport()
    for text, lines in portions:
        given = {
            "portfolioId": portfolio_id,
            "csv": text,
            "mode": "REPLACE" if replace else "MERGE",
        }
        context = RequestContext(Viewer(user_id, "user"), stores, client=_CLIENT)
        result = await schema.execute(_MUTATION, {"input": given}, context)
        if result.errors:
            report.problems += [error.message for error in result.errors]
            return report
        done: Any = (result.data or {})["importPositions"]
        report.problems += [_told(error, lines) for error in done["userErrors"]]
        if report.problems:
            return report
        created, updated, unchanged, removed = (done[name] for name in _COUNTS)
        report.created += created
        report.updated += updated
        report.unchanged += unchanged
        report.removed += removed
    return report


def _portions(file: Path) -> Iterator[tuple[str, Sequence[int]]]:
    """Texts that one mutation takes, each with the header, and the lines their rows came from."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            header = stream.readline()
            delimiter = max(",;\t", key=header.count)
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            rows: list[str] = []
            lines: list[int] = []
            size = len(header.encode())
            for cells in reader:
                row = _line(cells, delimiter)
                if rows and (len(rows) == MAX_ROWS or size + len(row.encode()) > MAX_BYTES):
                    yield header + "".join(rows), lines
                    rows, lines, size = [], [], len(header.encode())
                rows.append(row)
                lines.append(reader.line_num + 1)
                size += len(row.encode())
            yield header + "".join(rows), lines
    except (UnicodeDecodeError, csv.Error) as error:
        raise PositionsError(f"{file.name} is no CSV in UTF-8: {error}") from None


def _line(cells: Sequence[str], delimiter: str) -> str:
    """One row on one line of its own."""
    text = io.StringIO()
    flat = [" ".join(cell.splitlines()) for cell in cells]
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(flat)
    return text.getvalue()


def _told(error: Any, lines: Sequence[int]) -> str:
    """A user error with the line of the file instead of that of the portion."""
    path = list(error["field"])
    place = ""
    if len(path) > 1 and path[1].isdigit():
        number = int(path[1]) - 2
        line = lines[number] if 0 <= number < len(lines) else path[1]
        place = ", ".join([f"line {line}", *path[2:]]) + ": "
    elif path:
        place = f"{path[0]}: "
    return place + str(error["message"])
