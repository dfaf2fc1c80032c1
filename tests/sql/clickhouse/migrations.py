"""Reads sql/clickhouse as text: the files in order and the statements of each direction."""

from __future__ import annotations

import re
from importlib import resources
from typing import Literal

UP, DOWN = "-- migrate:up transaction:false\n", "-- migrate:down transaction:false\n"


def files() -> dict[str, str]:
    """Text of each migration by file name, in the order they are applied."""
    folder = resources.files("sql").joinpath("clickhouse")
    found = {
        file.name: file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }
    return dict(sorted(found.items()))


def statements(text: str, direction: Literal["up", "down"]) -> list[str]:
    """Statements of one direction; a semicolon that ends a line ends a statement."""
    up, down = text.split(DOWN)
    part = up.split(UP)[1] if direction == "up" else down
    return [found for piece in re.split(r";\s*$", part, flags=re.M) if (found := piece.strip())]
