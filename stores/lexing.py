"""What is code in SQL text and what is a comment or a literal.

A lexer of a few lines per dialect: enough to find parameters and the ends of statements without
being fooled by `'a;b'`, `"a:b"`, `-- it's` or `$$ … $$`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Dialect = Literal["postgres", "clickhouse"]

_COMMENTS: Final = r"--[^\n]*|/\*.*?\*/"
# Alternatives of one regular expression; whatever a caller looks for comes after them.
NOT_CODE: Final[dict[Dialect, str]] = {
    "postgres": _COMMENTS
    + r"""|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*\""""
    + r"|\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag)|)\$",
    "clickhouse": _COMMENTS + r"""|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`""",
}
_COMMENT: Final = re.compile(_COMMENTS, re.DOTALL)
_SEPARATOR: Final = {
    dialect: re.compile(rf"{pattern}|(?P<end>;)", re.DOTALL)
    for dialect, pattern in NOT_CODE.items()
}
_BLANKED: Final = {dialect: re.compile(pattern, re.DOTALL) for dialect, pattern in NOT_CODE.items()}


def split_statements(text: str, dialect: Dialect) -> list[str]:
    """The statements of a script in order, without `;`; comments in front stay, empty ones go."""
    return [part for part in _parts(text, dialect) if _COMMENT.sub("", part).strip()]


def blanked(text: str, dialect: Dialect) -> str:
    """The text with comments and literals replaced by spaces of the same length."""
    return _BLANKED[dialect].sub(lambda match: " " * len(match[0]), text)


def _parts(text: str, dialect: Dialect) -> Iterator[str]:
    start = 0
    for match in _SEPARATOR[dialect].finditer(text):
        if match["end"]:
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()
