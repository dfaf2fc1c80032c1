"""What a declared read asks for, and how it becomes text and values."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from stores.errors import StoreName
from stores.queries import Statement
from stores.relational import clickhouse, postgres
from stores.relational.conditions import Condition, Kind, shape_of, values_of
from stores.relational.keyset import Sort

Store = Literal["postgres", "clickhouse"]
# Keys in one statement at most.
CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from.

    Attributes:
        store: which dialect.
        relation: table or view, `schema.table` or `table`.
        final: ClickHouse only: merge replaced rows while reading.
    """

    store: Store
    relation: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """The column by which rows are asked for, many keys at once."""

    column: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Join:
    """A row of another relation beside each row, or nulls where there is none; Postgres only.

    Attributes:
        local: column of the read's relation that holds the other one's key. Columns of the row
            are named with it in front: `protocol_id.name`.
        relation: table or view.
        key: its column, which tells its rows apart.
    """

    local: str
    relation: str
    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """One declared read.

    Attributes:
        source: where from.
        columns: what to return, in this order. A keyed read returns the key in front of them, one
            without key and columns a 1 for each row.
        where: which rows.
        order: of the rows; of each key's rows when keyed.
        limit: rows at most; for each key when keyed.
        key: makes the read keyed.
        keys: the keys wanted: distinct, not None, at least one.
        counts: return how many rows there are instead of the rows, never counting beyond `limit`;
            a key without rows may be missing from the answer.
        texts: columns, the key's among them or not, that come as text which the server writes;
            their kinds are `text_kinds` of the store. Conditions and order stay those of the
            values.
        instants: Postgres only: columns of timestamps that come as text, in the form of the
            graph's DateTime.
        presences: columns of which only is said whether they are not null.
        joins: relations whose columns are among those returned; a count has none.
    """

    source: Source
    columns: tuple[str, ...]
    where: Condition | None = None
    order: tuple[Sort, ...] = ()
    limit: int | None = None
    key: Key | None = None
    keys: tuple[object, ...] = ()
    counts: bool = False
    texts: tuple[str, ...] = ()
    instants: tuple[str, ...] = ()
    presences: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()

    @property
    def name(self) -> str:
        """Names the statement in metrics, plans and errors."""
        verb = "count" if self.counts else "read"
        by = f" by {self.key.column}" if self.key else ""
        return f"{verb} {self.source.relation}{by}"


def text_kinds(store: StoreName) -> frozenset[Kind]:
    """Kinds whose text from a store is, byte for byte, what the graph shows of their values.

    The text of a decimal may be `NaN`, `Infinity` or `-Infinity`, which the graph refuses; that of
    a day has ten characters unless it is infinite or not of the years 1 to 9999.
    """
    if store == "postgres":
        return postgres.TEXT_KINDS
    return clickhouse.TEXT_KINDS if store == "clickhouse" else frozenset()


def statement(read: Read) -> tuple[Statement, tuple[object, ...]]:
    """The statement of a read and the values of its parameters, in order."""
    dialect = postgres if read.source.store == "postgres" else clickhouse
    values: list[object] = []
    if read.key is not None:
        values.append(dialect.value(read.key.kind, True, read.keys))
    values += [dialect.value(*item) for item in values_of(read.where)]
    if read.limit is not None:
        values.append(read.limit)
    return _built(Shape(read)), tuple(values)


class Shape:
    """A read without its values, as a cache key that can be rendered once."""

    __slots__ = ("_identity", "_read")

    def __init__(self, read: Read) -> None:
        self._read: Read | None = read
        self._identity: Hashable = (
            read.source,
            read.columns,
            shape_of(read.where),
            read.order,
            read.limit is None,
            read.key,
            read.counts,
            read.texts,
            read.instants,
            read.presences,
            read.joins,
        )

    def __hash__(self) -> int:
        return hash(self._identity)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shape) and self._identity == other._identity

    def take(self) -> Read:
        """The read, which the shape then lets go: a cached key must not keep somebody's values."""
        assert self._read is not None
        read, self._read = self._read, None
        return read


# Bounded, so that a client inventing filters cannot make it grow.
@lru_cache(maxsize=4096)
def _built(shape: Shape) -> Statement:
    read = shape.take()
    dialect = postgres if read.source.store == "postgres" else clickhouse
    return Statement(read.name, dialect.text(read))


def cached_shapes() -> int:
    """Number of statement texts kept now."""
    return _built.cache_info().currsize


def chunks(read: Read, size: int = CHUNK) -> list[Read]:
    """The read with its keys in portions a server takes gladly."""
    if len(read.keys) <= size:
        return [read]
    return [
        replace(read, keys=read.keys[start : start + size])
        for start in range(0, len(read.keys), size)
    ]
