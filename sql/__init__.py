"""Text only: migrations and named queries, Redis keys and Lua, Qdrant collections."""
