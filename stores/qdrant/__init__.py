"""The Qdrant adapter: vectors, payload filters and error mapping over qdrant-client."""
