"""Applies the migrations of sql/postgres by hand, step by step."""

from __future__ import annotations

import re
from importlib import resources

import asyncpg

_UP = "-- migrate:up"
_DOWN = "-- migrate:down"


def files() -> list[tuple[str, str, str]]:
    """Name, up and down part of every migration, in order."""
    found = []
    for entry in sorted(
        resources.files("sql").joinpath("postgres").iterdir(), key=lambda e: e.name
    ):
        if re.match(r"\d{4}_\w+\.sql$", entry.name):
            _, _, parts = entry.read_text().partition(_UP)
            up, _, down = parts.partition(_DOWN)
            found.append((entry.name, up, down))
    return found


async def apply_all(url: str) -> None:
    """Apply every migration to the database, each in a transaction of its own."""
    await _run(url, [up for _, up, _ in files()])


async def revert_all(url: str) -> None:
    """Undo every migration, the last one first."""
    await _run(url, [down for _, _, down in reversed(files())])


async def _run(url: str, scripts: list[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for script in scripts:
            async with connection.transaction():
                await connection.execute(script)
    finally:
        await connection.close()
