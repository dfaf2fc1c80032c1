"""The report that an erasure leaves: numbers and reasons, and a checksum over them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from resolvers.lifecycle.holdings import Holdings

VERSION: Final = 1
DELETED: Final = "deleted"
KEPT: Final = "kept"
Counts = Mapping[str, Mapping[str, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure at work; times in UTC.

    Attributes:
        id: the request.
        user_id: who is erased.
        pseudonym: under which kept rows stay.
        requested_at: when it was asked for.
        started_at: when it began.
    """

    id: UUID
    user_id: UUID
    pseudonym: UUID
    requested_at: datetime
    started_at: datetime


def report_of(erasure: Erasure, counts: Counts, held: Holdings, at: datetime) -> dict[str, Any]:
    """What was done, as JSON: nothing in it tells who it was.

    Args:
        erasure: the erasure.
        counts: rows by what was done, store and place.
        held: why rows are kept.
        at: when it was done.
    """
    kept = counts.get(KEPT, {}).get("postgres", {})
    reasons = {name: (each.why, each) for each in held.kept for name in each.tables}
    return {
        "version": VERSION,
        "request": str(erasure.id),
        "pseudonym": str(erasure.pseudonym),
        "requestedAt": erasure.requested_at.isoformat(),
        "startedAt": erasure.started_at.isoformat(),
        "completedAt": at.isoformat(),
        "deleted": {
            store: {place: number for place, number in sorted(places.items()) if number}
            for store, places in sorted(counts.get(DELETED, {}).items())
        },
        "kept": [
            {
                "store": "postgres",
                "place": place,
                "rows": number,
                "why": reasons[place][0] if place in reasons else held.kept_apart[place],
                "years": reasons[place][1].years if place in reasons else None,
                "cleared": sorted(reasons[place][1].tables[place]) if place in reasons else None,
            }
            for place, number in sorted(kept.items())
            if number
        ],
        "unknown": [{"place": place, "why": why} for place, why in sorted(held.unknown.items())],
    }


def kept_years(counts: Counts, held: Holdings) -> int:
    """Years after which nothing of a person is left; 0 when nothing has to be kept."""
    kept = counts.get(KEPT, {}).get("postgres", {})
    return max(
        (each.years for each in held.kept if any(kept.get(table) for table in each.tables)),
        default=0,
    )


def checksum(report: Mapping[str, Any]) -> str:
    """SHA-256 in hex of the report as JSON with sorted keys and no blanks."""
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
