"""How usage is counted: the names of its kinds in Redis, and the rows these become.

A batch of counts becomes rows whose ids follow from the batch and the kind. Whoever writes a batch
again writes the same rows, and the table keeps one of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

NOBODY: Final = UUID(int=0)
COLUMNS: Final = (
    *("ts", "event_id", "user_id", "api_key_id", "event_type", "resource_type"),
    *("requests", "cost"),
)
_SEPARATOR: Final = "|"
_ROWS: Final = UUID("0c2f8f0e-6a0c-4c1e-9a52-7f3f6f0f5d11")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class UsageKind:
    """What is counted together.

    Attributes:
        user_id: who asked; None when nobody was signed in.
        api_key_id: the key they came with, if they did.
        event_type: what was done, such as query.
        resource_type: what with; empty when with nothing.
    """

    user_id: UUID | None
    api_key_id: UUID | None
    event_type: str
    resource_type: str = ""

    @property
    def name(self) -> str:
        """How the kind is called in Redis; no part of it holds a bar."""
        parts = (self.user_id, self.api_key_id, self.event_type, self.resource_type)
        return _SEPARATOR.join("" if part is None else str(part) for part in parts)

    @classmethod
    def named(cls, name: str) -> UsageKind:
        """The kind of that name.

        Raises:
            ValueError: it is no name of a kind.
        """
        user, key, event_type, resource_type = name.split(_SEPARATOR)
        return cls(_id(user), _id(key), event_type, resource_type)


UsageRow = tuple[datetime, UUID, UUID, UUID | None, str, str, int, int]


def usage_rows(batch: str, at_ms: int, counts: Mapping[str, str]) -> list[UsageRow]:
    """The rows of a batch of counts, one a kind, by name; the same for the same batch.

    Args:
        batch: name of the batch.
        at_ms: when it was taken, milliseconds since 1970; the time of its rows.
        counts: counted figures by `requests|…` and `cost|…`; what is no count is passed over.
    """
    at = _EPOCH + timedelta(milliseconds=at_ms)
    rows: list[UsageRow] = []
    for name in _names(counts):
        kind = UsageKind.named(name)
        rows.append(
            (
                at,
                uuid5(_ROWS, f"{batch}{_SEPARATOR}{name}"),
                kind.user_id or NOBODY,
                kind.api_key_id,
                kind.event_type,
                kind.resource_type,
                int(counts[f"requests|{name}"]),
                int(counts.get(f"cost|{name}", 0)),
            )
        )
    return rows


def _names(fields: Iterable[str]) -> list[str]:
    parted = (field.partition(_SEPARATOR) for field in fields)
    return sorted(name for figure, _, name in parted if figure == "requests")


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
