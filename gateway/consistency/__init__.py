"""Compares what several stores hold of the same things, and mends what differs."""
