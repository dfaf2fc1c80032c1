"""The hot window of wallet activity in Postgres against the whole of it in ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from gateway.consistency.comparison import Comparison, portions
from gateway.load.writing import as_json
from stores.lifecycle import Stores
from stores.queries import load_queries

_PAGE: Final = 1_000
_COLUMNS: Final = (
    "wallet_id", "occurred_at", "tx_hash", "log_index", "id", "chain_id", "block_number",
    "transaction_type", "counterparty", "protocol_id", "token_in_id", "token_out_id", "amount_in",
    "amount_out", "amount_in_usd", "amount_out_usd", "gas_used", "gas_price", "gas_cost_usd",
    "source",
)  # fmt: skip
_SERIES_COLUMNS: Final = tuple("ts" if name == "occurred_at" else name for name in _COLUMNS)

_Rows = dict[str, tuple[int, str]]  # by id: fingerprint and wallet


class ActivityMirror:
    """Both stores hold the same rows from the beginning of the hot window on.

    Days are compared by counts and checksums that the stores make; rows are read only of days that
    differ. Rows of wallets that Postgres does not know are none of its hot window.
    """

    def __init__(self, stores: Stores, hot_window: timedelta) -> None:
        self._stores = stores
        self._hot_window = hot_window
        self._queries = load_queries("postgres")
        self._series = load_queries("clickhouse")

    async def compare(self) -> Comparison:
        """The series is what should be there: the window is a copy of its newest part."""
        result = Comparison("wallet_transactions", "postgres", "catalog.wallet_transactions")
        since = await self._since()
        if since is None:
            return result
        found = await self._postgres("activity_days", since=since)
        expected = await self._clickhouse("activity_days", since=since)
        ours = {row["day"]: (row["row_count"], int(row["checksum"])) for row in found}
        theirs = {day: (count, int(checksum)) for day, count, checksum in expected}
        for day in sorted(ours.keys() | theirs.keys()):
            here, there = ours.get(day, (0, 0)), theirs.get(day, (0, 0))
            result.found.add(here[1], here[0])
            result.expected.add(there[1], there[0])
            if here != there:
                await self._compare_day(result, day, since)
        return result

    async def repair(self, found: Comparison) -> None:
        """What the window lacks is copied to it, and what only it has to the series."""
        by_day: dict[date, tuple[list[str], list[str]]] = {}
        for keys, place in ((found.missing, 0), (found.different, 0), (found.extra, 1)):
            for key in keys:
                said, _, identity = key.partition(" ")
                by_day.setdefault(date.fromisoformat(said), ([], []))[place].append(identity)
        for day, (to_postgres, to_clickhouse) in by_day.items():
            await self._ensure_month(day.replace(day=1))
            for ids in portions(to_postgres, _PAGE):
                rows = await self._clickhouse("activity_to_copy", day=day, ids=ids)
                records = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
                await self._stores.postgres.execute(
                    self._queries["load_state.upsert_activity"], as_json(records)
                )
            for ids in portions(to_clickhouse, _PAGE):
                lacking = await self._postgres("activity_to_copy", day=day, ids=ids)
                rows = [tuple(row) for row in lacking]
                await self._stores.clickhouse.insert("wallet_transactions", _SERIES_COLUMNS, rows)

    async def _since(self) -> datetime | None:
        rows: list[Any] = list(
            await self._stores.clickhouse.fetch(self._series["load_series.newest_activity"])
        )
        newest: datetime = rows[0][0]
        return None if newest.year < 2009 else newest - self._hot_window

    async def _compare_day(self, result: Comparison, day: date, since: datetime) -> None:
        here: _Rows = {
            row["id"]: (row["print"], row["wallet_id"])
            for row in await self._postgres("activity_rows", day=day, since=since)
        }
        there: _Rows = {
            identity: (int(print_), wallet)
            for identity, print_, wallet in await self._clickhouse(
                "activity_rows", day=day, since=since
            )
        }
        missing = there.keys() - here.keys()
        known = await self._known(there[each][1] for each in missing)
        for each in sorted(missing):
            print_, wallet = there[each]
            if wallet in known:
                result.missing.append(f"{day} {each}")
            else:
                result.expected.add(-print_, -1)
        result.extra.extend(f"{day} {each}" for each in sorted(here.keys() - there.keys()))
        differing = (each for each in here.keys() & there.keys() if here[each] != there[each])
        result.different.extend(f"{day} {each}" for each in sorted(differing))

    async def _known(self, wallets: Iterable[str]) -> set[str]:
        found: set[str] = set()
        statement = self._queries["consistency.known_wallets"]
        for ids in portions(set(wallets), _PAGE):
            rows = await self._stores.postgres.fetch(statement, *statement.arguments(ids=ids))
            found.update(row["id"] for row in rows)
        return found

    async def _postgres(self, name: str, **values: object) -> list[Any]:
        statement = self._queries[f"consistency.{name}"]
        return await self._stores.postgres.fetch(statement, *statement.arguments(**values))

    async def _clickhouse(self, name: str, **values: object) -> list[Any]:
        parameters: Mapping[str, object] = values
        found = await self._stores.clickhouse.fetch(self._series[f"consistency.{name}"], parameters)
        return list(found)

    async def _ensure_month(self, month: date) -> None:
        await self._stores.postgres.fetch(self._queries["load_state.ensure_activity_month"], month)
