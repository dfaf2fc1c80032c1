"""The stores' own plans, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def lines(detail: object) -> list[str]:
    """A plan as `StepTrace.detail` holds it: of Postgres, of ClickHouse, or why there is none."""
    if isinstance(detail, Mapping):
        return [*_nodes(detail["Plan"], 0), *_times(detail)]
    if isinstance(detail, list):
        return [str(line) for line in detail if line]
    return [str(detail)]


def _nodes(node: Mapping[str, Any], depth: int) -> Iterator[str]:
    index = f" using {node['Index Name']}" if "Index Name" in node else ""
    relation = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    yield f"{'  ' * depth}{node['Node Type']}{index}{relation}: {_found(node)}"
    for name in ("Index Cond", "Filter"):
        if name in node:
            yield f"{'  ' * depth}    {name}: {node[name]}"
    for below in node.get("Plans", ()):
        yield from _nodes(below, depth + 1)


def _found(node: Mapping[str, Any]) -> str:
    """Rows and milliseconds of all rounds of a node; what was expected when it did not run."""
    expected = f"{node['Plan Rows']:,} rows expected"
    rounds = node.get("Actual Loops")
    if rounds is None:
        return expected
    if not rounds:
        return f"never run, {expected}"
    rows, ms = node["Actual Rows"] * rounds, node["Actual Total Time"] * rounds
    times = f" in {rounds:,} rounds" if rounds > 1 else ""
    return f"{rows:,.0f} rows{times}, {ms:.3f} ms ({expected} a round)"


def _times(plan: Mapping[str, Any]) -> Iterator[str]:
    if "Execution Time" in plan:
        yield f"planned in {plan['Planning Time']:.3f} ms, ran in {plan['Execution Time']:.3f} ms"
