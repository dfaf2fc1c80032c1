"""Rewriting for a ClickHouse cluster, and that the engine accepts every rewritten file."""

import pytest

from stores.clickhouse.client import ClickHouse
from stores.lexing import split_statements
from stores.migrate.cluster import for_cluster
from stores.migrate.files import load_migrations, migration_folder
from stores.queries import Statement
from stores.urls import StoreUrls

PLACE = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = MergeTree ORDER BY a",
            "CREATE TABLE IF NOT EXISTS t ON CLUSTER '{cluster}' (a Int8) "
            f"ENGINE = ReplicatedMergeTree({PLACE}) ORDER BY a",
        ),
        (
            "CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(v) ORDER BY a",
            "CREATE TABLE t ON CLUSTER '{cluster}' (a Int8) "
            f"ENGINE = ReplicatedReplacingMergeTree({PLACE}, v) ORDER BY a",
        ),
        (
            "create table t (a Int8) engine MergeTree() order by a",
            "create table t ON CLUSTER '{cluster}' (a Int8) "
            f"engine ReplicatedMergeTree({PLACE}) order by a",
        ),
        (
            "CREATE TABLE t (a String COMMENT 'ENGINE = MergeTree') ENGINE = Memory",
            "CREATE TABLE t ON CLUSTER '{cluster}' "
            "(a String COMMENT 'ENGINE = MergeTree') ENGINE = Memory",
        ),
        (
            "-- CREATE TABLE x\nCREATE MATERIALIZED VIEW IF NOT EXISTS v TO t AS SELECT 1",
            "-- CREATE TABLE x\nCREATE MATERIALIZED VIEW IF NOT EXISTS v "
            "ON CLUSTER '{cluster}' TO t AS SELECT 1",
        ),
        ("DROP VIEW IF EXISTS v", "DROP VIEW IF EXISTS v ON CLUSTER '{cluster}'"),
        (
            "ALTER TABLE `a b` ADD COLUMN IF NOT EXISTS c Int8",
            "ALTER TABLE `a b` ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS c Int8",
        ),
        ("RENAME TABLE a TO b", "RENAME TABLE a TO b ON CLUSTER '{cluster}'"),
        ("CREATE DATABASE d", "CREATE DATABASE d ON CLUSTER '{cluster}'"),
        ("INSERT INTO t SELECT 'CREATE TABLE x'", "INSERT INTO t SELECT 'CREATE TABLE x'"),
        ("SELECT 1", "SELECT 1"),
        ("DROP TABLE t ON CLUSTER mine", "DROP TABLE t ON CLUSTER mine"),
    ],
)
def test_definitions_run_on_the_cluster(statement: str, expected: str) -> None:
    assert for_cluster(statement) == expected


def test_the_cluster_can_be_named() -> None:
    assert for_cluster("DROP TABLE t", "main") == "DROP TABLE t ON CLUSTER 'main'"


async def test_every_rewritten_statement_is_valid(engine_urls: StoreUrls) -> None:
    check = Statement("check", "SELECT formatQuery({sql:String})")
    async with ClickHouse(engine_urls.clickhouse) as clickhouse:
        for migration in load_migrations(migration_folder("clickhouse"), "clickhouse"):
            for section in (migration.up, migration.down):
                for statement in split_statements(section.sql if section else "", "clickhouse"):
                    rewritten = for_cluster(statement)
                    assert "ON CLUSTER" in rewritten
                    assert await clickhouse.fetch(check, {"sql": rewritten})
