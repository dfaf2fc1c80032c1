"""Tests of the text in sql/clickhouse."""
