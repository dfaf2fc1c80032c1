"""One text, and everything in the catalogue it may mean."""
