"""Typed access to the fields of one row, and what is said about a field that is wrong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from eth_utils.address import is_checksum_address

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVM: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_NOT_SLUG: Final = re.compile(r"[^a-z0-9._]+")
_NULL: Final = ("", None)


class RowRejectedError(ValueError):
    """The row is wrong and cannot be stored; the message is the reason."""


class RowSkippedError(ValueError):
    """The row says nothing worth storing, as expected of such data; the message is why."""


def slugify(text: str) -> str:
    """Readable key: lower case, a dash for whatever is no letter, digit, dot or underscore.

    Raises:
        RowRejectedError: nothing is left.
    """
    slug = _NOT_SLUG.sub("-", text.lower()).strip("-._")
    if not slug:
        raise RowRejectedError(f"{text!r} gives no readable key")
    return slug


def normal_address(value: str, chain_id: int) -> str:
    """Address as stored: EVM ones in lower case, others as they are.

    Raises:
        RowRejectedError: not an address, or its EIP-55 checksum is wrong.
    """
    if chain_id < 0:
        if not 1 <= len(value) <= 128:
            raise RowRejectedError(f"{value!r} is no address")
        return value.lower() if value.lower().startswith("0x") else value
    if not _EVM.fullmatch(value):
        raise RowRejectedError(f"{value!r} is no EVM address")
    lower = value.lower()
    if value not in (lower, "0x" + value[2:].upper()) and not is_checksum_address(value):
        raise RowRejectedError(f"{value!r} has a wrong EIP-55 checksum")
    return lower


class Row:
    """One row of a file by column name; empty and null are the same.

    Accessors raise `RowRejectedError` with the column's name; `optional_` ones give None for null.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def optional_text(self, column: str) -> str | None:
        """Text without surrounding space, or None."""
        value = self._fields.get(column)
        if value in _NULL:
            return None
        text = value.strip() if isinstance(value, str) else str(value)
        return text or None

    def text(self, column: str) -> str:
        """Text that must be there."""
        value = self.optional_text(column)
        if value is None:
            raise RowRejectedError(f"{column} is empty")
        return value

    def optional_integer(
        self, column: str, low: int = 0, high: int = 9_223_372_036_854_775_807
    ) -> int | None:
        """Whole number within bounds (default: 0 to the largest signed 64-bit number), or None."""
        text = self.optional_text(column)
        if text is None:
            return None
        try:
            value = int(text)
        except ValueError:
            raise RowRejectedError(f"{column}: {text[:80]!r} is no whole number") from None
        if not low <= value <= high:
            raise RowRejectedError(f"{column}: {text[:80]} is out of range")
        return value

    def integer(self, column: str, low: int = 0, high: int = 9_223_372_036_854_775_807) -> int:
        """Whole number that must be there."""
        value = self.optional_integer(column, low, high)
        if value is None:
            raise RowRejectedError(f"{column} is empty")
        return value

    def wide(self, column: str) -> int:
        """Whole number of up to 256 bits, not negative; null is 0."""
        return self.optional_integer(column, 0, 2**256 - 1) or 0

    def optional_decimal(self, column: str, digits: int = 20) -> Decimal | None:
        """Finite decimal number with at most `digits` digits before the point, or None."""
        text = self.optional_text(column)
        if text is None:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise RowRejectedError(f"{column}: {text[:80]!r} is no number") from None
        if not value.is_finite():
            raise RowRejectedError(f"{column}: {text!r} is not finite")
        if value and value.adjusted() >= digits:
            raise RowRejectedError(f"{column}: {text[:80]} is out of range")
        return value

    def decimal(self, column: str, digits: int = 20) -> Decimal:
        """Decimal number that must be there."""
        value = self.optional_decimal(column, digits)
        if value is None:
            raise RowRejectedError(f"{column} is empty")
        return value

    def optional_number(self, column: str) -> float | None:
        """Finite number for a ratio or percentage, or None."""
        value = self.optional_decimal(column, 300)
        return None if value is None else float(value)

    def moment(self, column: str) -> datetime:
        """ISO 8601 date and time; without an offset it is UTC."""
        text = self.text(column)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise RowRejectedError(f"{column}: {text[:80]!r} is no ISO 8601 time") from None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return _in_era(column, moment)

    def day(self, column: str) -> datetime:
        """Start of a UTC day given as YYYY-MM-DD."""
        text = self.text(column)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise RowRejectedError(f"{column}: {text[:80]!r} is no date") from None
        return _in_era(column, datetime(day.year, day.month, day.day, tzinfo=UTC))

    def address(self, column: str, chain_id: int) -> str:
        """Address that must be there, normalised; see `normal_address`."""
        return self._address(column, self.text(column), chain_id)

    def optional_address(self, column: str, chain_id: int) -> str | None:
        """Address, normalised, or None."""
        text = self.optional_text(column)
        return None if text is None else self._address(column, text, chain_id)

    def tx_hash(self, column: str) -> str:
        """EVM transaction hash, in lower case."""
        value = self.text(column).lower()
        if not _HASH.fullmatch(value):
            raise RowRejectedError(f"{column}: {value[:80]!r} is no transaction hash")
        return value

    def optional_tx_hash(self, column: str) -> str | None:
        """EVM transaction hash, or None."""
        return None if self.optional_text(column) is None else self.tx_hash(column)

    def uuid(self, column: str) -> UUID:
        """UUID in its usual form."""
        text = self.text(column)
        try:
            return UUID(text)
        except ValueError:
            raise RowRejectedError(f"{column}: {text[:80]!r} is no UUID") from None

    def words(self, column: str) -> list[str]:
        """Parts between `|`, empty ones left out; of JSON Lines, the array."""
        value = self._fields.get(column)
        if isinstance(value, list):
            return [str(part) for part in value if part not in _NULL]
        return [part for part in (value or "").split("|") if part]

    def flag(self, column: str) -> bool | None:
        """0 or 1, true or false; None when empty."""
        text = self.optional_text(column)
        if text is None:
            return None
        known = {"0": False, "1": True, "false": False, "true": True}
        if text.lower() not in known:
            raise RowRejectedError(f"{column}: {text[:80]!r} is neither 0 nor 1")
        return known[text.lower()]

    def value(self, column: str) -> Any:
        """The value as read: text of CSV, any JSON of JSON Lines."""
        return self._fields.get(column)

    def _address(self, column: str, text: str, chain_id: int) -> str:
        try:
            return normal_address(text, chain_id)
        except RowRejectedError as error:
            raise RowRejectedError(f"{column}: {error}") from None


def _in_era(column: str, moment: datetime) -> datetime:
    """Chains began in 2009; the stores hold dates to 2299, and a date beyond 2100 is a mistake."""
    if not 2009 <= moment.year < 2100:
        raise RowRejectedError(f"{column}: {moment:%Y-%m-%d} is out of range")
    return moment
