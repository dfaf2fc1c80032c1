"""The ClickHouse dialect of declared reads."""
# ruff: noqa: S608  # the text is made of quoted, declared identifiers; values are parameters

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from stores.relational.conditions import Beyond, Kind
from stores.relational.text import Writer

if TYPE_CHECKING:
    from stores.relational.read import Read

_TYPES: Final[dict[Kind, str]] = {
    "text": "String",
    "enum": "String",
    "uuid": "UUID",
    "int": "Int64",
    "decimal": "Decimal(76, 18)",
    "float": "Float64",
    "bool": "Bool",
    "timestamp": "DateTime64(6, 'UTC')",
    "date": "Date32",
}
TEXT_KINDS: Final[frozenset[Kind]] = frozenset({"uuid"})
# What the server's types hold; a value beyond compares like the end, where no row can be.
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2299, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def value(kind: Kind, several: bool, given: object) -> object:
    """The value in a form the server reads exactly."""
    if several and isinstance(given, tuple):
        return [_one(kind, item) for item in given]
    return _one(kind, given)


def _one(kind: Kind, given: object) -> object:
    if kind == "timestamp" and isinstance(given, datetime):
        return min(max(given, EARLIEST), LATEST).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if kind == "date" and isinstance(given, date):
        return str(min(max(given, EARLIEST.date()), LATEST.date()))
    return str(given) if isinstance(given, UUID) else given


def text(read: Read) -> str:
    """Text of a read's statement; parameters are p1, p2, … for keys, condition values, limit."""
    writer = _Writer("`", _parameter)
    relation = writer.name(read.source.relation) + (" FINAL" if read.source.final else "")
    conditions = []
    if read.key is not None:
        conditions.append(writer.one_of(read.key.column, read.key.kind, negated=False))
    if read.where is not None:
        conditions.append(writer.condition(read.where))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (_counts if read.counts else _rows)(read, writer, relation + where)


def _rows(read: Read, writer: Writer, from_where: str) -> str:
    key = writer.name(read.key.column) if read.key else ""
    named = (read.key.column, *read.columns) if read.key else read.columns
    columns = writer.outputs(named, read.texts) or "1"
    # With the key in front the sort can follow the table's own order.
    order = ", ".join(filter(None, (key, writer.order(read.order)))) if read.order else ""
    return (
        f"SELECT {columns} FROM {from_where}"
        + (f" ORDER BY {order}" if order else "")
        + _limit(read, writer, key)
    )


def _counts(read: Read, writer: Writer, from_where: str) -> str:
    if read.key is None:
        return f"SELECT count() FROM (SELECT 1 FROM {from_where}{_limit(read, writer, '')})"
    key = writer.name(read.key.column)
    limit = _limit(read, writer, key)
    shown = writer.outputs([read.key.column], read.texts)
    return f"SELECT {shown}, count() FROM (SELECT {key} FROM {from_where}{limit}) GROUP BY {key}"


def _limit(read: Read, writer: Writer, key: str) -> str:
    if read.limit is None:
        return ""
    return f" LIMIT {writer.parameter('int')}" + (f" BY {key}" if key else "")


def _parameter(number: int, kind: Kind, several: bool) -> str:
    declared = _TYPES.get(kind, "String")
    return f"{{p{number}:Array({declared})}}" if several else f"{{p{number}:{declared}}}"


class _Writer(Writer):
    def as_text(self, expression: str) -> str:
        """The expression's value as the server writes it; null stays null."""
        return f"toString({expression})"

    def as_instant(self, expression: str) -> str:
        """Refused."""
        raise ValueError("ClickHouse's driver makes times as fast as texts: read them as times")

    def one_of(self, column: str, kind: Kind, negated: bool) -> str:
        """Column is in an array parameter, in the form that can use the primary key."""
        if kind in ("timestamp", "decimal"):
            return self._exactly_one_of(column, kind, negated)
        word = "NOT IN" if negated else "IN"
        return f"{self.name(column)} {word} {self.parameter(kind, several=True)}"

    def _exactly_one_of(self, column: str, kind: Kind, negated: bool) -> str:
        """IN rounds the values to the column's precision, and then they match what they are not."""
        name, listed = self.name(column), self.parameter(kind, several=True)
        found = f"arrayExists(x -> x = assumeNotNull({name}), {listed})"
        found = f"if({name} IS NULL, CAST(NULL, 'Nullable(UInt8)'), {found})"
        return f"NOT {found}" if negated else found

    def beyond(self, condition: Beyond) -> str:
        """A row comparison, with a bound on the first column for the primary key."""
        start = self._count
        row = super().beyond(condition)
        first = self._parameter(start + 1, condition.kinds[0], False)
        sign = ">=" if condition.ascending else "<="
        return f"({self.name(condition.columns[0])} {sign} {first} AND {row})"
