"""What we hold ourselves to, as ratios of figures of one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.contest.rounds import Results

REFERENCE: Final = "handwritten"
OURS: Final = "ours"
HOOK: Final = "ours-hook"
STOCK: Final = "stock"
_OF_REFERENCE: Final = {"Q1": 1.4, "Q2": 1.25, "Q3": 1.25, "Q4": 1.25}
_OF_NODE: Final = {"Q2": 1.0, "Q3": 0.5, "Q4": 1.0}
_AHEAD_OF_STOCK: Final = {"Q1": 3, "Q2": 10, "Q3": 40, "Q4": 10}
_OF_LANE: Final = {"Q2": 1.6, "Q3": 1.6, "Q4": 1.6}
_P99_OF_REFERENCE: Final = 1.3
_GROWTH: Final = 1.15


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        name: what is compared.
        value: the ratio.
        most: the most it may be.
    """

    name: str
    value: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether it is met."""
        return self.value <= self.most


def bars(results: Results, node: frozenset[str]) -> list[Bar]:
    """Every bar whose contestants took part.

    Args:
        results: figures by question and contestant.
        node: names of the contestants of Node.
    """
    return [
        *_against(results, "cpu_ms", OURS, REFERENCE, _OF_REFERENCE),
        *_against_node(results, node),
        *_against(
            results, "cpu_ms", OURS, STOCK, {name: 1 / by for name, by in _AHEAD_OF_STOCK.items()}
        ),
        *_against(results, "cpu_ms", HOOK, OURS, _OF_LANE),
        *_against(
            results, "p99_ms", OURS, REFERENCE, dict.fromkeys(_OF_REFERENCE, _P99_OF_REFERENCE)
        ),
        *_growth(results),
    ]


def _against(
    results: Results, figure: str, ours: str, other: str, most: dict[str, float]
) -> Iterator[Bar]:
    for question, limit in most.items():
        found = results.get(question, {})
        if ours in found and other in found:
            ratio = found[ours][figure] / found[other][figure]
            yield Bar(f"{question} {figure}, {ours} / {other}", ratio, limit)


def _against_node(results: Results, node: frozenset[str]) -> Iterator[Bar]:
    for question, limit in _OF_NODE.items():
        found = results.get(question, {})
        costs = {name: found[name]["cpu_ms"] for name in found if name in node}
        if OURS in found and costs:
            fastest = min(costs, key=costs.__getitem__)
            ratio = found[OURS]["cpu_ms"] / costs[fastest]
            yield Bar(f"{question} cpu_ms, {OURS} / {fastest}, the fastest of Node", ratio, limit)


def _growth(results: Results) -> Iterator[Bar]:
    """What each wallet above 50 costs, as a multiple of what each of the 40 before it costs."""
    few, some, many = (results.get(f"Q3/{first}", {}) for first in (10, 50, 250))
    if OURS in few and OURS in some and OURS in many:
        cost = [found[OURS]["cpu_ms"] for found in (few, some, many)]
        ratio = ((cost[2] - cost[1]) / 200) / ((cost[1] - cost[0]) / 40)
        yield Bar(f"Q3 cpu_ms a wallet, {OURS}: 50 to 250 / 10 to 50", ratio, _GROWTH)
