"""`gateway doctor`."""

from __future__ import annotations

import asyncio

from rich.table import Table

from gateway.cli.engines import engines
from gateway.cli.terminal import UNWELL, explained, out, settings
from gateway.config import Settings, set_up_logging
from gateway.diagnosis import Finding, examine
from stores.urls import StoreUrls


def doctor() -> None:
    """Check that every store answers and has its schema; say what to do. Exit code 1 if unwell."""
    config = settings()
    set_up_logging("error")
    with explained(), engines(config) as urls:
        findings = asyncio.run(_examine(config, urls))
    _show(findings)
    if not all(finding.well for finding in findings):
        raise SystemExit(UNWELL)


async def _examine(config: Settings, urls: StoreUrls) -> list[Finding]:
    return await examine(config, urls)


def _show(findings: list[Finding]) -> None:
    table = Table("", "what", "state", "what to do", box=None, pad_edge=False)
    for finding in findings:
        mark = "[green]✓[/green]" if finding.well else "[red]✗[/red]"
        table.add_row(mark, finding.subject, finding.state, finding.advice)
    out().print(table)
