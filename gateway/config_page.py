"""Writes docs/configuration.md from the settings; `make generate` runs it."""

from __future__ import annotations

import sys

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.config import CONFIG_FILE, PREFIX, Settings

_HEAD = f"""# Configuration

Every setting is an environment variable, or a line of the TOML file that `{CONFIG_FILE}`
names (there in lower case and without `{PREFIX}`). The environment wins over the file. A value
that cannot be used stops the start with one sentence that names the variable.

A store without a URL is started as an embedded engine, with its data under `{PREFIX}DATA_DIR`.

| variable | default | meaning |
|---|---|---|
"""


def render() -> str:
    """The page, one line a setting."""
    return _HEAD + "".join(_line(name, field) for name, field in Settings.model_fields.items())


def _line(name: str, field: FieldInfo) -> str:
    return f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value is PydanticUndefined or value in ((), ""):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(render())
