"""A chart of gains and losses by month."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import floor, log10
from typing import Final, NamedTuple

from gateway.reports.paper import GAIN, GREY, LABEL, LOSS, MARGIN, RULE, SMALL, Paper

_HEIGHT: Final = 150.0
_AXIS: Final = 52.0
_STEPS: Final = (1, 2, 2.5, 5, 10)
_LINES: Final = 4
_WIDEST_BAR: Final = 26.0


class Bar(NamedTuple):
    """Gains and losses of a month, both of at least 0."""

    label: str
    gains: Decimal
    losses: Decimal


def draw_bars(paper: Paper, bars: Sequence[Bar]) -> None:
    """Gains above the line, losses below it, all on one scale."""
    top = float(max((bar.gains for bar in bars), default=Decimal(0)))
    bottom = float(max((bar.losses for bar in bars), default=Decimal(0)))
    step = _step(max(top, bottom))
    above, below = _rounded_up(top, step), _rounded_up(bottom, step)
    if above + below == 0:
        above = step
    scale = _HEIGHT / (above + below)
    base = paper.y - 6 - above * scale
    _grid(paper, base, scale, step, (above, below))
    width = (paper.inner - _AXIS) / max(len(bars), 1)
    bar_width = min(width * 0.55, _WIDEST_BAR)
    for place, bar in enumerate(bars):
        middle = MARGIN + _AXIS + width * (place + 0.5)
        left = middle - bar_width / 2
        paper.box(left, base, bar_width, float(bar.gains) * scale, GAIN)
        height = float(bar.losses) * scale
        paper.box(left, base - height, bar_width, height, LOSS)
        every = (len(bars) - 1) // 13 + 1  # more labels than this would run into each other
        if place % every == 0:
            paper.text(middle - 2.1 * len(bar.label), base - below * scale - 11, bar.label, LABEL)
    paper.canvas.setStrokeColorRGB(*GREY)
    paper.canvas.setLineWidth(0.8)
    paper.canvas.line(MARGIN + _AXIS, base, paper.width - MARGIN, base)
    _legend(paper)
    paper.down(_HEIGHT + 30)


def _grid(paper: Paper, base: float, scale: float, step: float, reach: tuple[float, float]) -> None:
    above, below = reach
    line = -round(below / step)
    while line * step <= above + step / 1000:
        value = line * step
        y = base + value * scale
        paper.canvas.setStrokeColorRGB(*RULE)
        paper.canvas.setLineWidth(0.4)
        paper.canvas.line(MARGIN + _AXIS, y, paper.width - MARGIN, y)
        text = f"{abs(value):,.{_decimals(step)}f}"
        paper.right(MARGIN + _AXIS - 6, y - 2.5, f"({text})" if value < 0 else text, LABEL)
        line += 1


def _legend(paper: Paper) -> None:
    """On the line of the heading above the chart."""
    x, y = paper.width - MARGIN - 80, paper.y + 11
    for text, colour, wide in (("Gains", GAIN, 44), ("Losses", LOSS, 0)):
        paper.box(x, y, 6, 6, colour)
        paper.text(x + 9, y, text, SMALL)
        x += wide


def _step(greatest: float) -> float:
    """A round distance between lines, for about four of them."""
    if greatest <= 0:
        return 1.0
    wanted = greatest / _LINES
    size = 10.0 ** floor(log10(wanted))
    return next(size * factor for factor in _STEPS if size * factor >= wanted * 0.999)


def _rounded_up(value: float, step: float) -> float:
    lines = 0
    while lines * step < value * 0.9999:
        lines += 1
    return lines * step


def _decimals(step: float) -> int:
    """Decimals that tell lines apart."""
    return max(0, -floor(log10(step))) + (1 if str(step).strip("0.").startswith("25") else 0)
