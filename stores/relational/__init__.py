"""Declared reads of Postgres and ClickHouse as single parameterised statements.

A `Read` says columns, conditions, order, page and keys. `statement` turns it into text and values:
the text depends on the read's shape only and is built once a shape, values always travel as
parameters.
"""
