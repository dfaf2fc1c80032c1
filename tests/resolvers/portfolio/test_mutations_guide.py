"""The examples of docs/mutations.md work as they stand, one after the other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from resolvers.context import Viewer
from resolvers.mutation import UserErrorCode
from resolvers.portfolio.position_file import MAX_BYTES, MAX_ROWS
from stores.lifecycle import Stores
from tests.resolvers.graph import ask

GUIDE: Final = (Path(__file__).parents[3] / "docs" / "mutations.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"```graphql\n(.+?)```\n\n```json\n(.+?)```", re.DOTALL)


async def test_the_examples_work(stores: Stores, worker_stores: Stores, alice: Viewer) -> None:
    columns = ("id", "symbol", "name")
    await worker_stores.postgres.copy_rows("catalog.assets", columns, [(uuid4(), "DOCS", "Docs")])
    answers: list[Any] = []
    key = ""
    for query, variables in EXAMPLE.findall(GUIDE):
        given = json.loads(variables.replace("$portfolio", key))
        answer = await ask(stores, query, viewer=alice, **given)
        assert answer.errors == []
        (payload,) = answer.data.values()
        assert payload["userErrors"] == []
        answers.append(payload)
        key = key or payload["portfolio"]["id"]
    made, edited, imported = answers
    assert made["portfolio"]["targetAllocation"] == {"ETH": 0.6}
    assert edited["portfolio"] == {"version": 2, "name": "Long term", "isDefault": True}
    assert imported["createdCount"] == 1
    assert imported["portfolio"]["totals"] == {"valueUsd": "3000.00000000"}
    # All of it is where none was wanted, and the 60 percent of ether are missing.
    assert imported["portfolio"]["allocation"] == {"driftPct": "80.000000"}


def test_codes_and_limits_are_those_of_the_code() -> None:
    assert f"`{' '.join(code.name for code in UserErrorCode)}`" in GUIDE
    assert f"{MAX_BYTES // 1024} KiB and {MAX_ROWS:,} rows" in GUIDE
