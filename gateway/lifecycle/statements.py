"""The named queries of copies and erasures, read once: a run needs them hundreds of times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from stores.lexing import Dialect
from stores.queries import Statement, load_queries


def query(name: str, store: Dialect = "postgres") -> Statement:
    """A query of `sql/queries/<store>/lifecycle.sql`."""
    return _queries(store)[f"lifecycle.{name}"]


def refresh_view() -> Statement:
    """Refreshes a materialized view beside its readers."""
    return _queries("postgres")["operations.refresh_view"]


@cache
def _queries(store: Dialect) -> Mapping[str, Statement]:
    return load_queries(store)
