"""The fixtures of portfolios serve taxes as well."""

from tests.resolvers.portfolio.conftest import alice, do, sql

__all__ = ["alice", "do", "sql"]
