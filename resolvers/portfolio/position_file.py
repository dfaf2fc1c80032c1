"""A file of positions, read cell by cell; which rows of the catalogue it means comes later."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from graphql import GraphQLError

from resolvers.mutation import AMOUNT, Change, Checks, UserErrorCode
from resolvers.portfolio.enums import PositionType
from resolvers.scalars import parse_datetime

# Bytes of a file as it is sent, as text or as base64. The edge holds whole requests to little more
# (`GATEWAY_MAX_BODY_BYTES`), so that a file that is too long is refused before it is read.
MAX_BYTES: Final = 512 * 1024
MAX_ROWS: Final = 5_000
# More errors than this help nobody.
MAX_ERRORS: Final = 50
_COLUMNS: Final = (
    "asset",
    "quantity",
    "chain",
    "position_type",
    "protocol",
    "wallet",
    "average_cost_usd",
    "price_usd",
    "first_acquired_at",
)
_NEEDED: Final = ("asset", "quantity")
_NUMBER: Final = re.compile(r"[0-9]{1,60}(\.[0-9]{1,40})?")
_PRICE: Final = (20, 18)
_KINDS: Final = {str(kind.value) for kind in PositionType}


@dataclass(slots=True)
class FileRow:
    """One line of a file.

    Attributes:
        line: its number in the file, counted from 1.
        words: what it calls its asset, chain, protocol and wallet.
        values: columns of the position that it says.
    """

    line: int
    words: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


def text_of(change: Change, path: str, text: str | None, encoded: str | None) -> str:
    """The text of a file that came as text or as base64; its size is looked at before anything.

    Raises:
        Refused: neither or both are given, it is too long, or no text.
    """
    if (text is None) == (encoded is None):
        change.refuse(path, UserErrorCode.REQUIRED, f"Give either `{path}` or `{path}Base64`.")
        change.stop()
    path = path if text is not None else f"{path}_base64"
    sent = (encoded if text is None else text) or ""
    size = len(sent) if len(sent) > MAX_BYTES else len(sent.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        change.refuse(
            path,
            UserErrorCode.TOO_LONG,
            f"It takes {size:,} bytes. Send at most {MAX_BYTES:,} at a time, or the whole file by "
            "`gateway load FILE --user USER --portfolio PORTFOLIO`.",
        )
        change.stop()
    if text is None:
        try:
            text = base64.b64decode(encoded or "", validate=True).decode("utf-8-sig")
        except (binascii.Error, ValueError):
            change.refuse(path, UserErrorCode.INVALID, "Send a text in UTF-8, as base64.")
            change.stop()
    return (text or "").removeprefix("\ufeff")


def rows_of(change: Change, path: str, text: str) -> list[FileRow]:
    """The rows of a file; what is wrong is noted with the line and the column.

    Raises:
        Refused: it is no table with the columns it needs, or has too many rows.
    """
    if "\0" in text:
        change.refuse(path, UserErrorCode.INVALID, "Leave out NUL characters.")
        change.stop()
    header, *_ = text.split("\n", 1)
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = _lines(change, path, reader)
    _, names = next(lines, (1, []))
    names = [name.strip().lower().replace(" ", "_") for name in names]
    _check_header(change, path, names)
    rows: list[FileRow] = []
    for line, cells in lines:
        if len(rows) == MAX_ROWS:
            message = f"Send at most {MAX_ROWS:,} rows at a time."
            change.refuse(path, UserErrorCode.TOO_MANY, message)
            change.stop()
        here = change.at(path, line)
        if len(cells) != len(names):
            message = f"The line has {len(cells)} cells, the header {len(names)}. Make them equal."
            here.refuse("", UserErrorCode.INVALID, message)
        else:
            rows.append(_row(here, line, dict(zip(names, map(str.strip, cells), strict=True))))
        if len(change.refusals) >= MAX_ERRORS:
            message = "There may be more; mend these first and send the file again."
            change.refuse(path, UserErrorCode.INVALID, message)
            change.stop()
    if not rows and not change.refusals:
        change.refuse(path, UserErrorCode.REQUIRED, "Give at least one row below the header.")
    change.stop()
    return rows


def _lines(change: Change, path: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers."""
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        message = f"Line {reader.line_num} is no CSV: {error}. Mend the file and send it again."
        change.refuse(path, UserErrorCode.INVALID, message)
        change.stop()


def _check_header(change: Change, path: str, names: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in names]
    unknown = [name[:40] for name in names if name not in _COLUMNS]
    if missing or unknown or len(set(names)) < len(names):
        change.refuse(
            path,
            UserErrorCode.INVALID,
            f"The first line names the columns: {', '.join(_NEEDED)} and any of "
            f"{', '.join(name for name in _COLUMNS if name not in _NEEDED)}, each once."
            + (f" Unknown: {', '.join(unknown[:5])}." if unknown else ""),
        )
        change.stop()


def _row(here: Checks, line: int, cells: dict[str, str]) -> FileRow:
    row = FileRow(line, values={"position_type": "spot"})
    for name in ("asset", "chain", "protocol", "wallet"):
        if word := here.text(name, cells.get(name, ""), longest=128, required=name == "asset"):
            row.words[name] = word
    if kind := cells.get("position_type", "").lower():
        if kind not in _KINDS:
            message = f"Give one of {', '.join(sorted(_KINDS))}."
            here.refuse("position_type", UserErrorCode.INVALID, message)
        row.values["position_type"] = kind
    if not cells["quantity"]:
        here.refuse("quantity", UserErrorCode.REQUIRED, "Give a number.")
    for name, column, digits in (
        ("quantity", "quantity", AMOUNT),
        ("average_cost_usd", "average_cost", _PRICE),
        ("price_usd", "price_usd", _PRICE),
    ):
        if written := cells.get(name, ""):
            row.values[column] = _number(here, name, written, digits)
    if written := cells.get("first_acquired_at", ""):
        row.values["first_acquired_at"] = _moment(here, written)
    return row


def _number(here: Checks, name: str, written: str, digits: tuple[int, int]) -> Decimal | None:
    if not _NUMBER.fullmatch(written):
        message = "Give a number such as 1234.5, without separators, sign or exponent."
        here.refuse(name, UserErrorCode.INVALID, message)
        return None
    return here.number(name, Decimal(written), least=0, digits=digits)


def _moment(here: Checks, written: str) -> datetime | None:
    try:
        return parse_datetime(written)
    except GraphQLError:
        message = "Give a time such as 2025-03-04T12:00:00Z."
        here.refuse("first_acquired_at", UserErrorCode.INVALID, message)
        return None
