"""Tests of the text in sql/qdrant."""
