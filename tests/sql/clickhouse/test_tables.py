"""Every ClickHouse table is built the way sql/README.md promises."""

from __future__ import annotations

import re

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from tests.sql.clickhouse.migrations import files, statements

SERIES = {
    "agent_performance", "change_events", "dex_trades", "gas_predictions", "gas_prices",
    "lending_events",
    "market_bars", "market_data", "mev_opportunities", "pool_statistics", "portfolio_snapshots",
    "portfolio_values",
    "predictions", "protocol_health_history", "protocol_metrics", "risk_metrics", "risk_scores",
    "trader_performance", "usage_events", "wallet_transactions", "yield_metrics",
}  # fmt: skip
ROLL_UPS = {
    f"{series}_{span}"
    for series, spans in {
        "market_data": ("minutely", "hourly", "daily"),
        "protocol_metrics": ("minutely", "hourly", "daily"),
        "gas_prices": ("hourly", "daily"),
    }.items()
    for span in spans
}
LATEST = {"market_data_latest", "protocol_metrics_latest", "yield_metrics_latest"}
VIEWS = {"forecasts", "mev_events"}


async def tables(clickhouse: AsyncClient, columns: str, where: str = "1") -> list[tuple[str, ...]]:
    result = await clickhouse.query(
        f"SELECT {columns} FROM system.tables WHERE database = currentDatabase() "
        f"AND name NOT LIKE '%migration%' AND {where}"
    )
    return [tuple(row) for row in result.result_rows]


async def by_name(clickhouse: AsyncClient, column: str) -> dict[str, str]:
    return {row[0]: row[1] for row in await tables(clickhouse, f"name, {column}")}


async def test_every_series_and_roll_up_exists(clickhouse: AsyncClient) -> None:
    names = {name for (name,) in await tables(clickhouse, "name")}
    feeds = {name for name in names if name.endswith("_feed")}
    states = {name for name in names if name.endswith("_state")}
    assert names - feeds - states == SERIES | ROLL_UPS | LATEST | VIEWS
    assert states == {f"{name}_state" for name in ROLL_UPS}


async def test_004_05_every_series_replaces_rows_sent_again(clickhouse: AsyncClient) -> None:
    engines = await by_name(clickhouse, "engine")
    assert {engines[name] for name in SERIES | LATEST} <= {
        "ReplacingMergeTree",
        "ReplicatedReplacingMergeTree",
    }


async def test_000_20_series_are_partitioned_by_month(clickhouse: AsyncClient) -> None:
    keys = await by_name(clickhouse, "partition_key")
    monthly = {name for name in SERIES if keys[name].startswith("toYYYYMM(")}
    assert SERIES - monthly == {"market_bars"}  # a few bars a day: a year each


async def test_004_06_every_series_has_a_ttl_counted_from_arrival(clickhouse: AsyncClient) -> None:
    engines = await by_name(clickhouse, "engine_full")
    for name in SERIES:
        ttl = re.search(r" TTL (.*?)(?: SETTINGS|$)", engines[name])
        assert ttl, name
        assert "toDateTime(ingested_at)" in ttl[1], name
        assert not re.search(r"\b(ts|detected_at|snapshot_date)\b", ttl[1]), name


async def test_004_06_words_are_low_cardinality_and_times_are_utc(clickhouse: AsyncClient) -> None:
    result = await clickhouse.query(
        "SELECT table, name, type FROM system.columns WHERE database = currentDatabase() "
        "AND table NOT LIKE '%migration%'"
    )
    words = {
        "source", "dex_name", "metric_type", "metric_name", "transaction_type", "action",
        "opportunity_type", "prediction_type", "model_name", "model_version", "target_type",
        "dimension", "event_type", "resource_type", "status", "pool_type", "span",
        "protocol_name",
    }  # fmt: skip
    for table, name, kind in result.result_rows:
        if name in words:
            assert kind == "LowCardinality(String)", (table, name)
        assert kind.count("DateTime64(3") == kind.count("DateTime64(3, 'UTC')"), (table, name)
        if name.endswith("chain_id"):
            assert kind in {"Int64", "Nullable(Int64)"}, (table, name)
        if "Decimal" in kind:
            sizes = set(re.findall(r"Decimal\((\d+, \d+)\)", kind))
            assert sizes <= {"76, 18", "38, 18", "38, 8", "38, 9", "76, 0"}, (table, name)


async def test_every_table_and_column_has_a_comment(clickhouse: AsyncClient) -> None:
    assert await tables(clickhouse, "name", "comment = ''") == []
    result = await clickhouse.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() "
        "AND comment = '' AND table NOT LIKE '%_feed' AND table NOT LIKE '%migration%'"
    )
    assert result.result_rows == []


@pytest.mark.parametrize("name", files())
def test_file_follows_the_grammar_and_can_be_repeated(name: str) -> None:
    text = files()[name]
    assert re.fullmatch(r"\d{4}_[a-z]+_[a-z_]+\.sql", name)
    assert text.startswith("-- ")
    for statement in statements(text, "up"):
        assert re.match(
            r"CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS \w+\b"
            r"|ALTER TABLE \w+\s+ADD COLUMN IF NOT EXISTS \w+\b"
            r"|ALTER TABLE \w+ MODIFY (TTL|COMMENT)\b"
            r"|ALTER TABLE \w+ (ADD INDEX IF NOT EXISTS|MATERIALIZE INDEX) \w+\b",
            statement,
        )
        assert not re.search(
            r"ON CLUSTER|Replicated|POPULATE|\w+\.\w+\s*\(", statement.split("\n")[0]
        )
    for statement in statements(text, "down"):
        assert re.fullmatch(
            r"DROP (TABLE|VIEW) IF EXISTS \w+|ALTER TABLE \w+ DROP COLUMN IF EXISTS \w+"
            r"|ALTER TABLE \w+ MODIFY (TTL|COMMENT) .*|ALTER TABLE \w+ DROP INDEX IF EXISTS \w+",
            statement,
        )


async def test_down_undoes_up_and_up_again_gives_the_same(scratch: AsyncClient) -> None:
    async def run(direction: str) -> None:
        texts = list(files().values())
        for text in texts if direction == "up" else reversed(texts):
            for statement in statements(text, "up" if direction == "up" else "down"):
                await scratch.command(statement)

    columns = "name, replaceAll(create_table_query, currentDatabase(), 'd')"
    await run("up")
    first = await tables(scratch, columns)
    await run("up")
    assert await tables(scratch, columns) == first
    await run("down")
    assert await tables(scratch, "name") == []
    await run("up")
    assert await tables(scratch, columns) == first
