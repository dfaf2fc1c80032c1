"""Brings the stores to the schema in `sql/`: once, in order, whoever else tries as well."""

from stores.migrate.model import Applied, FileState, MigrationError, StoreStatus
from stores.migrate.runner import STORES, migrate, render, rollback, status

__all__ = [
    "STORES",
    "Applied",
    "FileState",
    "MigrationError",
    "StoreStatus",
    "migrate",
    "render",
    "rollback",
    "status",
]
