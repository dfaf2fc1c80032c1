"""The Qdrant engine through AsyncQdrantClient, as production uses it."""

import random
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from stores.urls import StoreUrls

_SIZE = 4
_POINTS = [
    models.PointStruct(
        id=str(uuid.UUID(int=n)),
        vector=[1.0, n / 10, 0.0, 0.0],
        payload={
            "category": ["dex", "lending"][n % 2],
            "chain_id": n,
            "tvl": n * 1.5,
            "at": f"2026-01-{n + 1:02}T00:00:00Z",
            "tags": ["a", f"t{n}"],
            "summary": "text",
            "owner": str(uuid.UUID(int=100 + n % 3)),
        },
    )
    for n in range(10)
]


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[AsyncQdrantClient]:
    made = AsyncQdrantClient(url=engine_urls.qdrant, prefer_grpc=False, timeout=10)
    yield made
    await made.close()


@pytest.fixture
async def collection(client: AsyncQdrantClient) -> AsyncIterator[str]:
    name = f"c_{uuid.uuid4().hex}"
    params = models.VectorParams(size=_SIZE, distance=models.Distance.COSINE)
    await client.create_collection(name, vectors_config=params)
    await client.upsert(name, _POINTS, wait=True)
    yield name
    await client.delete_collection(name)


def _numbers(points: list[Any]) -> list[int]:
    return [uuid.UUID(str(point.id)).int for point in points]


async def _chains(client: AsyncQdrantClient, collection: str, condition: Any) -> set[int]:
    wanted = condition if isinstance(condition, models.Filter) else models.Filter(must=[condition])
    found, _ = await client.scroll(collection, scroll_filter=wanted, limit=100)
    return set(_numbers(list(found)))


async def test_collections_are_created_described_listed_and_deleted(
    client: AsyncQdrantClient,
) -> None:
    name = f"c_{uuid.uuid4().hex}"
    params = models.VectorParams(size=768, distance=models.Distance.COSINE)
    assert await client.create_collection(name, vectors_config=params)
    assert await client.collection_exists(name)
    info = await client.get_collection(name)
    assert info.config.params.vectors == params
    assert info.status == models.CollectionStatus.GREEN
    assert name in {found.name for found in (await client.get_collections()).collections}
    assert await client.delete_collection(name)
    assert not await client.collection_exists(name)
    assert not await client.delete_collection(name)


async def test_points_are_retrieved_with_what_was_asked(
    client: AsyncQdrantClient, collection: str
) -> None:
    ids = [_POINTS[1].id, _POINTS[3].id, str(uuid.UUID(int=99))]
    found = await client.retrieve(collection, ids, with_payload=["tvl"], with_vectors=True)
    assert sorted(_numbers(list(found))) == [1, 3]
    assert {point.payload["tvl"] for point in found if point.payload} == {1.5, 4.5}
    assert all(isinstance(point.vector, list) and len(point.vector) == _SIZE for point in found)
    assert (await client.count(collection)).count == len(_POINTS)


async def test_search_orders_by_similarity(client: AsyncQdrantClient, collection: str) -> None:
    answer = await client.query_points(
        collection, query=[1.0, 0.0, 0.0, 0.0], limit=3, with_payload=True
    )
    assert _numbers(answer.points) == [0, 1, 2]
    assert answer.points[0].score == pytest.approx(1.0)
    assert answer.points[1].payload is not None
    assert answer.points[1].payload["chain_id"] == 1


async def test_search_by_point_leaves_the_point_out(
    client: AsyncQdrantClient, collection: str
) -> None:
    answer = await client.query_points(collection, query=_POINTS[0].id, limit=2)
    assert _numbers(answer.points) == [1, 2]


async def test_recommendation_averages_examples(client: AsyncQdrantClient, collection: str) -> None:
    examples = models.RecommendInput(positive=[_POINTS[4].id, _POINTS[6].id])
    answer = await client.query_points(
        collection, query=models.RecommendQuery(recommend=examples), limit=1
    )
    assert _numbers(answer.points) == [5]


async def test_a_batch_answers_in_the_order_asked(
    client: AsyncQdrantClient, collection: str
) -> None:
    requests = [
        models.QueryRequest(query=vector, limit=1, with_payload=True)
        for vector in ([1.0, 0.9, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0])
    ]
    answers = await client.query_batch_points(collection, requests)
    assert [_numbers(answer.points) for answer in answers] == [[9], [0]]


async def test_score_threshold_and_offset_cut_the_answer(
    client: AsyncQdrantClient, collection: str
) -> None:
    vector = [1.0, 0.0, 0.0, 0.0]
    close = await client.query_points(collection, query=vector, limit=10, score_threshold=0.98)
    assert _numbers(close.points) == [0, 1, 2]
    page = await client.query_points(collection, query=vector, limit=2, offset=2)
    assert _numbers(page.points) == [2, 3]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (
            models.FieldCondition(key="category", match=models.MatchValue(value="dex")),
            {0, 2, 4, 6, 8},
        ),
        (models.FieldCondition(key="chain_id", match=models.MatchAny(any=[1, 2, 77])), {1, 2}),
        (
            models.FieldCondition(
                key="chain_id", match=models.MatchExcept(**{"except": list(range(8))})
            ),
            {8, 9},
        ),
        (models.FieldCondition(key="tvl", range=models.Range(gt=1.5, lte=4.5)), {2, 3}),
        (
            models.FieldCondition(key="at", range=models.DatetimeRange(gte="2026-01-09T00:00:00Z")),
            {8, 9},
        ),
        (models.FieldCondition(key="tags", match=models.MatchValue(value="t7")), {7}),
        (models.HasIdCondition(has_id=[_POINTS[5].id]), {5}),
        (models.IsEmptyCondition(is_empty=models.PayloadField(key="absent")), set(range(10))),
        (models.IsNullCondition(is_null=models.PayloadField(key="tvl")), set()),
        (
            models.Filter(
                must_not=[models.FieldCondition(key="tvl", range=models.Range(lt=12))],
                should=[
                    models.FieldCondition(key="chain_id", match=models.MatchValue(value=8)),
                    models.FieldCondition(key="chain_id", match=models.MatchValue(value=1)),
                ],
            ),
            {8},
        ),
        (
            models.Filter(
                must=[
                    models.Filter(
                        should=[
                            models.FieldCondition(key="chain_id", match=models.MatchValue(value=n))
                            for n in (3, 4)
                        ]
                    ),
                    models.FieldCondition(key="category", match=models.MatchValue(value="dex")),
                ]
            ),
            {4},
        ),
        (
            models.Filter(
                min_should=models.MinShould(
                    conditions=[
                        models.FieldCondition(key="tvl", range=models.Range(gte=12)),
                        models.FieldCondition(key="category", match=models.MatchValue(value="dex")),
                        models.FieldCondition(key="tags", match=models.MatchValue(value="a")),
                    ],
                    min_count=3,
                )
            ),
            {8},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_filters_select(
    client: AsyncQdrantClient, collection: str, condition: Any, expected: set[int]
) -> None:
    assert await _chains(client, collection, condition) == expected
    selector = (
        condition if isinstance(condition, models.Filter) else models.Filter(must=[condition])
    )
    counted = await client.count(collection, count_filter=selector)
    assert counted.count == len(expected)


async def test_scroll_pages_through_everything_once(
    client: AsyncQdrantClient, collection: str
) -> None:
    seen: list[int] = []
    offset: Any = None
    while True:
        page, offset = await client.scroll(collection, limit=4, offset=offset, with_payload=False)
        seen += _numbers(list(page))
        if offset is None:
            break
    assert seen == list(range(10))


async def test_payload_indexes_are_kept_and_described(
    client: AsyncQdrantClient, collection: str
) -> None:
    kinds = {
        "category": models.PayloadSchemaType.KEYWORD,
        "chain_id": models.PayloadSchemaType.INTEGER,
        "tvl": models.PayloadSchemaType.FLOAT,
        "at": models.PayloadSchemaType.DATETIME,
        "owner": models.PayloadSchemaType.UUID,
        "flag": models.PayloadSchemaType.BOOL,
    }
    for field, kind in kinds.items():
        await client.create_payload_index(collection, field, field_schema=kind, wait=True)
    text = models.TextIndexParams(type=models.TextIndexType.TEXT, lowercase=True)
    await client.create_payload_index(collection, "summary", field_schema=text)
    tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    await client.create_payload_index(collection, "tags", field_schema=tenant)
    schema = (await client.get_collection(collection)).payload_schema
    assert {field: schema[field].data_type for field in kinds} == kinds
    assert schema["category"].points == len(_POINTS)
    facet = await client.facet(collection, "category")
    assert {hit.value: hit.count for hit in facet.hits} == {"dex": 5, "lending": 5}
    ordered, _ = await client.scroll(
        collection, order_by=models.OrderBy(key="tvl", direction=models.Direction.DESC), limit=2
    )
    assert _numbers(list(ordered)) == [9, 8]
    await client.delete_payload_index(collection, "tags")
    assert "tags" not in (await client.get_collection(collection)).payload_schema


async def test_payload_changes(client: AsyncQdrantClient, collection: str) -> None:
    dex = models.FieldCondition(key="category", match=models.MatchValue(value="dex"))
    await client.set_payload(collection, {"seen": True}, points=[_POINTS[1].id])
    await client.set_payload(collection, {"kind": 7}, points=models.Filter(must=[dex]))
    await client.overwrite_payload(collection, {"only": 1}, points=[_POINTS[3].id])
    await client.delete_payload(collection, ["tvl"], points=[_POINTS[5].id])
    await client.clear_payload(collection, points_selector=[_POINTS[7].id])
    ids = [_POINTS[n].id for n in (1, 2, 3, 5, 7)]
    one, two, three, five, seven = await client.retrieve(collection, ids)
    assert one.payload is not None
    assert one.payload["seen"] is True
    assert two.payload is not None
    assert two.payload["kind"] == 7
    assert three.payload == {"only": 1}
    assert five.payload is not None
    assert "tvl" not in five.payload
    assert not seven.payload


async def test_vectors_change_without_the_payload(
    client: AsyncQdrantClient, collection: str
) -> None:
    changed = models.PointVectors(id=_POINTS[9].id, vector=[0.0, 0.0, 0.0, 1.0])
    await client.update_vectors(collection, [changed])
    answer = await client.query_points(
        collection, query=[0.0, 0.0, 0.0, 1.0], limit=1, with_payload=True
    )
    assert _numbers(answer.points) == [9]
    assert answer.points[0].payload == _POINTS[9].payload


async def test_points_are_deleted_by_id_and_by_filter(
    client: AsyncQdrantClient, collection: str
) -> None:
    await client.delete(collection, [_POINTS[0].id])
    small = models.FieldCondition(key="tvl", range=models.Range(lt=6))
    await client.delete(collection, models.FilterSelector(filter=models.Filter(must=[small])))
    assert (await client.count(collection)).count == 6


async def test_column_upserts_and_operation_batches(
    client: AsyncQdrantClient, collection: str
) -> None:
    columns = models.Batch(ids=[1, 2], vectors=[[1.0] * 4, [0.5] * 4], payloads=[{"n": 1}, {}])
    await client.upsert(collection, columns)
    point = models.PointStruct(id=3, vector=[1.0] * 4, payload={})
    await client.batch_update_points(
        collection,
        [
            models.UpsertOperation(upsert=models.PointsList(points=[point])),
            models.DeleteOperation(delete=models.PointIdsList(points=[1])),
        ],
    )
    found = await client.retrieve(collection, [1, 2, 3])
    assert sorted(int(point.id) for point in found) == [2, 3]


async def test_aliases_switch_in_one_step(client: AsyncQdrantClient, collection: str) -> None:
    alias, other = f"a_{uuid.uuid4().hex}", f"c_{uuid.uuid4().hex}"
    params = models.VectorParams(size=_SIZE, distance=models.Distance.DOT)
    await client.create_collection(other, vectors_config=params)
    create = models.CreateAlias(collection_name=collection, alias_name=alias)
    await client.update_collection_aliases([models.CreateAliasOperation(create_alias=create)])
    assert (await client.count(alias)).count == len(_POINTS)
    assert [a.alias_name for a in (await client.get_collection_aliases(collection)).aliases] == [
        alias
    ]
    switch = models.CreateAlias(collection_name=other, alias_name=alias)
    drop = models.DeleteAlias(alias_name=alias)
    await client.update_collection_aliases(
        [
            models.DeleteAliasOperation(delete_alias=drop),
            models.CreateAliasOperation(create_alias=switch),
        ]
    )
    assert (await client.count(alias)).count == 0
    assert {a.alias_name: a.collection_name for a in (await client.get_aliases()).aliases}[
        alias
    ] == other
    await client.delete_collection(other)
    with pytest.raises(UnexpectedResponse):
        await client.count(alias)


async def test_a_failing_alias_change_changes_nothing(
    client: AsyncQdrantClient, collection: str
) -> None:
    alias = f"a_{uuid.uuid4().hex}"
    good = models.CreateAlias(collection_name=collection, alias_name=alias)
    bad = models.CreateAlias(collection_name="absent", alias_name="b")
    with pytest.raises(UnexpectedResponse):
        await client.update_collection_aliases(
            [
                models.CreateAliasOperation(create_alias=good),
                models.CreateAliasOperation(create_alias=bad),
            ]
        )
    assert not (await client.get_collection_aliases(collection)).aliases


async def test_named_and_sparse_vectors(client: AsyncQdrantClient) -> None:
    name = f"c_{uuid.uuid4().hex}"
    await client.create_collection(
        name,
        vectors_config={"text": models.VectorParams(size=2, distance=models.Distance.COSINE)},
        sparse_vectors_config={"words": models.SparseVectorParams()},
    )
    words = models.SparseVector(indices=[1, 5], values=[0.5, 1.0])
    both = {"text": [1.0, 0.0], "words": words}
    await client.upsert(name, [models.PointStruct(id=1, vector=both, payload={})])
    dense = await client.query_points(name, query=[1.0, 0.0], using="text", with_vectors=True)
    assert dense.points[0].vector == both
    sparse = await client.query_points(name, query=words, using="words")
    assert sparse.points[0].score == pytest.approx(1.25)
    fused = await client.query_points(
        name,
        prefetch=[
            models.Prefetch(query=[1.0, 0.0], using="text", limit=5),
            models.Prefetch(query=words, using="words", limit=5),
        ],
        query=models.FusionQuery(fusion=models.Fusion.RRF),
    )
    assert [point.id for point in fused.points] == [1]
    await client.delete_collection(name)


async def test_groups_hold_their_best_points(client: AsyncQdrantClient, collection: str) -> None:
    answer = await client.query_points_groups(
        collection, group_by="category", query=[1.0, 0.0, 0.0, 0.0], limit=2, group_size=2
    )
    assert [(group.id, _numbers(group.hits)) for group in answer.groups] == [
        ("dex", [0, 2]),
        ("lending", [1, 3]),
    ]


async def _status(call: Any) -> int:
    with pytest.raises(UnexpectedResponse) as refused:
        await call
    assert refused.value.status_code is not None
    assert b"error" in refused.value.content
    return refused.value.status_code


async def test_errors_have_the_servers_status(client: AsyncQdrantClient, collection: str) -> None:
    params = models.VectorParams(size=_SIZE, distance=models.Distance.COSINE)
    again = client.create_collection(collection, vectors_config=params)
    assert await _status(again) == 409
    assert await _status(client.get_collection("absent")) == 404
    assert await _status(client.query_points("absent", query=[1.0])) == 404
    assert await _status(client.query_points(collection, query=[1.0, 2.0])) == 400
    assert await _status(client.query_points(collection, query=str(uuid.UUID(int=99)))) == 404
    assert await _status(client.query_points(collection, query=[1.0] * 4, using="absent")) == 400
    short = models.PointStruct(id=1, vector=[1.0], payload={})
    assert await _status(client.upsert(collection, [short])) == 400


async def test_a_malformed_body_is_a_bad_request(engine_urls: StoreUrls, collection: str) -> None:
    url = f"{engine_urls.qdrant}/collections/{collection}/points"
    async with httpx.AsyncClient() as http:
        for body in (b"", b"{", b"null", b"[]", b'{"points": 3}', b'{"points": [{"id": "x"}]}'):
            answer = await http.put(url, content=body)
            assert answer.status_code == 400, body
            assert answer.json()["status"]["error"]
        assert (await http.get(f"{engine_urls.qdrant}/nowhere")).status_code == 404
        assert (await http.get(f"{engine_urls.qdrant}/readyz")).status_code == 200
        assert (await http.get(f"{engine_urls.qdrant}/telemetry")).json()["result"]["app"]


async def test_filtered_search_over_many_points(client: AsyncQdrantClient) -> None:
    """`make bench` times the same."""
    name, size, count = f"c_{uuid.uuid4().hex}", 768, 10_000
    params = models.VectorParams(size=size, distance=models.Distance.COSINE)
    await client.create_collection(name, vectors_config=params)
    await client.create_payload_index(name, "kind", field_schema=models.PayloadSchemaType.INTEGER)
    draw = random.Random(7)
    pool = [draw.gauss(0, 1) for _ in range(size * 2)]
    vectors = [pool[n % size : n % size + size] for n in range(count)]
    for start in range(0, count, 500):
        rows = range(start, start + 500)
        batch = models.Batch(
            ids=list(rows),
            vectors=[vectors[n] for n in rows],
            payloads=[{"kind": n % 10} for n in rows],
        )
        await client.upsert(name, batch)
    kind = models.FieldCondition(key="kind", match=models.MatchValue(value=3))
    for n in range(100):
        answer = await client.query_points(
            name, query=vectors[n * 97], query_filter=models.Filter(must=[kind]), limit=10
        )
        assert len(answer.points) == 10
        assert all(int(point.id) % 10 == 3 for point in answer.points)
    await client.delete_collection(name)
