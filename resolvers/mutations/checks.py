"""Values of an input looked at one by one; everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import orjson
import strawberry

from resolvers.errors import BadInput
from resolvers.ids import checked_text, key_of, uuid_of
from resolvers.mutations.refusals import Path, Refusal, Refused, UserErrorCode, refusal
from resolvers.reflection import entity_of

T = TypeVar("T")

# A numeric(38,8), which is how amounts of money are kept.
MONEY: Final = (30, 8)
# A numeric(76,18), which is how amounts of assets are kept.
AMOUNT: Final = (58, 18)


class Checks:
    """Notes what is wrong with an input.

    Each method takes the path of a value, the value, and its bounds. It returns the value as it
    may be stored; for a value that is not good it notes a refusal and returns None, so that the
    rest can still be looked at. A value that is UNSET or null passes as None unless required.
    """

    __slots__ = ("_base", "refusals")

    def __init__(self, base: tuple[str | int, ...] = (), into: list[Refusal] | None = None) -> None:
        self._base = base
        self.refusals: list[Refusal] = [] if into is None else into

    def at(self, *path: str | int) -> Checks:
        """The same for values below a path, such as those of one entry of a list."""
        return Checks((*self._base, *path), self.refusals)

    def refuse(self, path: Path, code: UserErrorCode, message: str) -> None:
        """Note that a value is wrong; the message says what to do."""
        parts = (path,) if isinstance(path, str) else path
        self.refusals.append(refusal((*self._base, *parts), code, message))

    def stop(self) -> None:
        """Go no further when anything is wrong.

        Raises:
            Refused: something is.
        """
        if self.refusals:
            raise Refused(self.refusals)

    def required(self, path: Path, value: T | None) -> T | None:
        """A value that must be there."""
        if not given(value) or value is None:
            self.refuse(path, UserErrorCode.REQUIRED, "Give a value.")
            return None
        return value

    def text(self, path: Path, value: Any, *, longest: int, required: bool = True) -> str | None:
        """A text without blanks around it; an empty one counts as missing."""
        if not given(value) or value is None or not value.strip():
            if required:
                self.refuse(path, UserErrorCode.REQUIRED, "Give a text that is not empty.")
            return None
        try:
            found = checked_text("text", value.strip())
        except BadInput:
            self.refuse(path, UserErrorCode.INVALID, "Leave out characters no text can hold.")
            return None
        if len(found) > longest:
            self.refuse(
                path,
                UserErrorCode.TOO_LONG,
                f"It has {len(found):,} characters; shorten it to {longest:,}.",
            )
            return None
        return found

    def number(
        self,
        path: Path,
        value: Any,
        *,
        least: Decimal | int | None = None,
        most: Decimal | int | None = None,
        digits: tuple[int, int] = MONEY,
    ) -> Decimal | None:
        """A number within bounds, both included, with so many digits before and after the point."""
        if not given(value) or value is None:
            return None
        found = Decimal(value)
        if not found.is_finite():
            self.refuse(path, UserErrorCode.INVALID, "Give a finite number.")
            return None
        if (least is not None and found < least) or (most is not None and found > most):
            low = "" if least is None else f" from {least}"
            high = "" if most is None else f" up to {most}"
            self.refuse(path, UserErrorCode.INVALID, f"Give a number{low}{high}.")
            return None
        _, shown, exponent = found.as_tuple()
        trailing = len(shown) - len("".join(map(str, shown)).rstrip("0"))
        places = -int(exponent) - trailing if found else 0
        if (found and found.adjusted() >= digits[0]) or places > digits[1]:
            self.refuse(
                path,
                UserErrorCode.INVALID,
                f"Give at most {digits[0]} digits before and {digits[1]} after the point.",
            )
            return None
        return found

    def whole(self, path: Path, value: Any, *, least: int, most: int) -> int | None:
        """A whole number within bounds, both included."""
        if not given(value) or value is None:
            return None
        if not least <= value <= most:
            self.refuse(path, UserErrorCode.INVALID, f"Give a whole number from {least} to {most}.")
            return None
        found: int = value
        return found

    def moment(
        self,
        path: Path,
        value: Any,
        *,
        earliest: datetime | None = None,
        latest: datetime | None = None,
    ) -> datetime | None:
        """A time within bounds, both included."""
        if not given(value) or value is None:
            return None
        found: datetime = value
        if (earliest and found < earliest) or (latest and found > latest):
            low = "" if earliest is None else f" not before {earliest.isoformat()}"
            high = "" if latest is None else f" not after {latest.isoformat()}"
            self.refuse(path, UserErrorCode.INVALID, f"Give a time{low}{high}.")
            return None
        return found

    def listed(self, path: Path, value: Any, *, most: int, least: int = 0) -> Sequence[Any]:
        """A list of a bounded length; empty when it is not good, so that it can be walked."""
        found = value if given(value) and value is not None else ()
        if len(found) > most:
            self.refuse(
                path,
                UserErrorCode.TOO_MANY,
                f"It has {len(found):,} entries; send at most {most:,} at a time.",
            )
            return ()
        if len(found) < least:
            self.refuse(path, UserErrorCode.REQUIRED, f"Give at least {least:,}.")
            return ()
        items: Sequence[Any] = found
        return items

    def key(self, path: Path, value: Any, cls: type[Any] | str, *, required: bool = True) -> Any:
        """The key in a global id of a type; whether there is such a row, the statement finds out.

        A type of another domain, which may not be imported, is given by its name; its key is a
        UUID then. The id of another type, or a malformed one, is refused as one of nothing.
        """
        if not given(value) or value is None:
            if required:
                self.refuse(path, UserErrorCode.REQUIRED, "Give an id.")
            return None
        name = cls if isinstance(cls, str) else entity_of(cls).name
        try:
            return uuid_of(name, value) if isinstance(cls, str) else key_of(entity_of(cls), value)
        except BadInput:
            self.refuse(path, UserErrorCode.NOT_FOUND, not_found(name))
            return None

    def json(self, path: Path, value: Any, *, most_bytes: int) -> Any:
        """An object of free settings of a bounded size."""
        if not given(value) or value is None:
            return None
        try:
            size = len(orjson.dumps(value))
        except (TypeError, ValueError, orjson.JSONEncodeError):
            self.refuse(path, UserErrorCode.INVALID, "Give what JSON can hold.")
            return None
        if not isinstance(value, dict):
            self.refuse(path, UserErrorCode.INVALID, "Give an object with names and values.")
            return None
        if size > most_bytes:
            self.refuse(
                path,
                UserErrorCode.TOO_LONG,
                f"It takes {size:,} bytes; shorten it to {most_bytes:,}.",
            )
            return None
        if _has_nul(value):
            self.refuse(path, UserErrorCode.INVALID, "Leave out characters no text can hold.")
            return None
        return value


def given(value: object) -> bool:
    """Whether the caller wrote the value, be it null."""
    return value is not strawberry.UNSET


def not_found(name: str) -> str:
    """What is said of a thing that is not there and of one that is somebody else's, alike."""
    return f"There is no such {name}. Take ids from a field `id` that you can read."


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(name) or _has_nul(item) for name, item in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))
