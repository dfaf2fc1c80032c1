"""Programs that come with PostgreSQL, run with a URL that no process list shows."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from gateway.backup.errors import BackupError
from stores.urls import path_of

_LAST_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Programs:
    """Where pg_dump and the others are.

    Attributes:
        folder: of all of them; None looks along PATH, then in the embedded engine.
    """

    folder: Path | None = None

    def path(self, name: str) -> Path:
        """One program.

        Raises:
            BackupError: it is not installed.
        """
        found = shutil.which(name, path=None if self.folder is None else str(self.folder))
        if found is not None:
            return Path(found)
        if self.folder is None and (folder := _embedded()) is not None:
            return folder / name
        raise BackupError(
            f"{name} is not installed: install the client programs of PostgreSQL in the version of "
            "the server or later, or name their folder in GATEWAY_POSTGRES_PROGRAMS"
        )

    async def run(
        self, name: str, arguments: Sequence[str | Path], *, url: str | None = None
    ) -> bytes:
        """Run a program to its end; what it printed.

        Raises:
            BackupError: it failed; the message has its last words.
        """
        process = await asyncio.create_subprocess_exec(
            self.path(name),
            *map(str, arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **(_connection(url) if url else {})},
        )
        try:
            printed, complaints = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode != 0:
            lines = complaints.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
            raise BackupError(f"{name} failed: {' | '.join(lines) or 'it printed nothing'}")
        return printed


def _embedded() -> Path | None:
    """Folder of the programs that come with the embedded engine, which production has not."""
    from stores.embedded.errors import EngineError
    from stores.embedded.postgres import programs_folder

    try:
        return programs_folder()
    except EngineError:
        return None


def _connection(url: str) -> dict[str, str]:
    """The environment in which libpq connects to a URL."""
    parts = urlsplit(url)
    settings = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(path_of(url)),
        "PGAPPNAME": "onchain-gateway/backup",
    }
    for name, values in parse_qs(parts.query).items():
        settings[f"PG{name.upper()}"] = values[-1]  # sslmode, sslrootcert and the like
    return {name: value for name, value in settings.items() if value}
