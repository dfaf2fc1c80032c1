"""Tests of the Postgres data model on the running server."""
