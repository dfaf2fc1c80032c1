"""What both dialects share in writing a statement."""
# ruff: noqa: S608  # the text is made of quoted, declared identifiers; values are parameters

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Final

from stores.relational.conditions import (
    All,
    Any,
    Beyond,
    Compare,
    Condition,
    IsNull,
    Kind,
    Not,
    OneOf,
    OwnedBy,
)

if TYPE_CHECKING:
    from stores.relational.keyset import Sort

SIGNS: Final = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Writer(ABC):
    """Writes conditions and orderings of one statement, numbering parameters as it goes.

    Args:
        quote: the dialect's mark around identifiers.
        parameter: text of a parameter, from its number (from 1), kind and whether it is a list.
        relation: where columns are from, when another relation beside it may have the same.
    """

    def __init__(
        self, quote: str, parameter: Callable[[int, Kind, bool], str], relation: str = ""
    ) -> None:
        self._quote = quote
        self._parameter = parameter
        self._relation = f"{self.name(relation)}." if relation else ""
        self._count = 0

    def name(self, identifier: str) -> str:
        """A declared identifier, quoted; `schema.table` is quoted part by part."""
        parts = identifier.split(".")
        if not all(_NAME.fullmatch(part) for part in parts):
            raise ValueError(f"{identifier!r} is not a column or table name")
        return ".".join(f"{self._quote}{part}{self._quote}" for part in parts)

    def column(self, column: str) -> str:
        """A declared column; one of a relation beside has that one's name in front."""
        return self.name(column) if "." in column else self._relation + self.name(column)

    def outputs(
        self,
        columns: Iterable[str],
        texts: Collection[str],
        instants: Collection[str] = (),
        presences: Collection[str] = (),
    ) -> str:
        """Declared columns to return, some of them as text, separated by commas."""
        return ", ".join(self._output(column, texts, instants, presences) for column in columns)

    def _output(
        self,
        column: str,
        texts: Collection[str],
        instants: Collection[str],
        presences: Collection[str],
    ) -> str:
        name = self.column(column)
        if column in instants:
            return self.as_instant(name)
        if column in presences:
            return f"{name} IS NOT NULL"
        return self.as_text(name) if column in texts else name

    @abstractmethod
    def as_text(self, expression: str) -> str:
        """The expression's value as the server writes it; null stays null."""

    @abstractmethod
    def as_instant(self, expression: str) -> str:
        """A timestamp in ISO-8601, in UTC with `Z`; microseconds only when there are any.

        Raises:
            ValueError: the dialect has no use for it.
        """

    def parameter(self, kind: Kind, *, several: bool = False) -> str:
        """Text of the next parameter."""
        self._count += 1
        return self._parameter(self._count, kind, several)

    def order(self, order: Iterable[Sort], relation: str = "") -> str:
        """An ordering without the words ORDER BY; with a relation, of that relation's columns."""
        prefix = f"{self.name(relation)}." if relation else self._relation
        return ", ".join(
            prefix
            + self.name(sort.column)
            + (" DESC" if sort.descending else "")
            + (f" NULLS {sort.nulls.upper()}" if sort.nulls else "")
            for sort in order
        )

    def condition(self, condition: Condition) -> str:
        """A condition, in brackets where it needs them."""
        match condition:
            case Compare(column, kind, operator):
                sign = SIGNS.get(operator) or operator.upper()
                return f"{self.column(column)} {sign} {self.parameter(kind)}"
            case OneOf(column, kind, _, negated):
                return self.one_of(column, kind, negated)
            case IsNull(column, negated):
                return f"{self.column(column)} IS {'NOT ' if negated else ''}NULL"
            case Beyond():
                return self.beyond(condition)
            case OwnedBy(column, through):
                return self._owned(column, through)
            case Not(of):
                return f"NOT ({self.condition(of)})"
            case All(of):
                return self._joined(of, " AND ", "TRUE")
            case Any(of):
                return self._joined(of, " OR ", "FALSE")

    def one_of(self, column: str, kind: Kind, negated: bool) -> str:
        """Column equals some value of a list parameter."""
        listed = f"{self.column(column)} = ANY({self.parameter(kind, several=True)})"
        return f"NOT ({listed})" if negated else listed

    def beyond(self, condition: Beyond) -> str:
        """A row comparison."""
        values = ", ".join(self.parameter(kind) for kind in condition.kinds)
        columns = ", ".join(map(self.column, condition.columns))
        return f"({columns}) {'>' if condition.ascending else '<'} ({values})"

    def _owned(self, column: str, through: str | None) -> str:
        user = self.parameter("uuid")
        if through is None:
            return f"{self.column(column)} = {user}"
        owner, key = self.name("user_id"), self.name("id")
        owned = f"SELECT {key} FROM {self.name(through)} WHERE {owner} = {user}"
        return f"{self.column(column)} IN ({owned})"

    def _joined(self, of: tuple[Condition, ...], word: str, empty: str) -> str:
        if not of:
            return empty
        return "(" + word.join(self.condition(part) for part in of) + ")"
