"""The data of a compiled answer: encoded as it is, a mapping of plain values for whoever looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


class Data(Mapping[str, Any]):
    """An answer as a struct; its plain form is made when first looked into."""

    __slots__ = ("_plain", "struct")

    def __init__(self, struct: msgspec.Struct) -> None:
        self.struct = struct
        self._plain: dict[str, Any] | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """The same as dicts, lists and JSON's scalars."""
        if self._plain is None:
            self._plain = msgspec.to_builtins(self.struct)
        return self._plain

    def __getitem__(self, key: str) -> Any:
        return self.plain[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def __eq__(self, other: object) -> bool:
        return self.plain == (other.plain if isinstance(other, Data) else other)

    __hash__ = None  # type: ignore[assignment]  # as a dict

    def __repr__(self) -> str:
        return repr(self.plain)
