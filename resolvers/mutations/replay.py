"""Requests with an `idempotencyKey`: carried out once, answered as often as they are sent."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
import strawberry

from resolvers.mutations.records import is_secret

LONGEST_KEY: Final = 200


class Replayed(Exception):
    """Leaves the body of a mutation: it was carried out before, with this result."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__("the change was made before")
        self.result = result


def input_hash(value: object) -> str:
    """SHA-256 of an input, equal for inputs that mean the same; secrets and the key left out."""
    return hashlib.sha256(orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _plain(fields)
    if isinstance(value, Mapping):
        return {
            str(name): _plain(item)
            for name, item in value.items()
            if item is not strawberry.UNSET
            and name != "idempotency_key"
            and not is_secret(str(name))
        }
    match value:
        case list() | tuple():
            return [_plain(item) for item in value]
        case enum.Enum():
            return _plain(value.value)
        case Decimal():
            return format(value.normalize(), "f")
        case int() if not isinstance(value, bool):
            return str(value)  # a BigInt may be more than JSON writers take
        case UUID() | datetime() | date():
            return str(value)
    return value
