"""Tax reports as pages, read back from the bytes of the document."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from gateway.reports.money import dollars, long_day, units
from gateway.reports.tax_pages import tax_pdf
from resolvers.tax.enums import TaxReportFormat
from resolvers.tax.holding import UK, US
from resolvers.tax.report import Report, compile_report
from tests.resolvers.tax.cases import wish
from tests.resolvers.tax.test_report import EVENTS, book

PDF = TaxReportFormat.PDF


def pages(document: bytes) -> list[str]:
    """Texts of each page, one a line, and how many pages there are at the end."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", document, re.DOTALL):
        content = zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        texts = re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", content)
        found.append("\n".join(_plain(text) for text in texts))
    return [*found[1:], found[0]]


def _plain(text: bytes) -> str:
    octal = re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), text)
    return octal.decode("cp1252")


def american() -> Report:
    return compile_report(book(EVENTS, US), wish(2024, US, PDF, marks=True))


def test_the_first_page_sums_up_and_says_what_is_missing() -> None:
    first, *_ = pages(tax_pdf(american()))
    lines = first.splitlines()
    assert lines[:2] == [
        "Capital gains and income",
        "Crypto-assets · United States · tax year 2024",
    ]
    assert "1 January 2024 to 31 December 2024" in lines
    assert "This report is incomplete" in lines
    for name, *numbers in (
        ("Short-term", "5", "80.96", "78.00", "2.96"),
        ("Long-term", "2", "114.00", "81.60", "32.40"),
        ("Total", "7", "194.96", "159.60", "35.36"),
        ("of which with a loss", "3", "35.66", "99.00", "(63.34)"),
        ("Income: staking reward", "1", "8.00"),
    ):
        place = lines.index(name, lines.index("Gain or (loss)"))
        assert lines[place + 1 : place + 1 + len(numbers)] == numbers
    assert {"Jan", "Dec", "Gains", "Losses"} <= set(lines)


def test_every_line_is_on_a_page_and_pages_are_numbered() -> None:
    report = american()
    many = replace(report, sales=[*report.sales] * 100)
    found = pages(tax_pdf(many))
    assert found[-1] == f"of {len(found) - 1}"
    whole = "\n".join(found)
    assert whole.count("\nunknown\n") >= 100
    assert "Short-term disposals (continued)" in whole
    numbered = [f"Page {number}" in page for number, page in enumerate(found[:-1], 1)]
    assert all(numbered)
    assert "The purchase that was named" not in whole
    assert "A purchase that this was sold from" in whole


def test_the_uk_has_its_own_rules_and_paper() -> None:
    document = tax_pdf(compile_report(book(EVENTS, UK), wish(2023, UK, PDF)))
    whole = "\n".join(pages(document))
    assert "Crypto-assets · United Kingdom · tax year 2023/24" in whole
    assert "Share pooling (section 104)" in whole
    assert "Matched with purchases of the next 30 days" in whole
    assert "Form 8949" not in whole
    assert b"595.2756" in document
    assert b"595.2756" not in tax_pdf(american())


def test_the_same_report_is_the_same_bytes() -> None:
    assert tax_pdf(american()) == tax_pdf(american())


def test_a_report_of_nothing_is_whole() -> None:
    empty = compile_report(book([], US), wish(2020, US, PDF))
    first, *_ = pages(tax_pdf(empty))
    assert "This report is incomplete" not in first
    assert first.count("0.00") >= 3


def test_tickers_cannot_break_a_page() -> None:
    report = american()
    strange = [replace(sale, symbol="(\\)₿\n" + "W" * 80) for sale in report.sales]
    whole = "\n".join(pages(tax_pdf(replace(report, sales=strange))))
    assert whole.count("(\\)? W") == 1 + len(strange)
    assert "W…" in whole


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1234567.895", "1,234,567.90"), ("-0.004", "0.00"), ("-12", "(12.00)"), ("0", "0.00")],
)
def test_sums(value: str, shown: str) -> None:
    assert dollars(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1234.5000", "1,234.5"), ("1E-18", "<0.00000001"), ("0.123456789", "0.12345679"), ("0", "0")],
)
def test_amounts(value: str, shown: str) -> None:
    assert units(Decimal(value)) == shown


def test_unknown_is_said() -> None:
    assert (dollars(None), units(None)) == ("unknown", "unknown")
    assert long_day(datetime(2024, 4, 6)) == "6 April 2024"  # noqa: DTZ001
