"""Which asset a ticker or a coin's name means, where the source gives no contract."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gateway.load.identity import asset_id, loose_asset_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.load.chains import ChainNames


@dataclass(frozen=True, slots=True)
class Coin:
    """An asset that prices are quoted for; without a chain where none is certain."""

    id: UUID
    symbol: str
    name: str
    chain_id: int | None = None
    address: str | None = None
    decimals: int | None = None


class Coins:
    """Coins by ticker and by name, from `coins.toml`."""

    __slots__ = ("_by_name", "_by_symbol")

    def __init__(self, chains: ChainNames) -> None:
        text = resources.files("gateway.load").joinpath("coins.toml").read_text(encoding="utf-8")
        self._by_symbol: dict[str, Coin] = {}
        self._by_name: dict[str, Coin] = {}
        for entry in tomllib.loads(text)["coins"]:
            coin = _coin(entry, chains)
            self._by_symbol[coin.symbol.upper()] = coin
            for name in (coin.name, *entry.get("names", ())):
                self._by_name[name.lower()] = coin

    def all(self) -> Iterator[tuple[Coin, tuple[str, ...]]]:
        """Every coin of the table with all its names."""
        names: dict[UUID, list[str]] = {}
        for name, coin in self._by_name.items():
            names.setdefault(coin.id, []).append(name)
        for coin in self._by_symbol.values():
            yield coin, tuple(names[coin.id])

    def by_symbol(self, symbol: str, name: str | None = None) -> Coin:
        """The coin of a ticker; of an unknown one, an asset of its own."""
        known = self._by_symbol.get(symbol.upper())
        return known or Coin(loose_asset_id(symbol.lower()), symbol[:100], name or symbol)

    def by_name(self, name: str) -> Coin:
        """The coin of a name; of an unknown one, an asset of its own whose symbol is the name."""
        return self._by_name.get(name.lower()) or self.by_symbol(name, name)


def _coin(entry: Mapping[str, Any], chains: ChainNames) -> Coin:
    chain = chains.find(entry["chain"]) if "chain" in entry else None
    symbol, name = entry["symbol"], entry["name"]
    if chain is None:
        return Coin(loose_asset_id(symbol.lower()), symbol, name)
    address = entry.get("address")
    decimals = entry.get("decimals", chain.decimals if address is None else None)
    return Coin(asset_id(chain.id, address), symbol, name, chain.id, address, decimals)
