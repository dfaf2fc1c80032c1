"""Root fields of forecasts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import strawberry
from strawberry import Info

from resolvers.connection import Connection
from resolvers.errors import BadInput
from resolvers.fields import root_field, root_one, root_page
from resolvers.ids import checked_text
from resolvers.permissions import Access, Tier
from resolvers.predictions.accuracy import DEFAULT_DAYS, PredictionAccuracy, accuracies
from resolvers.predictions.types import Prediction, PredictionType

_MOST: Final = 100


@strawberry.type(description="Forecasts.")
class PredictionQuery:
    """Root fields of forecasts."""

    prediction: Prediction | None = root_one(
        "One forecast; null when there is none, or while its store is away. Part of the tier "
        "basic.",
        by=("prediction_id",),
        access=Access.AUTHENTICATED,
        tier=Tier.BASIC,
    )
    predictions: Connection[Prediction] | None = root_page(
        "Forecasts, those for the latest instants first; null while their store is away. Part of "
        "the tier basic.",
        access=Access.AUTHENTICATED,
        tier=Tier.BASIC,
    )

    @root_field(
        "How good the models were, by what they forecast, version and horizon, over forecasts for "
        "instants of a span; null while their store is away. At most 1,000 groups.",
        access=Access.PUBLIC,
    )
    async def prediction_accuracy(
        self,
        info: Info,
        types: Annotated[
            list[PredictionType] | None,
            strawberry.argument(description="Only these types; all when not given."),
        ] = None,
        models: Annotated[
            list[str] | None,
            strawberry.argument(description="Only these models, at most 100; all when not given."),
        ] = None,
        target_ids: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Only forecasts about these, as in `Prediction.targetId`, at most 100; "
                "all when not given."
            ),
        ] = None,
        from_: Annotated[
            datetime | None,
            strawberry.argument(
                name="from",
                description=f"First instant, inclusive; {DEFAULT_DAYS} days before `to` when "
                "absent.",
            ),
        ] = None,
        to: Annotated[
            datetime | None,
            strawberry.argument(description="Last instant, exclusive; now when not given."),
        ] = None,
    ) -> list[PredictionAccuracy] | None:
        """One statement."""
        return await accuracies(
            info.context,
            types=types or (),
            models=_words("models", models),
            targets=_words("targetIds", target_ids),
            start=from_,
            end=to,
        )


def _words(argument: str, given: list[str] | None) -> list[str]:
    if given is not None and len(given) > _MOST:
        raise BadInput(f"`{argument}` has {len(given)} entries, above the maximum of {_MOST}.")
    return [checked_text(argument, each) for each in given or ()]
