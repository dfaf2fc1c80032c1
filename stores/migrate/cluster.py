"""Turns a statement for one ClickHouse server into the one for a cluster.

Files say nothing about clusters. Where one is configured, definitions run `ON CLUSTER`, and each
MergeTree becomes its Replicated twin, found by table UUID, shard and replica.
"""

from __future__ import annotations

import re
from typing import Final

from stores.lexing import blanked

_NAME: Final = r"(?:`[^`]+`|\"[^\"]+\"|[\w.]+)"
_KIND: Final = (
    r"(?:TEMPORARY\s+)?(?:MATERIALIZED\s+VIEW|LIVE\s+VIEW|VIEW|TABLE|DICTIONARY|DATABASE|FUNCTION)"
)
_DEFINITION: Final = re.compile(
    rf"""\s*(?:
        (?:CREATE(?:\s+OR\s+REPLACE)?|REPLACE|ATTACH)\s+{_KIND}(?:\s+IF\s+NOT\s+EXISTS)?\s+{_NAME}
      | (?:DROP|DETACH|TRUNCATE)\s+{_KIND}(?:\s+IF\s+(?:EXISTS|EMPTY))?\s+{_NAME}
      | ALTER\s+TABLE\s+{_NAME}
      | RENAME\s+(?:TABLE|DICTIONARY|DATABASE)\s+.+
      | EXCHANGE\s+(?:TABLES|DICTIONARIES)\s+{_NAME}\s+AND\s+{_NAME}
      | OPTIMIZE\s+TABLE\s+{_NAME}
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ENGINE: Final = re.compile(
    r"\bENGINE\s*=?\s*(?P<engine>(?!Replicated|Shared)\w*MergeTree)\b(?P<open>\s*\((?P<empty>\s*\))?)?",
    re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_PLACE: Final = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"


def for_cluster(statement: str, cluster: str = "{cluster}") -> str:
    """The statement as a cluster needs it; anything but a definition stays as it is.

    Args:
        statement: one statement, without `;`.
        cluster: name of the cluster; the default is the macro each server fills in.
    """
    code = blanked(statement, "clickhouse")
    definition = _DEFINITION.match(_without_comments(statement))
    if definition is None or re.search(r"\bON\s+CLUSTER\b", code, re.IGNORECASE):
        return statement
    end = definition.end()
    head, tail, tail_code = statement[:end].rstrip(), statement[end:], code[end:]
    return f"{head} ON CLUSTER '{cluster}'{_replicated(tail, tail_code)}"


def _replicated(text: str, code: str) -> str:
    engine = _ENGINE.search(code)
    if engine is None:
        return text
    name = f"Replicated{engine['engine']}"
    opened = engine["open"]
    alone = opened is None or engine["empty"] is not None
    arguments = f"({_PLACE})" if alone else f"({_PLACE}, "
    start, end = engine.start("engine"), engine.end()
    return f"{text[:start]}{name}{arguments}{text[end:]}"


def _without_comments(statement: str) -> str:
    """Comments blanked, quoted names left; no literal stands in front of a definition's name."""
    return _COMMENT.sub(lambda match: " " * len(match[0]), statement)
