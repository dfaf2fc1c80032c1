"""Two sides of one thing, compared key by key in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import orjson

_BITS: Final = 64
_K = TypeVar("_K", int, str)


@dataclass(slots=True)
class Side:
    """What one store holds.

    Attributes:
        count: rows.
        total: sum of their fingerprints, so that order does not matter.
    """

    count: int = 0
    total: int = 0

    def add(self, print_: int, count: int = 1) -> None:
        """Count rows with the sum of their fingerprints."""
        self.count += count
        self.total += print_

    @property
    def checksum(self) -> str:
        """Sixteen digits that differ when a row does."""
        return f"{self.total % 2**_BITS:016x}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a table and its copy in another store compare.

    Attributes:
        table: what should be there.
        store: where the copy is.
        copy: table, collection or keys of the copy.
        expected: what should be there.
        found: what is.
        missing: keys that are not in the copy.
        extra: keys that are only in the copy.
        different: keys whose values differ.
    """

    table: str
    store: str
    copy: str
    expected: Side = field(default_factory=Side)
    found: Side = field(default_factory=Side)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether nothing has to be mended."""
        return not (self.missing or self.extra or self.different)


class Mirror(Protocol):
    """A table and its copy."""

    async def compare(self) -> Comparison:
        """Compare them.

        Raises:
            StoreError: a store is away.
        """

    async def repair(self, found: Comparison) -> None:
        """Mend what a comparison found; may be repeated."""


def fingerprint(*values: Any) -> int:
    """A number that is the same for equal values."""
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return int.from_bytes(hashlib.blake2b(text, digest_size=_BITS // 8).digest())


async def merge(
    into: Comparison,
    expected: AsyncIterator[tuple[_K, int]],
    found: AsyncIterator[tuple[_K, int]],
    *,
    only_expected: bool = False,
) -> None:
    """Compare keys with their fingerprints, each side in the order of its keys.

    Only what differs is kept, so the size of the sides does not matter.

    Args:
        into: counts, checksums and differences go here.
        expected: what should be there.
        found: what is.
        only_expected: what is only in the copy is passed over and not counted.
    """
    left, right = await anext(expected, None), await anext(found, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            into.expected.add(left[1])
            into.missing.append(str(left[0]))
            left = await anext(expected, None)
        elif left is None or right[0] < left[0]:
            if not only_expected:
                into.found.add(right[1])
                into.extra.append(str(right[0]))
            right = await anext(found, None)
        else:
            into.expected.add(left[1])
            into.found.add(right[1])
            if left[1] != right[1]:
                into.different.append(str(left[0]))
            left, right = await anext(expected, None), await anext(found, None)


async def none_but_known(
    into: Comparison, pages: AsyncIterator[list[str]], known: Any, *, name: str
) -> None:
    """Compare keys of a copy with those of its table, where rows without a copy are all right.

    Args:
        into: counts, checksums and differences go here.
        pages: keys of the copy.
        known: gives those of some keys that the table has.
        name: what fingerprints are made of beside the key.
    """
    async for page in pages:
        there: set[str] = set(await known(page))
        for key in page:
            print_ = fingerprint(name, key)
            into.found.add(print_)
            if key in there:
                into.expected.add(print_)
            else:
                into.extra.append(key)


def portions(keys: Iterable[str], size: int) -> list[list[str]]:
    """Keys in lists of a size."""
    listed = list(keys)
    return [listed[start : start + size] for start in range(0, len(listed), size)]
