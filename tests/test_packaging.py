"""What the package imports is what it says it needs, so that a fresh installation runs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import deque
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT: Final = Path(__file__).parents[1]
_PACKAGES: Final = ("gateway", "resolvers", "stores", "sql")
#: Named by a setting and installed by whoever sets it; imported only then.
_ON_DEMAND: Final = {"sentence_transformers"}


def imported(paths: Iterator[Path]) -> dict[str, str]:
    """Outside modules that these files import, each with one of the files."""
    found: dict[str, str] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                found.setdefault(name.partition(".")[0], str(path.relative_to(_ROOT)))
    inside = {*sys.stdlib_module_names, *_PACKAGES, *_ON_DEMAND}
    return {name: where for name, where in found.items() if name not in inside}


def needs(name: str) -> list[str]:
    """Requirements of a distribution; our own from the source, not from when it was installed."""
    if name != "onchain-gateway":
        return metadata.requires(name) or []
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    always: list[str] = project["dependencies"]
    return always + [
        f"{text}; extra == '{extra}'" for extra, texts in optional.items() for text in texts
    ]


def installed_by(extras: frozenset[str]) -> set[str]:
    """Distributions that installing the package with these extras brings."""
    todo = deque([("onchain-gateway", extras)])
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        name, chosen = todo.popleft()
        if (name, chosen) in seen:
            continue
        seen.add((name, chosen))
        for text in needs(name):
            needed = Requirement(text)
            environments = [{"extra": extra} for extra in (chosen or {""})]
            marker = needed.marker
            if marker is None or any(marker.evaluate(values) for values in environments):
                todo.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return {name for name, _ in seen}


def folders(production: bool) -> Iterator[Path]:
    """Python files that run in production, or those of the embedded engines."""
    for package in _PACKAGES:
        for path in (_ROOT / package).rglob("*.py"):
            ours = "node_modules" not in path.parts
            if ours and ("embedded" in path.parts) != production:
                yield path


@pytest.mark.parametrize(("production", "extras"), [(True, ()), (False, ("embedded",))])
def test_every_import_is_a_declared_need(production: bool, extras: tuple[str, ...]) -> None:
    owners = metadata.packages_distributions()
    brought = installed_by(frozenset(extras))
    for module, where in imported(folders(production)).items():
        distributions = {canonicalize_name(name) for name in owners.get(module, ())}
        assert distributions & brought, f"{where} imports {module}"


def test_every_need_is_pinned() -> None:
    pinned = {
        canonicalize_name(line.partition("==")[0])
        for line in (_ROOT / "constraints.txt").read_text().splitlines()
        if re.fullmatch(r"[\w.\-]+==[\w.]+", line)
    }
    assert installed_by(frozenset({"dev"})) - pinned <= {"onchain-gateway"}
