"""Text only: migrations and named queries of every store, Redis keys and Lua, Qdrant collections."""
