"""The embedder without a model."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.embedding import EmbedderError, LexicalEmbedder, open_embedder
from gateway.embedding.lexical import project

_SAMPLE = Path(__file__).parents[3] / "data" / "reference" / "protocols.jsonl"


def _similarity(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("dimensions", [384, 512, 768])
def test_vectors_have_the_length_asked_for_and_unit_norm(dimensions: int) -> None:
    (vector,) = LexicalEmbedder().embed(["Lending market on Ethereum"], dimensions)

    assert len(vector) == dimensions
    assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-5)


def test_the_same_text_gives_the_same_vector_in_another_process() -> None:
    text = "Bridge between Ethereum and Arbitrum, ünïcode 貸出"
    program = (
        "import hashlib, json; from gateway.embedding import LexicalEmbedder; "
        f"vectors = LexicalEmbedder().embed([{text!r}], 384); "
        "print(hashlib.sha256(json.dumps(vectors).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50
    )
    here = json.dumps(LexicalEmbedder().embed([text], 384))

    assert done.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_protocols_of_a_kind_are_nearer_than_others() -> None:
    rows = {row["slug"]: row for row in map(json.loads, _SAMPLE.read_text().splitlines())}
    texts = {
        slug: f"{row['name']}. {row['category']}. {row['description']}"
        for slug, row in rows.items()
    }
    vectors = dict(zip(texts, LexicalEmbedder().embed(list(texts.values()), 768), strict=True))

    def near(first: str, second: str) -> float:
        return _similarity(vectors[first], vectors[second])

    assert near("aave-v3", "aave-v2") > near("aave-v3", "uniswap-v2") + 0.1
    assert near("uniswap-v2", "sushiswap") > near("uniswap-v2", "lido") + 0.1
    assert near("lido", "rocket-pool") > near("lido", "gmx") + 0.05
    assert near("across", "stargate") > near("across", "makerdao") + 0.05


def test_similar_sentences_score_higher_than_unrelated_ones() -> None:
    first, similar, unrelated = LexicalEmbedder().embed(
        [
            "Bridge drained of wrapped ether by a forged signature",
            "A forged signature let an attacker drain ether from the bridge",
            "Regulators approve spot exchange-traded funds",
        ],
        384,
    )

    assert _similarity(first, similar) > 0.4
    assert abs(_similarity(first, unrelated)) < 0.15


@pytest.mark.parametrize("text", ["", "   ", "!?", "\ud800"])
def test_text_without_words_gives_a_vector_all_the_same(text: str) -> None:
    (vector,) = LexicalEmbedder().embed([text], 384)

    assert len(vector) == 384


def test_features_without_weight_give_the_zero_vector() -> None:
    assert not project({}, 512).any()
    assert not project({"pace": 0.0}, 512).any()


def test_unusable_length_is_refused() -> None:
    with pytest.raises(EmbedderError, match="steps of 8"):
        LexicalEmbedder().embed(["text"], 385)


def test_lexical_is_what_the_setting_says() -> None:
    assert open_embedder("lexical").name == "lexical"


def test_missing_model_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="is no folder"):
        open_embedder(str(tmp_path / "nothing"))


def test_model_folder_says_which_library_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)

    with pytest.raises(EmbedderError, match="pip install sentence-transformers"):
        open_embedder(str(tmp_path))
