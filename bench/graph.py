"""CPU time of this process for real queries, run in process without HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.measure import Figure
from gateway.schema import build_schema
from resolvers.context import RequestContext, Viewer
from stores.lifecycle import StoreOptions, open_stores
from stores.urls import StoreUrls

_QUERIES = Path(__file__).parent / "queries"
_ROUNDS = 50


async def measure(urls: StoreUrls) -> AsyncIterator[Figure]:
    """Run every query of bench/queries, each a number of times after one to warm up."""
    schema = build_schema()
    async with await open_stores(StoreOptions(urls)) as stores:
        for file in sorted(_QUERIES.glob("*.graphql")):
            text = file.read_text()
            calls = 0
            before = 0.0
            for turn in range(_ROUNDS + 1):
                context = RequestContext(viewer=Viewer(), stores=stores)
                result = await schema.execute(text, context_value=context)
                if result.errors:
                    raise RuntimeError(f"{file.name}: {result.errors[0]}")
                calls = context.calls.total()
                if turn == 0:
                    before = time.process_time()
            taken = (time.process_time() - before) * 1000 / _ROUNDS
            yield Figure(f"query {file.stem}, CPU", taken, "ms")
            yield Figure(f"query {file.stem}, store calls", calls, "calls")
