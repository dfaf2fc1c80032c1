"""The sample of the repository: licensed, small, coherent, and what the demonstration needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.load import LoadOptions, LoadReport, load
from gateway.load.identity import DEMO_USER_ID
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.load.contents import count

_SAMPLE = Path(__file__).parents[3] / "data"


@pytest.fixture
async def loaded(empty_stores: Stores, tmp_path: Path) -> tuple[Stores, LoadReport]:
    return empty_stores, await load(_SAMPLE, empty_stores, LoadOptions(rejected_dir=tmp_path))


async def _rows(stores: Stores, text: str, *args: object) -> list[tuple[object, ...]]:
    rows = await stores.postgres.fetch(Statement("test", text), *args)
    return [tuple(row.values()) for row in rows]


async def test_sample_loads_whole_and_is_coherent(loaded: tuple[Stores, LoadReport]) -> None:
    stores, report = loaded

    assert report.rejected == 0
    assert report.unknown == ()
    assert {relation: await count(stores, relation) for relation in _EXPECTED} == _EXPECTED
    # Activity goes on in ClickHouse where Postgres ends, for wallets that are active on both sides.
    across = await _rows(
        stores,
        "SELECT count(*) FROM catalog.wallets AS w WHERE w.first_seen_at < w.last_activity_at"
        " - interval '200 days' AND EXISTS (SELECT FROM catalog.wallet_transactions AS t"
        " WHERE t.wallet_id = w.id)",
    )
    assert across[0][0] == 171
    assert (
        await _rows(stores, "SELECT * FROM ops.default_partition_rows() WHERE stray_rows > 0") == []
    )

    await _check_demo(stores)


async def _check_demo(stores: Stores) -> None:
    values = await _rows(
        stores,
        "SELECT s.total_value_usd = sum(p.value_usd), count(*), count(p.value_usd)"
        " FROM portfolio.portfolios AS f JOIN portfolio.summaries AS s ON s.portfolio_id = f.id"
        " JOIN portfolio.positions AS p ON p.portfolio_id = f.id WHERE f.user_id = $1"
        " GROUP BY f.id, s.total_value_usd ORDER BY count(*)",
        DEMO_USER_ID,
    )
    assert values == [(True, 4, 4), (True, 6, 6)]
    kinds = await _rows(stores, "SELECT DISTINCT position_type::text FROM portfolio.positions")
    assert {kind for (kind,) in kinds} == {"spot", "staked", "lending", "borrowing", "yield_farm"}
    secrets = await _rows(stores, "SELECT password_hash FROM account.users")
    assert secrets == [(None,)]
    snapshots = await stores.clickhouse.fetch(
        Statement(
            "s",
            "SELECT count(), uniqExact(portfolio_id), countIf(user_id != {user:UUID})"
            " FROM portfolio_snapshots FINAL",
        ),
        {"user": DEMO_USER_ID},
    )
    assert snapshots == [(960, 2, 0)]


def test_sample_is_small() -> None:
    size = sum(path.stat().st_size for path in _SAMPLE.rglob("*") if path.is_file())
    assert size <= 6_000_000


def test_every_file_of_others_has_its_attribution() -> None:
    text = (_SAMPLE / "ATTRIBUTION.md").read_text()
    files = [path.relative_to(_SAMPLE).as_posix() for path in _SAMPLE.rglob("*.gz")]

    assert len(files) == 19
    for name in files:
        assert name in text or f"{name.split('/')[0]}/*.csv.gz" in text


_EXPECTED = {
    "catalog.protocols": 41,
    "market_bars": 19_140,
    "dex_trades": 6_354,
    "lending_events": 880,
    "catalog.yield_pools": 623,
    "portfolio.transactions": 10,
    "research.mentions": 22,
}
