"""Passes changes in Postgres on to ClickHouse, Redis and Qdrant, in order, at least once."""
