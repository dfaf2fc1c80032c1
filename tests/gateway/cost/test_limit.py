"""Operations that may cost too much are refused before anything runs, on every transport."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest_asyncio

from gateway.cost.figures import Cost
from gateway.cost.limit import CostLimit
from tests.gateway.conftest import Gateway, code_of, serving

_FITS = "{ item { next { next { scopeNumber } } } }"
_TOO_DEAR = "{ item { next { next { next { scopeNumber } } } } }"


@pytest_asyncio.fixture(scope="module")
async def frugal() -> AsyncIterator[Gateway]:
    async with serving(max_cost=3) as gateway:
        yield gateway


async def test_what_costs_too_much_is_refused_with_both_figures(frugal: Gateway) -> None:
    assert "data" in (await frugal.post(_FITS)).json()
    response = await frugal.post(_TOO_DEAR)
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": "cost",
        "figure": "result",
        "estimated": 4,
        "maximum": 3,
    }
    assert "`first`" in error["message"]


async def test_a_mutation_that_costs_too_much_changes_nothing(frugal: Gateway) -> None:
    before = frugal.journal.changes
    assert code_of(await frugal.post("mutation { change }")) == "QUERY_TOO_COMPLEX"
    assert frugal.journal.changes == before


def test_rows_have_a_limit_of_their_own() -> None:
    limit = CostLimit(Cost(result=10, rows=5))
    assert limit.refusal(Cost(result=10, rows=5)) is None
    error = limit.refusal(Cost(result=0, rows=6))
    assert error is not None
    assert (error.extensions or {})["figure"] == "rows"
    assert "6 rows" in error.message


async def test_a_websocket_says_it_as_well(frugal: Gateway) -> None:
    async with frugal.raw_socket() as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        for id_, text in (("q", _TOO_DEAR), ("s", f"subscription {_nested('items(to: 1)')}")):
            message = {"id": id_, "type": "subscribe", "payload": {"query": text}}
            await socket.send(json.dumps(message))
            answer = json.loads(await socket.recv())
            assert (answer["type"], answer["id"]) == ("error", id_)
            assert answer["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"


async def test_a_limit_that_only_measures_refuses_nothing() -> None:
    async with serving(max_cost=3, cost_limit="measure") as gateway:
        assert "data" in (await gateway.post(_TOO_DEAR)).json()


def _nested(root: str) -> str:
    return f"{{ {root} {{ next {{ next {{ next {{ scopeNumber }} }} }} }} }}"
