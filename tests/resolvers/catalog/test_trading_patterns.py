"""How wallets trade, and which trade alike within what is wanted."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from stores.lifecycle import Stores
from stores.qdrant.client import Point, Qdrant
from stores.queries import Statement
from tests.resolvers.graph import ask, kinds_of_calls

CHAIN = 963_002
WALLETS = [uuid4() for _ in range(100)]
COIN, OTHER = uuid4(), uuid4()
MODEL = f"test-{uuid4().hex[:8]}"
PREFIX = f"0x{uuid4().hex[:8]}"


def _address(number: int) -> str:
    return f"{PREFIX}{number:032x}"


def _vector(degrees: float) -> list[float]:
    radians = math.radians(degrees)
    return [math.cos(radians), math.sin(radians), *([0.0] * 510)]


PATTERNS: tuple[dict[str, Any], ...] = (
    {
        "chain_id": CHAIN,
        "asset_ids": [str(COIN), str(OTHER)],
        "features": {"pace": 1.5},
        "computed_at": "2025-05-01T12:00:00+00:00",
        "pattern_type": "swaps",
    },
    {"chain_id": CHAIN, "asset_ids": [str(COIN)], "success_rate": 0.75, "timeframe": "30d"},
    {"chain_id": CHAIN + 1, "asset_ids": [str(OTHER)], "market_conditions": ["bull", "calm"]},
    {"chain_id": CHAIN, "success_rate": 0.25, "timeframe": "7d"},
)


@pytest.fixture(scope="module", autouse=True)
async def wallets(worker_stores: Stores) -> AsyncIterator[None]:
    """A hundred wallets; four trade enough to have a pattern, ten degrees apart."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(id_, f"eip155:{id_}", f"chain-{id_}", "Chain", True) for id_ in (CHAIN, CHAIN + 1)],
    )
    await postgres.copy_rows(
        "catalog.assets", ("id", "symbol", "name"), [(COIN, "PCO", "C"), (OTHER, "POT", "O")]
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address", "label", "transaction_count"),
        [(key, CHAIN, _address(n), PREFIX, 1000 - n) for n, key in enumerate(WALLETS)],
    )
    points = [
        Point(
            str(key),
            _vector(10 * n),
            {
                "subject_type": "wallet",
                "wallet_id": str(key),
                "model": MODEL,
                "model_version": "1",
                **pattern,
            },
        )
        for n, (key, pattern) in enumerate(zip(WALLETS, PATTERNS, strict=False))
    ]
    strategy = Point(
        str(uuid4()),
        _vector(1),
        {"subject_type": "strategy", "model": MODEL, "model_version": "1"},
    )
    await worker_stores.qdrant.upsert("trading_patterns", [*points, strategy])
    yield
    await worker_stores.qdrant.delete("trading_patterns", [*WALLETS, strategy.id])
    for table, keys in (("catalog.wallets", WALLETS), ("catalog.assets", [COIN, OTHER])):
        text = f"DELETE FROM {table} WHERE id = ANY($1::uuid[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), keys)


async def _wallets(stores: Stores, fields: str, first: int) -> Any:
    query = f"""query ($label: String!, $first: Int!) {{
      wallets(first: $first, where: {{label: {{eq: $label}}}}) {{ nodes {{ {fields} }} }} }}"""
    return await ask(stores, query, label=PREFIX, first=first)


PATTERN = """tradingPattern { patternType features successRate timeframe marketConditions computedAt
  chain { slug } assets { symbol } }"""


async def test_a_pattern_says_how_a_wallet_trades(stores: Stores) -> None:
    answer = await _wallets(stores, PATTERN, 5)
    assert not answer.errors
    first, second, third, _, fifth = (
        node["tradingPattern"] for node in answer.data["wallets"]["nodes"]
    )
    assert {asset["symbol"] for asset in first.pop("assets")} == {"PCO", "POT"}
    assert first == {
        "patternType": "swaps",
        "features": {"pace": 1.5},
        "successRate": None,
        "timeframe": None,
        "marketConditions": [],
        "computedAt": "2025-05-01T12:00:00Z",
        "chain": {"slug": f"chain-{CHAIN}"},
    }
    assert (second["successRate"], second["timeframe"]) == (0.75, "30d")
    assert third["marketConditions"] == ["bull", "calm"]
    assert fifth is None


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("", [1, 2, 3]),
        (f'chain: "eip155:{CHAIN}"', [1, 3]),
        (f'chain: "chain-{CHAIN + 1}"', [2]),
        (f'asset: "{COIN}"', [1]),
        ('timeframe: "7d"', [3]),
        ("minSuccessRate: 0.5", [1]),
        ("minSuccessRate: 0", [1, 3]),
        ("minScore: 0.95", [1]),
        (f'asset: "{OTHER}", minSuccessRate: 0.1', []),
    ],
    ids=["all", "chain", "slug", "asset", "span", "success", "known", "score", "two"],
)
async def test_likeness_keeps_to_what_is_wanted(
    stores: Stores, limits: str, expected: list[int]
) -> None:
    arguments = f"({limits})" if limits else ""
    answer = await _wallets(stores, f"behavesLike{arguments} {{ wallet {{ address }} }}", 1)
    assert not answer.errors
    (node,) = answer.data["wallets"]["nodes"]
    found = [hit["wallet"]["address"].lower() for hit in node["behavesLike"]]
    assert found == [_address(n) for n in expected]


@pytest.mark.parametrize(
    "wrong",
    ["minSuccessRate: 1.1", 'asset: "nonsense"', 'chain: "nowhere-at-all"', "first: 0"],
)
async def test_wrong_limits_are_explained(stores: Stores, wrong: str) -> None:
    answer = await _wallets(stores, f"behavesLike({wrong}) {{ score }}", 1)
    assert [code for _, code in answer.codes] == ["BAD_USER_INPUT"]


async def test_requests_do_not_grow_with_wallets(stores: Stores) -> None:
    fields = f"{PATTERN} behavesLike {{ wallet {{ label }} }}"
    answers = [await _wallets(stores, fields, first) for first in (1, 10, 100)]
    assert [answer.errors for answer in answers] == [[], [], []]
    assert answers[0].statements == answers[1].statements == answers[2].statements
    # Wallets, their patterns' chains and assets, and who is alike; patterns, vectors, one search.
    assert kinds_of_calls(answers[0]) == ["postgres"] * 4 + ["qdrant"] * 3


async def test_without_qdrant_wallets_are_still_there(stores: Stores) -> None:
    nobody = Qdrant("http://127.0.0.1:9")
    away = replace(stores, qdrant=nobody)
    answer = await _wallets(away, "address tradingPattern { timeframe }", 1)
    await nobody.close()
    (node,) = answer.data["wallets"]["nodes"]
    assert node["address"].lower() == _address(0)
    assert node["tradingPattern"] is None
    assert [error.original_error.store for error in answer.errors] == ["qdrant"]
