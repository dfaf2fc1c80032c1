"""Pages to print: size, margins, type, and what stands at the foot of each."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfbase.pdfmetrics import getFont
from reportlab.pdfgen.canvas import Canvas

MARGIN: Final = 48.0
FOOT: Final = 54.0  # nothing but the foot stands below
SANS, BOLD = "Helvetica", "Helvetica-Bold"
_TOTAL: Final = "page_total"
_SPECIAL: Final = frozenset("()\\")
Colour = tuple[float, float, float]
INK: Final[Colour] = (0.13, 0.16, 0.21)
NAVY: Final[Colour] = (0.11, 0.21, 0.36)
GREY: Final[Colour] = (0.42, 0.46, 0.52)
RULE: Final[Colour] = (0.80, 0.83, 0.87)
SHADE: Final[Colour] = (0.955, 0.965, 0.98)
GAIN: Final[Colour] = (0.16, 0.46, 0.40)
LOSS: Final[Colour] = (0.72, 0.27, 0.24)
AMBER: Final[Colour] = (0.99, 0.95, 0.85)
BROWN: Final[Colour] = (0.55, 0.38, 0.08)


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks: typeface, size in points, colour."""

    font: str = SANS
    size: float = 8.5
    colour: Colour = INK


TEXT: Final = Style()
STRONG: Final = Style(BOLD)
SMALL: Final = Style(size=7.2)
LABEL: Final = Style(size=7.2, colour=GREY)
HEADING: Final = Style(BOLD, 11.5, NAVY)


class Paper:
    """A document while it is written, from the top of a page to its foot.

    Attributes:
        width: of a page, in points.
        height: of a page.
        y: where the next thing goes, measured from below.
        canvas: draws; of reportlab.
    """

    def __init__(self, *, letter: bool, title: str, subject: str, foot: str) -> None:
        self._buffer = io.BytesIO()
        self.width: float
        self.height: float
        self.width, self.height = LETTER if letter else A4
        # Invariant: no time and no random key in it, so the same content has the same checksum.
        self.canvas: Any = Canvas(
            self._buffer, pagesize=(self.width, self.height), invariant=1, pageCompression=1
        )
        self.canvas.setTitle(title)
        self.canvas.setSubject(subject)
        self.canvas.setAuthor("onchain-gateway")
        self._foot = foot
        self._page = 1
        self._font: tuple[str, float] | None = None
        self._fill: Colour | None = None
        self.y: float = self.height - MARGIN

    @property
    def inner(self) -> float:
        """Width between the margins."""
        return self.width - 2 * MARGIN

    def room(self, height: float) -> bool:
        """Whether so much still fits on the page."""
        return self.y - height >= FOOT

    def new_page(self) -> None:
        """Finish the page and begin another."""
        self._end_page()
        self._page += 1
        self.y = self.height - MARGIN

    def down(self, height: float) -> None:
        """Leave room."""
        self.y -= height

    def text(self, x: float, y: float, text: str, style: Style = TEXT) -> None:
        """Write from the left."""
        self._say(x, y, text, style)

    def right(self, x: float, y: float, text: str, style: Style = TEXT) -> None:
        """Write so that the text ends at x."""
        self._say(x - width_of(text, style), y, text, style)

    def heading(self, text: str) -> None:
        """The title of a section, with a line below it."""
        self.y -= 12
        self.text(MARGIN, self.y, text, HEADING)
        self.y -= 6
        self.rule(self.y)
        self.y -= 4

    def rule(self, y: float, colour: Colour = RULE, width: float = 0.6) -> None:
        """A line from margin to margin."""
        self.canvas.setStrokeColorRGB(*colour)
        self.canvas.setLineWidth(width)
        self.canvas.line(MARGIN, y, self.width - MARGIN, y)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle; x and y are those of its lower left corner."""
        self._paint(colour)
        self.canvas.addLiteral(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def paragraph(self, text: str, style: Style = TEXT, *, width: float | None = None) -> None:
        """Text in lines as wide as the page, or as `width`."""
        for line in wrapped(text, style, width or self.inner):
            if not self.room(style.size * 1.4):
                self.new_page()
            self.y -= style.size * 1.4
            self.text(MARGIN, self.y, line, style)

    def finish(self) -> bytes:
        """The whole document."""
        self._end_page()
        self.canvas.beginForm(_TOTAL)
        self._say(0, 0, f"of {self._page:,}", LABEL)
        self.canvas.endForm()
        self.canvas.save()
        return self._buffer.getvalue()

    def _end_page(self) -> None:
        y = FOOT - 20
        self.rule(y + 11)
        self.text(MARGIN, y, self._foot, LABEL)
        at = self.width - MARGIN - 36
        self.right(at, y, f"Page {self._page:,}", LABEL)
        self.canvas.saveState()
        self.canvas.translate(at + 2, y)
        self.canvas.doForm(_TOTAL)  # how many there are is known at the end
        self.canvas.restoreState()
        self.canvas.showPage()
        self._font = self._fill = None

    def _say(self, x: float, y: float, text: str, style: Style) -> None:
        """Write a text; its operators are put together here, because a report has 100,000s."""
        self._paint(style.colour)
        if self._font != (style.font, style.size):
            self._font = (style.font, style.size)
            self.canvas.setFont(style.font, style.size)
        self.canvas.addLiteral(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm ({_escaped(text)}) Tj ET")

    def _paint(self, colour: Colour) -> None:
        if self._fill != colour:
            self._fill = colour
            self.canvas.setFillColorRGB(*colour)


def width_of(text: str, style: Style) -> float:
    """How wide a text is, in points."""
    return sum(map(_widths(style.font).__getitem__, _bytes(text))) * style.size / 1000


@functools.cache
def _widths(font: str) -> Sequence[int]:
    """Width of each byte, in thousandths of the size."""
    found: Sequence[int] = getFont(font).widths
    return found


def _bytes(text: str) -> bytes:
    return text.encode("cp1252", "replace")


def _escaped(text: str) -> str:
    """The inside of a string in a page: ASCII, brackets and other letters by their number."""
    if text.isascii() and text.isprintable() and not _SPECIAL.intersection(text):
        return text
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in _SPECIAL else f"\\{byte:03o}"
        for byte in _bytes(text)
    )


def wrapped(text: str, style: Style, width: float) -> list[str]:
    """Text in lines of at most a width."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, style) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def fitting(text: str, style: Style, width: float) -> str:
    """As much of the text as a width holds, with an ellipsis where it was cut."""
    if width_of(text, style) <= width:
        return text
    while text and width_of(f"{text}…", style) > width:
        text = text[:-1]
    return f"{text}…"


def printable(text: str) -> str:
    """The text in the letters the standard typefaces have; others become question marks.

    Tickers come from anybody. The CSV file has them as they are.
    """
    known = text.encode("cp1252", "replace").decode("cp1252")
    return "".join(each if each.isprintable() else " " for each in known)
