"""Qdrant's engine of the qdrant-edge wheel behind Qdrant's REST interface.

One shard a collection, exact search over every point that passes the filter. Payload indexes are
used. There is no HNSW graph: building one stops the process for seconds and pays only above a
hundred thousand points. Not offered: snapshots, clusters, formula and discovery queries, gRPC.
"""
