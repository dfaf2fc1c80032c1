"""A sentence-embedding model in a folder, run by the optional library sentence-transformers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.embedding.embedder import EmbedderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class FolderEmbedder:
    """Vectors of a local model; nothing is ever downloaded.

    A model has one length. A shorter one is cut from it and normalised again, which models trained
    for it (Matryoshka) bear well; a longer one is refused.
    """

    __slots__ = ("_length", "_model", "name", "version")

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise EmbedderError(f"embedder: {folder} is no folder; use 'lexical' or a model folder")
        try:
            library = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise EmbedderError(
                f"embedder: the model in {folder} needs the library sentence-transformers; "
                "run: pip install sentence-transformers"
            ) from error
        try:
            self._model: Any = library.SentenceTransformer(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise EmbedderError(f"embedder: no usable model in {folder}: {error}") from error
        self._length = int(self._model.get_sentence_embedding_dimension() or 0)
        self.name = folder.name
        self.version = f"{library.__version__}/{self._length}"

    def supports(self, dimensions: int) -> bool:
        """Lengths up to the model's own."""
        return 0 < dimensions <= self._length

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        """Embed texts with the model."""
        if not self.supports(dimensions):
            raise EmbedderError(
                f"embedder: {self.name} makes {self._length} dimensions, {dimensions} are needed"
            )
        vectors = np.asarray(self._model.encode(list(texts)), dtype=np.float64)[:, :dimensions]
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        result: list[list[float]] = (vectors / np.where(norms == 0, 1, norms)).tolist()
        return result
