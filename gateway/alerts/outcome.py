"""What is sent, and how a try to send it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told.

    Attributes:
        id: the delivery; the same whenever it is sent again.
        title: headline.
        text: what happened.
        at: when it happened (UTC).
        kind: `alert.triggered`, `alert.test` when a rule was only tried out, or `alert.digest`.
        facts: the event, or those of a digest, by name, as JSON values; for receivers that are
            programs.
    """

    id: UUID
    title: str
    text: str
    at: datetime
    kind: str = "alert.triggered"
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to: an address of the channel, and what requests there are signed with."""

    to: str = field(repr=False)
    signing_secret: str | None = field(default=None, repr=False)


class TryAgain(Exception):
    """It was not taken, and may be later; after `after_s` seconds at the earliest."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Refused(Exception):
    """It will never be taken; `is_gone` when nothing else will be either: it bounces."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.is_gone = is_gone


class Channel(Protocol):
    """A way to tell somebody."""

    @property
    def provider(self) -> str:
        """The service that carries it."""

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Send once; the service's key of the message, where it gives one.

        Raises:
            TryAgain: it may be taken later.
            Refused: it will not.
        """
