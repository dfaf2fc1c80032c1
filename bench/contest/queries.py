"""What is asked: texts from queries/, and the values that go with the n-th request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from bench.contest import fill

STANDARD: Final = Path(__file__).parent / "queries"
# Requests differ in their values only so far; more would say nothing new.
_DISTINCT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """One query of the contest.

    Attributes:
        name: as in the tables: `Q1`.
        operation: name of the operation, and of the file in lower case.
        variables: values of the n-th request.
        distinct: how many requests differ.
    """

    name: str
    operation: str
    variables: Callable[[int], Mapping[str, Any]]
    distinct: int = 1

    def bodies(self, queries: Path) -> list[bytes]:
        """The different request bodies, in the order in which they are sent."""
        text = (queries / f"{self.operation.lower()}.graphql").read_text()
        return [
            orjson.dumps(
                {"query": text, "operationName": self.operation, "variables": self.variables(turn)}
            )
            for turn in range(self.distinct)
        ]


def _wallets(first: int) -> Question:
    return Question(f"Q3/{first}", "Q3", lambda _turn: {"first": first})


def questions() -> list[Question]:
    """The four that every contestant answers."""
    slugs, addresses = fill.slugs(), fill.addresses()
    return [
        Question("Q1", "Q1", lambda turn: {"slug": slugs[turn]}, _DISTINCT),
        Question("Q2", "Q2", lambda _turn: {"first": 100}),
        Question("Q3", "Q3", lambda _turn: {"first": 50}),
        Question("Q4", "Q4", lambda turn: {"address": addresses[turn]}, len(addresses)),
    ]


def growing() -> list[Question]:
    """Q3 with fewer and with more wallets, for how the cost grows."""
    return [_wallets(10), _wallets(50), _wallets(250)]


def over_four_stores() -> Question:
    """Q5, asked of our real graph over the sample data."""
    slugs = ("uniswap-v3", "curve-dex", "aave-v3")
    return Question("Q5", "Q5", lambda turn: {"slug": slugs[turn]}, len(slugs))
