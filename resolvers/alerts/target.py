"""What a rule is about: five kinds of things, each in a column of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resolvers.alerts.enums import AlertTargetType
from resolvers.risk.target import load_node

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from strawberry import Info

_COLUMN: Final = {
    AlertTargetType.PROTOCOL: "protocol_id",
    AlertTargetType.ASSET: "asset_id",
    AlertTargetType.WALLET: "wallet_id",
    AlertTargetType.CHAIN: "chain_id",
    AlertTargetType.PORTFOLIO: "portfolio_id",
}
TARGET_COLUMNS: Final = ("target_type", *_COLUMN.values())


def target_types() -> Mapping[AlertTargetType, type[Any]]:
    """The types of the graph that rules can be about."""
    from resolvers.catalog.asset import Asset
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.protocol import Protocol
    from resolvers.catalog.wallet import Wallet
    from resolvers.portfolio.types import Portfolio

    return {
        AlertTargetType.PROTOCOL: Protocol,
        AlertTargetType.ASSET: Asset,
        AlertTargetType.WALLET: Wallet,
        AlertTargetType.CHAIN: Chain,
        AlertTargetType.PORTFOLIO: Portfolio,
    }


def column_of(kind: AlertTargetType) -> str:
    """The column that holds the key of a target of a kind."""
    return _COLUMN[kind]


def load_target(info: Info, columns: Mapping[str, Any]) -> Awaitable[Any]:
    """The thing a rule's row is about; all of a kind and level are one statement."""
    kind = AlertTargetType(columns["target_type"])
    return load_node(info, target_types()[kind], columns[_COLUMN[kind]])
