"""Loaders of one request: keys of one level gathered, asked for once, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
LoadMany = Callable[[list[K]], Awaitable[Sequence[V]]]


class Loader(Generic[K, V]):
    """Gathers the keys asked for in one turn of the loop and loads them together."""

    __slots__ = ("_loader",)

    def __init__(self, load_many: LoadMany[K, V]) -> None:
        self._loader: DataLoader[K, V] = DataLoader(load_fn=load_many)

    def load(self, key: K) -> asyncio.Future[V]:
        """The value of a key, shared by everybody who asks.

        Each caller gets a future of its own: graphql-core cancels the siblings of a field whose
        error bubbles up, and that must not take the value away from other objects.
        """
        shared = asyncio.ensure_future(self._loader.load(key))
        shared.add_done_callback(_mark_seen)
        own = asyncio.shield(shared)
        own.add_done_callback(_mark_seen)
        return own


class Loaders:
    """The loaders of one scope, each made when first used."""

    __slots__ = ("_loaders", "_memo")

    def __init__(self) -> None:
        self._loaders: dict[Hashable, Loader[Any, Any]] = {}
        self._memo: dict[Hashable, Any] = {}

    def get(self, identity: Hashable, load_many: Callable[[], LoadMany[K, V]]) -> Loader[K, V]:
        """The loader of an identity; equal identities must load equal values for equal keys."""
        loader = self._loaders.get(identity)
        if loader is None:
            loader = self._loaders[identity] = Loader(load_many())
        return loader

    def remember(self, identity: Hashable, make: Callable[[], V]) -> V:
        """A value computed once in this scope."""
        try:
            value: V = self._memo[identity]
        except KeyError:
            value = self._memo[identity] = make()
        return value

    def clear(self) -> None:
        """Forget everything: what was read may not be so any more."""
        self._loaders.clear()
        self._memo.clear()


def _mark_seen(future: asyncio.Future[Any]) -> None:
    """A failure nobody awaits any more (its field was cancelled) is not worth a log line."""
    if not future.cancelled():
        future.exception()
