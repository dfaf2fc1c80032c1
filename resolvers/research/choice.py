"""What a search of mentions is limited to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import strawberry

from resolvers.catalog.asset import Asset
from resolvers.catalog.mentioned import MentionSource, check_span
from resolvers.ids import key_of
from resolvers.reflection import entity_of

AboutAsset = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only texts that name this asset.")
]
AboutProject = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only texts about this project.")
]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mentions are looked at; None does not limit.

    Attributes:
        asset: the text names it.
        project: the text is about it.
        source: where it was published.
        start: published then or later.
        end: published before then.
    """

    asset: UUID | None = None
    project: UUID | None = None
    source: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def choice(
    asset: str | None,
    project: str | None,
    source: MentionSource | None,
    start: datetime | None,
    end: datetime | None,
) -> Choice:
    """A choice from arguments of a field.

    Raises:
        BadInput: an id is none of its type, or `from` is not before `to`.
    """
    from resolvers.research.project import Project

    check_span(start, end)
    return Choice(
        asset=None if asset is None else cast("UUID", key_of(entity_of(Asset), asset)),
        project=None if project is None else cast("UUID", key_of(entity_of(Project), project)),
        source=None if source is None else cast("str", source.value),
        start=start,
        end=end,
    )
