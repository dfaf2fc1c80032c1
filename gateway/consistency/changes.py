"""The record of changes in ClickHouse against the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from gateway.consistency.comparison import Comparison, fingerprint, merge
from gateway.relay.change import Change
from gateway.relay.receivers.clickhouse import COLUMNS, event_row
from stores.lifecycle import Stores
from stores.queries import load_queries

_PAGE: Final = 5_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


class ChangesMirror:
    """Every change that ClickHouse has heard of is recorded, while the outbox still has it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._queries = load_queries("postgres")

    async def compare(self) -> Comparison:
        """Both sides are read in order of position; what the outbox let go of does not count."""
        result = Comparison("ops.outbox", "clickhouse", "change_events")
        oldest = await self._stores.postgres.fetch_one(self._queries["consistency.oldest_change"])
        if oldest is not None and oldest["oldest_at"] is not None:
            since = oldest["oldest_at"] - timedelta(seconds=1)  # its times are rounded
            await merge(result, self._passed(), self._recorded(since), only_expected=True)
        return result

    async def repair(self, found: Comparison) -> None:
        """What is missing is recorded."""
        wanted = {int(each) for each in (*found.missing, *found.different)}
        if not wanted:
            return
        lacking = [event_row(each) async for each in self._changes() if each.position in wanted]
        for start in range(0, len(lacking), _PAGE):
            rows = lacking[start : start + _PAGE]
            await self._stores.clickhouse.insert("change_events", COLUMNS, rows)

    async def _changes(self) -> AsyncIterator[Change]:
        after, statement = 0, self._queries["consistency.passed_changes"]
        while True:
            values = statement.arguments(after=after, count=_PAGE)
            rows = await self._stores.postgres.fetch(statement, *values)
            if not rows:
                return
            for row in rows:
                yield Change(*row)
            after = rows[-1]["position"]

    async def _passed(self) -> AsyncIterator[tuple[int, int]]:
        async for change in self._changes():
            _, _, *said = event_row(change)
            yield change.position, fingerprint(*said, (change.created_at - _EPOCH) // _MS)

    async def _recorded(self, since: datetime) -> AsyncIterator[tuple[int, int]]:
        statement = load_queries("clickhouse")["consistency.change_events"]
        after = 0
        while True:
            values = {"after": after, "since": since, "count": _PAGE}
            rows: list[Any] = list(await self._stores.clickhouse.fetch(statement, values))
            if not rows:
                return
            for position, *said in rows:
                yield int(position), fingerprint(*said)
            after = int(rows[-1][0])
