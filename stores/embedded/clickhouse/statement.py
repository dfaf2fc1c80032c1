"""One request as ClickHouse understands it: statement, data, parameters, settings."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# Arguments of the HTTP interface that are not settings of the engine.
_TRANSPORT = frozenset(
    (
        *("add_http_cors_header", "buffer_size", "client_protocol_version", "compress"),
        *("database", "decompress", "default_format", "enable_http_compression"),
        *("http_headers_progress_interval_ms", "password", "query", "query_id", "quota_key"),
        *("role", "send_progress_in_http_headers", "session_check", "session_id"),
        *("session_timeout", "stacktrace", "user", "wait_end_of_query"),
    )
)
_SETTING_NAME = re.compile(r"\w+")
_SPACE = rb"(?:/\*.*?\*/|--[^\n]*\n|\s)*"
_NAME = rb'(?:(?:`(?:[^`\\]|\\.)*`)+|(?:"(?:[^"\\]|\\.)*")+|\w++)'
_INSERT_WITH_DATA = re.compile(
    rb"(?P<head>" + _SPACE + rb"INSERT\s+INTO\s+(?:TABLE\s+)?" + _NAME + rb"(?:\." + _NAME + rb")?"
    rb"\s*(?:\((?:" + _NAME + rb"|[\s,])*\))?(?:\s*SETTINGS\s[^;]*?)?)"
    rb"\s*\bFORMAT\s+(?P<format>\w+)[ \t\f]*\r?\n?",
    re.IGNORECASE | re.DOTALL,
)
_FORMAT_AT_END = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_TRAILING_SEMICOLONS = re.compile(r"(?:\s*;)+\s*$")


@dataclass(frozen=True, slots=True)
class Request:
    """What one HTTP request asks of the engine.

    Attributes:
        text: SQL without the data of an insert.
        data: Rows to insert in `format`; None for every other statement.
        format: Format of the data, or of the answer unless the text names another.
        settings: Engine settings of this request only.
    """

    text: str
    data: bytes | None
    format: str
    database: str
    query_id: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


class InvalidRequest(Exception):
    """The request cannot be understood; `code` is ClickHouse's number for the error."""

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message}. ({name})")


def parse_request(
    arguments: Mapping[str, str], body: bytes, *, read_only: bool, database: str
) -> Request:
    """Put a request together from URL and form arguments and the decompressed body.

    Args:
        arguments: Decoded names and values.
        body: SQL, or SQL and data, or only data when the SQL is the argument `query`.
        read_only: The method was GET, which may change nothing.
        database: Used when the arguments name none.
    """
    query = arguments.get("query", "").encode()
    statement = b"\n".join(part for part in (query, body) if part)
    insert = _INSERT_WITH_DATA.match(statement)
    settings = _settings(arguments)
    if read_only:
        settings.setdefault("readonly", "2")
    request = Request(
        text="",
        data=None,
        format=arguments.get("default_format") or "TabSeparated",
        database=arguments.get("database") or database,
        query_id=arguments.get("query_id") or str(uuid.uuid4()),
        parameters=_parameters(arguments),
        settings=settings,
    )
    if insert and insert.end() < len(statement):
        data, text = statement[insert.end() :], _decoded(insert["head"])
        return replace(request, text=text.strip(), data=data, format=insert["format"].decode())
    text = _TRAILING_SEMICOLONS.sub("", _decoded(statement))
    if not text.strip():
        raise InvalidRequest(62, "SYNTAX_ERROR", "Syntax error: empty query")
    named = _FORMAT_AT_END.search(text)
    return replace(request, text=text, format=named[1] if named else request.format)


def _parameters(arguments: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("param_"): value
        for name, value in arguments.items()
        if name.startswith("param_")
    }


def _settings(arguments: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: value
        for name, value in arguments.items()
        if name not in _TRANSPORT and not name.startswith("param_")
    }
    for name in found:
        if not _SETTING_NAME.fullmatch(name):
            raise InvalidRequest(115, "UNKNOWN_SETTING", f"Unknown setting {name!r}")
    return found


def _decoded(statement: bytes) -> str:
    try:
        return statement.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(62, "SYNTAX_ERROR", f"Syntax error: not UTF-8: {error}") from error
