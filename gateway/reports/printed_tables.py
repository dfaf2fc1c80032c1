"""Tables on pages, as long as they have to be, with their head on each page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.reports.paper import (
    BOLD,
    GREY,
    MARGIN,
    NAVY,
    SHADE,
    SMALL,
    Paper,
    Style,
    fitting,
)

_HEAD: Final = Style(BOLD, 7.2, GREY)
_SUM: Final = Style(BOLD, 7.2, NAVY)
_PART: Final = Style(size=7.2, colour=GREY)
_ROW: Final = 11.6
_PAD: Final = 3.0
_GAP: Final = 9.0  # between numbers and the words right of them


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: what stands above it.
        share: of the width of the table.
        numbers: values end at its right edge.
    """

    title: str
    share: float
    numbers: bool = False


class PrintedTable:
    """Rows below one another; a page that is full is followed by another."""

    def __init__(self, paper: Paper, title: str, columns: Sequence[Column]) -> None:
        self._paper = paper
        self._title = title
        whole = sum(column.share for column in columns)
        self._columns: list[tuple[Column, float, float]] = []
        x, gap = MARGIN, 0.0
        for column in columns:
            width = paper.inner * column.share / whole
            indent = gap if not column.numbers else 0.0
            self._columns.append((column, x + indent, width - indent))
            x, gap = x + width, _GAP if column.numbers else 0.0
        self._shaded = False

    def write(
        self,
        rows: Iterable[Sequence[str]],
        total: Sequence[str] | None = None,
        of_which: Iterable[Sequence[str]] = (),
    ) -> None:
        """Head, rows, a row that sums them up, and rows that say what is in the sum."""
        paper = self._paper
        if not paper.room(4 * _ROW + 30):
            paper.new_page()
        paper.heading(self._title)
        self._head()
        for row in rows:
            self._make_room(1)
            if self._shaded:
                paper.box(MARGIN, paper.y - _ROW + 1, paper.inner, _ROW, SHADE)
            self._shaded = not self._shaded
            self._line(row, SMALL)
        if total is not None:
            self._make_room(1)
            paper.rule(paper.y + 0.5, NAVY, 0.8)
            self._line(total, _SUM)
        for row in of_which:
            self._make_room(1)
            self._line(row, _PART)
        paper.down(10)

    def _make_room(self, rows: int) -> None:
        paper = self._paper
        if not paper.room(rows * _ROW):
            paper.new_page()
            paper.heading(f"{self._title} (continued)")
            self._head()

    def _head(self) -> None:
        self._line([column.title for column, _, _ in self._columns], _HEAD)
        self._paper.rule(self._paper.y + 1)
        self._shaded = False

    def _line(self, cells: Sequence[str], style: Style) -> None:
        paper = self._paper
        y = paper.y - _ROW + 4
        for (column, x, width), cell in zip(self._columns, cells, strict=True):
            if not cell:
                continue
            text = fitting(cell, style, width - 2 * _PAD)
            if column.numbers:
                paper.right(x + width - _PAD, y, text, style)
            else:
                paper.text(x + _PAD, y, text, style)
        paper.down(_ROW)
