"""An erasure: one person out of all stores, and a report of what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from gateway.lifecycle.elsewhere import FilesOf, SeriesOf, VectorsOf
from gateway.lifecycle.in_postgres import PostgresErasure
from gateway.lifecycle.in_redis import RedisOf
from gateway.lifecycle.statements import query
from resolvers.account.standing import forget
from resolvers.lifecycle.holdings import Holdings
from resolvers.lifecycle.proof import DELETED, Erasure, checksum, kept_years, report_of
from stores.lifecycle import Stores
from stores.objects.store import Objects

if TYPE_CHECKING:
    from stores.postgres.client import Row


@dataclass(frozen=True, slots=True)
class Eraser:
    """Carries erasures out.

    Attributes:
        stores: as role worker.
        objects: where files are.
        held: what the stores hold of people.
        deadline: `time.monotonic()` value after which the run is cut off.
    """

    stores: Stores
    objects: Objects
    held: Holdings
    deadline: float

    async def erase(self, request_id: UUID) -> int | None:
        """Carry one out, or go on with it; how many rows, keys, points and files were deleted.

        Ids by which the other stores know the person are noted first. Then Postgres lets go, so
        that nothing can be written for them any more, and the others follow. None when the request
        was called off.
        """
        row = await self._one("begin_erasure", id=request_id)
        if row is None:
            return None
        erasure = Erasure(**dict(row.items()))
        await self._one("close_account", user_id=erasure.user_id)
        await forget(self.stores.redis, erasure.user_id)
        subjects = await self._subjects(erasure)
        every = sorted({each for ids in subjects.values() for each in ids})
        await PostgresErasure(self.stores.postgres, erasure, self.held, self.deadline).run(every)
        await self._series(erasure, subjects)
        await self._vectors(erasure, subjects)
        await self._files(erasure, subjects)
        await self._live_values(erasure, every)
        return await self._complete(erasure)

    async def _subjects(self, erasure: Erasure) -> Mapping[str, Sequence[str]]:
        found = await self._many("subjects_now", user_id=erasure.user_id)
        await self._one(
            "note_subjects",
            request_id=erasure.id,
            kinds=[row["kind"] for row in found],
            ids=[row["id"] for row in found],
        )
        subjects: dict[str, list[str]] = defaultdict(list)
        for row in await self._many("subjects", request_id=erasure.id):
            subjects[row["kind"]].append(row["id"])
        return subjects

    async def _series(self, erasure: Erasure, subjects: Mapping[str, Sequence[str]]) -> None:
        series = SeriesOf(self.stores.clickhouse, self.held, subjects, self.deadline)
        for place in self.held.clickhouse:
            await self._found(erasure, "clickhouse", place.name, await series.count(place))
            await series.delete(place)

    async def _vectors(self, erasure: Erasure, subjects: Mapping[str, Sequence[str]]) -> None:
        vectors = VectorsOf(self.stores.qdrant, self.held, subjects, self.deadline)
        for place in self.held.qdrant:
            await self._found(erasure, "qdrant", place.name, await vectors.count(place))
            await vectors.delete(place)

    async def _files(self, erasure: Erasure, subjects: Mapping[str, Sequence[str]]) -> None:
        files = FilesOf(self.objects, self.held, subjects)
        keys = await files.keys()
        await self._found(erasure, "objects", "files", len(keys))
        await files.delete(keys)

    async def _live_values(self, erasure: Erasure, ids: Sequence[str]) -> None:
        redis = RedisOf(self.stores.redis, ids)
        names = [name async for name in redis.names()]
        await self._found(erasure, "redis", "keys", len(names))
        await redis.delete(names)
        await redis.leave_shared()

    async def _found(self, erasure: Erasure, store: str, place: str, number: int) -> None:
        """Note what is about to be deleted: after a kill less is found, and the number stands."""
        await self._one(
            "count_erased",
            request_id=erasure.id,
            what=DELETED,
            store=store,
            place=place,
            number=number,
            at_least=True,
        )

    async def _complete(self, erasure: Erasure) -> int:
        row = await self._one("erasure_counts", request_id=erasure.id)
        assert row is not None
        counts = row["store_states"]
        years = kept_years(counts, self.held)
        if not years:
            await self._one("drop_pseudonym", pseudonym=erasure.pseudonym)
        at = datetime.now(UTC)
        report = report_of(erasure, counts, self.held, at)
        await self._one(
            "complete_erasure",
            request_id=erasure.id,
            completed_at=at,
            report=report,
            report_sha256=checksum(report),
            kept_years=years,
        )
        return sum(number for places in report["deleted"].values() for number in places.values())

    async def delete_outlived(self, row: Row) -> int:
        """Delete what was kept under a pseudonym, now that its time is over; how many rows."""
        at = datetime.now(UTC)
        erasure = Erasure(row["id"], row["pseudonym"], row["pseudonym"], at, at)
        postgres = PostgresErasure(self.stores.postgres, erasure, self.held, self.deadline)
        total = 0
        for kept in self.held.kept:
            total += await postgres.delete_kept(kept)
        await self._one("drop_pseudonym", pseudonym=erasure.pseudonym)
        await self._one("kept_is_deleted", request_id=erasure.id)
        return total

    async def _one(self, name: str, **values: object) -> Row | None:
        rows = await self._many(name, **values)
        return rows[0] if rows else None

    async def _many(self, name: str, **values: object) -> Sequence[Row]:
        statement = query(name)
        return await self.stores.postgres.fetch(
            statement, *statement.arguments(**values), deadline=self.deadline
        )
