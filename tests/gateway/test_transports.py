"""One query, four transports, one answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.conftest import Gateway
from tests.gateway.test_ws import hear, opened, subscribe

CASES: list[tuple[str, dict[str, Any]]] = [
    ("{ hello }", {}),
    ("query ($n: String!) { hello(name: $n) }", {"n": 'quo"te \\ \u2028 🦉 \n'}),
    ("query ($v: JSON!) { echo(value: $v) }", {"v": {"big": 2**80, "f": 1.5, "n": None, "l": [1]}}),
    ("{ item { next { next { name } } } }", {}),
    ("{ hello missing storeDown }", {}),
    ("{ hello } # comment", {}),
    ("fragment F on Item { name } { item { ...F a: name @include(if: true) } }", {}),
    ("query ($of: Int!) { half(of: $of) }", {"of": "x"}),
    ("{ nothing }", {}),
    ("{ hello", {}),
]


async def over_get(gateway: Gateway, query: str, variables: dict[str, Any]) -> Any:
    async with gateway.client() as client:
        parameters = {"query": query, "variables": json.dumps(variables)}
        return (await client.get("/graphql", params=parameters)).json()


async def over_events(gateway: Gateway, query: str, variables: dict[str, Any]) -> Any:
    accept = {"accept": "text/event-stream"}
    response = await gateway.post(query, variables=variables, headers=accept)
    return json.loads(response.text.split("\n")[1].removeprefix("data: "))


async def over_websocket(gateway: Gateway, query: str, variables: dict[str, Any]) -> Any:
    async with opened(gateway) as socket:
        await subscribe(socket, query, variables=variables)
        message = await hear(socket)
    if message["type"] == "error":
        return {"errors": message["payload"]}
    return message["payload"]


@pytest.mark.parametrize(("query", "variables"), CASES)
async def test_answer_is_the_same_over_every_transport(
    gateway: Gateway, query: str, variables: dict[str, Any]
) -> None:
    over_post = (await gateway.post(query, variables=variables)).json()
    for transport in (over_get, over_events, over_websocket):
        assert await transport(gateway, query, variables) == over_post
