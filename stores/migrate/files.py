"""Reads migration files in dbmate's grammar.

A file is `NNNN_verb_object.sql`: a comment that says why, `-- migrate:up` and `-- migrate:down`,
each with `transaction:false` where its statements cannot run in a transaction. A migration without
a way back says `-- irreversible: reason`.
"""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING, Final

from stores.lexing import Dialect, split_statements
from stores.migrate.model import Migration, MigrationError, Section

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_NAME: Final = re.compile(r"(?P<version>\d+)_(?P<name>\w+)\.sql$")
_MARKER: Final = re.compile(r"^--\s*migrate:(?P<what>up|down)\b(?P<options>.*)$", re.MULTILINE)
_OPTIONS: Final = ("transaction:true", "transaction:false")
_IRREVERSIBLE: Final = re.compile(r"^--\s*irreversible:\s*(?P<reason>\S.*?)\s*$", re.MULTILINE)


def migration_folder(store: Dialect) -> Traversable:
    """Where the packaged migrations of a store are."""
    return resources.files("sql") / store


def load_migrations(folder: Traversable, dialect: Dialect) -> list[Migration]:
    """Every migration of a folder, in order. Files with other names are none.

    Raises:
        MigrationError: a file breaks the grammar, or two have the same version.
    """
    migrations: dict[str, Migration] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not _NAME.match(file.name):
            continue
        migration = parse_migration(file.name, file.read_text(encoding="utf-8"), dialect)
        if other := migrations.get(migration.version):
            raise MigrationError(
                f"{migration.filename} and {other.filename} have the same version; renumber one"
            )
        migrations[migration.version] = migration
    return sorted(migrations.values(), key=lambda migration: int(migration.version))


def parse_migration(filename: str, text: str, dialect: Dialect) -> Migration:
    """One file."""
    named = _NAME.match(filename)
    if named is None:
        raise MigrationError(f"{filename}: a migration is called NNNN_verb_object.sql")
    text = text.replace("\r\n", "\n")
    sections, start = _sections(filename, text)
    reason = _IRREVERSIBLE.search(text)
    up, down = sections.get("up"), sections.get("down")
    if up is None or not split_statements(up.sql, dialect):
        raise MigrationError(
            f"{filename}: nothing to apply; write statements below '-- migrate:up'"
        )
    if down is not None and not split_statements(down.sql, dialect):
        down = None
    if down is None and reason is None:
        raise MigrationError(
            f"{filename}: no way back; write '-- migrate:down', or '-- irreversible: reason'"
        )
    return Migration(
        version=named["version"],
        name=named["name"],
        filename=filename,
        description=_description(text[:start]) or named["name"].replace("_", " "),
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        up=up,
        down=down,
        irreversible=reason["reason"] if reason else None,
    )


def _sections(filename: str, text: str) -> tuple[dict[str, Section], int]:
    """The sections of a file and where the first one starts."""
    markers = list(_MARKER.finditer(text))
    ends = [*(marker.start() for marker in markers[1:]), len(text)][: len(markers)]
    sections: dict[str, Section] = {}
    for marker, end in zip(markers, ends, strict=True):
        if marker["what"] in sections:
            raise MigrationError(f"{filename}: '-- migrate:{marker['what']}' stands there twice")
        options = marker["options"].split()
        if unknown := [each for each in options if each not in _OPTIONS]:
            raise MigrationError(f"{filename}: unknown option {unknown[0]!r}")
        raw = text[marker.end() : end]
        start = end - len(raw.lstrip()) if raw.strip() else marker.end()
        line = text.count("\n", 0, start) + 1
        sections[marker["what"]] = Section(raw.strip(), "transaction:false" not in options, line)
    return sections, markers[0].start() if markers else len(text)


def _description(head: str) -> str:
    """The first paragraph of the comment a file begins with."""
    words: list[str] = []
    for line in head.splitlines():
        text = line.strip().removeprefix("--").strip()
        if not text and words:
            break
        if not _IRREVERSIBLE.match(line):
            words.append(text)
    return " ".join(words).strip()
