"""Which media type an answer gets: by the Accept header's quality values, then by its order."""

from __future__ import annotations

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


def answer_media(accept: str | None) -> Media | None:
    """The form for one answer (a query or mutation); None when the client accepts none of ours.

    Equal qualities go to the type the client named first; a wildcard names ours in the order
    GraphQL response, JSON, and never a stream.
    """
    ranges = _ranges(accept)
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


def accepts_events(accept: str | None) -> bool:
    """Whether a subscription may be answered as an event stream."""
    found = _best_range(_ranges(accept), Media.EVENTS)
    return found is not None and found.quality > 0


def error_media(accept: str | None) -> Media:
    """The form for a request that cannot be run: the preferred JSON form, or plain JSON."""
    chosen = answer_media(accept)
    return chosen if chosen is Media.GRAPHQL else Media.JSON


def _best_range(ranges: list[_Range], media: Media) -> _Range | None:
    """The most exact range that covers `media`; it overrules wildcards, also to exclude."""
    covering = [item for item in ranges if item.specificity(media)]
    return max(covering, key=lambda item: (item.specificity(media), -item.position), default=None)


def _ranges(accept: str | None) -> list[_Range]:
    text = (accept or "").strip() or _DEFAULT
    found: list[_Range] = []
    for position, part in enumerate(text[:_LONGEST].split(",")):
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
