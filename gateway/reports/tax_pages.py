"""A tax report as pages to print: a summary with a chart, then every line it is made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from gateway.reports.money import day, dollars, long_day, short_month, units
from gateway.reports.paper import (
    AMBER,
    BOLD,
    BROWN,
    GREY,
    LABEL,
    MARGIN,
    NAVY,
    SMALL,
    TEXT,
    Paper,
    Style,
    printable,
    wrapped,
)
from gateway.reports.printed_chart import Bar, draw_bars
from gateway.reports.printed_tables import Column, PrintedTable
from gateway.reports.tax_words import KINDS, METHODS, REASONS, RULES, notes
from resolvers.tax.lots import EXACT
from resolvers.tax.report import Flow, Report, total
from resolvers.tax.sales import Sale

_TITLE: Final = Style(BOLD, 20, NAVY)
_UNDER: Final = Style(size=11, colour=GREY)
_WARNING: Final = Style(BOLD, 8.5, BROWN)
_MOST_ASSETS: Final = 25


def tax_pages_title(report: Report) -> str:
    """What the document is called."""
    wish = report.wish
    return f"Capital gains and income, {wish.terms.rules.name}, {wish.tax_year}"


def tax_pdf(report: Report) -> bytes:
    """The document; the same report gives the same bytes."""
    wish = report.wish
    paper = Paper(
        letter=wish.terms.rules.country == "US",
        title=tax_pages_title(report),
        subject=f"{long_day(wish.span.start)} to {long_day(wish.span.end)}",
        foot=f"Report {wish.id}",
    )
    _cover(paper, report)
    paper.new_page()
    _by_asset(paper, report)
    _disposals(paper, report)
    _flows(paper, "Income", report.income)
    _flows(paper, "Expenses", report.expenses)
    _lacks(paper, report)
    _notes(paper, report)
    return paper.finish()


def _cover(paper: Paper, report: Report) -> None:
    wish, rules = report.wish, report.wish.terms.rules
    paper.down(16)
    paper.text(MARGIN, paper.y, "Capital gains and income", _TITLE)
    paper.down(17)
    paper.text(MARGIN, paper.y, f"Crypto-assets · {rules.name} · {_year(report)}", _UNDER)
    paper.down(12)
    paper.rule(paper.y, NAVY, 1.4)
    paper.down(16)
    span = f"{long_day(wish.span.start)} to {long_day(wish.span.end)}"
    method = "Share pooling (section 104)" if rules.has_pool else METHODS[wish.terms.method]
    facts = [
        ("Period", span),
        ("Method", method),
        ("Currency", "US dollars"),
        ("Days", "Coordinated Universal Time (UTC)"),
        ("Long-term", _line_of(report)),
        ("Wash sales", "Marked" if wish.terms.marks_wash_sales else "Not marked"),
        ("Account", str(wish.user_id)),
        ("Asked for", f"{long_day(wish.asked_at)}, {wish.asked_at:%H:%M} UTC"),
    ]
    half = paper.inner / 2
    for place, (name, value) in enumerate(facts):
        x, y = MARGIN + half * (place % 2), paper.y - 13 * (place // 2)
        paper.text(x, y, name, LABEL)
        paper.text(x + 56, y, value, SMALL)
    paper.down(13 * ((len(facts) + 1) // 2) + 4)
    if report.lacks:
        _warning(paper, report)
    _summary(paper, report)
    _income_and_expenses(paper, report)
    paper.heading("Gains and losses by month, US dollars")
    draw_bars(paper, _months(report))


def _year(report: Report) -> str:
    year, span = report.wish.tax_year, report.wish.span
    within = span.start.year == span.end.year and (span.start.month, span.start.day) == (1, 1)
    crosses = report.wish.terms.rules.year_begins != (1, 1)
    return (
        f"tax year {year}/{(year + 1) % 100:02d}" if crosses and not within else f"tax year {year}"
    )


def _line_of(report: Report) -> str:
    days = report.wish.terms.rules.long_term_days
    return "No difference is made" if days is None else f"Held for more than {days} days"


def _warning(paper: Paper, report: Report) -> None:
    unknown = sum(sale.gain is None for sale in report.sales)
    text = (
        f"{len(report.lacks):,} entries have to be completed; they are listed at the end. Nothing "
        f"was guessed in their place. {unknown:,} disposals have no known gain and are in none of "
        "the sums below."
    )
    lines = wrapped(text, SMALL, paper.inner - 20)
    height = 20 + 10 * len(lines)
    paper.box(MARGIN, paper.y - height + 4, paper.inner, height, AMBER)
    paper.text(MARGIN + 10, paper.y - 10, "This report is incomplete", _WARNING)
    for number, line in enumerate(lines):
        paper.text(MARGIN + 10, paper.y - 21 - 10 * number, line, SMALL)
    paper.down(height + 2)


def _sums(name: str, sales: Sequence[Sale]) -> list[str]:
    known = [sale for sale in sales if sale.gain is not None]
    gains = total(sale.gain for sale in known)
    proceeds, cost = total(s.proceeds for s in known), total(s.cost for s in known)
    return [name, f"{len(sales):,}", dollars(proceeds), dollars(cost), dollars(gains)]


_SUMMARY: Final = (
    Column("", 34),
    Column("Disposals", 14, numbers=True),
    Column("Proceeds", 18, numbers=True),
    Column("Cost basis", 18, numbers=True),
    Column("Gain or (loss)", 18, numbers=True),
)


def _summary(paper: Paper, report: Report) -> None:
    rows = [_sums(name, sales) for name, sales in _parts(report)]
    gains = [sale for sale in report.sales if sale.gain is not None and sale.gain > 0]
    losses = [sale for sale in report.sales if sale.gain is not None and sale.gain < 0]
    parts = [_sums("of which with a gain", gains), _sums("of which with a loss", losses)]
    if report.totals.disallowed is not None:
        marked = [sale for sale in report.sales if sale.disallowed is not None]
        said = dollars(report.totals.disallowed)
        parts.append(["losses a wash sale may disallow", f"{len(marked):,}", "", "", said])
    table = PrintedTable(paper, "Capital gains and losses, US dollars", _SUMMARY)
    table.write(rows, _sums("Total", report.sales), parts)


def _parts(report: Report) -> list[tuple[str, list[Sale]]]:
    """Sales by term, or by the rule of the pool."""
    if report.wish.terms.rules.has_pool:
        return [
            (name, [sale for sale in report.sales if sale.rule is rule])
            for rule, name in RULES.items()
        ]
    return [
        ("Short-term", [sale for sale in report.sales if not sale.is_long_term]),
        ("Long-term", [sale for sale in report.sales if sale.is_long_term]),
    ]


def _income_and_expenses(paper: Paper, report: Report) -> None:
    rows = []
    for group, flows in (("Income", report.income), ("Expense", report.expenses)):
        counts = Counter(flow.kind for flow in flows)
        for kind, count in sorted(counts.items(), key=lambda item: KINDS[item[0]]):
            value = total(flow.value for flow in flows if flow.kind is kind)
            rows.append([f"{group}: {KINDS[kind]}", f"{count:,}", dollars(value)])
    if not rows:
        rows = [["None", "0", dollars(Decimal(0))]]
    columns = (
        Column("", 62),
        Column("Entries", 20, numbers=True),
        Column("US dollars", 20, numbers=True),
    )
    PrintedTable(paper, "Income and expenses", columns).write(rows)


def _months(report: Report) -> list[Bar]:
    start, end = report.wish.span
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    gains: dict[int, Decimal] = dict.fromkeys(range(first, last + 1), Decimal(0))
    losses = dict(gains)
    for sale in report.sales:
        gain = sale.gain
        if gain is not None:
            month = sale.sold_at.year * 12 + sale.sold_at.month - 1
            side = gains if gain > 0 else losses
            side[month] = EXACT.add(side[month], EXACT.abs(gain))
    return [Bar(short_month(month % 12 + 1), gains[month], losses[month]) for month in gains]


def _by_asset(paper: Paper, report: Report) -> None:
    sales: dict[str, list[Sale]] = {}
    for sale in report.sales:
        sales.setdefault(sale.symbol, []).append(sale)
    ordered = sorted(sales, key=lambda name: (-abs(total(s.gain for s in sales[name])), name))
    rows = [_sums(printable(name), sales[name]) for name in ordered[:_MOST_ASSETS]]
    others = [sale for name in ordered[_MOST_ASSETS:] for sale in sales[name]]
    if others:
        rows.append(_sums(f"{len(ordered) - _MOST_ASSETS:,} other assets", others))
    if rows:
        columns = (Column("Asset", 34), *_SUMMARY[1:])
        PrintedTable(paper, "By asset", columns).write(rows, _sums("Total", report.sales))


def _disposals(paper: Paper, report: Report) -> None:
    is_pool = report.wish.terms.rules.has_pool
    marks = report.wish.terms.marks_wash_sales
    columns = [
        Column("Asset", 13),
        Column("Amount", 20, numbers=True),
        Column("Matched with" if is_pool else "Acquired", 15),
        Column("Sold", 12),
        Column("Proceeds", 16, numbers=True),
        Column("Cost basis", 16, numbers=True),
        Column("Gain or (loss)", 16, numbers=True),
        *([Column("Disallowed", 13, numbers=True)] if marks else []),
    ]
    for name, sales in _parts(report):
        if not sales:
            continue
        sums = _sums("Total", sales)
        last = ["Total", "", "", "", *sums[2:]]
        if marks:
            last.append(dollars(total(sale.disallowed for sale in sales)))
        title = name if is_pool else f"{name} disposals"
        PrintedTable(paper, title, columns).write(
            (_disposal(sale, marks=marks) for sale in sales), last
        )


def _disposal(sale: Sale, *, marks: bool) -> list[str]:
    cells = [
        printable(sale.symbol),
        units(sale.amount),
        day(sale.acquired_at) or "pool",
        day(sale.sold_at),
        dollars(sale.proceeds),
        dollars(sale.cost),
        dollars(sale.gain),
    ]
    if marks:
        cells.append("" if sale.disallowed is None else dollars(sale.disallowed))
    return cells


def _flows(paper: Paper, title: str, flows: Sequence[Flow]) -> None:
    if not flows:
        return
    columns = (
        Column("Day", 14),
        Column("Kind", 24),
        Column("Asset", 16),
        Column("Amount", 26, numbers=True),
        Column("US dollars", 20, numbers=True),
    )
    rows: Iterable[list[str]] = (
        [
            day(flow.at),
            KINDS[flow.kind],
            printable(flow.symbol),
            units(flow.amount) if flow.symbol else "",
            dollars(flow.value),
        ]
        for flow in flows
    )
    last = ["Total", "", "", "", dollars(total(flow.value for flow in flows))]
    PrintedTable(paper, title, columns).write(rows, last)


def _lacks(paper: Paper, report: Report) -> None:
    if not report.lacks:
        return
    columns = (
        Column("Day", 13),
        Column("Asset", 13),
        Column("Amount", 22, numbers=True),
        Column("What is missing", 40),
        Column("Taxable event", 42),
    )
    rows = (
        [
            day(lack.at),
            printable(lack.symbol),
            "" if lack.amount is None else units(lack.amount),
            REASONS[lack.reason],
            str(lack.event),
        ]
        for lack in report.lacks
    )
    PrintedTable(paper, "To be completed", columns).write(rows)


def _notes(paper: Paper, report: Report) -> None:
    if not paper.room(150):
        paper.new_page()
    paper.heading("How these figures were made")
    for note in notes(report):
        paper.down(4)
        paper.paragraph(note, TEXT)
