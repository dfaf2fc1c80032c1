"""A small world of dangers, every figure of it checked by hand."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from resolvers.context import Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys

CHAIN: Final = 920_401
CATEGORY: Final = f"risk-{uuid4().hex[:8]}"
ALICE, BOB = uuid4(), uuid4()
PROTOCOL, QUIET = uuid4(), uuid4()
DOLLAR, RARE, ODD = uuid4(), uuid4(), uuid4()
WALLET, CALM = uuid4(), uuid4()
CONTRACT, PLAIN = uuid4(), uuid4()
MINE, HIS = uuid4(), uuid4()
PROTOCOLS: Final = [uuid4() for _ in range(100)]
WALLETS: Final = [uuid4() for _ in range(100)]
HARMFUL: Final = "0x" + uuid4().hex + "deadbeef"
TRUSTED: Final = "0x" + uuid4().hex + "0000cafe"
DAY: Final = datetime(2025, 4, 7, tzinfo=UTC)
SIGNED_IN: Final = Viewer(ALICE, "user")
STRANGER: Final = Viewer(BOB, "user")


_LIQUIDATION: Final[tuple[Any, ...]] = ("liquidation_risk", "critical", "Add collateral.", {})


class Ids:
    """Ids that grow like those the database makes, so that their order is that of time."""

    def __init__(self) -> None:
        self._base = uuid4().int & ~0xFFFFF

    def __getitem__(self, number: int) -> UUID:
        return UUID(int=self._base + number)


ASSESSMENT, APPROVAL, SCAN, AUDIT, ALERT = (Ids() for _ in range(5))
INCIDENT = uuid4()


def global_id(name: str, key: UUID) -> str:
    """The global id of a row."""
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).rstrip(b"=").decode()


def address_of(number: int) -> str:
    """The address of one of the many wallets."""
    return f"0x{WALLETS[number].hex}00000000"


async def _catalogue(stores: Stores) -> None:
    postgres = stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [
            (PROTOCOL, f"p-{PROTOCOL}", "Lender", "Lending"),
            (QUIET, f"p-{QUIET}", "Quiet", "Lending"),
            *((id_, f"p-{id_}", f"P{n:03}", CATEGORY) for n, id_ in enumerate(PROTOCOLS)),
        ],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "decimals"),
        [(DOLLAR, "RUSD", "Dollar", 6), (RARE, "RARE", "Rare", 18), (ODD, "ODD", "Odd", None)],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [
            (WALLET, CHAIN, f"0x{WALLET.hex}00000000"),
            (CALM, CHAIN, f"0x{CALM.hex}00000000"),
            *((id_, CHAIN, address_of(n)) for n, id_ in enumerate(WALLETS)),
        ],
    )
    await postgres.copy_rows(
        "catalog.contracts",
        ("id", "chain_id", "address"),
        [(CONTRACT, CHAIN, TRUSTED), (PLAIN, CHAIN, f"0x{PLAIN.hex}00000000")],
    )
    await postgres.copy_rows(
        "portfolio.portfolios",
        ("id", "user_id", "name"),
        [(MINE, ALICE, "Mine"), (HIS, BOB, "His")],
    )
    await postgres.copy_rows(
        "portfolio.portfolio_wallets",
        ("portfolio_id", "wallet_id"),
        [(MINE, WALLET), (MINE, WALLETS[7]), (HIS, WALLETS[9])],
    )
    await postgres.copy_rows(
        "catalog.incidents",
        ("id", "occurred_on", "name", "source", "protocol_id"),
        [(INCIDENT, DAY.date(), "Oracle stuck", "test", PROTOCOL)],
    )


async def _assessments(stores: Stores) -> None:
    def row(number: int, kind: str, key: UUID, dimension: str, score: str, hour: int) -> Any:
        kinds = ("protocol", "asset", "wallet", "contract", "portfolio")
        targets = (key if kind == each else None for each in kinds)
        reasons = (["thin market"], {"depth_usd": 12}, ["wait"], "Handle with care.")
        at = DAY + timedelta(hours=hour)
        confidence = Decimal("0.75") if number % 2 else None
        return (
            ASSESSMENT[number],
            kind,
            *targets,
            dimension,
            Decimal(score),
            confidence,
            *reasons,
            at,
        )

    await stores.postgres.copy_rows(
        "risk.assessments",
        (
            *("id", "target_type", "protocol_id", "asset_id", "wallet_id", "contract_id"),
            *("portfolio_id", "dimension", "score", "confidence", "risk_factors", "factors"),
            *("recommendations", "description", "created_at"),
        ),
        [
            row(1, "protocol", PROTOCOL, "overall", "0.4", 1),
            row(2, "protocol", PROTOCOL, "overall", "0.57", 2),
            row(3, "protocol", PROTOCOL, "security", "0.2", 2),
            row(4, "asset", DOLLAR, "liquidity", "0.1", 3),
            row(5, "wallet", WALLET, "security", "0.66", 3),
            row(6, "contract", CONTRACT, "smart_contract", "0.3333", 3),
            row(7, "portfolio", MINE, "overall", "0.9", 4),
            row(8, "portfolio", HIS, "overall", "0.8", 4),
            *(
                row(100 + n, "protocol", id_, "overall", str(Decimal(n) / 200), 1)
                for n, id_ in enumerate(PROTOCOLS)
            ),
            *(
                row(300 + n, "wallet", id_, "security", str(Decimal(n) / 200), 1)
                for n, id_ in enumerate(WALLETS)
            ),
        ],
    )
    scores = [
        (DAY + timedelta(hours=hour), kind, key, "overall", score, 0.5, "test")
        for hour, kind, key, score in (
            (1, "protocol", PROTOCOL, 0.4),
            (2, "protocol", PROTOCOL, 0.57),
            (26, "protocol", PROTOCOL, 0.3333),
            (1, "portfolio", MINE, 0.9),
            (1, "portfolio", HIS, 0.8),
        )
    ]
    columns = ("ts", "target_type", "target_id", "dimension", "score", "confidence", "source")
    await stores.clickhouse.insert("risk_scores", columns, scores)


async def _approvals(stores: Stores) -> None:
    harm = [(CHAIN, HARMFUL, "phishing", "test", DAY, True, Decimal("0.8"))]
    # A report that proved wrong, and one of the same address on another chain's list.
    harm.append((CHAIN, TRUSTED, "exploit", "test", DAY, False, Decimal("0.1")))
    harm.append((CHAIN, HARMFUL, "drainer", "other", DAY + timedelta(days=1), True, Decimal("0.9")))
    await stores.postgres.copy_rows(
        "risk.malicious_contracts",
        (
            *("chain_id", "address", "threat_type", "source", "first_reported_at", "is_active"),
            "confidence",
        ),
        harm,
    )
    await stores.postgres.copy_rows(
        "catalog.address_labels",
        ("id", "chain_id", "address", "name", "labels", "source"),
        [(uuid4(), CHAIN, TRUSTED, "Router", ["dex"], "test")],
    )

    def row(number: int, wallet: UUID, asset: UUID, spender: str, amount: str | None) -> Any:
        revoked = DAY + timedelta(days=2) if number == 5 else None
        value = None if amount is None else Decimal(amount)
        at = DAY + timedelta(minutes=number)
        return (APPROVAL[number], wallet, asset, spender, value, amount is None, at, revoked)

    await stores.postgres.copy_rows(
        "risk.wallet_approvals",
        (
            *("id", "wallet_id", "asset_id", "spender", "amount", "is_unlimited", "approved_at"),
            "revoked_at",
        ),
        [
            row(1, WALLET, DOLLAR, TRUSTED, "1500000"),  # 1.5 dollars
            row(2, WALLET, DOLLAR, HARMFUL, None),  # everything
            row(3, WALLET, RARE, HARMFUL, "1"),  # nobody prices it
            row(4, WALLET, ODD, TRUSTED, "7"),  # nobody knows its decimals
            row(5, WALLET, RARE, TRUSTED, "10"),  # taken back
            *(
                row(100 + n, id_, DOLLAR, HARMFUL, str(n * 1_000_000))
                for n, id_ in enumerate(WALLETS)
            ),
        ],
    )


async def _findings(stores: Stores) -> None:
    await stores.postgres.copy_rows(
        "risk.security_scans",
        (
            *("id", "contract_id", "scanner", "status", "score", "severity_counts", "created_at"),
            "completed_at",
        ),
        [
            (SCAN[1], CONTRACT, "old", "failed", None, {}, DAY, DAY),
            (SCAN[2], CONTRACT, "gauge", "completed", Decimal("0.25"), {"high": 1}, DAY, DAY),
        ],
    )
    await stores.postgres.copy_rows(
        "risk.contract_audits",
        ("id", "contract_id", "auditor", "audited_on", "severity_counts", "status"),
        [
            (AUDIT[1], CONTRACT, "Aye", date(2024, 1, 2), {"low": 3}, "passed"),
            (AUDIT[2], CONTRACT, "Bee", date(2025, 1, 2), {}, None),
        ],
    )
    troubled = (INCIDENT, {"oracle_deviation": 0.02}, DAY)
    await stores.postgres.copy_rows(
        "risk.protocol_health",
        (
            *("protocol_id", "chain_id", "status", "tvl_usd", "tvl_change_24h_pct", "uptime"),
            *("incident_id", "indicators", "observed_at"),
        ),
        [
            (PROTOCOL, CHAIN, "degraded", *map(Decimal, ("1000", "-12.5", "0.97")), *troubled),
            *(
                (id_, CHAIN, "healthy", Decimal(n), None, Decimal(1), None, {}, DAY)
                for n, id_ in enumerate(PROTOCOLS)
            ),
        ],
    )
    await stores.postgres.copy_rows(
        "risk.protocol_risk_indicators",
        ("protocol_id", "indicator", "value", "threshold", "breached", "observed_at"),
        [
            (PROTOCOL, "bad_debt_usd", None, Decimal("5"), False, DAY),
            (PROTOCOL, "oracle_deviation", Decimal("0.02"), Decimal("0.01"), True, DAY),
        ],
    )
    columns = ("ts", "protocol_id", "chain_id", "status", "tvl_usd", "uptime")
    await stores.clickhouse.insert(
        "protocol_health_history",
        columns,
        [
            (DAY + timedelta(minutes=5), PROTOCOL, 0, "healthy", Decimal("9"), 0.57),
            (DAY + timedelta(minutes=50), PROTOCOL, 0, "degraded", Decimal("8"), None),
            (DAY + timedelta(hours=2), PROTOCOL, 0, "unhealthy", None, 0.25),
            (DAY + timedelta(hours=2), PROTOCOL, CHAIN, "healthy", Decimal("1"), 1.0),
        ],
    )


async def _alerts(stores: Stores) -> None:
    trouble = ("protocol_risk", "high", "Lender is in trouble.", {"score": 0.57})
    await stores.postgres.copy_rows(
        "risk.alerts",
        (
            *("id", "user_id", "portfolio_id", "target_type", "target_id", "alert_type"),
            *("severity", "message", "details"),
        ),
        [
            (ALERT[1], ALICE, MINE, "protocol", PROTOCOL, *trouble),
            (ALERT[2], ALICE, *(None,) * 3, "unusual_activity", "low", "Something moved.", {}),
            (ALERT[3], BOB, HIS, "portfolio", HIS, *_LIQUIDATION),
        ],
    )


@pytest.fixture(scope="session", autouse=True)
async def dangers(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """The rows, and a price of two dollars for the one token that has one."""
    for write in (_catalogue, _assessments, _approvals, _findings, _alerts):
        await write(worker_stores)
    key = redis_keys.key("price_current", asset_id=DOLLAR)
    now = int(datetime.now(UTC).timestamp() * 1000)
    fields: Any = {"price": "2", "ts": str(now), "source": "test"}
    await stores.redis.commands.hset(key, mapping=fields)
    yield
    await stores.redis.commands.delete(key)
    postgres = worker_stores.postgres
    everybody = [PROTOCOL, QUIET, *PROTOCOLS]
    for table, column, ids in (
        (
            "risk.assessments",
            "target_id",
            [*everybody, DOLLAR, WALLET, *WALLETS, CONTRACT, MINE, HIS],
        ),
        ("risk.wallet_approvals", "wallet_id", [WALLET, *WALLETS]),
        ("risk.protocol_health", "protocol_id", everybody),
    ):
        text = f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), ids)
