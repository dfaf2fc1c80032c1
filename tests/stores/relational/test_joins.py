"""Rows of a relation beside each row of a read: equal names, and every form of statement."""

from __future__ import annotations

from typing import Any

import pytest

from stores.relational.conditions import All, Beyond, Compare, IsNull, OneOf
from stores.relational.keyset import Sort
from stores.relational.read import Join, Key, Read, statement
from tests.stores.relational.conftest import FACTS, SCHEMA, SOURCES, Fact, Fetch

# The relation beside is the same one, so every name is there twice.
BESIDE = Join("id", f"{SCHEMA}.facts", "id")
NOT_B = Compare("name", "text", "ne", "B")
ORDER = (Sort("at", "timestamp", descending=True), Sort("id", "uuid"))
COLUMNS = ("name", "id.name", "id.amount", "id.at", "id.flag", "id.id")


def read(**changed: Any) -> Read:
    """A read with the same relation beside."""
    return Read(
        SOURCES["postgres"],
        COLUMNS,
        where=NOT_B,
        order=ORDER,
        texts=("id.amount", "id.id"),
        instants=("id.at",),
        presences=("id.flag",),
        joins=(BESIDE,),
        **changed,
    )


def row(fact: Fact) -> tuple[Any, ...]:
    """What the read returns of a fact."""
    amount = None if fact.amount is None else f"{fact.amount:.8f}"
    at = fact.at.isoformat().replace("+00:00", "Z")
    return (fact.name, fact.name, amount, at, fact.flag is not None, str(fact.id))


def expected(*facts: Fact) -> list[tuple[Any, ...]]:
    """The rows of facts that the read wants, in its order."""
    wanted = [fact for fact in facts if fact.name != "B"]
    wanted.sort(key=lambda fact: fact.id)
    wanted.sort(key=lambda fact: fact.at, reverse=True)
    return [row(fact) for fact in wanted]


async def test_rows_and_those_beside_them(fetch: Fetch) -> None:
    assert await fetch(read()) == expected(*FACTS)
    assert await fetch(read(limit=7)) == expected(*FACTS)[:7]


@pytest.mark.parametrize("limit", [None, 3])
async def test_rows_of_keys_and_those_beside_them(fetch: Fetch, limit: int | None) -> None:
    found = await fetch(read(key=Key("parent", "int"), keys=(4, 1), limit=limit))
    for parent in (4, 1):
        own = expected(*(fact for fact in FACTS if fact.parent == parent))[:limit]
        assert [each[1:] for each in found if each[0] == parent] == own


async def test_a_row_without_one_beside_has_nulls(fetch: Fetch) -> None:
    away = Read(
        SOURCES["postgres"],
        ("name", "size.name", "size.parent"),
        where=Compare("parent", "int", "eq", 4),
        presences=("size.parent",),
        joins=(Join("size", f"{SCHEMA}.facts", "parent"),),
    )
    rows = await fetch(away)
    assert {each[1:] for each in rows if each[1] is None} == {(None, False)}


def test_every_condition_is_of_the_relation_itself() -> None:
    conditions = All(
        (
            NOT_B,
            IsNull("size"),
            OneOf("flag", "bool", (True,)),
            Beyond(("at", "id"), ("timestamp", "uuid"), True, (None, None)),
        )
    )
    text = statement(Read(SOURCES["postgres"], ("id.name",), conditions, joins=(BESIDE,)))[0].text
    facts = f'"{SCHEMA}"."facts"'
    assert text == (
        f'SELECT "id"."name" FROM {facts} LEFT JOIN {facts} AS "id" ON "id"."id" = {facts}."id"'
        f' WHERE ({facts}."name" <> $1::text AND {facts}."size" IS NULL'
        f' AND {facts}."flag" = ANY($2::boolean[])'
        f' AND ({facts}."at", {facts}."id") > ($3::timestamptz, $4::uuid))'
    )
