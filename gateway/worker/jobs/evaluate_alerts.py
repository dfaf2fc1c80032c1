"""Rules of every type are looked at, whether or not anything said that something changed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from gateway.alerts.due import tell_due
from gateway.worker.job import CatchUp, JobContext, job
from resolvers.alerts.enums import AlertType
from resolvers.alerts.sweep import sweep
from stores.errors import StoreError

_LOG: Final = logging.getLogger(__name__)


@job("evaluate_alerts", every="* * * * *", catch_up=CatchUp.SKIP, timeout_s=300, max_attempts=1)
async def evaluate_alerts(run: JobContext) -> None:
    """Looks at what alert rules are about, and lets those fire whose condition holds."""
    now = datetime.now(UTC)
    away: dict[AlertType, StoreError] = {}
    fired = 0
    for kind in AlertType:
        try:
            async for step in sweep(run.stores, kind, now):
                run.done(step.subjects)
                fired += len(step.fired)
                await tell_due(run.stores, sum(each.delivery_count for each in step.fired))
        except StoreError as error:  # the other types may be fed by another store
            _LOG.warning("rules of type %s were not looked at: %s", kind.value, error)
            away[kind] = error
        run.details["fired"] = fired
    if len(away) == len(AlertType):
        raise away[kind]
    if away:
        run.details["not_looked_at"] = {kind.value: str(error) for kind, error in away.items()}
