"""How a row beside the sample is written, and the ids of those that others point at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from gateway.load.identity import DEMO_USER_ID, asset_id, row_id

AT: Final = datetime(2025, 10, 5, tzinfo=UTC)
ETHEREUM: Final = 1
UNI: Final = asset_id(ETHEREUM, "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984")
AAVE: Final = row_id("protocol", "aave-v3")
_AGENT: Final = row_id("agent", "sage")


def uuid(number: int) -> UUID:
    """An id that nothing of the sample has."""
    return UUID(f"d0000000-0000-4000-8000-{number:012}")


# Of rows that others point at.
KEY: Final = uuid(1)
SUBSCRIPTION: Final = uuid(2)
PROJECT: Final = uuid(3)
TRADER: Final = uuid(4)
ACTIVATION: Final = uuid(5)
RULE: Final = uuid(6)
EVENT: Final = uuid(7)
BOUGHT: Final = uuid(8)
SOLD: Final = uuid(9)
LOT: Final = uuid(10)
POOL: Final = uuid(11)
TEAM: Final = uuid(12)
SANDWICH: Final = uuid(13)

_NAMED: Final = {
    "@at": f"'{AT.isoformat()}'::timestamptz",
    "@me": f"'{DEMO_USER_ID}'::uuid",
    "@uni": f"'{UNI}'::uuid",
    "@aave": f"'{AAVE}'::uuid",
    "@uniswap": f"'{row_id('protocol', 'uniswap-v3')}'::uuid",
    "@agent": f"'{_AGENT}'::uuid",
    "@eth": "(SELECT id FROM catalog.assets WHERE chain_id = 1 AND symbol = 'ETH' LIMIT 1)",
    "@wallet": "(SELECT id FROM catalog.wallets ORDER BY id LIMIT 1)",
    "@my_wallet": "(SELECT wallet_id FROM account.user_wallets ORDER BY wallet_id LIMIT 1)",
    "@contract": "(SELECT id FROM catalog.contracts ORDER BY chain_id, address LIMIT 1)",
    "@portfolio": "(SELECT id FROM portfolio.portfolios WHERE is_default LIMIT 1)",
    "@bridge": "(SELECT id FROM catalog.bridges ORDER BY slug LIMIT 1)",
}


def row(relation: str, **values: object) -> str:
    """One row; a name of those above stands for what it says, other texts are themselves."""
    words = []
    for value in values.values():
        known = _NAMED.get(value) if isinstance(value, str) else None
        if isinstance(value, bool | int) or value is None:
            words.append("NULL" if value is None else str(value).lower())
        else:
            words.append(known or "'" + str(value).replace("'", "''") + "'")
    return f"INSERT INTO {relation} ({', '.join(values)}) VALUES ({', '.join(words)})"
