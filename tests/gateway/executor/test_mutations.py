"""Root fields of a mutation run one after the other, each with all that stands below it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry

from gateway.executor import engine, functions
from gateway.schema import GatewaySchema, make_schema
from resolvers.errors import NotFound
from tests.gateway.executor.conftest import Answer, Asker


@dataclass(slots=True)
class Journal:
    """What resolvers did, in order, and a gate some wait at."""

    events: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)


def journal(info: strawberry.Info) -> Journal:
    assert isinstance(info.context, Journal)
    return info.context


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    async def part(self, info: strawberry.Info) -> Thing:
        await asyncio.sleep(0)
        journal(info).events.append(f"part of {self.name}")
        return Thing(name=f"{self.name}'")

    @strawberry.field
    async def gated(self, info: strawberry.Info) -> str:
        journal(info).arrived.set()
        await journal(info).gate.wait()
        journal(info).events.append(f"gate of {self.name}")
        return self.name

    @strawberry.field
    async def broken(self, info: strawberry.Info) -> str:
        await asyncio.sleep(0)
        journal(info).events.append(f"broke {self.name}")
        raise NotFound("It broke.")

    @strawberry.field
    def missing(self) -> str:
        return None  # type: ignore[return-value]  # what a careless resolver does


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, info: strawberry.Info, name: str) -> Thing:
        journal(info).events.append(f"add {name}")
        await asyncio.sleep(0)
        return Thing(name=name)

    @strawberry.mutation
    async def try_add(self, info: strawberry.Info, name: str) -> Thing | None:
        journal(info).events.append(f"try {name}")
        if name == "bad":
            raise NotFound("No such thing.")
        return Thing(name=name)

    @strawberry.mutation
    async def must_add(self, info: strawberry.Info, name: str) -> Thing:
        journal(info).events.append(f"must {name}")
        raise NotFound("No such thing.")

    @strawberry.mutation
    def touch(self, info: strawberry.Info) -> int:
        journal(info).events.append("touch")
        return len(journal(info).events)


@pytest.fixture
def graph() -> GatewaySchema:
    return make_schema(Query, mutation=Mutation)


@pytest.fixture
def ask(graph: GatewaySchema) -> Asker:
    """Asks with a journal of its own each time."""
    return Asker(graph, lambda viewer: Journal())


async def on_both(ask: Asker, query: str) -> Answer:
    """The compiled answer, after the plain one was found to be the same, doings included."""
    compiled, plain = await ask(query), await ask(query, path="plain")
    assert compiled.ways["plain"] == compiled.ways["bugs"] == 0
    assert not plain.ways
    assert (compiled.data, compiled.codes) == (plain.data, plain.codes)
    assert compiled.context.events == plain.context.events
    return compiled


async def test_each_field_is_finished_before_the_next_begins(ask: Asker) -> None:
    answer = await on_both(
        ask,
        """mutation { a: add(name: "a") { name part { part { name } } } t: touch
            b: tryAdd(name: "b") { part { name } } }""",
    )
    assert answer.ways == {"compiled": 1}
    assert answer.context.events == [
        "add a",
        "part of a",
        "part of a'",
        "touch",
        "try b",
        "part of b",
    ]
    assert answer.data["t"] == 4


async def test_a_field_waits_for_what_is_slow_below_the_one_before(ask: Asker) -> None:
    scope = Journal()
    query = 'mutation { a: add(name: "a") { gated } b: add(name: "b") { part { name } } }'
    asked = asyncio.create_task(ask(query, context=scope))
    await scope.arrived.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    assert scope.events == ["add a"]
    scope.gate.set()
    assert (await asked).ways == {"compiled": 1}
    assert scope.events == ["add a", "gate of a", "add b", "part of b"]


async def test_a_field_that_may_be_null_fails_alone(ask: Asker) -> None:
    answer = await on_both(
        ask, 'mutation { a: tryAdd(name: "bad") { name } b: tryAdd(name: "b") { name } touch }'
    )
    assert answer.data == {"a": None, "b": {"name": "b"}, "touch": 3}
    assert answer.codes == [("a", "NOT_FOUND")]
    assert answer.context.events == ["try bad", "try b", "touch"]


@pytest.mark.parametrize(
    ("first", "events"),
    [
        ('mustAdd(name: "a") { name }', ["must a"]),
        ('add(name: "a") { broken }', ["add a", "broke a"]),
        ('add(name: "a") { missing }', ["add a"]),
        ('add(name: "a") { part { part { broken } } }', None),
        ('touch a: mustAdd(name: "a") { name }', ["touch", "must a"]),
    ],
)
async def test_nothing_runs_after_a_failure_that_nulls_the_answer(
    ask: Asker, first: str, events: list[str] | None
) -> None:
    answer = await on_both(ask, f'mutation {{ {first} b: add(name: "b") {{ name }} last: touch }}')
    assert answer.data is None
    assert len(answer.codes) == 1
    assert "add b" not in answer.context.events
    assert events is None or answer.context.events == events


async def test_a_failure_below_a_field_that_may_be_null_stays_there(ask: Asker) -> None:
    answer = await on_both(
        ask, 'mutation { a: tryAdd(name: "a") { broken } b: add(name: "b") { name } }'
    )
    assert answer.data == {"a": None, "b": {"name": "b"}}
    assert answer.context.events == ["try a", "broke a", "add b"]


def raising(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("a bug of ours")


async def test_a_bug_in_completion_changes_nothing_twice(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "complete", raising)
    answer = await ask('mutation { add(name: "a") { name } touch }')
    assert answer.data == {"add": {"name": "a"}, "touch": 2}
    assert answer.errors == []
    assert answer.context.events == ["add a", "touch"]
    assert answer.ways == {"exact": 1, "bugs": 1}


async def test_a_bug_after_a_mutation_ran_does_not_run_it_again(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "sorted_in", raising)
    query = 'mutation { add(name: "a") { name } touch }'
    answer = await ask(query)
    assert answer.context.events == ["add a"]
    assert answer.data is None
    assert [error["extensions"]["code"] for error in answer.errors] == ["INTERNAL"]
    assert "a bug of ours" not in str(answer.errors)
    assert answer.ways["bugs"] == 1
    # Next time it runs plain.
    again = await ask(query)
    assert again.context.events == ["add a", "touch"]
    assert again.ways == {"plain": 1}


async def test_a_bug_while_planning_a_mutation_leaves_it_to_the_plain_path(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "plan_of", raising)
    answer = await ask('mutation { add(name: "a") { name } touch }')
    assert answer.data == {"add": {"name": "a"}, "touch": 2}
    assert answer.context.events == ["add a", "touch"]
    assert answer.ways == {"plain": 1, "bugs": 1}
