"""What Prometheus reads, over a real socket."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import exposition, serve_metrics, snapshot
from gateway.worker.running import worker_stores
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.postgres.client import Postgres
from tests.gateway.relay.conftest import add
from tests.gateway.worker.conftest import rows

Numbers = dict[tuple[str, ...], float]


def numbers(text: str) -> Numbers:
    """Values by name and labels in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def test_changes_on_their_way_and_jobs_are_counted_as_either_role(
    fresh_options: StoreOptions,
) -> None:
    async with worker_stores(fresh_options) as stores:
        await add(stores, "a:1", "b:1")
        await rows(
            stores,
            "INSERT INTO ops.job_queue (job, max_attempts, dead_at)"
            " VALUES ('bake', 1, NULL), ('bake', 1, now()), ('bake', 1, now())",
        )
    async with await open_stores(fresh_options) as stores:
        stop, port = asyncio.Event(), free_port()
        serving = asyncio.create_task(serve_metrics(stores, "127.0.0.1", port, stop))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with asyncio.timeout(10):
                while True:
                    try:
                        answer = await client.get("/metrics")
                        break
                    except httpx2.ConnectError:
                        await asyncio.sleep(0.01)
            nothing_else = await client.get("/graphql")
        stop.set()
        await serving
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = numbers(answer.text)
    for store in ("clickhouse", "qdrant", "redis"):
        assert found["onchain_gateway_outbox_waiting", store] == 2
        assert found["onchain_gateway_outbox_refused", store] == 0
        assert found["onchain_gateway_outbox_store_failing", store] == 0
        assert 0 <= found["onchain_gateway_outbox_lag_seconds", store] < 60
    assert found["onchain_gateway_jobs", "bake", "waiting"] == 1
    assert found["onchain_gateway_jobs", "bake", "dead"] == 2
    assert found["onchain_gateway_store_up", "postgres"] == 1
    assert found[("process_open_fds",)] > 0
    assert nothing_else.status_code == 404


async def test_a_store_that_is_away_is_a_number(stores: Stores) -> None:
    records = Postgres("postgresql://nobody:x@127.0.0.1:9/nothing")
    taken = await snapshot(replace(stores, postgres=records))
    await records.close()
    found = numbers(exposition(taken).decode())
    assert found["onchain_gateway_store_up", "postgres"] == 0
    assert found["onchain_gateway_store_up", "redis"] == 1
    assert not any(name[0] == "onchain_gateway_outbox_waiting" for name in found)
