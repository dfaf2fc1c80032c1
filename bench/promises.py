"""Figures that the seed designs promise, measured on the sample over HTTP.

The server has one core, engines and load generator share the other, so these are figures of a
single small machine; the bars are those of the designs.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx2
import orjson

from bench.contest import load, pin
from bench.contest.contestants import Contestant, over_four_stores, running
from bench.measure import Figure, percentile
from stores.urls import StoreUrls

_EXAMPLES: Final = Path(__file__).parents[1] / "gateway" / "console" / "src" / "examples"
_ASSETS: Final = re.compile(r'(?:src|href)="(/[^"]+)"')
_CONNECTIONS: Final = 4
_SECONDS: Final = 15.0
_TURNS: Final = 20
_PAGE: Final = "{ wallets(first: 1000) { nodes { id address totalTrades } } }"


async def measure(urls: StoreUrls) -> AsyncIterator[Figure]:
    """Ask the console's example queries of a server over these stores, which hold the sample."""
    bodies = [orjson.dumps({"query": text}) for text in _examples()]
    cores = pin.choose_cores()
    with TemporaryDirectory(prefix="promises-") as logs:
        server = running(_server(urls), bodies[0], cores.server, Path(logs))
        started = await asyncio.to_thread(server.__enter__)
        try:
            for part in (_latency, _statements, _page_load, _reads):
                async for figure in part(started.port, bodies):
                    yield figure
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)


def _server(urls: StoreUrls) -> Contestant:
    ours = over_four_stores(urls)[0]
    return replace(ours, environment={**ours.environment, "GATEWAY_EXPLAIN": "true"})


def _examples() -> list[str]:
    texts = [path.read_text() for path in sorted(_EXAMPLES.glob("*.graphql"))]
    return [text for text in texts if "subscription" not in text.split("{", 1)[0]]


async def _latency(port: int, bodies: Sequence[bytes]) -> AsyncIterator[Figure]:
    """Four clients that ask again at once: about as much as one core answers."""
    requests = [load.request(body) for body in bodies]
    seen = await load.drive(
        port, requests, connections=_CONNECTIONS, seconds=_SECONDS, tolerant=True
    )
    yield Figure("answers under load", seen.rps, "a second")
    yield Figure("answer, p95", percentile(seen.latencies_ms, 0.95), "ms", 200)
    yield Figure("answer, p99", percentile(seen.latencies_ms, 0.99), "ms", 500)
    yield Figure("answer, longest", max(seen.latencies_ms), "ms", 1000)


async def _statements(port: int, bodies: Sequence[bytes]) -> AsyncIterator[Figure]:
    """Every statement of the examples, as `extensions.plan` times it."""
    taken: list[float] = []
    async with _client(port) as client:
        for _ in range(_TURNS):
            for body in bodies:
                headers = {"content-type": "application/json", "x-explain": "plan"}
                answer = await client.post("/graphql", content=body, headers=headers)
                taken += [call["ms"] for call in answer.json()["extensions"]["plan"]]
    yield Figure("statement, mean", statistics.fmean(taken), "ms", 45)
    yield Figure("statement, p95", percentile(taken, 0.95), "ms", 50)


async def _page_load(port: int, bodies: Sequence[bytes]) -> AsyncIterator[Figure]:
    """The console with all it refers to, and the first query on it; nothing is cached."""
    taken = []
    async with _client(port) as client:
        for _ in range(_TURNS):
            before = time.perf_counter()
            page = await client.get("/")
            for asset in _ASSETS.findall(page.text):
                (await client.get(asset)).raise_for_status()
            headers = {"content-type": "application/json"}
            await client.post("/graphql", content=bodies[0], headers=headers)
            taken.append((time.perf_counter() - before) * 1000)
    yield Figure("page with its first answer, p95", percentile(taken, 0.95), "ms", 2000)


async def _reads(port: int, bodies: Sequence[bytes]) -> AsyncIterator[Figure]:
    """Rows that reach clients; 10 µs a row are 100,000 a second."""
    body = orjson.dumps({"query": _PAGE})
    rows = len(orjson.loads(await load.ask(port, body))["data"]["wallets"]["nodes"])
    seen = await load.drive(port, [load.request(body)], connections=_CONNECTIONS, seconds=5.0)
    yield Figure("row read", 1e6 / (seen.rps * rows), "µs", 10)


def _client(port: int) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://{load.HOST}:{port}", timeout=30)
