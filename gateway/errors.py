"""Any exception becomes a coded GraphQL error; what is not for users becomes INTERNAL with an id.

| raised                                   | code                                    |
|------------------------------------------|-----------------------------------------|
| UserError                                | its own                                 |
| StoreUnavailable, StoreFull              | STORE_UNAVAILABLE, with store, retryable |
| StoreTimeout, TimeoutError               | DEADLINE_EXCEEDED                       |
| StoreConflict                            | CONFLICT                                |
| syntax error, validation error           | GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED |
| a value that does not fit its type       | BAD_USER_INPUT                          |
| StoreRejected and everything else        | INTERNAL, logged once with its traceback |
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import FieldNode, GraphQLError, GraphQLSyntaxError
from strawberry.relay import GlobalIDValueError

from resolvers.errors import UserError, describe
from stores.errors import StoreError, StoreRejected

log = logging.getLogger(__name__)

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT: Final = "BAD_USER_INPUT"
TOO_COMPLEX: Final = "QUERY_TOO_COMPLEX"
DEADLINE_EXCEEDED: Final = "DEADLINE_EXCEEDED"
RATE_LIMITED: Final = "RATE_LIMITED"
STORE_UNAVAILABLE: Final = "STORE_UNAVAILABLE"
UNAUTHENTICATED: Final = "UNAUTHENTICATED"
FORBIDDEN: Final = "FORBIDDEN"
INTERNAL: Final = "INTERNAL"

_LONGEST_MESSAGE: Final = 600
_LATE: Final = "The answer was not ready within the time allowed."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a user is told about an error."""

    code: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def coded(code: str, message: str, **extra: object) -> GraphQLError:
    """A GraphQL error of ours, ready to be shown."""
    return GraphQLError(message, extensions={"code": code, **extra})


def present(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Write errors as the response carries them.

    One exception that reached many fields (a failed batch) is logged once and has one id.
    """
    incidents: dict[int, Verdict] = {}
    return [_formatted(error, _judge(error, incidents)) for error in errors]


def verdict(error: BaseException) -> Verdict:
    """Decide what is told about an exception outside any field; logs it when it is ours to mend."""
    return _known(error) or _incident(error)


def _judge(error: GraphQLError, incidents: dict[int, Verdict]) -> Verdict:
    if "code" in (error.extensions or {}) and error.original_error is None:
        extra = dict(error.extensions or {})
        return Verdict(str(extra.pop("code")), error.message, extra)
    if isinstance(error, GraphQLSyntaxError):
        return Verdict(PARSE_FAILED, error.message)
    if is_about_input(error):
        return Verdict(*input_verdict(error))
    cause = root_cause(error)
    if cause is error and not error.nodes and error.path is None:
        # graphql-core's own words before any field ran: too many variables do not fit.
        return Verdict(BAD_USER_INPUT, error.message)
    if (known := _known(cause)) is not None:
        return known
    if id(cause) not in incidents:
        incidents[id(cause)] = _incident(cause)
    return incidents[id(cause)]


def is_about_input(error: GraphQLError) -> bool:
    """Whether a value in the document or a variable is to blame.

    graphql-core points such errors at the value; errors in the answer point at the field.
    """
    nodes = error.nodes or []
    return bool(nodes) and not isinstance(nodes[0], FieldNode)


def input_verdict(error: GraphQLError) -> tuple[str, str]:
    """Code and text of an error about input, without what a scalar's parser raised for itself."""
    cause = root_cause(error)
    if isinstance(cause, UserError):
        return cause.code, error.message
    if isinstance(cause, GraphQLError):
        return BAD_USER_INPUT, error.message
    # graphql-core quotes what the scalar's parser raised, which was not written for users.
    return BAD_USER_INPUT, error.message.replace(f", but encountered error '{cause}'", "")


def root_cause(error: BaseException) -> BaseException:
    """What was raised first, below graphql-core's wrapping."""
    while isinstance(error, GraphQLError) and error.original_error is not None:
        error = error.original_error
    return error


def _known(error: BaseException) -> Verdict | None:
    """The verdict on exceptions that are meant for users, None for all others."""
    match error:
        case UserError():
            return Verdict(error.code, str(error))
        case StoreError() if not isinstance(error, StoreRejected):
            message, extra = describe(error)
            return Verdict(str(extra.pop("code")), message, extra)
        case GlobalIDValueError():
            return Verdict(BAD_USER_INPUT, "This is not an id of the graph.")
        case TimeoutError():
            return Verdict(DEADLINE_EXCEEDED, _LATE)
    return None


def _incident(error: BaseException) -> Verdict:
    """Log a fault of ours with a new id, which is all that users see of it."""
    incident = secrets.token_hex(6)
    log.error("incident %s: %s", incident, type(error).__name__, exc_info=error)
    return Verdict(
        INTERNAL, "Something failed on our side. The id finds it in our logs.", {"id": incident}
    )


def _formatted(error: GraphQLError, told: Verdict) -> dict[str, Any]:
    message = told.message
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = {"code": told.code, **told.extra}
    return formatted
