"""Figures out of Redis, read with suspicion: what makes no sense counts as unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from resolvers.scalars import exact

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: object) -> Decimal | None:
    """A decimal from its text or a JSON number; None when it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return exact(value)
    except InvalidOperation:
        return None


def moment(milliseconds: object) -> datetime | None:
    """A time from unix milliseconds; None when it is none."""
    try:
        return _EPOCH + timedelta(milliseconds=int(str(milliseconds)))
    except (ValueError, OverflowError):
        return None


def mapping(text: object) -> dict[str, Any]:
    """A JSON object; empty when it is none."""
    try:
        found = orjson.loads(str(text))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def whole(value: object) -> int | None:
    """An integer; None when it is none, or does not fit a GraphQL Int."""
    try:
        found = int(str(value))
    except ValueError:
        return None
    return found if abs(found) < 2**31 else None
