"""Headers of a request as ASGI has them, decoded when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, overload

_Default = TypeVar("_Default")


class Headers(Mapping[str, str]):
    """Values by lower-case name; of a header that came twice, the last.

    Attributes:
        raw: the same in bytes, for the few that the edge compares itself.
    """

    __slots__ = ("_pairs", "raw")

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        self.raw = dict(pairs)

    def __getitem__(self, name: str) -> str:
        return self.raw[name.encode("latin-1")].decode("latin-1")

    @overload
    def get(self, name: str, /) -> str | None: ...

    @overload
    def get(self, name: str, /, default: _Default) -> str | _Default: ...

    def get(self, name: str, /, default: object = None) -> object:
        """The value, or what is given instead."""
        value = self.raw.get(name.encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.encode("latin-1") in self.raw

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def joined(self, name: bytes) -> bytes | None:
        """All values of a header that may come several times, as one; None when it is absent."""
        if len(self.raw) == len(self._pairs):
            return self.raw.get(name)
        found = [value for other, value in self._pairs if other == name]
        return b", ".join(found) if found else None
