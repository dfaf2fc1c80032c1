"""Listening, readiness and leaving in good order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.drain import Drain
from gateway.health import Health
from gateway.server import CannotListen, address, listen
from stores.lifecycle import StoreHealth
from tests.gateway.conftest import Gateway, serving


def health_of(**ok: bool) -> tuple[int, dict[str, object]]:
    async def ask() -> Mapping[str, StoreHealth]:
        return {name: StoreHealth(good, "1", 0.1, None) for name, good in ok.items()}

    app = Starlette(routes=[Route("/readyz", Health(Drain(), ask).readyz)])
    response = TestClient(app).get("/readyz")
    return response.status_code, response.json()


def test_ready_when_every_store_answers() -> None:
    status, body = health_of(postgres=True, redis=True)
    assert (status, body["status"]) == (200, "ready")


def test_degraded_when_an_optional_store_is_away() -> None:
    status, body = health_of(postgres=True, clickhouse=False)
    assert status == 200
    assert body == {"status": "degraded", "stores": {"postgres": "ok", "clickhouse": "down"}}


def test_unavailable_without_postgres() -> None:
    status, body = health_of(postgres=False, redis=True)
    assert (status, body["status"]) == (503, "unavailable")


async def test_alive_and_ready(gateway: Gateway) -> None:
    assert (await gateway.get("/livez")).json() == {"status": "alive"}
    assert (await gateway.get("/readyz")).status_code == 200


async def test_unknown_path_is_404(gateway: Gateway) -> None:
    assert (await gateway.get("/nothing")).status_code == 404


def test_port_in_use_is_named_with_another_one_to_choose() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            listen("127.0.0.1", port)
    assert f"Port {port} on 127.0.0.1 is in use" in str(refused.value)
    assert f"--port {port + 1}" in str(refused.value)


def test_foreign_host_is_named() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1 is not an address of this machine"):
        listen("192.0.2.1", 0)


def test_address_is_a_url() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_requests_in_flight_are_answered_before_leaving() -> None:
    async with serving() as gateway:
        answers = [asyncio.create_task(gateway.post("{ gated }")) for _ in range(20)]
        await gateway.journal.started.wait()
        assert await gateway.count_of_contexts(20)
        gateway.server.should_exit = True
        gateway.journal.gate.set()
        for answer in answers:
            assert (await answer).json() == {"data": {"gated": "through"}}
        await asyncio.wait_for(gateway.serving, 5)


async def test_not_ready_once_leaving_and_new_connections_are_refused() -> None:
    async with serving() as gateway, gateway.client() as client:
        held = asyncio.create_task(gateway.post("{ gated }"))
        await gateway.journal.started.wait()
        await gateway.app.state.drain.begin(0)
        response = await client.get("/readyz")
        assert (response.status_code, response.json()) == (503, {"status": "leaving"})
        gateway.journal.gate.set()
        assert (await held).headers["connection"] == "close"
        await gateway.stop()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((gateway.host, gateway.port), 1)
