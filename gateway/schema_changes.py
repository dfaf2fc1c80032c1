"""What changes for clients from one schema to the next, by how much it hurts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from graphql import (
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
)
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes


class Impact(StrEnum):
    """What a change does to a client that works today."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes between two schemas, one sentence each, by impact.

    Attributes:
        breaking: operations that were valid may be refused now, or get another type.
        dangerous: operations stay valid, but may behave otherwise, such as by a new enum value.
        safe: nothing that was asked before differs.
    """

    breaking: list[str] = field(default_factory=list)
    dangerous: list[str] = field(default_factory=list)
    safe: list[str] = field(default_factory=list)

    def of(self, impact: Impact) -> list[str]:
        """Those of one impact."""
        found: list[str] = getattr(self, impact)
        return found


class NotASchema(Exception):
    """A text is no schema definition."""


def read_schema(sdl: str) -> GraphQLSchema:
    """The schema a text defines; directives of Federation need no definition in it.

    Raises:
        NotASchema: it is none.
    """
    try:
        return build_schema(sdl, assume_valid_sdl=True)
    except GraphQLSyntaxError as error:
        place = error.locations[0] if error.locations else None
        where = f"line {place.line}, column {place.column}: " if place else ""
        raise NotASchema(f"{where}{error.message}") from None
    except TypeError as error:
        raise NotASchema(str(error)) from None


def changes_between(old: GraphQLSchema, new: GraphQLSchema) -> Changes:
    """What changed, sorted."""
    changes = Changes()
    for change in find_schema_changes(old, new):
        if isinstance(change, BreakingChange):
            changes.breaking.append(change.description)
        elif isinstance(change, DangerousChange):
            changes.dangerous.append(change.description)
        else:
            changes.safe.append(change.description)
    for impact in Impact:
        changes.of(impact).sort()
    return changes
