"""An embedder without a model: texts that share words and parts of words lie close together.

Every feature of a text (word, word pair, character trigram and four-gram) is hashed to one row of
an endless random matrix of -1 and +1, which is never stored: the hash seeds the row. Their weighted
sum is a signed random projection of the bag of features; by Johnson and Lindenstrauss it keeps
angles to about 1/sqrt(dimensions). It knows no synonyms; a sentence model (`folder`) does.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from gateway.embedding.embedder import EmbedderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

_WORD: Final = re.compile(r"[^\W_]+")
_MAX_CHARACTERS: Final = 8_000
_MAX_DIMENSIONS: Final = 4_096
# Words say more than parts of words, and a text has many more parts.
_WORD_WEIGHT: Final = 1.0
_PAIR_WEIGHT: Final = 0.6
_PART_WEIGHT: Final = 0.25
_COMMON_WEIGHT: Final = 0.15
_COMMON: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "for",
        "from",
        "has",
        "have",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "our",
        "over",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "up",
        "was",
        "we",
        "were",
        "which",
        "while",
        "who",
        "will",
        "with",
        "you",
        "your",
        "all",
        "any",
        "more",
        "most",
        "other",
        "some",
        "such",
        "than",
    ]
)


class LexicalEmbedder:
    """Signed random projection of hashed words and character n-grams; numpy only."""

    __slots__ = ()

    name = "lexical"
    version = "1"

    def supports(self, dimensions: int) -> bool:
        """Any length from 8 to 4,096 that whole bytes of bits make up."""
        return 8 <= dimensions <= _MAX_DIMENSIONS and dimensions % 8 == 0

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        """Embed texts; the first 8,000 characters of each count."""
        if not self.supports(dimensions):
            raise EmbedderError(
                f"the lexical embedder makes 8 to 4096 dimensions in steps of 8, not {dimensions}"
            )
        vectors: list[list[float]] = [project(weights(text), dimensions).tolist() for text in texts]
        return vectors


def weights(text: str) -> dict[str, float]:
    """Features of a text with their weights; a repeated feature counts by its logarithm."""
    words = [match[0] for match in _WORD.finditer(text[:_MAX_CHARACTERS].lower())]
    counts = Counter(_features(words))
    return {feature: _weight(feature) * (1 + math.log(count)) for feature, count in counts.items()}


def _features(words: list[str]) -> Iterator[str]:
    for word in words:
        yield "w:" + word
        if word not in _COMMON:
            padded = f"<{word}>"
            for size in (3, 4):
                for start in range(len(padded) - size + 1):
                    yield "c:" + padded[start : start + size]
    for first, second in pairwise(words):
        if first not in _COMMON and second not in _COMMON:
            yield f"p:{first} {second}"


def _weight(feature: str) -> float:
    kind, _, rest = feature.partition(":")
    if kind == "w":
        return _COMMON_WEIGHT if rest in _COMMON else _WORD_WEIGHT
    return _PAIR_WEIGHT if kind == "p" else _PART_WEIGHT


def project(features: Mapping[str, float], dimensions: int) -> NDArray[np.float64]:
    """Unit vector of named, weighted features; the zero vector of none."""
    if not any(features.values()):
        return np.zeros(dimensions)
    bits = np.frombuffer(
        b"".join(_row(feature, dimensions // 8) for feature in features), dtype=np.uint8
    ).reshape(len(features), dimensions // 8)
    signs = np.unpackbits(bits, axis=1).astype(np.float64) * 2 - 1
    vector = np.fromiter(features.values(), dtype=np.float64) @ signs
    # Rounded before and after the norm: sums of other BLAS libraries differ in the last bits.
    norm = float(np.linalg.norm(vector))
    rounded: NDArray[np.float64] = np.round(vector / norm, 7) if norm else vector
    return rounded


def _row(feature: str, size: int) -> bytes:
    """The pseudo-random bits of a feature, the same in every process and on every machine."""
    encoded = feature.encode("utf-8", "surrogatepass")
    blocks = (
        blake2b(encoded, digest_size=64, salt=block.to_bytes(2, "little")).digest()
        for block in range(-(-size // 64))
    )
    return b"".join(blocks)[:size]
