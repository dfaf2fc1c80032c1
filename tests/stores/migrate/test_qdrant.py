"""Collections are created, completed and compared; aliases move when the new version is filled."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from stores.migrate import MigrationError, migrate, status
from stores.migrate.qdrant import Collection, QdrantMigrator
from stores.qdrant.client import Point, Qdrant
from stores.urls import StoreUrls
from tests.stores.migrate.conftest import Folder

V1 = Collection("pets", "pets_v1", 2, "Cosine", {"kind": "keyword"})
V2 = replace(V1, name="pets_v2", size=3)
ID = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
async def client(engine_urls: StoreUrls) -> AsyncIterator[Qdrant]:
    prefix = f"t{secrets.token_hex(4)}_"
    async with Qdrant(engine_urls.qdrant, prefix=prefix) as opened:
        yield opened
        for name in ("pets_v1", "pets_v2"):
            await opened._client.delete_collection(prefix + name)


@pytest.fixture
async def migrator(engine_urls: StoreUrls, client: Qdrant) -> AsyncIterator[QdrantMigrator]:
    async with QdrantMigrator.opened(engine_urls.qdrant, prefix=client.name("")) as opened:
        yield opened


async def test_a_second_run_finds_nothing_to_do(migrator: QdrantMigrator, client: Qdrant) -> None:
    (planned,) = await migrator.migrate([V1], dry_run=True)
    assert not await client._client.collection_exists(client.name("pets_v1"))
    (taken,) = await migrator.migrate([V1], dry_run=False)
    assert taken.sql == planned.sql
    assert [line.split()[0] for line in taken.sql.splitlines()] == ["create", "index", "point"]
    assert await migrator.migrate([V1], dry_run=False) == []
    assert [state[2] for state in await migrator.states([V1])] == ["applied"]


async def test_a_new_payload_index_is_added(migrator: QdrantMigrator) -> None:
    await migrator.migrate([V1], dry_run=False)
    wider = replace(V1, payload={"kind": "keyword", "tvl": "float"})
    (taken,) = await migrator.migrate([wider], dry_run=False)
    assert taken.sql.startswith("index ")
    assert await migrator.states([V1]) == [
        ("pets_v1", "pets", "drift", "index tvl is not declared")
    ]


@pytest.mark.parametrize(
    "other",
    [replace(V1, size=5), replace(V1, distance="Dot"), replace(V1, payload={"kind": "integer"})],
)
async def test_a_deviation_is_refused_and_reported(
    migrator: QdrantMigrator, other: Collection
) -> None:
    await migrator.migrate([V1], dry_run=False)
    with pytest.raises(MigrationError, match="declare a new version"):
        await migrator.migrate([other], dry_run=False)
    assert [state[2] for state in await migrator.states([other])] == ["drift"]


async def test_the_alias_moves_when_the_new_version_is_filled(
    migrator: QdrantMigrator, client: Qdrant
) -> None:
    await migrator.migrate([V1], dry_run=False)
    await client.upsert("pets", [Point(ID, [1, 0], {})])
    await migrator.migrate([V2], dry_run=False)
    assert len((await client.by_ids("pets", [ID], with_vectors=True))[0].vector or ()) == 2
    assert "alias stays at" in (await migrator.states([V2]))[0][3]
    await client.upsert("pets_v2", [Point(ID, [1, 0, 0], {})])
    (taken,) = await migrator.migrate([V2], dry_run=False)
    assert taken.sql.startswith("point alias")
    assert len((await client.by_ids("pets", [ID], with_vectors=True))[0].vector or ()) == 3
    assert [state[2] for state in await migrator.states([V2])] == ["applied"]


async def test_a_key_registry_with_a_missing_script_is_refused(
    urls: StoreUrls, folder: Folder
) -> None:
    keys = folder.path / "redis" / "keys.toml"
    keys.write_text(keys.read_text() + 'scripts = ["unlock"]\n')
    with pytest.raises(MigrationError, match=r"k names unlock\.lua, which is not there"):
        await migrate(urls, stores=["redis"], folder=folder.path)
    (state,) = await status(urls, stores=["redis"], folder=folder.path)
    assert state.error is not None
