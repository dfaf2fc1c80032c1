"""The Postgres dialect of declared reads."""
# ruff: noqa: S608  # the text is made of quoted, declared identifiers; values are parameters

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stores.relational.conditions import Kind
from stores.relational.text import Writer

if TYPE_CHECKING:
    from stores.relational.read import Join, Read

# An explicit type keeps a value from taking a column's narrower one (smallint, varchar), yet
# leaves indexes usable. Enum types have names of their own, so the server infers those from the
# column.
_TYPES: Final[dict[Kind, str]] = {
    "text": "text",
    "uuid": "uuid",
    "int": "bigint",
    "decimal": "numeric",
    "float": "float8",
    "bool": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
}
# Python's times, infinity among them, end here; the years beyond have more digits.
_LATEST: Final = "timestamptz '9999-12-31 23:59:59.999999Z'"
_EARLIEST: Final = "timestamptz '0001-01-01 00:00:00Z'"
_ISO: Final = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
# A cast to text writes these as the graph does: a plain decimal, a UUID in lower case, a day as
# YYYY-MM-DD, for which connections set DateStyle.
TEXT_KINDS: Final[frozenset[Kind]] = frozenset({"decimal", "uuid", "date"})


def value(kind: Kind, several: bool, given: object) -> object:
    """The value as the driver wants it."""
    if several and isinstance(given, tuple):
        return ",".join(map(str, given)) if kind == "uuid" else list(given)
    return given


def text(read: Read) -> str:
    """Text of a read's statement; parameters are keys, condition values, limit."""
    named = read.source.relation
    writer = _Writer('"', _parameter, named if read.joins else "")
    relation = writer.name(named) + "".join(writer.joined(each) for each in read.joins)
    if read.key is None:
        return _single(read, writer, relation)
    if read.limit is None:
        return _of_keys(read, writer, relation)
    return _first_of_each_key(read, writer, relation)


def _parameter(number: int, kind: Kind, several: bool) -> str:
    if several and kind == "uuid":
        # The driver looks into each element of an array; a text it sends as it is.
        return f"string_to_array(${number}::text, ',')::uuid[]"
    cast = _TYPES.get(kind)
    return f"${number}" + (f"::{cast}" if cast else "") + ("[]" if cast and several else "")


def _single(read: Read, writer: _Writer, relation: str) -> str:
    inner = f"SELECT {_outputs(read, writer)} FROM {relation}{_rest(read, writer, [])}"
    return f"SELECT count(*) FROM ({inner}) AS counted" if read.counts else inner


def _of_keys(read: Read, writer: _Writer, relation: str) -> str:
    """All rows of the keys: one index scan, rows of one key in order among themselves."""
    assert read.key is not None
    key = writer.name(read.key.column)
    listed = writer.one_of(read.key.column, read.key.kind, negated=False)
    if read.counts:
        shown = _outputs(read, writer, read.key.column)
        rest = _rest(read, writer, [listed])
        return f"SELECT {shown}, count(*) FROM {relation}{rest} GROUP BY {key}"
    columns = _outputs(read, writer, read.key.column)
    return f"SELECT {columns} FROM {relation}{_rest(read, writer, [listed])}"


def _first_of_each_key(read: Read, writer: _Writer, relation: str) -> str:
    """The first rows of each key.

    The join is a nested loop by necessity (the subquery has a limit and refers to the key), so
    each key's rows keep the order of the subquery and need no second sort.
    """
    assert read.key is not None
    keys = writer.parameter(read.key.kind, several=True)
    matches = f"{writer.column(read.key.column)} = wanted.key"
    inner = f"SELECT {_outputs(read, writer)} FROM {relation}{_rest(read, writer, [matches])}"
    if read.counts:
        inner = f"SELECT count(*) AS rows FROM ({inner}) AS counted"
    key = writer.as_text("wanted.key") if read.key.column in read.texts else "wanted.key"
    found = ", found.*" if read.columns or read.counts else ""
    return (
        f"SELECT {key}{found} FROM unnest({keys}) AS wanted(key)"
        f" CROSS JOIN LATERAL ({inner}) AS found"
    )


def _outputs(read: Read, writer: _Writer, *first: str) -> str:
    """Columns to return, some in front; a 1 when there are none."""
    columns = first if read.counts else (*first, *read.columns)
    return writer.outputs(columns, read.texts, read.instants, read.presences) or "1"


def _rest(read: Read, writer: _Writer, conditions: list[str]) -> str:
    """WHERE, ORDER BY and LIMIT."""
    if read.where is not None:
        conditions.append(writer.condition(read.where))
    parts = []
    if conditions:
        parts.append(" WHERE " + " AND ".join(conditions))
    if read.order and not read.counts:
        # A bare name is first of all that of an output, and texts have an order of their own.
        of = read.source.relation if read.texts or read.instants else ""
        parts.append(" ORDER BY " + writer.order(read.order, of))
    if read.limit is not None:
        parts.append(f" LIMIT {writer.parameter('int')}")
    return "".join(parts)


class _Writer(Writer):
    def joined(self, join: Join) -> str:
        """A relation beside the read's own, under the name of the column that leads to it."""
        name = self.name(join.local)
        matches = f"{name}.{self.name(join.key)} = {self.column(join.local)}"
        return f" LEFT JOIN {self.name(join.relation)} AS {name} ON {matches}"

    def as_text(self, expression: str) -> str:
        """The expression's value as the server writes it; null stays null."""
        return f"{expression}::text"

    def as_instant(self, expression: str) -> str:
        """A timestamp in ISO-8601, in UTC with `Z`; microseconds only when there are any."""
        bounded = (
            f"CASE WHEN {expression} > {_LATEST} THEN {_LATEST}"
            f" WHEN {expression} < {_EARLIEST} THEN {_EARLIEST} ELSE {expression} END"
        )
        return f"replace(to_char(({bounded}) AT TIME ZONE 'UTC', {_ISO}), '.000000', '')"
