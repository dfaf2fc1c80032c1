"""Loads the file of one source: read, normalise, write, remember, a chunk at a time.

While one chunk is written the next one is read and normalised in a thread, so two chunks are in
memory at most.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.load.checkpoints import Checkpoint, read_checkpoint, save_checkpoint
from gateway.load.reading import FileUnreadableError, fingerprint, read_chunks
from gateway.load.rejected import append_rejects
from gateway.load.report import FileReport, Progress
from gateway.load.writing import BatchWriter, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gateway.load.batch import Batch, Reject
    from gateway.load.reading import Chunk
    from gateway.load.report import FileState, OnProgress
    from gateway.load.source import Lookup, Source
    from stores.lifecycle import Stores
    from stores.queries import Statement

_LOG: Final = logging.getLogger("gateway.load")
CHUNK_ROWS: Final = 5_000


class FileLoader:
    """Loads one file, continuing where an earlier run stopped."""

    def __init__(
        self,
        source: Source,
        path: Path,
        *,
        stores: Stores,
        queries: Mapping[str, Statement],
        lookup: Lookup,
        rejected_path: Path,
        on_progress: OnProgress,
    ) -> None:
        self._source = source
        self._path = path
        self._stores = stores
        self._queries = queries
        self._lookup = lookup
        self._rejected_path = rejected_path
        self._on_progress = on_progress
        self._writer = BatchWriter(stores, queries, source, lookup)
        self._size = path.stat().st_size
        self._started = time.monotonic()
        self._point = Checkpoint("")
        self._first_row = 0

    async def load(self, *, force: bool) -> FileReport:
        """Load the file, unless this very file is loaded already.

        Raises:
            StoreError: a store failed; another run continues.
        """
        digest = await asyncio.to_thread(fingerprint, self._path)
        known = await read_checkpoint(self._stores.postgres, self._queries, self._source.name)
        if force or known is None or not known.continues(digest):
            known = Checkpoint(digest)
            self._rejected_path.unlink(missing_ok=True)
        self._point, self._first_row = known, known.rows
        if known.done:
            return self._report("unchanged")
        try:
            await self._load_chunks()
        except FileUnreadableError as error:
            _LOG.warning("load: %s: %s", self._source.path, error)
            return self._report("failed", str(error))
        await self._save(replace(self._point, done=True))
        return self._report("loaded")

    async def _load_chunks(self) -> None:
        chunks = read_chunks(
            self._path, self._source.columns, skip=self._point.rows, size=CHUNK_ROWS
        )

        def produce() -> tuple[Chunk, Batch] | None:
            chunk = next(chunks, None)
            if chunk is None:
                return None
            return chunk, normalise(self._source, chunk.lines, self._lookup)

        reading = asyncio.ensure_future(asyncio.to_thread(produce))
        try:
            while (produced := await reading) is not None:
                reading = asyncio.ensure_future(asyncio.to_thread(produce))
                await self._write(*produced)
        finally:
            await asyncio.gather(reading, return_exceptions=True)  # the thread owns the open file
            chunks.close()

    async def _write(self, chunk: Chunk, batch: Batch) -> None:
        rejects = await self._writer.write(chunk.lines, batch)
        length = await asyncio.to_thread(
            append_rejects, self._rejected_path, self._point.rejected_bytes, rejects
        )
        await self._save(self._after(chunk, rejects, length))
        self._tell("loading", chunk.bytes_read)

    def _after(self, chunk: Chunk, rejects: list[Reject], rejected_bytes: int) -> Checkpoint:
        skipped = sum(reject.expected for reject in rejects)
        return replace(
            self._point,
            rows=self._point.rows + len(chunk.lines),
            rejected=self._point.rejected + len(rejects) - skipped,
            skipped=self._point.skipped + skipped,
            rejected_bytes=rejected_bytes,
        )

    async def _save(self, point: Checkpoint) -> None:
        await save_checkpoint(self._stores.postgres, self._queries, self._source.name, point)
        self._point = point

    def _tell(self, state: FileState, bytes_read: int) -> None:
        seconds = max(time.monotonic() - self._started, 1e-9)
        rows = self._point.rows
        speed = (rows - self._first_row) / seconds
        self._on_progress(
            Progress(
                self._source.name, self._source.path, state, rows, bytes_read, self._size, speed
            )
        )

    def _report(self, state: FileState, error: str | None = None) -> FileReport:
        self._tell(state, self._size)
        return FileReport(
            self._source.name,
            self._source.path,
            state,
            self._point.rows,
            self._point.rejected,
            self._point.skipped,
            time.monotonic() - self._started,
            error,
            self._point.fingerprint,
        )
