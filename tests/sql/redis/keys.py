"""Reads sql/redis/keys.toml and its scripts as text, the way a reviewer would."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def families() -> dict[str, dict[str, Any]]:
    return tomllib.loads(read("keys.toml"))


def read(name: str) -> str:
    return resources.files("sql").joinpath("redis", name).read_text(encoding="utf-8")


def scripts() -> list[str]:
    folder = resources.files("sql").joinpath("redis")
    return sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".lua"))
