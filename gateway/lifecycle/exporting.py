"""A copy of all that the stores hold of a person: one JSON document, written as it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from gateway.lifecycle.elsewhere import SeriesOf, VectorsOf
from gateway.lifecycle.in_redis import RedisOf
from gateway.lifecycle.statements import query
from resolvers.lifecycle.holdings import Holdings
from stores.lifecycle import Stores
from stores.redis.keys import key
from stores.relational.owned import owned_by, rows_as_json

VERSION: Final = 1
_ROWS: Final = 500
# A session's key is the digest of its token; the session itself is among the rows of Postgres.
_NOT_SHOWN: Final = "session"


@dataclass(frozen=True, slots=True)
class Export:
    """Writes one person's copy. Memory holds some hundred rows of it at a time.

    Attributes:
        stores: as role worker.
        held: what the stores hold of people.
        user_id: whose copy it is.
        made_at: when, UTC.
        deadline: `time.monotonic()` value after which the run is cut off.
    """

    stores: Stores
    held: Holdings
    user_id: UUID
    made_at: datetime
    deadline: float

    async def pieces(self) -> AsyncIterator[bytes]:
        """The document. Secrets are left out, and `leftOut` says which columns those are."""
        columns = await self._columns()
        head = {
            "format": "onchain-gateway personal data",
            "version": VERSION,
            "user": str(self.user_id),
            "madeAt": self.made_at.isoformat(),
            "leftOut": {table: names for table, names in columns.items() if names},
            "unknown": dict(self.held.unknown),
        }
        yield orjson.dumps(head)[:-1]
        subjects = await self._subjects()
        stores = {
            "postgres": self._postgres(columns),
            "clickhouse": self._clickhouse(subjects),
            "qdrant": self._qdrant(subjects),
            "redis": self._redis(subjects),
        }
        for name, content in stores.items():
            yield b',\n"%s":{' % name.encode()
            async for piece in content:
                yield piece
            yield b"\n}"
        yield b"\n}\n"

    async def _postgres(self, columns: Mapping[str, list[str]]) -> AsyncIterator[bytes]:
        async with self.stores.postgres.transaction(
            name="export", deadline=self.deadline
        ) as snapshot:
            for number, (name, table) in enumerate(self.held.tables.items()):
                owned = owned_by(table.column, table.parent, self.held.owner_of(table))
                yield _opened(number, name)
                first = True
                async for rows in snapshot.stream(
                    rows_as_json(name, owned),
                    self.user_id,
                    columns[name],
                    batch=_ROWS,
                    deadline=self.deadline,
                ):
                    yield _listed([row["row"].encode() for row in rows], first=first)
                    first = False
                yield b"]"
            wallets = query("linked_wallets")
            yield _opened(1, wallets.name)
            found = await snapshot.fetch(wallets, self.user_id, deadline=self.deadline)
            yield _listed([row["row"].encode() for row in found], first=True) + b"]"

    async def _clickhouse(self, subjects: Mapping[str, Sequence[str]]) -> AsyncIterator[bytes]:
        series = SeriesOf(self.stores.clickhouse, self.held, subjects, self.deadline)
        for number, place in enumerate(self.held.clickhouse):
            yield _opened(number, place.name)
            first, rest = True, b""
            async for piece in series.lines(place):
                *lines, rest = (rest + piece).split(b"\n")
                if lines:
                    yield _listed(lines, first=first)
                    first = False
            yield b"]"

    async def _qdrant(self, subjects: Mapping[str, Sequence[str]]) -> AsyncIterator[bytes]:
        vectors = VectorsOf(self.stores.qdrant, self.held, subjects, self.deadline)
        for number, place in enumerate(self.held.qdrant):
            yield _opened(number, place.name)
            first = True
            async for payload in vectors.payloads(place):
                yield _listed([orjson.dumps(payload)], first=first)
                first = False
            yield b"]"

    async def _redis(self, subjects: Mapping[str, Sequence[str]]) -> AsyncIterator[bytes]:
        ids = [each for kind, found in subjects.items() if kind != _NOT_SHOWN for each in found]
        redis = RedisOf(self.stores.redis, ids)
        first, sessions = True, key("user_sessions", user_id=self.user_id)
        async for name in redis.names():
            if name == sessions:  # digests of tokens
                continue
            value = await redis.value(name)
            yield (b"\n" if first else b",\n") + orjson.dumps(name) + b":" + orjson.dumps(value)
            first = False

    async def _columns(self) -> dict[str, list[str]]:
        """Columns that each table keeps to itself."""
        found: dict[str, list[tuple[str, str]]] = {name: [] for name in self.held.tables}
        for row in await self.stores.postgres.fetch(
            query("columns"), list(self.held.tables), deadline=self.deadline
        ):
            found[row["table_name"]].append((row["column_name"], row["type"]))
        return {name: self.held.left_out(name, columns) for name, columns in found.items()}

    async def _subjects(self) -> dict[str, list[str]]:
        subjects: dict[str, list[str]] = defaultdict(list)
        for row in await self.stores.postgres.fetch(
            query("subjects_now"), self.user_id, deadline=self.deadline
        ):
            subjects[row["kind"]].append(row["id"])
        return subjects


def _opened(number: int, name: str) -> bytes:
    return (b"," if number else b"") + b"\n" + orjson.dumps(name) + b":["


def _listed(items: Sequence[bytes], *, first: bool) -> bytes:
    return (b"\n" if first else b",\n") + b",\n".join(items) if items else b""
