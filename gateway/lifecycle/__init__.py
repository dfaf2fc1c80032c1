"""Copies of somebody's data and erasures, across all stores."""
