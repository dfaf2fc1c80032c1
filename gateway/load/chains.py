"""Which chain a name means."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Final

from gateway.load.values import slugify

if TYPE_CHECKING:
    from collections.abc import Iterable

_PUNCTUATION: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain as data sources know it.

    Attributes:
        id: EVM chain id, or a negative number made up for any other chain.
        caip2: name by CAIP-2.
        named_only: nothing is known of the chain but the name a source uses.
    """

    id: int
    caip2: str
    slug: str
    name: str
    symbol: str | None = None
    decimals: int = 18
    named_only: bool = False


@dataclass(slots=True)
class ChainNames:
    """Chains by id and by any of their names; `built_in` knows those of `chains.toml`."""

    by_id: dict[int, Chain] = field(default_factory=dict)
    _by_name: dict[str, Chain] = field(default_factory=dict)

    @classmethod
    def built_in(cls) -> ChainNames:
        """The chains that data sources name most."""
        text = resources.files("gateway.load").joinpath("chains.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        chains = cls()
        for entry in (*table["evm"], *table["other"]):
            chain = Chain(
                id=entry["id"],
                caip2=entry.get("caip2", f"eip155:{entry['id']}"),
                slug=entry["slug"],
                name=entry["name"],
                symbol=entry["symbol"],
                decimals=entry.get("decimals", 18),
            )
            chains.add(chain, (chain.slug, chain.name, *entry.get("names", ())))
        return chains

    def add(self, chain: Chain, names: Iterable[str]) -> None:
        """Make a chain known; a name that is taken keeps its meaning."""
        self.by_id.setdefault(chain.id, chain)
        for name in names:
            self._by_name.setdefault(_plain(name), chain)

    def find(self, name: str) -> Chain | None:
        """The chain of a name or of a number written as text, or None."""
        if name.isdecimal() and len(name) < 19:
            return self.by_id.get(int(name))
        return self._by_name.get(_plain(name))

    def named(self, name: str) -> Chain:
        """The chain of a name; of an unknown name, a chain made from it (see `named_only`).

        Raises:
            RowRejectedError: the name has no letter or digit.
        """
        known = self.find(name)
        if known is not None:
            return known
        slug = slugify(name)
        number = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:6], "big")
        chain = Chain(-1_000_000 - number, f"named:{slug[:32]}", slug, name, named_only=True)
        self.add(chain, (name,))
        return chain


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())
