"""Named statements from `sql/queries/<store>/<domain>.sql`.

A file is a namespace. A statement begins with `-- name: <name> :many|:one|:exec [Row]`. Comment
lines right below are its description; `-- index: <name>` says which index it relies on, and
`-- params: a, b` may fix the parameters and their order. Parameters are native, so a statement
pastes into psql (`:wallet_id`) or clickhouse-client (`{wallet_id:UUID}`); Postgres ones become `$n`
here, once. A SELECT that calls a function which writes says `:exec`, so it is never sent twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal, cast

from stores.lexing import NOT_CODE, Dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from importlib.resources.abc import Traversable

Kind = Literal["many", "one", "exec"]

_HEADER: Final = re.compile(r"--\s*name:\s*(?P<rest>.*)$")
_HEADER_REST: Final = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)\s+:(?P<kind>many|one|exec)(?:\s+(?P<row>[A-Z]\w*))?\s*$"
)
_NOTE: Final = re.compile(r"--\s*(?P<what>index|params):\s*(?P<value>.*?)\s*$")
# What is not code comes first, so that a parameter inside it is never seen.
_PARAMETER: Final[dict[Dialect, re.Pattern[str]]] = {
    "postgres": re.compile(
        NOT_CODE["postgres"] + r"|::|:=|(?<!\w):(?P<param>[A-Za-z_]\w*)", re.DOTALL
    ),
    "clickhouse": re.compile(
        NOT_CODE["clickhouse"] + r"|\{\s*(?P<param>[A-Za-z_]\w*)\s*:\s*(?P<type>[^{}]+?)\s*\}",
        re.DOTALL,
    ),
}
_WRITES: Final = re.compile(
    r"\b(insert|update|delete|merge|truncate|create|alter|drop|copy|call|do|grant|lock|refresh|optimize|for\s+update|"
    r"for\s+no\s+key\s+update|nextval|set_config|pg_advisory\w*)\b",
    re.IGNORECASE,
)
_READS: Final = re.compile(
    r"\s*(?:\(\s*)*(select|with|values|table|show|explain|describe|exists)\b", re.IGNORECASE
)


class QueryFileError(ValueError):
    """A named query cannot be loaded; the message begins with file and line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One parameterised statement.

    Attributes:
        name: `<domain>.<query>`; names metrics, spans and errors.
        text: what the driver gets: `$n` for Postgres, `{name:Type}` for ClickHouse.
        params: parameter names; for Postgres in the order of `$n`.
        kind: whether many rows, at most one or none are expected.
        row: name of the row class the columns fill, where the file says it.
        description: the comment below the header.
        index: index the statement relies on.
        reads_only: the statement changes nothing, so it may be sent again after a lost connection.
    """

    name: str
    text: str
    params: tuple[str, ...] = ()
    kind: Kind = "many"
    row: str | None = None
    description: str = ""
    index: str | None = None
    reads_only: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads_only", self.kind != "exec" and _only_reads(self.text))

    def arguments(self, **values: object) -> tuple[object, ...]:
        """The values in the order of `params`, for a driver that wants positions.

        Raises:
            TypeError: a parameter is missing or unknown.
        """
        if values.keys() != set(self.params):
            wanted = ", ".join(self.params) or "no parameters"
            raise TypeError(f"{self.name} takes {wanted}; got {', '.join(values) or 'none'}")
        return tuple(values[name] for name in self.params)


def load_queries(store: Dialect, *, folder: Traversable | None = None) -> Mapping[str, Statement]:
    """Load every named query of a store, by `<domain>.<query>`.

    Args:
        store: which dialect the files are in.
        folder: where the `.sql` files are; the packaged `sql/queries/<store>` when not given.

    Raises:
        QueryFileError: a header, name or parameter is wrong; says file, line and what to do.
    """
    folder = folder if folder is not None else resources.files("sql") / "queries" / store
    if not folder.is_dir():
        return {}
    statements: dict[str, Statement] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            statements.update(parse_queries(store, file.name, file.read_text(encoding="utf-8")))
    return statements


def parse_queries(store: Dialect, filename: str, text: str) -> dict[str, Statement]:
    """Parse one file; `filename` gives the namespace and the place in error messages."""
    domain = filename.removesuffix(".sql")
    statements: dict[str, Statement] = {}
    for line, block in _blocks(filename, text):
        statement = _statement(store, domain, f"{filename}:{line}", block)
        if statement.name in statements:
            raise QueryFileError(
                f"{filename}:{line}: a second query is called {statement.name!r}; rename one"
            )
        statements[statement.name] = statement
    return statements


def _blocks(filename: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number of each header with the lines from it to the next header."""
    block: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if _HEADER.match(line):
            if block:
                yield start, block
            block, start = [line], number
        elif block:
            block.append(line)
        elif line.strip() and not line.lstrip().startswith("--"):
            raise QueryFileError(f"{filename}:{number}: SQL before the first '-- name:' line")
    if block:
        yield start, block


def _statement(store: Dialect, domain: str, place: str, block: list[str]) -> Statement:
    header = _HEADER.match(block[0])
    parsed = _HEADER_REST.match(header["rest"].strip()) if header else None
    if parsed is None:
        raise QueryFileError(
            f"{place}: expected '-- name: lower_case :many|:one|:exec [RowClass]', got {block[0]!r}"
        )
    name = f"{domain}.{parsed['name']}"
    place = f"{place}: {name}"
    description, notes, body = _split_comments(block[1:])
    sql = body.strip().removesuffix(";").rstrip()
    if not sql:
        raise QueryFileError(f"{place} has no statement")
    declared = _declared(place, notes)
    bind = _bind_postgres if store == "postgres" else _bind_clickhouse
    text, params = bind(sql, place, declared)
    kind = cast("Kind", parsed["kind"])
    return Statement(name, text, params, kind, parsed["row"], description, notes.get("index"))


def _split_comments(lines: list[str]) -> tuple[str, dict[str, str], str]:
    """Take the comment lines right below the header apart from the statement."""
    description: list[str] = []
    notes: dict[str, str] = {}
    for position, line in enumerate(lines):
        stripped = line.strip()
        if found := _NOTE.match(stripped):
            notes[found["what"]] = found["value"]
        elif stripped.startswith("--"):
            description.append(stripped.lstrip("-").strip())
        else:
            return " ".join(description), notes, "\n".join(lines[position:])
    return " ".join(description), notes, ""


def _declared(place: str, notes: dict[str, str]) -> tuple[str, ...] | None:
    """Parameters of a `-- params:` line; None without one."""
    if "params" not in notes:
        return None
    names = tuple(name.strip() for name in notes["params"].split(",") if name.strip())
    for name in names:
        if names.count(name) > 1:
            raise QueryFileError(f"{place}: parameter {name!r} is declared twice")
    return names


def _check_declared(place: str, declared: tuple[str, ...] | None, used: Collection[str]) -> None:
    if declared is None:
        return
    if unknown := sorted(set(used) - set(declared)):
        raise QueryFileError(f"{place}: unknown parameter {unknown[0]!r}; '-- params:' lacks it")
    if unused := sorted(set(declared) - set(used)):
        raise QueryFileError(f"{place}: parameter {unused[0]!r} is declared and never used")


def _bind_postgres(
    sql: str, place: str, declared: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...]]:
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match["param"]
        return match[0] if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    _check_declared(
        place, declared, [m["param"] for m in _PARAMETER["postgres"].finditer(sql) if m["param"]]
    )
    for name in declared or ():
        numbers[name] = len(numbers) + 1
    text = _PARAMETER["postgres"].sub(number, sql)
    _refuse(
        place,
        _code("postgres", sql),
        r"\$\d+",
        "write :name, numbers are assigned when the file is loaded",
    )
    _refuse(
        place,
        _code("postgres", sql),
        r";",
        "one statement a query: remove the ';' or start another '-- name:'",
    )
    return text, tuple(numbers)


def _bind_clickhouse(
    sql: str, place: str, declared: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...]]:
    types: dict[str, str] = {}
    for match in _PARAMETER["clickhouse"].finditer(sql):
        name, kind = match["param"], match["type"]
        if name is not None and types.setdefault(name, kind) != kind:
            raise QueryFileError(
                f"{place}: parameter {name!r} is {types[name]} in one place and {kind} in another"
            )
    code = _code("clickhouse", sql)
    _refuse(place, code, r"[{}]", "write {name:Type}")
    _refuse(place, code, r";", "one statement a query: remove the ';' or start another '-- name:'")
    _check_declared(place, declared, types)
    return sql, tuple(types) if declared is None else declared


def _code(store: Dialect, sql: str) -> str:
    """The statement without comments, literals and parameters."""
    return _PARAMETER[store].sub(" ", sql)


def _refuse(place: str, code: str, pattern: str, advice: str) -> None:
    if found := re.search(pattern, code):
        raise QueryFileError(f"{place}: unexpected {found[0]!r}; {advice}")


def _only_reads(text: str) -> bool:
    """Whether a statement certainly changes nothing; judged by its words outside of literals."""
    code = _code("postgres", text)
    return _READS.match(code) is not None and _WRITES.search(code) is None
