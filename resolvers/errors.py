"""What can go wrong in the graph, as API users see it.

UserError          the caller's doing; carries a code and a message written for the caller
  BadInput         BAD_USER_INPUT: an argument is wrong
  Unauthenticated  UNAUTHENTICATED: nobody is signed in
  Forbidden        FORBIDDEN: somebody is, and may not
  NotFound         NOT_FOUND: a thing that must exist does not

A failing store raises `stores.errors.StoreError`; `describe` gives the code for it. Either nulls
exactly the fields that needed the call. Everything else is a bug and is masked as INTERNAL by
`gateway/errors.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from stores.errors import (
    StoreConflict,
    StoreError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
)


class ErrorCode(StrEnum):
    """Every value of `extensions.code` that a field can produce; stable."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    CONFLICT = "CONFLICT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    FORBIDDEN = "FORBIDDEN"
    INTERNAL = "INTERNAL"
    NOT_FOUND = "NOT_FOUND"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    RATE_LIMITED = "RATE_LIMITED"
    STALE_DATA = "STALE_DATA"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    UNAUTHENTICATED = "UNAUTHENTICATED"


class UserError(Exception):
    """Something the caller can mend.

    Attributes:
        code: for `extensions.code`.
        message: shown to the caller as it is.
        hint: what to do instead, shown after the message.
        extensions: what graphql-core puts into the error's `extensions`.
    """

    default_code: ClassVar[ErrorCode] = ErrorCode.BAD_USER_INPUT

    def __init__(
        self, message: str, *, hint: str | None = None, code: ErrorCode | None = None
    ) -> None:
        super().__init__(f"{message} {hint}" if hint else message)
        self.code = code or self.default_code
        self.message = message
        self.hint = hint
        self.extensions: dict[str, object] = {"code": self.code.value}


class BadInput(UserError):
    """An argument is wrong."""


class Unauthenticated(UserError):
    """Nobody is signed in."""

    default_code: ClassVar[ErrorCode] = ErrorCode.UNAUTHENTICATED

    def __init__(self, message: str = "Sign in to read this.") -> None:
        super().__init__(message)


class Forbidden(UserError):
    """The viewer may not do this."""

    default_code: ClassVar[ErrorCode] = ErrorCode.FORBIDDEN

    def __init__(self, message: str = "You may not do this.") -> None:
        super().__init__(message)


class NotFound(UserError):
    """Something that must exist does not."""

    default_code: ClassVar[ErrorCode] = ErrorCode.NOT_FOUND


_STORE_CODES: Final[tuple[tuple[type[StoreError], ErrorCode, str], ...]] = (
    (StoreTimeout, ErrorCode.DEADLINE_EXCEEDED, "did not answer in time"),
    (StoreConflict, ErrorCode.CONFLICT, "refused a change that contradicts another one"),
    (StoreFull, ErrorCode.STORE_UNAVAILABLE, "has no room for the change"),
    (StoreUnavailable, ErrorCode.STORE_UNAVAILABLE, "is unavailable"),
)


def describe(error: StoreError) -> tuple[str, dict[str, object]]:
    """A message without internals, and the extensions, for a store's failure.

    A statement the store rejects is our bug: INTERNAL, and nothing is said about it.
    """
    for kind, code, words in _STORE_CODES:
        if isinstance(error, kind):
            return f"The store {error.store} {words}.", {
                "code": code.value,
                "store": error.store,
                "retryable": error.retryable,
            }
    return "Internal error.", {"code": ErrorCode.INTERNAL.value}
