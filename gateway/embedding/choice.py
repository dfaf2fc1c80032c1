"""Picks the embedder that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.embedding.folder import FolderEmbedder
from gateway.embedding.lexical import LexicalEmbedder

if TYPE_CHECKING:
    from gateway.embedding.embedder import Embedder


def open_embedder(choice: str = "lexical") -> Embedder:
    """The embedder for a setting: `lexical`, or the path of a folder with a sentence model.

    Raises:
        EmbedderError: the folder or the library it needs is missing; says what to do.
    """
    return LexicalEmbedder() if choice == "lexical" else FolderEmbedder(Path(choice))
