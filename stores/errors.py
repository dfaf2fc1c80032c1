"""Every way a store call can fail.

StoreError
  StoreUnavailable   cannot connect, connection lost, server starting or stopping, pool exhausted
  StoreTimeout       the deadline passed, on our side or on the server's
  StoreConflict      unique or exclusion violation, serialisation failure, deadlock
  StoreRejected      the statement or a value is wrong: a bug, or input nobody checked
  StoreFull          no disk or memory left for a write; reads go on

The message is for logs and operators: it may name tables, never a password. API users never see it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

StoreName = Literal["postgres", "clickhouse", "redis", "qdrant", "objects"]


class StoreError(Exception):
    """A store could not do what was asked.

    Attributes:
        store: which store.
        operation: name of the statement or command.
        retryable: whether the same call may succeed a little later.
    """

    default_retryable: ClassVar[bool] = False

    def __init__(
        self, store: StoreName, operation: str, message: str, *, retryable: bool | None = None
    ) -> None:
        super().__init__(f"{store}: {operation}: {message}")
        self.store: StoreName = store
        self.operation = operation
        self.message = message
        self.retryable = self.default_retryable if retryable is None else retryable


class StoreUnavailable(StoreError):
    """There is no usable connection to the store."""

    default_retryable: ClassVar[bool] = True


class StoreTimeout(StoreError):
    """The store did not answer within the deadline; the work was cancelled."""

    default_retryable: ClassVar[bool] = True


class StoreConflict(StoreError):
    """The change contradicts another one.

    Attributes:
        constraint: name of the violated constraint; None for serialisation failures, which are
            retryable.
    """

    def __init__(
        self,
        store: StoreName,
        operation: str,
        message: str,
        *,
        retryable: bool | None = None,
        constraint: str | None = None,
    ) -> None:
        super().__init__(store, operation, message, retryable=retryable)
        self.constraint = constraint


class StoreRejected(StoreError):
    """The store understood the call and refuses it; asking again cannot help.

    Attributes:
        constraint: name of the violated check or foreign key; None for any other reason.
        missing_row: a foreign key names a row that is not there, or is still needed.
        bad_value: the value itself is out of what its column takes.
    """

    def __init__(
        self,
        store: StoreName,
        operation: str,
        message: str,
        *,
        retryable: bool | None = None,
        constraint: str | None = None,
        missing_row: bool = False,
        bad_value: bool = False,
    ) -> None:
        super().__init__(store, operation, message, retryable=retryable)
        self.constraint = constraint
        self.missing_row = missing_row
        self.bad_value = bad_value


class StoreFull(StoreError):
    """There is no room for the write."""
