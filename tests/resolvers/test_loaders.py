"""What a request's loaders promise."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
import strawberry
from strawberry import Info

from resolvers.context import RequestContext, Viewer
from resolvers.loaders import Loaders
from stores.lifecycle import Stores


async def test_keys_of_one_turn_are_loaded_together_and_once() -> None:
    asked: list[list[int]] = []

    async def load(keys: list[int]) -> list[int]:
        asked.append(keys)
        return [key * 2 for key in keys]

    loader = Loaders().get("double", lambda: load)
    assert await asyncio.gather(*map(loader.load, [1, 2, 1, 3])) == [2, 4, 2, 6]
    assert await loader.load(3) == 6
    assert asked == [[1, 2, 3]]


async def test_equal_identities_share_a_loader_and_scopes_do_not() -> None:
    async def load(keys: list[int]) -> list[int]:
        return keys

    one, other = Loaders(), Loaders()
    assert one.get(("a", 1), lambda: load) is one.get(("a", 1), lambda: load)
    assert one.get(("a", 1), lambda: load) is not one.get(("a", 2), lambda: load)
    assert one.get(("a", 1), lambda: load) is not other.get(("a", 1), lambda: load)


async def test_one_who_leaves_does_not_take_the_value_from_the_others() -> None:
    loading = asyncio.Event()

    async def load(keys: list[int]) -> list[int]:
        await loading.wait()
        return keys

    loader = Loaders().get("x", lambda: load)
    leaves, stays = loader.load(1), loader.load(1)
    leaves.cancel()
    loading.set()
    assert await stays == 1


async def test_a_failure_reaches_everybody_and_is_not_logged_when_nobody_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def load(keys: list[int]) -> list[int]:
        raise ValueError(keys)

    loader = Loaders().get("x", lambda: load)
    futures = [loader.load(1), loader.load(1), loader.load(2)]
    with pytest.raises(ValueError, match="1, 2"):
        await futures[0]
    del futures, loader
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        gc.collect()
        await asyncio.sleep(0)
    assert caplog.records == []


async def _late(keys: list[int]) -> list[int]:
    await asyncio.sleep(0.001)  # the error below must come first
    return keys


@strawberry.type
class Item:
    @strawberry.field
    async def shared(self, info: Info) -> int:
        context: RequestContext = info.context
        return await context.loaders.get("shared", lambda: _late).load(1)

    @strawberry.field
    async def bad(self) -> int:
        raise RuntimeError("bad")


@strawberry.type
class Box:
    @strawberry.field
    def items(self) -> list[Item] | None:
        return [Item()]


@strawberry.type
class Query:
    @strawberry.field
    def box(self) -> Box:
        return Box()


async def test_an_error_in_a_sibling_does_not_kill_the_answer(shop_stores: Stores) -> None:
    schema = strawberry.Schema(Query)
    result = await schema.execute(
        "{ box { a: items { shared bad } b: items { shared } } }",
        context_value=RequestContext(Viewer(), shop_stores),
    )
    assert result.data == {"box": {"a": None, "b": [{"shared": 1}]}}
    assert [error.path for error in result.errors or []] == [["box", "a", 0, "bad"]]


async def test_a_new_scope_remembers_nothing_but_who_asks(shop_stores: Stores) -> None:
    first = RequestContext(Viewer(), shop_stores, request_id="r", trace=[])
    first.calls["redis", "x"] += 1
    second = first.next_scope()
    assert second.viewer is first.viewer
    assert second.request_id == "r"
    assert second.loaders is not first.loaders
    assert (second.calls, second.trace) == ({}, [])
