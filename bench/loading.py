"""How fast the sample data is loaded."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import mkdtemp

from bench.measure import Figure
from gateway.load import LoadOptions, load
from stores.lifecycle import Stores

_SAMPLE = Path(__file__).parent.parent / "data"


async def measure(stores: Stores) -> AsyncIterator[Figure]:
    """Load the sample once, then once more."""
    options = LoadOptions(rejected_dir=Path(mkdtemp(prefix="rejected-")))
    before = time.perf_counter()
    report = await load(_SAMPLE, stores, options)
    seconds = time.perf_counter() - before
    rows = sum(file.rows for file in report.files)
    yield Figure("sample rows", rows, "rows")
    yield Figure("sample loaded, dependants recomputed", seconds, "s")
    yield Figure("loading", rows / seconds, "rows/s")
    before = time.perf_counter()
    await load(_SAMPLE, stores, options)
    yield Figure("sample loaded again", time.perf_counter() - before, "s")
