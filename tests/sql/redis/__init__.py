"""Tests of the text in sql/redis."""
