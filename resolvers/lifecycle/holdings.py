"""Which tables hold rows of a person, from `sql/postgres/private.toml` and `sql/personal.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources
from typing import Any, Final

from resolvers.mutations.records import PERSONAL, is_secret

USERS: Final = "account.users"
_UNREADABLE: Final = ("bytea",)


@dataclass(frozen=True, slots=True)
class OwnedTable:
    """A table of Postgres with rows of users.

    Attributes:
        table: `schema.name`.
        column: holds the user's id, or names a row of `parent`.
        parent: table whose owner is the owner; None where the column is the user's id.
    """

    table: str
    column: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What law makes us keep of somebody who is erased.

    Attributes:
        what: in a word or two.
        why: the reason.
        years: how long it is kept after the erasure.
        tables: for each table, columns that are set and the SQL values they are set to.
    """

    what: str
    why: str
    years: int
    tables: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A table of ClickHouse or a collection of Qdrant with something of users.

    Attributes:
        name: of the table or collection.
        column: says whose it is.
        kind: what its values are ids of: `user`, `portfolio`, `strategy`, …
    """

    name: str
    column: str
    kind: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """All of it.

    Attributes:
        tables: of Postgres, by name.
        shown: columns that are called like a secret and are none, `schema.table.column`.
        kept: what moves to a pseudonym.
        kept_apart: tables that keep rows by other means, and why.
        unknown: what cannot be found, and why.
        clickhouse: tables.
        qdrant: collections.
        folders: of the object storage, with `{user_id}` in their names.
        activity: tables whose rows age, and the column that dates them.
        activity_clickhouse: the same in ClickHouse.
    """

    tables: Mapping[str, OwnedTable]
    shown: frozenset[str]
    kept: tuple[Kept, ...]
    kept_apart: Mapping[str, str]
    unknown: Mapping[str, str]
    clickhouse: tuple[Elsewhere, ...]
    qdrant: tuple[Elsewhere, ...]
    folders: tuple[str, ...]
    activity: Mapping[str, str]
    activity_clickhouse: Mapping[str, str]

    def deleted(self, references: Iterable[tuple[str, str]]) -> list[OwnedTable]:
        """Tables an erasure deletes from, each before those it refers to.

        Args:
            references: pairs of a table and one it refers to.
        """
        kept = {name for each in self.kept for name in each.tables} | self.kept_apart.keys()
        order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(self.tables, ()))
        for child, parent in references:
            if child in self.tables and parent in self.tables and child != parent:
                order.add(parent, child)
        return [self.tables[name] for name in order.static_order() if name not in kept]

    def left_out(self, table: str, columns: Iterable[tuple[str, str]]) -> list[str]:
        """Columns that no copy of somebody's data holds, because they are secrets.

        Args:
            table: which they are of.
            columns: names and types. What is bytes is a digest or a ciphertext here. A person's
                own address or name is no secret to them.
        """
        return [
            name
            for name, kind in columns
            if f"{table}.{name}" not in self.shown
            and (kind in _UNREADABLE or (is_secret(name) and not PERSONAL.search(name)))
        ]

    def owner_of(self, table: OwnedTable) -> str:
        """Column of the parent that holds the user's id; '' when the table holds it itself."""
        return "" if table.parent is None else self.tables[table.parent].column


@cache
def holdings() -> Holdings:
    """What the packaged declarations say; read once."""
    private = _read("postgres/private.toml")
    personal = _read("personal.toml")
    tables = {name: OwnedTable(name, column) for name, column in private["owner"].items()}
    for name, of in private["through"].items():
        tables[name] = OwnedTable(name, of["column"], of["parent"])
    return Holdings(
        tables=dict(sorted(tables.items())),
        shown=frozenset(personal["shown"]["columns"]),
        kept=tuple(Kept(**each) for each in personal["kept"]),
        kept_apart=personal["kept_apart"],
        unknown=personal["unknown"],
        clickhouse=tuple(
            Elsewhere(name, of["column"], of["kind"]) for name, of in personal["clickhouse"].items()
        ),
        qdrant=tuple(
            Elsewhere(name, of["field"], of["kind"]) for name, of in personal["qdrant"].items()
        ),
        folders=tuple(personal["objects"]["folders"]),
        activity=personal["activity"],
        activity_clickhouse=personal["activity_clickhouse"],
    )


def activity_kept_days(retention_days: int, consented: bool) -> int:
    """Days that how somebody used the service is kept.

    Whoever gave no consent, or withdrew it, has it kept for as long as counting it takes: two days.
    """
    return retention_days if consented else min(retention_days, _WITHOUT_CONSENT_DAYS)


_WITHOUT_CONSENT_DAYS: Final = 2


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("sql").joinpath(name).read_text(encoding="utf-8"))
