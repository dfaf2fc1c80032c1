"""Custom scalars: what goes in, what comes out, and what is refused.

Output forms are exactly the text Postgres gives for the value (a plain decimal, ISO-8601 with
`Z`), so that a path which copies the store's text gives the same bytes. Errors are written for the
caller and hold no Python text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NewType
from uuid import UUID

from eth_utils.address import is_checksum_address, to_checksum_address
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    StringValueNode,
    ValueNode,
    print_ast,
)
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

Address = NewType("Address", str)
BigInt = NewType("BigInt", int)
ChainId = NewType("ChainId", str)
Hash = NewType("Hash", str)

_EVM_ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]*")
_NATIVE_ADDRESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{0,127}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,1000}")
_DECIMAL: Final = re.compile(
    r"[+-]?(?:[0-9]{1,500}(?:\.[0-9]{0,500})?|\.[0-9]{1,500})(?:[eE][+-]?[0-9]{1,3})?"
)
_CAIP2: Final = re.compile(r"[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}")
_SLUG: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# From here on a bare number counts milliseconds: as seconds it would be past the year 5138.
_MILLISECONDS_FROM: Final = 100_000_000_000


def refused(scalar: str, given: object, wanted: str) -> GraphQLError:
    """The error for a value that is not one: names the scalar, the value and what is wanted."""
    shown = str(given)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    return GraphQLError(
        f"{scalar} cannot represent {shown!r}: {wanted}", extensions={"code": "BAD_USER_INPUT"}
    )


def parse_address(given: object) -> str:
    """An address in the form the stores keep: EVM in lower case, others untouched."""
    if not isinstance(given, str):
        raise refused("Address", given, "expected a string.")
    address = given.strip()
    if _EVM_ADDRESS.fullmatch(address):
        digits = address[2:]
        if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(
            "0x" + digits
        ):
            raise refused(
                "Address",
                given,
                "the EIP-55 checksum is wrong, so a character is mistyped. Check it, or write it "
                "in lower case.",
            )
        return "0x" + digits.lower()
    if _HEX.fullmatch(address):
        if len(address) in (66,):  # Aptos, Sui and Starknet use 32 bytes
            return address.lower()
        raise refused("Address", given, "an EVM address has 40 hexadecimal digits after 0x.")
    if not _NATIVE_ADDRESS.fullmatch(address):
        raise refused("Address", given, "expected letters and digits only.")
    return address


def format_address(stored: object) -> str:
    """EIP-55 for a 20-byte hexadecimal address, anything else as stored."""
    address = str(stored)
    return to_checksum_address(address) if _EVM_ADDRESS.fullmatch(address) else address


def parse_hash(given: object) -> str:
    """A transaction or block hash; hexadecimal in lower case, others untouched."""
    if not isinstance(given, str):
        raise refused("Hash", given, "expected a string.")
    text = given.strip()
    if _HEX.fullmatch(text):
        if len(text) != 66:
            raise refused("Hash", given, "a hash has 64 hexadecimal digits after 0x.")
        return text.lower()
    if not _NATIVE_ADDRESS.fullmatch(text):
        raise refused("Hash", given, "expected letters and digits only.")
    return text


def parse_big_int(given: object) -> int:
    """An integer of any size, from an integer or its decimal digits."""
    if isinstance(given, bool):
        raise refused("BigInt", given, "expected an integer or a string of digits.")
    if isinstance(given, int):
        return given
    if isinstance(given, float) and given.is_integer() and abs(given) < 2**53:
        return int(given)
    if isinstance(given, str) and _INTEGER.fullmatch(digits := given.strip()):
        return int(digits)
    raise refused("BigInt", given, "expected an integer or a string of at most 1,000 digits.")


def format_big_int(stored: object) -> str:
    """Decimal digits."""
    return format_decimal(stored) if isinstance(stored, Decimal) else str(int(str(stored)))


def parse_decimal(given: object) -> Decimal:
    """An exact decimal, from a number or its text."""
    text = repr(given) if isinstance(given, float) else str(given).strip()
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        raise refused("Decimal", given, "expected a number or its text.")
    if not _DECIMAL.fullmatch(text):
        raise refused("Decimal", given, 'expected a number such as "1234.5".')
    return Decimal(text)


def exact(value: object) -> Decimal | None:
    """The shortest decimal that reads back as a float of a store; None for what is no number."""
    if value is None:
        return None
    number = Decimal(repr(value) if isinstance(value, float) else str(value))
    return number if number.is_finite() else None


def format_decimal(stored: object) -> str:
    """Plain notation with the digits of the store, never an exponent."""
    value = stored if isinstance(stored, Decimal) else Decimal(str(stored))
    if not value.is_finite():
        raise refused("Decimal", value, "the stored value is not a number.")
    return format(value, "f")


def parse_datetime(given: object) -> datetime:
    """An instant in UTC, from ISO-8601 text or Unix seconds or milliseconds."""
    if isinstance(given, str) and not given.strip().lstrip("-").isdecimal():
        return _from_iso(given)
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise refused("DateTime", given, "expected ISO-8601 text or Unix time.")
    try:
        number = int(given) if isinstance(given, str) else given
        seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
        return _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise refused("DateTime", given, "the time is out of range.") from None


def _from_iso(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text.strip())
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused(
            "DateTime",
            text,
            "expected ISO-8601 such as 2024-05-01T12:00:00Z, or Unix seconds or milliseconds.",
        ) from None


def format_datetime(stored: object) -> str:
    """ISO-8601 in UTC with `Z`; microseconds only when there are any."""
    if not isinstance(stored, datetime):
        raise refused("DateTime", stored, "the stored value is not a time.")
    value = stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
    return value.isoformat().replace("+00:00", "Z")


def parse_date(given: object) -> date:
    """A day from YYYY-MM-DD."""
    try:
        if isinstance(given, str) and _DATE.fullmatch(given.strip()):
            return date.fromisoformat(given.strip())
    except ValueError:
        pass
    raise refused("Date", given, "expected a day such as 2024-05-01.")


def format_date(stored: object) -> str:
    """YYYY-MM-DD."""
    if not isinstance(stored, date):
        raise refused("Date", stored, "the stored value is not a day.")
    return (stored.date() if isinstance(stored, datetime) else stored).isoformat()


def parse_uuid(given: object) -> UUID:
    """A UUID in its usual text form."""
    try:
        if isinstance(given, str):
            return UUID(given)
    except ValueError:
        pass
    raise refused("UUID", given, "expected a UUID such as 123e4567-e89b-12d3-a456-426614174000.")


def parse_chain_id(given: object) -> str:
    """A chain by CAIP-2 id, EVM id or slug.

    Returns:
        CAIP-2 text where the input says it (an EVM id becomes `eip155:N`), otherwise the slug in
        lower case; a result without a colon still has to be looked up among the chains.
    """
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**53:
        return f"eip155:{given}"
    if isinstance(given, str):
        text = given.strip()
        if text.isascii() and text.isdecimal() and 0 < len(text) <= 15:
            return f"eip155:{int(text)}"
        if _CAIP2.fullmatch(text):
            return text
        if _SLUG.fullmatch(text):
            return text.lower()
    raise refused(
        "ChainId",
        given,
        "expected a CAIP-2 id such as eip155:1, an EVM chain id such as 1, or a slug such as "
        "ethereum.",
    )


def _literal(parse: Callable[[object], Any]) -> Callable[..., Any]:
    """Literals keep their text: an integer of any length, a decimal with all its digits."""

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        if isinstance(node, StringValueNode):
            return parse(node.value)
        if isinstance(node, IntValueNode):
            if len(node.value) > 1000:
                return parse(node.value)  # refused by its length
            return parse(int(node.value))
        if isinstance(node, FloatValueNode):
            return parse(node.value if parse is parse_decimal else float(node.value))
        return parse(_Other(print_ast(node)))

    return parse_literal


class _Other:
    """A literal that is neither text nor number, such as `true` or `[1]`; no scalar takes it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


def _scalar(
    name: str,
    origin: Any,
    description: str,
    serialize: Callable[[Any], Any],
    parse: Callable[[object], Any],
    specified_by: str | None = None,
    literal: bool = True,
) -> ScalarDefinition:
    return ScalarDefinition(
        name=name,
        description=description,
        specified_by_url=specified_by,
        serialize=serialize,
        parse_value=parse,
        parse_literal=_literal(parse) if literal else None,
        origin=origin,
    )


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    Address: _scalar(
        "Address",
        str,
        "Address of an account or contract. EVM addresses are accepted in any case (a mixed-case "
        "one must carry a correct EIP-55 checksum) and always returned with their EIP-55 "
        "checksum; addresses of other chains are case-sensitive and stay as they are.",
        format_address,
        parse_address,
        "https://eips.ethereum.org/EIPS/eip-55",
    ),
    BigInt: _scalar(
        "BigInt",
        int,
        "Integer of any size, returned as a string of decimal digits. Accepts a string or an "
        "integer of any length.",
        format_big_int,
        parse_big_int,
    ),
    Decimal: _scalar(
        "Decimal",
        Decimal,
        "Exact decimal number, returned as a string in plain notation, never with an exponent and"
        " never rounded to a float. Accepts a string or a number.",
        format_decimal,
        parse_decimal,
    ),
    datetime: _scalar(
        "DateTime",
        datetime,
        "Instant, returned as ISO-8601 in UTC, such as 2024-05-01T12:00:00Z. Accepts ISO-8601 "
        "(UTC when it names no zone) and Unix time in seconds or milliseconds.",
        format_datetime,
        parse_datetime,
        "https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: _scalar(
        "Date",
        date,
        "Calendar day in UTC, such as 2024-05-01.",
        format_date,
        parse_date,
        "https://scalars.graphql.org/andimarek/local-date.html",
    ),
    Hash: _scalar(
        "Hash",
        str,
        "Hash of a transaction or block. Hexadecimal hashes are accepted in any case and returned"
        " in lower case; hashes of other chains are case-sensitive.",
        str,
        parse_hash,
    ),
    ChainId: _scalar(
        "ChainId",
        str,
        "Blockchain, returned as its CAIP-2 id, such as eip155:1. Accepts a CAIP-2 id, an EVM "
        "chain id such as 1, or a slug such as ethereum.",
        str,
        parse_chain_id,
        "https://chainagnostic.org/CAIPs/caip-2",
    ),
    UUID: _scalar(
        "UUID",
        UUID,
        "Universally unique identifier: 32 hexadecimal digits in five groups.",
        str,
        parse_uuid,
        "https://www.rfc-editor.org/rfc/rfc9562",
    ),
    JSON: _scalar(
        "JSON",
        object,
        "Any JSON value, as the source gave it.",
        lambda value: value,
        lambda value: value,
        "https://www.rfc-editor.org/rfc/rfc8259",
        literal=False,
    ),
}
