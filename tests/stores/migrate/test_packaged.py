"""The packaged files on live stores: up, down and up again end where they began."""

from stores.clickhouse.client import ClickHouse
from stores.migrate import migrate, rollback, status
from stores.postgres.client import Postgres
from stores.queries import Statement
from stores.urls import StoreUrls

COLUMNS = Statement(
    "test.columns",
    """
    SELECT format('%s.%s.%s %s %s %s', n.nspname, c.relname, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, c.relrowsecurity)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public')
    ORDER BY 1
    """,
)
CLICKHOUSE = Statement(
    "test.tables",
    "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() "
    "AND name NOT LIKE '%migration%' AND name NOT LIKE '.inner%' ORDER BY name",
)


async def test_postgres_comes_back_the_same(urls: StoreUrls) -> None:
    await migrate(urls, stores=["postgres"])
    async with Postgres(urls.postgres_migrator) as database:
        before = await database.fetch(COLUMNS)
        assert len(before) > 500
        await rollback(urls, "postgres", target="0")
        assert await database.fetch(COLUMNS) == []
        await migrate(urls, stores=["postgres"])
        assert await database.fetch(COLUMNS) == before
    assert (await status(urls, stores=["postgres"]))[0].up_to_date


async def test_clickhouse_comes_back_the_same(urls: StoreUrls) -> None:
    await migrate(urls, stores=["clickhouse"])
    async with ClickHouse(urls.clickhouse) as database:
        before = await database.fetch(CLICKHOUSE)
        assert len(before) > 20
        await rollback(urls, "clickhouse", target="0")
        assert await database.fetch(CLICKHOUSE) == []
        await migrate(urls, stores=["clickhouse"])
        assert await database.fetch(CLICKHOUSE) == before
    assert (await status(urls, stores=["clickhouse"]))[0].up_to_date
