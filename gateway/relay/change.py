"""What a store hears of, and what it has to bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the outbox.

    Attributes:
        position: its place in the order of changes.
        sequence: its key.
        aggregate: what kind of thing changed, by table.
        aggregate_id: which one.
        event: what happened to it, such as `created`.
        payload: what subscribers need to know; never secrets.
        created_at: when the change was made.
    """

    position: int
    sequence: int
    aggregate: str
    aggregate_id: str
    event: str
    payload: Mapping[str, Any]
    created_at: datetime

    @property
    def thing(self) -> tuple[str, str]:
        """What changed; changes of one thing are passed on in order."""
        return self.aggregate, self.aggregate_id

    @property
    def user_id(self) -> str | None:
        """Whose it is; None when nobody's or not said."""
        owner = self.payload.get("user_id")
        return None if owner is None else str(owner)


class Receiver(Protocol):
    """A store that hears of changes.

    Attributes:
        name: the store, as `ops.relay_progress` calls it.
        batch: changes at once at most.
        gather_s: how long changes may wait for others to go along, in seconds.
    """

    name: str
    batch: int
    gather_s: float

    async def receive(self, changes: Sequence[Change]) -> None:
        """Take changes, in order of position. The same ones may come again, also later ones first.

        Raises:
            StoreError: the store is away, or refuses what it was sent.
            Exception: the changes cannot be understood.
        """
