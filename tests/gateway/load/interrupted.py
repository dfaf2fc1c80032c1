"""Runs a load that kills its own process after a number of chunks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from gateway.load import LoadOptions, Progress, load
from stores.lifecycle import StoreOptions, open_stores
from stores.urls import StoreUrls


async def _main(directory: Path, chunks: int, options: StoreOptions, rejected: Path) -> None:
    left = chunks

    def count(progress: Progress) -> None:
        nonlocal left
        left -= progress.bytes_read > 0 and progress.state == "loading"
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async with await open_stores(options) as stores:
        await load(directory, stores, LoadOptions(rejected_dir=rejected), on_progress=count)


if __name__ == "__main__":
    told = json.loads(sys.argv[3])
    opened = StoreOptions(StoreUrls(**told["urls"]), told["prefix"], role="worker")
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]), opened, Path(told["rejected"])))
