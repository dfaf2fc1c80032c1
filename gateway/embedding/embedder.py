"""What every embedder offers, and the one error it raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class EmbedderError(ValueError):
    """The configured embedder cannot be used; the message says what to do."""


class Embedder(Protocol):
    """Makes unit vectors of texts; the same text gives the same vector in every process."""

    @property
    def name(self) -> str:
        """Which model it is; stored with every vector, because vectors of two models differ."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the vectors of the same texts would."""
        ...

    def supports(self, dimensions: int) -> bool:
        """Whether it can make vectors of this length."""
        ...

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        """Embed texts, in their order; computes and so blocks: call it off the event loop.

        Args:
            texts: what to embed; an empty text gives the zero vector.
            dimensions: length of the vectors.

        Raises:
            EmbedderError: the embedder has no vectors of that length.
        """
        ...
