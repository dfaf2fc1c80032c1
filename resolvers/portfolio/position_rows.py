"""A position as its owner states it: what holdings are told apart by, and how they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resolvers.mutation import Change, UserErrorCode, clash, not_found

RESOURCE: Final = "portfolio.positions"
MAX_POSITIONS: Final = 10_000
# Two positions of a portfolio differ in one of these.
IDENTITY: Final = ("asset_id", "position_type", "chain_id", "protocol_id", "wallet_id")
# What an owner states of one, besides.
STATED: Final = (
    "quantity",
    "average_cost",
    "price_usd",
    "protocol_address",
    "first_acquired_at",
)
CLASHES: Final = {
    f"positions_{name}_fkey": clash(name, UserErrorCode.NOT_FOUND, not_found(kind))
    for name, kind in (
        ("asset_id", "Asset"),
        ("chain_id", "chain"),
        ("protocol_id", "Protocol"),
        ("wallet_id", "Wallet"),
    )
}


def identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells a position from the others of its portfolio."""
    return tuple(str(row[name]) for name in IDENTITY)


def over(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """A position with what a row says put over what was before; what neither says is unknown."""
    return {
        name: row[name] if name in row else None if before is None else before[name]
        for name in (*IDENTITY, *STATED)
    }


async def placed(
    change: Change, portfolio: Any, rows: list[dict[str, Any]]
) -> list[Mapping[str, Any]]:
    """Positions as stored; one statement for all of them."""
    return await change.all(
        "portfolio_changes.place",
        rows=[_written(row) for row in rows],
        portfolio_id=portfolio,
        user_id=change.user_id,
    )


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON holds it: ids as text, amounts exactly."""
    return {
        name: str(value) if name.endswith("_id") and value is not None else value
        for name, value in row.items()
    }
