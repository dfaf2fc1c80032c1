"""Filtered top-10 search over 10,000 vectors of 768 numbers, through the client."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from uuid import UUID

import numpy

from bench.measure import Figure, loop_lag, percentile
from stores.lifecycle import Stores
from stores.qdrant.client import Point
from stores.qdrant.filters import Filter, Match

_POINTS = 10_000
_SIZE = 768
_CATEGORIES = ("dexes", "lending", "bridge", "yield", "derivatives")
_SEARCHES = 300


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Fill the collection of protocols and search it, one request after the other."""
    numbers = numpy.random.default_rng(1)
    vectors = numbers.standard_normal((_POINTS, _SIZE)).astype("float32")
    points = [
        Point(
            str(UUID(int=place + 1)),
            vectors[place].tolist(),
            {"category": _CATEGORIES[place % len(_CATEGORIES)]},
        )
        for place in range(_POINTS)
    ]
    before = time.perf_counter()
    await stores.qdrant.upsert("protocol_analysis", points)
    yield Figure("vectors stored", _POINTS / (time.perf_counter() - before), "/s")
    taken: list[float] = []
    async with loop_lag() as lag:
        for turn in range(_SEARCHES):
            query = numbers.standard_normal(_SIZE).tolist()
            chosen = Filter((Match("category", (_CATEGORIES[turn % len(_CATEGORIES)],)),))
            before = time.perf_counter()
            (hits,) = await stores.qdrant.search(
                "protocol_analysis", [query], limit=10, filter=chosen
            )
            taken.append((time.perf_counter() - before) * 1000)
            if len(hits) != 10:
                raise RuntimeError(f"a search found {len(hits)} points instead of 10")
    yield Figure("filtered search, median", percentile(taken, 0.5), "ms")
    yield Figure("filtered search, p95", percentile(taken, 0.95), "ms", 10.0)
    yield Figure("loop held up by searches, longest", lag.longest_ms, "ms")
