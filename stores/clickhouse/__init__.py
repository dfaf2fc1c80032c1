"""The ClickHouse adapter: client and error mapping over clickhouse-connect's async HTTP client."""
