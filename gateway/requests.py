"""One GraphQL request out of bytes, by the GraphQL-over-HTTP specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from gateway.encoding import NotJson, decode

_LONGEST_NAME: Final = 256


class BadRequest(Exception):
    """The request is not well formed; the text says what is wrong and is shown to the client."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What to run.

    Attributes:
        query: the document's text.
        variables: raw values by name.
        operation_name: which operation of the document, None for its only one.
        extensions: whatever else the client said.
    """

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)


def from_body(body: bytes) -> GraphQLRequest:
    """Read the body of a POST.

    Raises:
        BadRequest: not JSON, or not the parameters of one operation.
    """
    try:
        return from_parameters(decode(body))
    except NotJson as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None


def from_query_string(query_string: bytes) -> GraphQLRequest:
    """Read the parameters of a GET; variables and extensions are JSON texts.

    Raises:
        BadRequest: not percent-encoded UTF-8, a parameter twice, or a value of the wrong kind.
    """
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50
        )
    except ValueError:
        raise BadRequest(
            "The query string is not percent-encoded UTF-8: encode it, or use POST."
        ) from None
    parameters: dict[str, Any] = {}
    for name, value in pairs:
        if name in ("query", "variables", "operationName", "extensions") and name in parameters:
            raise BadRequest(f"{name} is given twice: give it once.")
        parameters[name] = value
    if parameters.get("operationName") == "":
        del parameters["operationName"]
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = _json_parameter(name, parameters[name])
        else:
            parameters.pop(name, None)
    return from_parameters(parameters)


def from_parameters(parameters: object) -> GraphQLRequest:
    """Check decoded parameters; members we do not know are ignored, as the specification asks.

    Raises:
        BadRequest: a value of the wrong kind.
    """
    if isinstance(parameters, list):
        raise BadRequest("Batches are not supported: send one operation as a JSON object.")
    if not isinstance(parameters, dict):
        raise BadRequest("The request must be a JSON object with a query.")
    query = parameters.get("query")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("query must be a GraphQL document.")
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("operationName must be a string.")
    if name is not None and len(name) > _LONGEST_NAME:
        raise BadRequest(
            f"operationName is longer than {_LONGEST_NAME} characters: choose a shorter one."
        )
    return GraphQLRequest(
        query, _mapping(parameters, "variables"), name or None, _mapping(parameters, "extensions")
    )


def _mapping(parameters: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parameters.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object.")
    return value


def _json_parameter(name: str, text: str) -> object:
    try:
        return decode(text.encode())
    except NotJson as error:
        raise BadRequest(f"{name} is not JSON: {error}.") from None
