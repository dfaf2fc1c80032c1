"""Texts that name an asset: lists of ids in Postgres."""

from __future__ import annotations

import asyncio
import enum
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from uuid import UUID

import strawberry

from resolvers.errors import BadInput
from resolvers.resolve import load_one

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext

MAX_MENTIONS: Final = 100
FirstMentions = Annotated[
    int, strawberry.argument(description=f"How many at most; {MAX_MENTIONS} is the maximum.")
]


@strawberry.enum(description="Where something was said.")
class MentionSource(enum.Enum):
    """Where something was said."""

    TWITTER = strawberry.enum_value("twitter", description="A post on X.")
    REDDIT = strawberry.enum_value("reddit", description="A post on Reddit.")
    NEWS = strawberry.enum_value("news", description="An article of a news site.")


SourceArgument = Annotated[
    MentionSource | None, strawberry.argument(description="Only from there.")
]
PublishedFrom = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="Only published then or later."),
]
PublishedTo = Annotated[
    datetime | None, strawberry.argument(name="to", description="Only published before then.")
]


def check_span(start: datetime | None, end: datetime | None) -> None:
    """Raise `BadInput` for a span that holds no time."""
    if start is not None and end is not None and start >= end:
        raise BadInput("`from` is not before `to`.")


async def mentions_about(
    info: Info,
    asset: UUID,
    *,
    first: int,
    source: MentionSource | None,
    start: datetime | None,
    end: datetime | None,
) -> list[Any]:
    """The newest texts that name an asset, of a source and a span.

    Raises:
        BadInput: `first` is out of range, or the span holds no time.
    """
    if not 0 <= first <= MAX_MENTIONS:
        raise BadInput(f"`first` is {first}; it must lie between 0 and {MAX_MENTIONS}.")
    check_span(start, end)
    context: RequestContext = info.context
    word = None if source is None else cast("str", source.value)

    async def load(assets: list[UUID]) -> list[list[UUID]]:
        rows: list[Any] = await context.postgres(
            "research.mentions_about_assets", assets, word, start, end, first, keys=len(assets)
        )
        found: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for key, mention in rows:
            found[key].append(mention)
        return [found.get(key, []) for key in assets]

    identity = ("mentions about assets", first, word, start, end)
    keys = await context.loaders.get(identity, lambda: load).load(asset)
    # The catalogue builds on no other domain, so the type is the schema's.
    definition: Any = info.schema.get_type_by_name("Mention")
    found = await asyncio.gather(*(load_one(info, definition.origin, key) for key in keys))
    return [mention for mention in found if mention is not None]
