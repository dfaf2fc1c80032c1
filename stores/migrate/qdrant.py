"""Creates the vector collections of `sql/qdrant/collections.toml` and points their aliases.

There is no history to keep: what is declared is compared with what is there. A collection is never
changed in place; another size or distance is another version, filled beside the old one. Its alias
moves, in one step, as soon as the new version holds at least as many points as the old one.
"""

from __future__ import annotations

import time
import tomllib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stores.migrate.model import Applied, FileState, MigrationError
from stores.qdrant import driver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

_DISTANCES: Final = ("Cosine", "Dot", "Euclid")
_INDEX_TYPES: Final = ("keyword", "integer", "float", "bool", "datetime", "uuid", "text", "geo")
_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Collection:
    """One declared collection; `alias` is what code uses, `name` is versioned."""

    alias: str
    name: str
    size: int
    distance: str
    payload: Mapping[str, str]


def parse_collections(text: str) -> list[Collection]:
    """The declared collections.

    Raises:
        MigrationError: a table is incomplete or names something that does not exist.
    """
    return [_collection(alias, table) for alias, table in tomllib.loads(text).items()]


class QdrantMigrator:
    """One client; obtained from `opened`."""

    def __init__(self, client: driver.AsyncQdrantClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, prefix: str) -> AsyncIterator[QdrantMigrator]:
        """Connect; every failure inside is a `StoreError`."""
        client = driver.open_client(url, timeout_s=_TIMEOUT_S, pool_size=4)
        try:
            yield cls(client, prefix)
        except driver.DRIVER_ERRORS as error:
            raise driver.translate("migrate", error) from error
        finally:
            await client.close()

    async def migrate(self, collections: Sequence[Collection], *, dry_run: bool) -> list[Applied]:
        """Create what is missing; what was done, nothing when all is there already.

        Raises:
            MigrationError: a collection is there with another size or distance.
        """
        taken: list[Applied] = []
        for collection in collections:
            started = time.perf_counter()
            steps = await self._steps(collection)
            if not steps:
                continue
            if not dry_run:
                for step in steps:
                    await self._take(collection, step)
            elapsed = 0 if dry_run else round((time.perf_counter() - started) * 1000)
            text = "\n".join(step.text for step in steps)
            taken.append(
                Applied("qdrant", collection.name, collection.alias, "up", text, elapsed, dry_run)
            )
        return taken

    async def states(
        self, collections: Sequence[Collection]
    ) -> list[tuple[str, str, FileState, str]]:
        """State of each declared collection: name, alias, state, remark."""
        found: list[tuple[str, str, FileState, str]] = []
        for collection in collections:
            try:
                steps = await self._steps(collection)
            except MigrationError as error:
                found.append((collection.name, collection.alias, "drift", str(error)))
                continue
            remark = "; ".join(step.text for step in steps) or await self._surplus(collection)
            state: FileState = "pending" if steps else "drift" if remark else "applied"
            found.append((collection.name, collection.alias, state, remark))
        return found

    async def _steps(self, collection: Collection) -> list[_Step]:
        name = self._prefix + collection.name
        steps: list[_Step] = []
        indexes: Mapping[str, str] = {}
        if await self._client.collection_exists(name):
            info = await self._client.get_collection(name)
            _check_vectors(collection, info)
            indexes = {
                field: str(index.data_type.value) for field, index in info.payload_schema.items()
            }
        else:
            text = f"create collection {name} ({collection.size}, {collection.distance})"
            steps.append(_Step("create", text))
        for field, kind in collection.payload.items():
            if indexes.get(field, kind) != kind:
                raise MigrationError(
                    f"collection {name}: payload index {field} is {indexes[field]}, declared "
                    f"{kind}; drop the index or declare a new version of the collection"
                )
            if field not in indexes:
                steps.append(_Step("index", f"index {name}.{field} as {kind}", field))
        return steps + await self._alias_step(
            collection, exists=not steps or steps[0].kind != "create"
        )

    async def _alias_step(self, collection: Collection, *, exists: bool) -> list[_Step]:
        alias, name = self._prefix + collection.alias, self._prefix + collection.name
        current = await self._alias_target(alias)
        if current == name:
            return []
        if current is not None:
            before = (await self._client.count(current)).count
            now = (await self._client.count(name)).count if exists else 0
            if now < before:
                return []  # readers stay with the old version until the new one is filled
        return [_Step("alias", f"point alias {alias} at {name}", current)]

    async def _alias_target(self, alias: str) -> str | None:
        answer = await self._client.get_aliases()
        found = [each.collection_name for each in answer.aliases if each.alias_name == alias]
        return found[0] if found else None

    async def _surplus(self, collection: Collection) -> str:
        """What is there and not declared."""
        name = self._prefix + collection.name
        info = await self._client.get_collection(name)
        extra = sorted(set(info.payload_schema) - set(collection.payload))
        target = await self._alias_target(self._prefix + collection.alias)
        remarks = [f"index {field} is not declared" for field in extra]
        if target != name:
            remarks.append(f"alias stays at {target} until {name} holds as many points")
        return "; ".join(remarks)

    async def _take(self, collection: Collection, step: _Step) -> None:
        name = self._prefix + collection.name
        if step.kind == "create":
            await self._client.create_collection(
                name,
                vectors_config=driver.models.VectorParams(
                    size=collection.size, distance=driver.models.Distance(collection.distance)
                ),
            )
        elif step.kind == "index":
            assert step.subject is not None
            schema = driver.models.PayloadSchemaType(collection.payload[step.subject])
            await self._client.create_payload_index(name, step.subject, schema, wait=True)
        else:
            await self._client.update_collection_aliases(
                _alias_change(self._prefix + collection.alias, name, step.subject)
            )


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to do: its kind, how to say it, and the field or the alias's old target."""

    kind: str
    text: str
    subject: str | None = None


def _alias_change(alias: str, name: str, current: str | None) -> list[Any]:
    """Operations that the server carries out as one."""
    create = driver.models.CreateAliasOperation(
        create_alias=driver.models.CreateAlias(collection_name=name, alias_name=alias)
    )
    if current is None:
        return [create]
    delete = driver.models.DeleteAliasOperation(
        delete_alias=driver.models.DeleteAlias(alias_name=alias)
    )
    return [delete, create]


def _check_vectors(collection: Collection, info: Any) -> None:
    vectors = info.config.params.vectors
    size, distance = getattr(vectors, "size", None), getattr(vectors, "distance", None)
    if size != collection.size or str(getattr(distance, "value", distance)) != collection.distance:
        raise MigrationError(
            f"collection {collection.name} is there with {size} numbers and {distance}, declared "
            f"{collection.size} and {collection.distance}; declare a new version of it"
        )


def _collection(alias: str, table: Mapping[str, Any]) -> Collection:
    for needed in ("name", "size", "distance"):
        if needed not in table:
            raise MigrationError(f"collections.toml: {alias} lacks {needed}")
    if not str(table["name"]).startswith(f"{alias}_v"):
        raise MigrationError(f"collections.toml: name of {alias} must be {alias}_vN")
    if table["distance"] not in _DISTANCES:
        raise MigrationError(f"collections.toml: distance of {alias} is one of {_DISTANCES}")
    payload = dict(table.get("payload", {}))
    for field, kind in payload.items():
        if kind not in _INDEX_TYPES:
            raise MigrationError(f"collections.toml: {alias}.{field} has unknown type {kind!r}")
    return Collection(alias, table["name"], int(table["size"]), table["distance"], payload)
