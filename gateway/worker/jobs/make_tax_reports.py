"""Tax reports: made when they are asked for, their files removed when they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from gateway.reports.files import render
from gateway.worker.job import CatchUp, JobContext, job
from resolvers.tax.compute import read_book, settle_taxes
from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.holding import US, rules_of
from resolvers.tax.ledger import Terms
from resolvers.tax.report import Report, Wish, compile_report
from stores.objects.store import Objects, Stored
from stores.queries import load_queries

_WAITING: Final = 100
_PAUSE_S: Final = 0.5
# Shares of the whole: lots and sales written, then settled by the terms of the report.
_SETTLED, _COMPILED, _WRITTEN = 0.7, 0.85, 0.95
_GAVE_UP: Final = "It could not be made. Remove it and ask for it again."


@job("make_tax_reports", timeout_s=1_800, exclusive=False)
async def make_tax_reports(run: JobContext) -> None:
    """Makes a tax report that was asked for; without one named, all that wait."""
    objects = run.settings.objects()
    for report in await _asked_for(run):
        run.done(int(await _make(run, report, objects)))


@job("watch_tax_reports", every="*/5 * * * *", catch_up=CatchUp.SKIP, timeout_s=60)
async def watch_tax_reports(run: JobContext) -> None:
    """Asks again for tax reports that nobody makes, and gives up those that cannot be made."""
    queries, postgres = load_queries("postgres"), run.stores.postgres
    forsaken = await postgres.fetch(queries["tax_reports.forsaken"], deadline=run.deadline)
    for row in forsaken:
        await _fail(run, row["id"], _GAVE_UP)
    queued = await postgres.fetch(queries["tax_reports.queue_forgotten"], deadline=run.deadline)
    run.done(len(forsaken) + len(queued))
    run.details.update(given_up=len(forsaken), asked_again=len(queued))


@job("remove_tax_files", timeout_s=300, exclusive=False, max_attempts=20)
async def remove_tax_files(run: JobContext) -> None:
    """Removes the files of a tax report that its owner removed."""
    if not run.arguments:
        return
    user, report = (UUID(str(run.arguments[name])) for name in ("user_id", "report_id"))
    run.done(await _clear(run.settings.objects(), folder_of(user, report)))


@job("settle_taxes", timeout_s=1_800, exclusive=False)
async def settle_user_taxes(run: JobContext) -> None:
    """Settles the taxable events of a user, and writes lots, sales and what is missing."""
    if not run.arguments:
        return
    user = UUID(str(run.arguments["user_id"]))
    work = await settle_taxes(run.stores.postgres, user, await _profile(run, user))
    run.done(work.events)
    run.details.update(settled=work.settled, unchanged=work.unchanged)


def folder_of(user: UUID, report: UUID) -> str:
    """Where the file of a report is kept."""
    return f"tax-reports/{user}/{report}"


async def _asked_for(run: JobContext) -> Sequence[UUID]:
    if "report_id" in run.arguments:
        return [UUID(str(run.arguments["report_id"]))]
    query = load_queries("postgres")["tax_reports.waiting"]
    rows = await run.stores.postgres.fetch(query, _WAITING, deadline=run.deadline)
    return [row["id"] for row in rows]


async def _make(run: JobContext, report_id: UUID, objects: Objects) -> bool:
    """Make one report; False when it is made already, taken back, or cannot be made."""
    queries, postgres = load_queries("postgres"), run.stores.postgres
    row = await postgres.fetch_one(queries["tax_reports.begin"], report_id, deadline=run.deadline)
    if row is None:
        return False
    rules = rules_of(row["country_code"])
    if rules is None:
        await _fail(run, report_id, f"The rules of {row['country_code']} are not known.")
        return False
    wish, progress = Wish.of(row, rules), Progress(run, report_id)
    await settle_taxes(postgres, wish.user_id, await _profile(run, wish.user_id), progress.settled)
    book = await read_book(postgres, wish.user_id, wish.terms)
    await progress.say(_SETTLED)
    # In threads: a worker renews leases meanwhile.
    report = await asyncio.to_thread(compile_report, book, wish)
    await progress.say(_COMPILED)
    content = await asyncio.to_thread(render, report)
    await progress.say(_WRITTEN)
    folder = folder_of(wish.user_id, wish.id)
    stored = await objects.put(content, prefix=folder)
    made = await _complete(run, report, stored)
    # Whatever came between: what stays is the file that the row leads to, if there is a row.
    kept = await postgres.fetch_one(queries["tax_reports.file"], report_id, deadline=run.deadline)
    await _clear(objects, folder, but=(kept and kept["file_key"]) or "")
    return made


async def _fail(run: JobContext, report_id: UUID, error: str) -> None:
    query = load_queries("postgres")["tax_reports.fail"]
    values = query.arguments(id=report_id, error=error)
    await run.stores.postgres.fetch_one(query, *values, deadline=run.deadline)


async def _complete(run: JobContext, report: Report, stored: Stored) -> bool:
    query, totals = load_queries("postgres")["tax_reports.complete"], report.totals
    values = query.arguments(
        id=report.wish.id,
        file_key=stored.key,
        file_size_bytes=stored.size,
        transactions=totals.transactions,
        disposals=totals.disposals,
        issues=totals.issues,
        proceeds=totals.proceeds,
        cost=totals.cost,
        gains=totals.gains,
        losses=totals.losses,
        net=totals.net,
        long_term=totals.long_term,
        short_term=totals.short_term,
        income=totals.income,
        expenses=totals.expenses,
        disallowed=totals.disallowed,
    )
    return await run.stores.postgres.fetch_one(query, *values, deadline=run.deadline) is not None


async def _profile(run: JobContext, user: UUID) -> Terms:
    """By which rules the lots of a user are kept."""
    query = load_queries("postgres")["tax_reports.profile"]
    row = await run.stores.postgres.fetch_one(query, user, deadline=run.deadline)
    if row is None:
        return Terms(CostBasisMethod.FIFO, US)
    rules = rules_of(row["country_code"]) or US
    return Terms(CostBasisMethod(row["cost_basis_method"]), rules, row["marks_wash_sales"])


async def _clear(objects: Objects, folder: str, *, but: str = "") -> int:
    """Delete what is kept in a folder, except one; how many."""
    found = [each.key async for each in objects.list(folder) if each.key != but]
    for key in found:
        await objects.delete(key)
    return len(found)


@dataclass(slots=True)
class Progress:
    """Says how far the making of a report is, twice a second at most."""

    run: JobContext
    report: UUID
    _said_at: float = field(default=0.0, init=False)

    async def settled(self, done: int, total: int) -> None:
        """So many entries of all accounts are settled and written."""
        if time.monotonic() - self._said_at >= _PAUSE_S:
            await self.say(_SETTLED * done / max(total, 1))

    async def say(self, progress: float) -> None:
        """Write it down, where the graph shows it."""
        self._said_at = time.monotonic()
        query = load_queries("postgres")["tax_reports.advance"]
        await self.run.stores.postgres.execute(
            query,
            *query.arguments(id=self.report, progress=Decimal(str(round(progress, 4)))),
            deadline=self.run.deadline,
        )
