"""A small world in which each type of rule has something to see, worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from stores.lifecycle import Stores
from stores.queries import Statement

CHAIN, OTHER_CHAIN = 962_301, 962_302
PROTOCOL, ASSET, WALLET, SMART, PORTFOLIO, USER = (UUID(int=0x9623_00 + n) for n in range(6))
POOL, OTHER_PORTFOLIO = UUID(int=0x9623_10), UUID(int=0x9623_11)
SPENDER: Final = "0x" + "dd" * 20


async def rows(stores: Stores, text: str, *values: object) -> list[Any]:
    """What a statement of a test finds, after what it does."""
    names = tuple(f"p{number}" for number in range(len(values)))
    found: list[Any] = await stores.postgres.fetch(
        Statement("test", text, names, kind="exec"), *values
    )
    return found


@dataclass(frozen=True)
class World:
    """What is known, counted back from the moment at which it was made."""

    stores: Stores
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def ago(self, minutes: float) -> datetime:
        """So many minutes before."""
        return self.now - timedelta(minutes=minutes)

    async def settle_in(self) -> None:
        """The catalogue and the user, two hours before anything happens."""
        copy = self.stores.postgres.copy_rows
        old = self.ago(50_000)
        await copy(
            "catalog.chains",
            ("id", "caip2", "slug", "name", "is_evm"),
            [(c, f"eip155:{c}", f"chain-{c}", "Chain", True) for c in (CHAIN, OTHER_CHAIN)],
        )
        await copy(
            "catalog.assets",
            ("id", "symbol", "name", "chain_id", "contract_address"),
            [(ASSET, "WTCH", "Watched", CHAIN, "0x" + "aa" * 20)],
        )
        await copy(
            "catalog.protocols",
            ("id", "slug", "name", "category", "created_at"),
            [(PROTOCOL, "watched", "Watched", "Dexes", old)],
        )
        await copy(
            "catalog.wallets",
            ("id", "chain_id", "address", "smart_money_score"),
            [
                (WALLET, CHAIN, "0x" + "bb" * 20, Decimal("0.2")),
                (SMART, CHAIN, "0x" + "cc" * 20, Decimal("0.9")),
            ],
        )
        await copy("account.users", ("id", "email"), [(USER, "watcher@example.org")])
        await copy(
            "portfolio.portfolios",
            ("id", "user_id", "name"),
            [(key, USER, f"Mine {key}") for key in (PORTFOLIO, OTHER_PORTFOLIO)],
        )

    async def happen(self) -> None:
        """What rules look at.

        price: 100 an hour ago, 110 now. Locked: 1,000 an hour ago, 900 now on one chain;
        another chain was added since. Volume: 10 in each hour before, 50 in this one. Gas: 20
        gwei then, 30 now. Portfolio: 500 then, 400 now. Danger: 0.5 then, 0.75 now. Findings:
        none then; a report and an approval to a reported address now. Whales: a transfer of 2
        million, seen from both ends, and one of unknown worth. Smart money: one wallet traded,
        twice. Listings: a pool and a protocol.
        """
        await self._series()
        await self._trades()
        await rows(
            self.stores,
            """INSERT INTO portfolio.summaries (portfolio_id, total_value_usd, last_calculated_at)
               VALUES ($1::uuid, 400, $2::timestamptz) RETURNING 1""",
            PORTFOLIO,
            self.ago(1),
        )
        await rows(
            self.stores,
            """INSERT INTO risk.assessments (target_type, protocol_id, dimension, score, created_at)
               VALUES ('protocol', $1::uuid, 'overall', 0.75, $2::timestamptz) RETURNING 1""",
            PROTOCOL,
            self.ago(2),
        )
        await rows(
            self.stores,
            """INSERT INTO risk.malicious_contracts
               (chain_id, address, threat_type, source, first_reported_at)
               VALUES ($1::bigint, $2::text, 'drainer', 'test', $4::timestamptz),
                   ($1::bigint, $3::text, 'drainer', 'test', $4::timestamptz) RETURNING 1""",
            *(CHAIN, SPENDER, "0x" + "bb" * 20, self.ago(5)),
        )
        await rows(
            self.stores,
            """INSERT INTO risk.wallet_approvals
               (wallet_id, asset_id, spender, is_unlimited, approved_at)
               VALUES ($1::uuid, $2::uuid, $3::text, true, $4::timestamptz) RETURNING 1""",
            *(WALLET, ASSET, SPENDER, self.ago(500)),
        )
        await self.stores.postgres.copy_rows(
            "catalog.yield_pools",
            ("id", "protocol_id", "chain_id", "name", "created_at"),
            [
                (POOL, PROTOCOL, CHAIN, "P", self.ago(10)),
                (uuid4(), PROTOCOL, CHAIN, "Old", self.ago(4_000)),
            ],
        )
        await self.stores.postgres.copy_rows(
            "catalog.protocol_deployments",
            ("protocol_id", "chain_id", "created_at"),
            [(PROTOCOL, OTHER_CHAIN, self.ago(10))],
        )

    async def _series(self) -> None:
        insert = self.stores.clickhouse.insert
        await insert(
            "market_data",
            ("ts", "asset_id", "source", "price"),
            [
                (self.ago(61), ASSET, "one", Decimal(100)),
                # Another source is no baseline.
                (self.ago(61), ASSET, "two", Decimal(1)),
                (self.ago(0.5), ASSET, "one", Decimal(110)),
            ],
        )
        await insert(
            "protocol_metrics",
            ("ts", "protocol_id", "chain_id", "metric_type", "value"),
            [
                (self.ago(62), PROTOCOL, CHAIN, "tvl", Decimal(1_000)),
                (self.ago(1), PROTOCOL, CHAIN, "tvl", Decimal(900)),
                (self.ago(1), PROTOCOL, OTHER_CHAIN, "tvl", Decimal(5_000)),
            ],
        )
        await insert(
            "gas_prices",
            ("ts", "chain_id", "source", "price_gwei"),
            [
                (self.ago(61), CHAIN, "node", Decimal(20)),
                (self.ago(0.5), CHAIN, "node", Decimal(30)),
            ],
        )
        await insert(
            "portfolio_values",
            ("ts", "portfolio_id", "user_id", "value_usd"),
            [(self.ago(62), PORTFOLIO, USER, Decimal(500))],
        )
        await insert(
            "risk_scores",
            ("ts", "target_type", "target_id", "dimension", "score"),
            [(self.ago(63), "protocol", PROTOCOL, "overall", 0.5)],
        )

    async def _trades(self) -> None:
        trade = (
            *("ts", "chain_id", "dex_name", "protocol_id", "pair_address", "token0_address"),
            *("token1_address", "token0_id", "amount0", "amount1", "amount_usd", "tx_hash"),
        )
        volumes = [(30, 50), (90, 10), (150, 10), (210, 10), (270, 10)]
        await self.stores.clickhouse.insert(
            "dex_trades",
            trade,
            [
                (
                    *(self.ago(minutes), CHAIN, "dex", PROTOCOL, "0xpair", "0xa", "0xb", ASSET),
                    *(Decimal(1), Decimal(-1), Decimal(usd), f"0x{minutes}"),
                )
                for minutes, usd in volumes
            ],
        )
        moved = (
            *("ts", "chain_id", "wallet_id", "tx_hash", "log_index", "transaction_type"),
            *("token_in_id", "token_out_id", "amount_in_usd", "amount_out_usd"),
        )
        large, small = Decimal(2_000_000), Decimal(5)
        await self.stores.clickhouse.insert(
            "wallet_transactions",
            moved,
            [
                (self.ago(5), CHAIN, WALLET, "0x1", 0, "transfer", ASSET, None, large, None),
                (self.ago(5), CHAIN, SMART, "0x1", 0, "transfer", None, ASSET, None, large),
                (self.ago(6), CHAIN, SMART, "0x2", 0, "transfer", None, ASSET, None, small),
                (self.ago(7), CHAIN, SMART, "0x3", 0, "transfer", None, ASSET, None, None),
                (self.ago(8), CHAIN, SMART, "0x4", 0, "swap", ASSET, None, small, small),
                (self.ago(9), CHAIN, SMART, "0x5", 0, "swap", ASSET, None, small, small),
                (self.ago(9), CHAIN, WALLET, "0x6", 0, "swap", ASSET, None, small, small),
            ],
        )


TARGETS: Final[dict[str, tuple[str, object]]] = {
    "asset": ("asset_id", ASSET),
    "protocol": ("protocol_id", PROTOCOL),
    "wallet": ("wallet_id", WALLET),
    "smart": ("wallet_id", SMART),
    "chain": ("chain_id", CHAIN),
    "other chain": ("chain_id", OTHER_CHAIN),
    "portfolio": ("portfolio_id", PORTFOLIO),
    "other portfolio": ("portfolio_id", OTHER_PORTFOLIO),
}


async def add_rule(
    stores: Stores,
    kind: str,
    target: str,
    condition: str,
    *,
    minutes: int = 60,
    **more: Any,
) -> UUID:
    """A rule from words such as `tvl_change`, `protocol`, `lt -5 %`."""
    operator, threshold, *unit = condition.split()
    column, key = TARGETS[target]
    type_ = "wallet" if target == "smart" else target.removeprefix("other ")
    rule = uuid4()
    values = {
        "id": rule,
        "user_id": USER,
        "name": f"{kind} {condition}",
        "alert_type": kind,
        "target_type": type_,
        column: key,
        "condition_operator": operator,
        "threshold_value": Decimal(threshold),
        "threshold_type": "percentage" if unit else "absolute",
        "timeframe_minutes": minutes,
        **more,
    }
    await stores.postgres.copy_rows("alerts.rules", tuple(values), [tuple(values.values())])
    return rule
