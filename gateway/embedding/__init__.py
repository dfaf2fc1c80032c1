"""Turns texts into vectors for the similarity search of Qdrant."""

from gateway.embedding.choice import open_embedder
from gateway.embedding.embedder import Embedder, EmbedderError
from gateway.embedding.lexical import LexicalEmbedder

__all__ = ["Embedder", "EmbedderError", "LexicalEmbedder", "open_embedder"]
