"""`gateway doctor`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from gateway.cli.engines import engines
from gateway.cli.terminal import UNWELL, explained, notes, out, settings
from gateway.config import Settings, set_up_logging
from gateway.consistency.checks import Agreement, check_all
from gateway.consistency.comparison import Comparison
from gateway.diagnosis import Finding, examine
from stores.urls import StoreUrls

_KEYS_SHOWN = 20


def doctor(
    consistency: Annotated[
        bool,
        typer.Option("--consistency", help="Compare what several stores hold of the same things."),
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what differs; implies --consistency.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Write one JSON object instead of tables.")
    ] = False,
) -> None:
    """Check that every store answers and has its schema; say what to do. Exit code 1 if unwell.

    With --consistency counts and checksums of what several stores hold are compared as well: 1 when
    they differ, 0 when they agree or --repair made them, 3 when a store is away.
    """
    config = settings()
    set_up_logging("error")
    with explained(), engines(config) as urls:
        findings = asyncio.run(_examine(config, urls))
        if not json:
            _show(findings)
        agreement = None
        if consistency or repair:
            agreement = asyncio.run(check_all(config, urls, repair=repair))
            if not json:
                _show_agreement(agreement)
    if json:
        out().print(orjson.dumps(_as_json(findings, agreement)).decode(), markup=False)
    well = all(finding.well for finding in findings)
    if not well or (agreement is not None and not agreement.agrees):
        raise SystemExit(UNWELL)


async def _examine(config: Settings, urls: StoreUrls) -> list[Finding]:
    return await examine(config, urls)


def _show(findings: list[Finding]) -> None:
    table = Table("", "what", "state", "what to do", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(_mark(finding.well), finding.subject, finding.state, finding.advice)
    out().print(table)


def _show_agreement(agreement: Agreement) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("", "of", "in", "as", "rows", "found", "checksum", "found", "differ"):
        table.add_column(name, no_wrap=True, justify="right" if name in {"rows"} else "left")
    for each in agreement.comparisons:
        table.add_row(
            _mark(each.agrees),
            each.table,
            each.store,
            each.copy,
            f"{each.expected.count:,}",
            f"{each.found.count:,}",
            each.expected.checksum,
            each.found.checksum,
            _differences(each),
        )
    out().print()
    out().print(table)
    if agreement.repaired:
        notes().print(f"mended {agreement.repaired:,} rows")
    if agreement.waiting:
        notes().print(f"{agreement.waiting:,} changes are on their way, which explains differences")
    if agreement.refused:
        notes().print(f"{agreement.refused:,} changes are refused: see gateway relay list")
    if not agreement.agrees:
        notes().print("gateway doctor --repair mends what differs")


def _differences(each: Comparison) -> str:
    counts = (
        ("missing", each.missing),
        ("too many", each.extra),
        ("different", each.different),
    )
    return ", ".join(f"{len(keys):,} {name}" for name, keys in counts if keys)


def _mark(well: bool) -> str:
    return "[green]✓[/green]" if well else "[red]✗[/red]"


def _as_json(findings: list[Finding], agreement: Agreement | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "well": all(finding.well for finding in findings),
        "findings": [
            {"what": each.subject, "state": each.state, "advice": each.advice, "well": each.well}
            for each in findings
        ],
    }
    if agreement is not None:
        told["consistency"] = {
            "agrees": agreement.agrees,
            "waiting": agreement.waiting,
            "refused": agreement.refused,
            "repaired": agreement.repaired,
            "tables": [_table_as_json(each) for each in agreement.comparisons],
        }
    return told


def _table_as_json(each: Comparison) -> dict[str, Any]:
    """Keys are cut after twenty of a kind; counts are whole."""
    told: dict[str, Any] = {
        "table": each.table,
        "store": each.store,
        "copy": each.copy,
        "agrees": each.agrees,
        "rows": each.expected.count,
        "rowsFound": each.found.count,
        "checksum": each.expected.checksum,
        "checksumFound": each.found.checksum,
    }
    for name in ("missing", "extra", "different"):
        keys: list[str] = getattr(each, name)
        told[name] = {"count": len(keys), "keys": keys[:_KEYS_SHOWN]}
    return told
