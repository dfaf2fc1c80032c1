"""Vector search on a live engine: order, filters, batches, errors."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from stores.errors import StoreRejected, StoreTimeout
from stores.migrate.qdrant import Collection, QdrantMigrator
from stores.qdrant.client import Point, Qdrant
from stores.qdrant.filters import Filter, HasId, IsEmpty, Match, Range
from stores.urls import StoreUrls

PAYLOAD = {"kind": "keyword", "tvl": "float", "at": "datetime", "tags": "keyword"}
IDS = [str(uuid.UUID(int=n)) for n in range(1, 5)]


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[Qdrant]:
    prefix = f"t{uuid.uuid4().hex[:8]}_"
    declared = Collection("pets", "pets_v1", 4, "Cosine", PAYLOAD)
    async with QdrantMigrator.opened(engine_urls.qdrant, prefix=prefix) as migrator:
        await migrator.migrate([declared], dry_run=False)
    async with Qdrant(engine_urls.qdrant, prefix=prefix) as opened:
        points = [
            Point(IDS[0], [1, 0, 0, 0], {"kind": "dex", "tvl": 10.0, "tags": ["a"]}),
            Point(
                IDS[1], [1, 0.5, 0, 0], {"kind": "dex", "tvl": 20.0, "at": "2026-01-02T00:00:00Z"}
            ),
            Point(IDS[2], [1, 1, 0, 0], {"kind": "lending", "tvl": 30.0, "tags": ["a", "b"]}),
            Point(IDS[3], [0, 1, 0, 0], {"kind": "bridge", "tvl": 40.0}),
        ]
        assert await opened.upsert("pets", points) == 4
        yield opened
        await opened._client.delete_collection(f"{prefix}pets_v1")


async def ids(client: Qdrant, limited_to: Filter | None) -> list[int]:
    hits = await client.search("pets", [[1, 0, 0, 0]], limit=10, filter=limited_to)
    return [IDS.index(hit.id) for hit in hits[0]]


async def test_hits_come_nearest_first_for_each_vector(client: Qdrant) -> None:
    first, second = await client.search("pets", [[1, 0, 0, 0], [0, 1, 0, 0]], limit=2)
    assert [hit.id for hit in first] == [IDS[0], IDS[1]]
    assert [hit.id for hit in second] == [IDS[3], IDS[2]]
    assert first[0].score == pytest.approx(1.0, abs=1e-3)
    assert first[0].payload["kind"] == "dex"
    assert await client.search("pets", [], limit=2) == []


async def test_any_number_of_vectors_is_answered_in_their_order(client: Qdrant) -> None:
    east, north = [1, 0, 0, 0], [0, 1, 0, 0]
    found = await client.search("pets", [east, north, north] * 40, limit=1)
    assert [hits[0].id for hits in found] == [IDS[0], IDS[3], IDS[3]] * 40


@pytest.mark.parametrize(
    ("limited_to", "expected"),
    [
        (None, [0, 1, 2, 3]),
        (Filter(must=(Match("kind", ("dex",)),)), [0, 1]),
        (Filter(must=(Match("kind", ("dex", "lending")), Range("tvl", gte=20))), [1, 2]),
        (Filter(must_not=(Match("kind", ("dex",)),)), [2, 3]),
        (Filter(should=(Match("tags", ("b",)), Range("tvl", gt=30))), [2, 3]),
        (Filter(must=(HasId((IDS[3],)),)), [3]),
        (Filter(must=(IsEmpty("tags"),)), [1, 3]),
        (Filter(must=(Range("at", gte=datetime(2026, 1, 1, tzinfo=UTC)),)), [1]),
        (Filter(must=(Match("kind", ("nothing",)),)), []),
    ],
)
async def test_filters(client: Qdrant, limited_to: Filter | None, expected: list[int]) -> None:
    assert await ids(client, limited_to) == expected


async def test_a_minimum_score_leaves_out_the_rest(client: Qdrant) -> None:
    hits = await client.search("pets", [[1, 0, 0, 0]], limit=10, min_score=0.8)
    assert [hit.id for hit in hits[0]] == [IDS[0], IDS[1]]


async def test_similar_points_leave_out_themselves_and_unknown_ones(client: Qdrant) -> None:
    unknown = str(uuid.uuid4())
    found = await client.similar_to("pets", [IDS[0], unknown, IDS[3]], limit=1)
    assert [[hit.id for hit in hits] for hits in found] == [[IDS[1]], [], [IDS[2]]]
    assert await client.similar_to("pets", [unknown], limit=1) == [[]]


async def test_points_are_read_by_id(client: Qdrant) -> None:
    points = await client.by_ids("pets", [IDS[1], str(uuid.uuid4())], with_vectors=True)
    assert [point.id for point in points] == [IDS[1]]
    assert points[0].vector is not None
    assert len(points[0].vector) == 4
    assert (await client.by_ids("pets", [IDS[1]]))[0].vector is None


async def test_points_are_replaced_and_deleted(client: Qdrant) -> None:
    await client.upsert("pets", [Point(IDS[0], [0, 0, 1, 0], {"kind": "new"})])
    assert (await client.by_ids("pets", [IDS[0]]))[0].payload == {"kind": "new"}
    await client.delete("pets", [IDS[0], str(uuid.uuid4())])
    assert await client.count("pets") == 3


async def test_an_unknown_collection_is_rejected(client: Qdrant) -> None:
    with pytest.raises(StoreRejected) as caught:
        await client.search("nothing", [[1, 0, 0, 0]], limit=1)
    assert caught.value.operation == "search nothing"


async def test_a_vector_of_the_wrong_size_is_rejected(client: Qdrant) -> None:
    with pytest.raises(StoreRejected):
        await client.search("pets", [[1, 0]], limit=1)


@pytest.mark.parametrize(
    "bad", [Range("tvl"), Range("at", gt=1, lt=datetime(2026, 1, 1, tzinfo=UTC))]
)
async def test_a_range_without_sense_is_rejected(client: Qdrant, bad: Range) -> None:
    with pytest.raises(StoreRejected):
        await ids(client, Filter(must=(bad,)))


async def test_a_passed_deadline_sends_nothing(client: Qdrant) -> None:
    with pytest.raises(StoreTimeout):
        await client.search("pets", [[1, 0, 0, 0]], limit=1, deadline=0.0)
