"""A person in Postgres: rows moved to a pseudonym, rows deleted, traces taken out of the logs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.lifecycle.statements import query, refresh_view
from resolvers.lifecycle.holdings import Holdings, Kept, OwnedTable
from resolvers.lifecycle.proof import DELETED, KEPT, Erasure
from stores.postgres.client import Postgres, Transaction
from stores.relational.owned import delete_rows, keep_rows, owned_by

if TYPE_CHECKING:
    from stores.postgres.client import Row

_BATCH: Final = 2_000
_SUMMARY: Final = "portfolio.user_portfolio_summary"
_AUDIT: Final = "ops.audit_log"
# Rows of no owner that may name one, by the query that takes the name out.
_TRACES: Final = {
    "account.sign_ups": "forget_sign_ups",
    "ops.outbox": "forget_outbox",
    "ops.job_queue": "forget_queued_jobs",
    "ops.job_runs": "forget_job_runs",
    "agents.tasks of others": "forget_workers",
    "ops.erasure_requests": "forget_other_requests",
}


@dataclass(frozen=True, slots=True)
class PostgresErasure:
    """Takes one person out of Postgres, in short transactions that each count what they did.

    Every step finds what is left of its work, so the whole may be done again after a kill, and the
    numbers come out the same.

    Attributes:
        postgres: as role worker.
        erasure: who is erased, and under which pseudonym kept rows stay.
        held: which tables there are.
        deadline: `time.monotonic()` value after which the run is cut off.
    """

    postgres: Postgres
    erasure: Erasure
    held: Holdings
    deadline: float

    async def run(self, subjects: Sequence[str]) -> None:
        """Do all of it.

        Args:
            subjects: ids of the person and of what other rows may name.
        """
        await self._clear_traces(subjects)
        for kept in self.held.kept:
            await self._keep(kept)
        references = await self._fetch("references")
        ids = await self._tables_with_ids()
        for table in self.held.deleted((row["child"], row["parent"]) for row in references):
            await self._delete(table, has_id=table.table in ids)
        await self._take_out_of_log()
        await self._clear_traces(subjects)
        await self.postgres.fetch(refresh_view(), _SUMMARY, deadline=self.deadline)

    async def delete_kept(self, kept: Kept) -> int:
        """Delete what was kept under the pseudonym, once its time is over; how many rows."""
        total = 0
        for name in reversed(list(kept.tables)):
            owned = owned_by(self.held.tables[name].column)
            statement = delete_rows(name, owned, has_id=False)
            found = _BATCH
            while found == _BATCH:
                rows = await self.postgres.fetch(
                    statement, self.erasure.pseudonym, _BATCH, deadline=self.deadline
                )
                found = len(rows)
                total += found
        return total

    async def _keep(self, kept: Kept) -> None:
        """Move what law makes us keep; in one statement, because the rows name owners together."""
        columns = self.held.tables
        statement = keep_rows(
            {name: (columns[name].column, values) for name, values in kept.tables.items()}
        )
        user, pseudonym = self.erasure.user_id, self.erasure.pseudonym
        async with self._transaction("keep") as change:
            await self._run(change, "add_pseudonym", pseudonym=pseudonym)
            row = await change.fetch_one(statement, user, pseudonym, deadline=self.deadline)
            assert row is not None
            for name, moved in zip(kept.tables, row.values(), strict=True):
                await self._count(change, KEPT, name, moved)

    async def _delete(self, table: OwnedTable, *, has_id: bool) -> None:
        owned = owned_by(table.column, table.parent, self.held.owner_of(table))
        statement = delete_rows(table.table, owned, has_id=has_id)
        found = _BATCH
        while found == _BATCH:
            async with self._transaction("delete") as change:
                rows = await change.fetch(
                    statement, self.erasure.user_id, _BATCH, deadline=self.deadline
                )
                found = len(rows)
                if not found:
                    return
                if has_id:
                    ids = [row["id"] for row in rows]
                    await self._of(
                        change, "take_resources_out", resource_type=table.table, resource_ids=ids
                    )
                await self._count(change, DELETED, table.table, found)

    async def _take_out_of_log(self) -> None:
        changed = _BATCH
        while changed == _BATCH:
            async with self._transaction("log") as change:
                rows = await self._of(change, "take_actor_out", batch=_BATCH)
                changed = rows[0]["changed"]
                await self._count(change, KEPT, _AUDIT, changed)

    async def _clear_traces(self, subjects: Sequence[str]) -> None:
        values = {
            "user_id": self.erasure.user_id,
            "request_id": self.erasure.id,
            "pseudonym": self.erasure.pseudonym,
            "ids": list(subjects),
        }
        for place, name in _TRACES.items():
            async with self._transaction("traces") as change:
                statement = query(name)
                given = {each: values[each] for each in statement.params}
                rows = await self._run(change, name, **given)
                await self._count(change, DELETED, place, rows[0]["changed"])

    async def _tables_with_ids(self) -> set[str]:
        rows = await self._fetch("columns", tables=list(self.held.tables))
        return {row["table_name"] for row in rows if row["column_name"] == "id"}

    async def _count(self, change: Transaction, what: str, place: str, number: int) -> None:
        if not number:
            return
        await self._run(
            change,
            "count_erased",
            request_id=self.erasure.id,
            what=what,
            store="postgres",
            place=place,
            number=number,
            at_least=False,
        )

    async def _of(self, change: Transaction, name: str, **values: object) -> Sequence[Row]:
        """A query about the person and their pseudonym."""
        user, pseudonym = self.erasure.user_id, self.erasure.pseudonym
        return await self._run(change, name, user_id=user, pseudonym=pseudonym, **values)

    async def _run(self, change: Transaction, name: str, **values: object) -> Sequence[Row]:
        statement = query(name)
        return await change.fetch(statement, *statement.arguments(**values), deadline=self.deadline)

    async def _fetch(self, name: str, **values: object) -> Sequence[Row]:
        statement = query(name)
        return await self.postgres.fetch(
            statement, *statement.arguments(**values), deadline=self.deadline
        )

    def _transaction(self, name: str) -> AbstractAsyncContextManager[Transaction]:
        return self.postgres.transaction(name=f"erasure.{name}", deadline=self.deadline)
