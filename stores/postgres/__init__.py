"""The Postgres adapter: pool, client and error mapping over asyncpg."""
