"""The stores that hear of changes, one module each."""
