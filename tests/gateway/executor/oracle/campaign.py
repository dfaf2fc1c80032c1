"""Makes many cases of a seed, asks them, and says how that went."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from graphql import print_schema

from tests.gateway.executor.oracle.compare import WAYS, Case, Different, Subject, compare
from tests.gateway.executor.oracle.generator import Generated, Generator
from tests.gateway.executor.oracle.second_source import changed, documents


class Source(Subject, Protocol):
    """A subject that makes cases for itself."""

    generator: Generator

    def case(self, seed: str) -> Case:
        """The case of our own generator that follows from a seed."""

    def of(self, made: Generated, rng: random.Random, origin: str) -> Case:
        """A document with somebody who asks it."""


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

    @property
    def operations(self) -> int:
        """How many operations the compiled path was asked to run."""
        return sum(self.ways[name] for name in WAYS)

    def share(self, way: str) -> float:
        """Which part of them went this way, between 0 and 1."""
        return self.ways[way] / (self.operations or 1)

    def __str__(self) -> str:
        shares = ", ".join(f"{self.share(name):.0%} {name}" for name in WAYS)
        return (
            f"{self.cases:,} documents, {self.operations:,} operations: {shares}; "
            f"{self.ways['competing']} name another of competing errors, "
            f"{len(self.differences)} differ"
        )


def own_cases(source: Source, seed: str, count: int) -> Iterator[Case]:
    """Cases of our own generator; each can be made again from its own seed."""
    for number in range(count):
        yield source.case(f"{seed}/{number}")


def their_cases(source: Source, seed: str, count: int) -> Iterator[Case]:
    """Cases of hypothesis-graphql, changed."""
    schema = source.schema
    # Without the directives of federation, which hypothesis-graphql does not know.
    text = print_schema(schema.graphql_schema)
    texts = documents(schema.graphql_schema, text, zlib.crc32(seed.encode()), count)
    for number, text in enumerate(texts):
        rng = random.Random(f"{seed}/{number}")
        made = changed(schema.graphql_schema, text, rng, source.generator.pools)
        yield source.of(made, rng, f"hypothesis-graphql, seed {seed}, document {number} of {count}")


async def ask_all(
    source: Subject,
    cases: Iterable[Case],
    *,
    most_differences: int = 1,
    progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Ask cases until there are enough differences.

    Args:
        source: whom.
        cases: what.
        most_differences: to stop after.
        progress: told after each case.
    """
    tally = Tally()
    for case in cases:
        try:
            tally.ways += await compare(source, case)
        except Different as difference:
            tally.differences.append(str(difference))
        tally.cases += 1
        if progress is not None:
            progress(tally)
        if len(tally.differences) >= most_differences:
            break
    return tally
