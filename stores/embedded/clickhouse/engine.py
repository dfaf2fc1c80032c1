"""The engine itself: one short-lived handle per request over one open data directory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from stores.embedded.clickhouse.statement import Request

_chdb: Any = import_module("chdb._chdb")  # the extension ships no types


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement returned and how much it touched."""

    body: bytes
    read_rows: int
    read_bytes: int
    written_rows: int
    written_bytes: int
    elapsed_s: float


class ClickHouse:
    """An open data directory. Safe to use from many threads; a slow query delays no other.

    A handle is a session of the engine. It is made for one request and thrown away (0.1 ms), so no
    setting, database or read-only mode of a request can reach the next one.
    """

    def __init__(self, directory: Path) -> None:
        _chdb.set_signal_handlers_enabled(0)
        self._path = str(directory)
        self._anchor = _chdb.connect(self._path)  # keeps the engine open between requests
        self._closing = threading.Lock()
        self.version = str(self._anchor.query("SELECT version()", "TSVRaw").data()).strip()

    def create_database(self, name: str) -> None:
        """Create a database unless it is there."""
        self._anchor.query(f"CREATE DATABASE IF NOT EXISTS {name}", "Null")

    def run(self, request: Request) -> Answer:
        """Run one statement to its end and return the whole answer.

        Raises:
            RuntimeError: ClickHouse's own message, beginning with `Code: N. DB::Exception:`.
        """
        with self._handle() as handle:
            _configure(handle, request)
            if request.data is None:
                result = handle.query(request.text, request.format, params=dict(request.parameters))
                return _answer(result)
            return _insert(handle, request)

    def stop(self, query_id: str) -> None:
        """Ask the engine to end the statement of a request; it ends at its next block."""
        with self._handle() as handle:
            handle.query(
                "KILL QUERY WHERE Settings['log_comment'] = {id:String} ASYNC",
                "Null",
                params={"id": query_id},
            )

    def close(self) -> None:
        """Close the data directory."""
        with self._closing:
            self._anchor.close()

    @contextmanager
    def _handle(self) -> Iterator[Any]:
        handle = _chdb.connect(self._path)
        try:
            yield handle
        finally:
            handle.close()


def _configure(handle: Any, request: Request) -> None:
    """Give a fresh handle the request's database and settings.

    Read-only comes last: it forbids every later change of a setting.
    """
    handle.query(f"USE {_quoted(request.database, '`')}", "Null")
    settings = {**request.settings, "log_comment": request.query_id}
    read_only = settings.pop("readonly", None)
    pairs = ", ".join(f"{name} = {_quoted(value, _TEXT)}" for name, value in settings.items())
    handle.query(f"SET {pairs}", "Null")
    if read_only is not None:
        handle.query(f"SET readonly = {_quoted(read_only, _TEXT)}", "Null")


_TEXT = "'"


def _quoted(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{escaped}{quote}"


def _insert(handle: Any, request: Request) -> Answer:
    inserting = handle.send_insert(request.text, request.format)
    try:
        handle.insert_append(inserting, request.data)
    except BaseException:
        handle.insert_cancel(inserting)
        raise
    return _answer(handle.insert_done(inserting))


def _answer(result: Any) -> Answer:
    if result.has_error():
        raise RuntimeError(result.error_message())
    return Answer(
        body=result.bytes(),
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        elapsed_s=result.elapsed(),
    )
