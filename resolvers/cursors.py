"""Cursors: where a page stopped, opaque to callers.

A cursor is base64url of a JSON list: the fingerprint of the ordering, then the row's value in each
column of it. The fingerprint keeps a cursor of one list from being read by another.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import json
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec

from resolvers.errors import BadInput
from stores.relational.conditions import Kind
from stores.relational.keyset import Sort
from stores.relational.read import Source

_JSON: Final = msgspec.json.Encoder(enc_hook=str)
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_MAX_LENGTH: Final = 4096
_HINT: Final = "Pass a cursor from `pageInfo` or `edges` of the same field with the same ordering."


def encode(source: Source, order: Sequence[Sort], values: Sequence[object]) -> str:
    """The cursor of a row, from its values in the columns of the ordering.

    A value and its text from the store, as `Read.texts` and `Read.instants` give it, make the same
    cursor.
    """
    return encoder(source, tuple(order))(values)


@functools.lru_cache(maxsize=1024)
def encoder(source: Source, order: tuple[Sort, ...]) -> Callable[[Sequence[object]], str]:
    """The function that makes cursors of many rows of one ordering; see `encode`."""
    start = b'["' + fingerprint(source, order).encode() + b'",'
    plain = [(place, _PLAIN[sort.kind]) for place, sort in enumerate(order) if sort.kind in _PLAIN]

    def cursor(values: Sequence[object]) -> str:
        parts = list(values)
        for place, as_plain in plain:
            parts[place] = as_plain(parts[place])
        text = start + _JSON.encode(parts)[1:]
        return b2a_base64(text, newline=False).translate(_URL_SAFE, b"=").decode()

    return cursor


def decode(source: Source, order: Sequence[Sort], cursor: str) -> tuple[object, ...]:
    """The values a cursor holds.

    Raises:
        BadInput: it is no cursor, or one of another list.
    """
    parts = _parts(cursor)
    if parts[0] != fingerprint(source, order) or len(parts) != len(order) + 1:
        raise BadInput("The cursor belongs to another list or ordering.", hint=_HINT)
    try:
        return tuple(_value(sort, part) for sort, part in zip(order, parts[1:], strict=True))
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        raise BadInput("The cursor is damaged.", hint=_HINT) from None


def fingerprint(source: Source, order: Sequence[Sort]) -> str:
    """A few letters that tell orderings apart."""
    columns = [(sort.column, sort.descending, sort.nulls) for sort in order]
    text = json.dumps([source.store, source.relation, columns])
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()


def _parts(cursor: str) -> list[Any]:
    try:
        if len(cursor) > _MAX_LENGTH:
            raise ValueError
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        parts = None
    if not isinstance(parts, list) or not parts:
        raise BadInput("This is not a cursor.", hint=_HINT)
    return parts


def _plain_decimal(value: object) -> object:
    return format(value, "f") if isinstance(value, Decimal) else value


def _plain_float(value: object) -> object:
    return repr(value) if isinstance(value, float) else value


def _plain_instant(value: object) -> object:
    if not isinstance(value, datetime):
        return value
    # The driver gives infinity without a zone.
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Other kinds become JSON by themselves: a UUID and a date as text, an integer as a number.
_PLAIN: Final[Mapping[Kind, Callable[[object], object]]] = {
    "decimal": _plain_decimal,
    "float": _plain_float,
    "timestamp": _plain_instant,
}


def _text(part: str) -> str:
    part.encode()
    if "\0" in part:
        raise ValueError
    return part


def _int64(part: int) -> int:
    if isinstance(part, bool) or not -(2**63) <= part < 2**63:
        raise ValueError
    return part


def _decimal(part: str | int) -> Decimal:
    number = Decimal(part)
    if not number.is_finite() or abs(number.adjusted()) > 500:
        raise ValueError
    return number


def _bool(part: bool) -> bool:
    if not isinstance(part, bool):
        raise TypeError
    return part


def _instant(part: str) -> datetime:
    moment = datetime.fromisoformat(part)
    if moment.tzinfo is None:
        raise ValueError
    return moment


_READERS: Final[Mapping[Kind, tuple[type | tuple[type, ...], Callable[[Any], object]]]] = {
    "text": (str, _text),
    "enum": (str, _text),
    "uuid": (str, UUID),
    "int": (int, _int64),
    "decimal": ((str, int), _decimal),
    "float": (str, float),
    "bool": (bool, _bool),
    "timestamp": (str, _instant),
    "date": (str, date.fromisoformat),
}


def _value(sort: Sort, part: object) -> object:
    if part is None:
        if sort.nulls is None:
            raise ValueError
        return None
    accepted, read = _READERS[sort.kind]
    if not isinstance(part, accepted):
        raise TypeError
    return read(part)
