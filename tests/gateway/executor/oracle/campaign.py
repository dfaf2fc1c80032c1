"""Asks many cases, and says how they went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.gateway.executor.oracle.compare import WAYS, Case, Different, Subject, compare


@dataclass(slots=True)
class Tally:
    """How many cases were asked and how they went.

    Attributes:
        cases: number of documents.
        ways: number of operations by the way they went.
        differences: what was wrong, as far as it was kept.
    """

    cases: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        operations = sum(self.ways[name] for name in WAYS) or 1
        shares = ", ".join(f"{self.ways[name] / operations:.0%} {name}" for name in WAYS)
        return (
            f"{self.cases:,} documents, {operations:,} operations: {shares}; "
            f"{self.ways['competing']} name another of competing errors, "
            f"{len(self.differences)} differ"
        )


async def ask_all(
    subject: Subject,
    cases: Iterable[Case],
    *,
    most_differences: int = 1,
    progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Ask cases until there are enough differences.

    Args:
        subject: whom.
        cases: what.
        most_differences: to stop after.
        progress: told after each case.
    """
    tally = Tally()
    for case in cases:
        try:
            tally.ways += await compare(subject, case)
        except Different as difference:
            tally.differences.append(str(difference))
        tally.cases += 1
        if progress is not None:
            progress(tally)
        if len(tally.differences) >= most_differences:
            break
    return tally
