"""Statements over all rows that one user has in a table, whatever the table is.

They are for jobs, as a role that sees every row: each names the owner itself.
"""
# ruff: noqa: S608  # the text is made of quoted, declared identifiers; values are parameters

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from stores.queries import Statement

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


def owned_by(column: str, parent: str | None = None, parent_owner: str = "") -> str:
    """The condition that a row is user `$1`'s.

    Args:
        column: holds the user's id, or the id of a row of `parent`.
        parent: table whose owner is the owner.
        parent_owner: column of the parent that holds the user's id.
    """
    if parent is None:
        return f"{_quoted(column)} = $1::uuid"
    return (
        f"{_quoted(column)} IN (SELECT id FROM {_quoted(parent)}"
        f" WHERE {_quoted(parent_owner)} = $1::uuid)"
    )


def rows_as_json(table: str, owned: str) -> Statement:
    """Rows of user `$1` as JSON texts without the columns `$2`, as exact as the table has them."""
    text = (
        f"SELECT (to_jsonb(t) - $2::text[])::text AS row FROM {_quoted(table)} AS t WHERE {owned}"
    )
    return Statement(f"owned.read {table}", text, ("user_id", "left_out"))


def delete_rows(table: str, owned: str, *, has_id: bool) -> Statement:
    """Deletes `$2` rows of user `$1` at most; their ids, null in a table without.

    A row is named by its place and its owner: places of two partitions may be the same.
    """
    text = (
        f"DELETE FROM {_quoted(table)} WHERE {owned} AND ctid = ANY (ARRAY("
        f"SELECT ctid FROM {_quoted(table)} WHERE {owned} LIMIT $2::integer))"
        f" RETURNING {'id::text' if has_id else 'NULL::text'} AS id"
    )
    return Statement(f"owned.delete {table}", text, ("user_id", "batch"), kind="exec")


def keep_rows(tables: Mapping[str, tuple[str, Mapping[str, str]]]) -> Statement:
    """Moves rows of user `$1` to user `$2` in one statement, and sets columns; how many, by table.

    Args:
        tables: for each, the column of the owner, and values to set as SQL.
    """
    moved, counted = [], []
    for number, (table, (owner, values)) in enumerate(tables.items()):
        sets = [f"{_quoted(owner)} = $2::uuid"]
        sets += [f"{_quoted(column)} = {value}" for column, value in values.items()]
        moved.append(
            f"k{number} AS (UPDATE {_quoted(table)} SET {', '.join(sets)}"
            f" WHERE {_quoted(owner)} = $1::uuid RETURNING 1)"
        )
        counted.append(f"(SELECT count(*) FROM k{number}) AS {_quoted(f'k{number}')}")
    text = f"WITH {', '.join(moved)} SELECT {', '.join(counted)}"
    return Statement(f"owned.keep {' '.join(tables)}", text, ("user_id", "pseudonym"), kind="exec")


def delete_aged_rows(table: str, owner: str, dated: str) -> Statement:
    """Deletes rows of the users `$1` that are older than each one's days in `$2`, `$3` at most."""
    name = _quoted(table)
    text = (
        f"DELETE FROM {name} AS t USING ("
        f"SELECT old.tableoid AS part, old.ctid AS place, u.id AS owner"
        f" FROM unnest($1::uuid[], $2::integer[]) AS u (id, days)"
        f" CROSS JOIN LATERAL (SELECT o.tableoid, o.ctid FROM {name} AS o"
        f" WHERE o.{_quoted(owner)} = u.id"
        f" AND o.{_quoted(dated)} < now() - make_interval(days => u.days)) AS old"
        f" LIMIT $3::integer) AS aged"
        f" WHERE t.{_quoted(owner)} = aged.owner AND t.ctid = aged.place"
        f" AND t.tableoid = aged.part"
    )
    return Statement(f"owned.age {table}", text, ("users", "days", "batch"), kind="exec")


def _quoted(identifier: str) -> str:
    if not _NAME.fullmatch(identifier):
        raise ValueError(f"{identifier!r} is not a column or table name")
    return ".".join(f'"{part}"' for part in identifier.split("."))
