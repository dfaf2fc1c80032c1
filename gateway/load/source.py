"""How a kind of file is described, and what its rows may look up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from gateway.load.values import RowRejectedError

if TYPE_CHECKING:
    from datetime import date

    from gateway.load.batch import Batch
    from gateway.load.chains import Chain, ChainNames
    from gateway.load.coins import Coin, Coins
    from gateway.load.values import Row


@dataclass(slots=True)
class Lookup:
    """What normalising a row may ask; filled before the file is read, bounded by the catalogue.

    Attributes:
        chains: chains by name and id.
        coins: assets by ticker.
        known_chain_ids: chains that are in Postgres already.
        day_prices: mean daily close in USD by asset and UTC day, of the coins that pay for gas.
        decimals: decimal places of tokens by asset, for sources that ask for them.
        stablecoins: assets whose unit is worth one dollar, as far as anyone can tell.
    """

    chains: ChainNames
    coins: Coins
    known_chain_ids: set[int] = field(default_factory=set)
    day_prices: dict[tuple[UUID, date], Decimal] = field(default_factory=dict)
    decimals: dict[UUID, int] = field(default_factory=dict)
    stablecoins: set[UUID] = field(default_factory=set)

    def chain_id(self, value: int) -> int:
        """The same id, when the chain is known.

        Raises:
            RowRejectedError: it is not; its rows could refer to nothing.
        """
        if value not in self.known_chain_ids:
            raise RowRejectedError(f"chain {value} is unknown; add it to reference/chains.csv")
        return value

    def use_chain(self, batch: Batch, name: str) -> Chain:
        """The chain of a name; one that is not in Postgres yet is added with the batch."""
        chain = self.chains.named(name)
        if chain.id not in self.known_chain_ids:
            batch.ensure("load_catalog.ensure_chains", chain.id, chain_record(chain))
        return chain

    def use_coin(self, batch: Batch, coin: Coin) -> UUID:
        """Id of a coin; it is added with the batch when it is not in Postgres yet."""
        batch.ensure(
            "load_catalog.ensure_assets",
            coin.id,
            {
                "id": coin.id,
                "symbol": coin.symbol,
                "name": coin.name,
                "chain_id": coin.chain_id,
                "contract_address": coin.address,
                "decimals": coin.decimals,
                "is_stablecoin": coin.symbol.upper() in STABLE_SYMBOLS,
                "is_wrapped": coin.name.startswith("Wrapped"),
            },
        )
        return coin.id


Normalise = Callable[["Row", "Batch", Lookup], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of file.

    Attributes:
        name: for `only` and for reports.
        path: where it is in the directory, without `.gz`.
        columns: columns a CSV file must have.
        normalise: turns a row into writes; raises `RowRejectedError` or `RowSkippedError`.
        needs_day_prices: rows are valued in USD by the day's price of the chain's coin.
        needs_decimals: amounts come in smallest units of tokens.
    """

    name: str
    path: str
    columns: tuple[str, ...]
    normalise: Normalise
    needs_day_prices: bool = False
    needs_decimals: bool = False


# Coins meant to be worth a dollar. Anyone may call a token USDC, so lists must vouch for it too.
STABLE_SYMBOLS = frozenset(
    [
        "USDC",
        "USDT",
        "DAI",
        "TUSD",
        "FRAX",
        "BUSD",
        "USDP",
        "GUSD",
        "LUSD",
        "PYUSD",
        "USDC.E",
        "USDT.E",
        "USDBC",
        "XDAI",
        "USDS",
        "USDE",
        "CRVUSD",
        "GHO",
        "FDUSD",
        "SUSD",
        "USDD",
        "MIM",
        "DOLA",
    ]
)


def chain_record(chain: Chain) -> dict[str, Any]:
    """The catalogue's row of a chain known only by `chains.toml` or by name."""
    return {
        "id": chain.id,
        "caip2": chain.caip2,
        "slug": chain.slug,
        "name": chain.name,
        "native_symbol": chain.symbol,
        "is_evm": chain.id > 0,
        "metadata": {"named_only": True} if chain.named_only else {},
    }
