"""Decides what to do from files and records; talks to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stores.migrate.model import FileState, Migration, MigrationError, Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def to_apply(
    migrations: Sequence[Migration], recorded: Mapping[str, Recorded], target: str | None = None
) -> list[Migration]:
    """Migrations to apply, in order; an unfinished one comes first.

    Args:
        migrations: every file, in order.
        recorded: what the store remembers, by version.
        target: last version to apply; all of them when not given.

    Raises:
        MigrationError: a file was changed after it was applied, is gone, or would come too late.
    """
    check(migrations, recorded)
    limit = None if target is None else _order(resolve(migrations, target))
    return [
        each
        for each in migrations
        if (each.version not in recorded or recorded[each.version].running)
        and (limit is None or _order(each.version) <= limit)
    ]


def to_undo(
    migrations: Sequence[Migration],
    recorded: Mapping[str, Recorded],
    *,
    steps: int = 1,
    target: str | None = None,
) -> list[Migration]:
    """Migrations to undo, newest first.

    Args:
        migrations: every file, in order.
        recorded: what the store remembers, by version.
        steps: how many, when there is no target.
        target: last version that stays; "0" undoes everything.

    Raises:
        MigrationError: as `to_apply`, or one of them cannot be undone.
    """
    check(migrations, recorded)
    done = [each for each in reversed(migrations) if each.version in recorded]
    if target is None:
        chosen = done[:steps]
    else:
        limit = 0 if target.strip("0") == "" else _order(resolve(migrations, target))
        chosen = [each for each in done if _order(each.version) > limit]
    for migration in chosen:
        if migration.down is None:
            raise MigrationError(f"{migration.filename} cannot be undone: {migration.irreversible}")
    return chosen


def check(migrations: Sequence[Migration], recorded: Mapping[str, Recorded]) -> None:
    """Refuse when files and records contradict each other.

    Raises:
        MigrationError: names the first contradiction.
    """
    for _, name, state, remark in states(migrations, recorded):
        if state in ("changed", "missing", "out of order"):
            raise MigrationError(f"{name}: {remark}")


def states(
    migrations: Sequence[Migration], recorded: Mapping[str, Recorded]
) -> list[tuple[str, str, FileState, str]]:
    """State of every file and of every record without one: version, file name, state, remark."""
    files = {each.version: each for each in migrations}
    last = max((_order(version) for version in recorded), default=0)
    found: list[tuple[str, str, FileState, str]] = []
    for version in sorted(files.keys() | recorded.keys(), key=_order):
        migration = files.get(version)
        if migration is None:
            remark = "was applied and its file is gone; bring the file back"
            found.append((version, f"version {version}", "missing", remark))
        else:
            state, remark = _state(migration, recorded.get(version), last)
            found.append((version, migration.filename, state, remark))
    return found


def resolve(migrations: Sequence[Migration], target: str) -> str:
    """The version meant by `target`: leading zeros do not matter.

    Raises:
        MigrationError: no file has it.
    """
    for migration in migrations:
        if target.isdigit() and _order(migration.version) == _order(target):
            return migration.version
    known = f"{migrations[0].version} to {migrations[-1].version}" if migrations else "none"
    raise MigrationError(f"there is no migration {target!r}; there are {known}")


def _state(migration: Migration, record: Recorded | None, last: int) -> tuple[FileState, str]:
    if record is None:
        if _order(migration.version) < last:
            return "out of order", (
                f"is not applied and version {last} already is; give it a higher number"
            )
        return "pending", ""
    if record.checksum is not None and record.checksum != migration.checksum:
        if record.running:
            return "running", "was changed since it failed; the new text will be run"
        return "changed", (
            "was changed after it was applied; restore it and put the change into a new migration"
        )
    if record.running:
        return "running", f"stopped after {record.statements_done} statements; run migrate again"
    return "applied", ""


def _order(version: str) -> int:
    return int(version) if version.isdigit() else 0
