"""The parts of `resolvers/mutation.py`, which is what domains import."""
