"""Which media type an answer gets: by the Accept header's quality values, then by its order."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Media(StrEnum):
    """The forms an answer can have."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"


# By rank, for wildcards.
_DEFAULT: Final = "*/*"
_SINGLE: Final = (Media.GRAPHQL, Media.JSON, Media.EVENTS)
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Range:
    name: str
    quality: float
    position: int

    def specificity(self, media: Media) -> int:
        """How exactly this names `media`: 3 the type itself, 2 `type/*`, 1 `*/*`, 0 not at all."""
        if self.name == media:
            return 3
        if self.name == f"{media.partition('/')[0]}/*":
            return 2
        return 1 if self.name == "*/*" else 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client takes.

    Attributes:
        answer: the form for one answer (a query or mutation); None when none of ours is accepted.
        events: whether a subscription may be answered as an event stream.
        error: the form for a request that cannot be run: the preferred JSON form, or plain JSON.
    """

    answer: Media | None
    events: bool
    error: Media


def accepted(accept: bytes | None) -> Accepted:
    """What an Accept header says; None when there is none."""
    return _accepted((accept or b"").strip()[:_LONGEST])


# Programs send the same few headers; what others send takes 256 times 2,000 bytes at most.
@functools.lru_cache(maxsize=256)
def _accepted(accept: bytes) -> Accepted:
    ranges = _ranges(accept.decode("latin-1"))
    answer = _answer_media(ranges)
    events = _best_range(ranges, Media.EVENTS)
    return Accepted(
        answer,
        events is not None and events.quality > 0,
        answer if answer is Media.GRAPHQL else Media.JSON,
    )


def _answer_media(ranges: list[_Range]) -> Media | None:
    """Equal qualities go to the type the client named first.

    A wildcard names ours in the order GraphQL response, JSON, and never a stream.
    """
    best: tuple[float, int, int] | None = None
    chosen: Media | None = None
    for rank, media in enumerate(_SINGLE):
        found = _best_range(ranges, media)
        if found is None or found.quality <= 0:
            continue
        if media is Media.EVENTS and found.name != media:
            continue
        score = (found.quality, -found.position, -rank)
        if best is None or score > best:
            best, chosen = score, media
    return chosen


def _best_range(ranges: list[_Range], media: Media) -> _Range | None:
    """The most exact range that covers `media`; it overrules wildcards, also to exclude."""
    covering = [item for item in ranges if item.specificity(media)]
    return max(covering, key=lambda item: (item.specificity(media), -item.position), default=None)


def _ranges(accept: str) -> list[_Range]:
    found: list[_Range] = []
    for position, part in enumerate((accept or _DEFAULT).split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = _quality(parameters)
        if "/" in name and quality is not None:
            found.append(_Range(name, quality, position))
    return found


def _quality(parameters: list[str]) -> float | None:
    """The q parameter, 1 when there is none, None when it is not a number from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() != "q":
            continue
        try:
            quality = float(value)
        except ValueError:
            return None
        return quality if 0 <= quality <= 1 else None
    return 1.0
