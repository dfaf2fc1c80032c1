"""JSON in and out: strict about what comes in, exact about big integers, unfailing going out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec
import orjson

from gateway.executor.data import Data

MAX_NESTING: Final = 64
# orjson reads integers beyond 64 bits as floats. With long ones it judges the text only, on which
# the standard library is lax, and the standard library reads the values exactly.
_LONG_NUMBER: Final = re.compile(rb"[0-9]{16,}")


class NotJson(ValueError):
    """The bytes are not JSON we accept; the text says why and may be shown to the sender."""


def decode(body: bytes) -> Any:
    """Read UTF-8 JSON, integers of any length up to 4,300 digits exactly, nested at most 64 deep.

    Raises:
        NotJson: not UTF-8, not JSON, a lone surrogate, NaN or infinity, too many digits, too deep.
    """
    try:
        if _LONG_NUMBER.search(body):
            orjson.loads(_LONG_NUMBER.sub(b"1", body))
            value = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        else:
            value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(_reason(body, error)) from None
    except RecursionError:
        raise NotJson(f"nested more than {MAX_NESTING} deep") from None
    except NotJson:
        raise
    except ValueError:
        raise NotJson("a number has too many digits") from None
    if body.count(b"[") + body.count(b"{") > MAX_NESTING and _too_deep(value):
        raise NotJson(f"nested more than {MAX_NESTING} deep")
    return value


def encode(value: object) -> bytes:
    """Write JSON as UTF-8: plain values, and the structs of compiled answers among them.

    Equal data give equal bytes whichever path made them. Integers of any size are written in full,
    lone surrogates as escapes. A float that is no number would become null, but none arrives: Float
    refuses it where it completes a field, and JSON columns cannot hold it.

    Raises:
        TypeError: something in it has no form in JSON.
    """
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, enc_hook=_plain)
        return json.dumps(plain, ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode()


def _plain(value: object) -> object:
    """What msgspec knows how to write, for the rest of what resolvers may give."""
    match value:
        case Data():
            return value.struct
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case float():
            return float(value)
        case list() | tuple():
            return list(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)


def _reason(body: bytes, error: orjson.JSONDecodeError) -> str:
    if not body:
        return "the body is empty"
    try:
        body.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    if "infinity" in error.msg:
        return "a number is too large"
    return error.msg


def _refuse(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NotJson("a number is too large")
    return value


def _too_deep(value: object) -> bool:
    level, depth = [value], 0
    while level and depth <= MAX_NESTING:
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level, depth = below, depth + 1
    return bool(level)
