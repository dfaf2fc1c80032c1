"""Answers in rounds: what makes the recorded calls the same in every run."""

from __future__ import annotations

import asyncio

import pytest

from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.golden.rounds import in_rounds

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("golden")]


async def test_answers_wait_for_one_another_and_come_in_the_order_asked(sample: Stores) -> None:
    stores = in_rounds(sample)
    heard: list[str] = []

    async def ask(name: str, text: str) -> None:
        await stores.postgres.fetch(Statement(name, text))
        heard.append(name)

    await asyncio.gather(ask("slow", "SELECT pg_sleep(0.05)"), ask("fast", "SELECT 1"))

    assert heard == ["slow", "fast"]


async def test_a_failure_is_an_answer_too(sample: Stores) -> None:
    stores = in_rounds(sample)
    asked = [
        stores.postgres.fetch(Statement("fails", "SELECT 1 / 0")),
        stores.clickhouse.fetch(Statement("works", "SELECT 1"), {}),
        stores.redis.version(),
    ]

    failed, found, version = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(failed, StoreRejected)
    assert found == [(1,)]
    assert isinstance(version, str)


async def test_the_next_round_begins_when_the_last_is_over(sample: Stores) -> None:
    commands = in_rounds(sample).redis.commands
    pipeline = commands.pipeline(transaction=False)
    pipeline.set("rounds", 1)
    pipeline.get("rounds")

    assert await pipeline.execute() == [True, "1"]
    assert await commands.delete("rounds") == 1
