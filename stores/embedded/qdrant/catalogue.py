"""Collections and aliases on disk: one folder a collection, one file for all aliases."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

import qdrant_edge as edge

from stores.embedded.qdrant.config import edge_config
from stores.embedded.qdrant.errors import AlreadyExists, BadFormat, NotFound
from stores.embedded.qdrant.shapes import Object

_SPEC = "collection.json"


class Collection:
    """One collection; its shard is opened at first use.

    Attributes:
        spec: The body it was created with.
    """

    def __init__(self, folder: Path, spec: Object) -> None:
        self.spec = spec
        self._folder = folder
        self._shard: edge.EdgeShard | None = None

    @property
    def shard(self) -> edge.EdgeShard:
        """The engine's shard."""
        if self._shard is None:
            self._shard = edge.EdgeShard.load(str(self._folder / "shard"))
        return self._shard

    def create(self) -> None:
        """Make the folder; the file that makes it count is written last."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._shard = edge.EdgeShard.create(str(self._folder / "shard"), edge_config(self.spec))
        self.save()

    def save(self) -> None:
        """Write the definition."""
        _replace(self._folder / _SPEC, self.spec)

    def close(self) -> None:
        """Flush and close the shard if it is open."""
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def destroy(self) -> None:
        """Remove the collection; what a crash leaves without a definition counts for nothing."""
        (self._folder / _SPEC).unlink()
        self.close()
        shutil.rmtree(self._folder)


class Catalogue:
    """Every collection and alias of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "collections"
        self._alias_file = directory / "aliases.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.collections = self._read()
        self.aliases: dict[str, str] = {}
        if self._alias_file.exists():
            self.aliases = json.loads(self._alias_file.read_text())

    def _read(self) -> dict[str, Collection]:
        found = {}
        for folder in self._folder.iterdir():
            if (folder / _SPEC).exists():
                spec = json.loads((folder / _SPEC).read_text())
                found[unquote(folder.name)] = Collection(folder, spec)
            else:
                shutil.rmtree(folder)
        return found

    def get(self, name: str) -> Collection:
        """The collection of this name or alias."""
        found = self.collections.get(self.aliases.get(name, name))
        if found is None:
            raise NotFound(f"Collection `{name}` doesn't exist!")
        return found

    def exists(self, name: str) -> bool:
        """Whether a collection or alias has this name."""
        return name in self.collections or name in self.aliases

    def create(self, name: str, spec: Object) -> None:
        """Make an empty collection."""
        if self.exists(name):
            raise AlreadyExists(f"Collection `{name}` already exists!")
        folder = quote(name, safe="")
        if len(folder) > 255 or folder.strip(".") == "":
            raise BadFormat(f"not a collection name: {name!r}")
        collection = Collection(self._folder / folder, spec)
        collection.create()
        self.collections[name] = collection

    def delete(self, name: str) -> bool:
        """Remove a collection and its aliases; False when there is none of this name."""
        collection = self.collections.pop(name, None)
        if collection is None:
            return False
        self._save_aliases({a: target for a, target in self.aliases.items() if target != name})
        collection.destroy()
        return True

    def change_aliases(self, actions: list[Object]) -> None:
        """Apply create, delete and rename actions together: all of them or none."""
        aliases = dict(self.aliases)
        for action in actions:
            self._apply(aliases, action)
        self._save_aliases(aliases)

    def _apply(self, aliases: dict[str, str], action: Object) -> None:
        match action:
            case {"create_alias": {"collection_name": str(target), "alias_name": str(alias)}}:
                if target not in self.collections:
                    raise NotFound(f"Collection `{target}` doesn't exist!")
                if alias in self.collections:
                    raise AlreadyExists(f"Collection `{alias}` already exists!")
                aliases[alias] = target
            case {"delete_alias": {"alias_name": str(alias)}}:
                aliases.pop(alias, None)
            case {"rename_alias": {"old_alias_name": str(old), "new_alias_name": str(new)}}:
                if old not in aliases:
                    raise NotFound(f"Alias {old} does not exists!")
                aliases[new] = aliases.pop(old)
            case _:
                raise BadFormat(f"not an alias action: {action!r}")

    def _save_aliases(self, aliases: dict[str, str]) -> None:
        if aliases != self.aliases:
            _replace(self._alias_file, aliases)
            self.aliases = aliases

    def close(self) -> None:
        """Close every shard."""
        for collection in self.collections.values():
            collection.close()


def _replace(path: Path, content: Object | dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(content))
    os.replace(fresh, path)
