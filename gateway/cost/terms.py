"""Costs that depend on variables: what is certain is a number, the rest is kept as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.cost.figures import NOTHING, Cost

#: A number of objects: known, or to be told from the values of variables.
Number: TypeAlias = int | Callable[[Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A sum: a known cost and parts that variables decide.

    Attributes:
        known: what is certain.
        parts: each as often as its number says; of several alternatives the dearest counts.
    """

    known: Cost = NOTHING
    parts: tuple[tuple[Number, tuple[Term, ...]], ...] = ()

    def at(self, variables: Mapping[str, Any]) -> Cost:
        """The cost for these values; coerced, defaults included."""
        total = self.known
        for number, alternatives in self.parts:
            times = number if isinstance(number, int) else number(variables)
            total += dearest(each.at(variables) for each in alternatives) * times
        return total


def dearest(costs: Iterable[Cost]) -> Cost:
    """The greatest of each figure."""
    most = NOTHING
    for cost in costs:
        most = most.most(cost)
    return most


def times(number: Number, alternatives: tuple[Term, ...]) -> Term:
    """As many of the dearest alternative as the number says; a plain cost when that is known."""
    if isinstance(number, int):
        if not any(each.parts for each in alternatives):
            return Term(dearest(each.known for each in alternatives) * number)
        if number == 1 and len(alternatives) == 1:
            return alternatives[0]
    return Term(NOTHING, ((number, alternatives),))


def total(terms: Iterable[Term]) -> Term:
    """All of them together."""
    known = NOTHING
    parts: list[tuple[Number, tuple[Term, ...]]] = []
    for term in terms:
        known += term.known
        parts += term.parts
    return Term(known, tuple(parts))
