"""What holds for every mutation of the graph, asked of each by the schema and not by a list."""

from __future__ import annotations

from random import Random
from typing import Any, Final
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from gateway.errors import present
from resolvers.context import Viewer
from resolvers.permissions import Access, Tier, scopes_of
from resolvers.plan import EXEC
from stores.lifecycle import Stores
from tests.resolvers.graph import ask, graph

_VALUES: Final[dict[str, Any]] = {
    "ID": str(uuid4()),
    "UUID": str(uuid4()),
    "Address": f"0x{7:040x}",
    "Hash": f"0x{7:064x}",
    "ChainId": "eip155:1",
    "DateTime": "2025-01-02T00:00:00Z",
    "Date": "2025-01-02",
    "BigInt": "1",
    "Decimal": "1",
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "JSON": {},
}


def _core() -> Any:
    return graph()._schema


def _access(name: str) -> Access:
    definition: Any = graph().get_type_by_name("Mutation")
    core = _core().mutation_type.fields[name]
    field = core.extensions["strawberry-definition"]
    assert field in definition.fields
    access: Access = field.metadata[EXEC].access
    return access


def _value(type_: Any) -> Any:
    """A value of an input type, with its required fields only."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        return [_value(nullable.of_type)]
    named: Any = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {
            name: _value(field.type)
            for name, field in named.fields.items()
            if is_required_input_field(field)
        }
    return _VALUES.get(named.name, "text")


EVERY: Final = sorted(_core().mutation_type.fields)
GUARDED: Final = [name for name in EVERY if _access(name) is not Access.PUBLIC]


@pytest.mark.parametrize("name", EVERY)
def test_it_takes_one_input_and_answers_with_a_payload(name: str) -> None:
    field = _core().mutation_type.fields[name]
    capital = name[0].upper() + name[1:]
    assert [str(each.type) for each in field.args.values()] == [f"{capital}Input!"]
    assert str(field.type).endswith("Payload")
    payload: Any = field.type
    assert str(payload.fields["userErrors"].type) == "[UserError!]!"
    own = {key: each for key, each in payload.fields.items() if key not in _PROMISED}
    # Null when the change was refused.
    assert [key for key, each in own.items() if isinstance(each.type, GraphQLNonNull)] == []


_PROMISED: Final = ("userErrors", "replayed")


@pytest.mark.parametrize("name", EVERY)
def test_a_key_is_taken_where_a_replay_is_told(name: str) -> None:
    field = _core().mutation_type.fields[name]
    taken = "idempotencyKey" in get_named_type(field.args["input"].type).fields
    if taken:
        assert str(field.type.fields["replayed"].type) == "Boolean!"
        assert _access(name) is not Access.PUBLIC


async def _refused(stores: Stores, name: str, viewer: Viewer) -> list[str]:
    """Codes of the errors that sending it brings; no store is asked."""
    type_ = _core().mutation_type.fields[name].args["input"].type
    answer = await ask(
        stores,
        f"mutation ($input: {type_}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}",
        viewer=viewer,
        input=_value(type_),
    )
    assert answer.data == {name: None}
    assert answer.statements == []
    return [code for _, code in answer.codes]


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_signed_in_changes_nothing(stores: Stores, name: str) -> None:
    assert await _refused(stores, name, Viewer()) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("name", GUARDED)
async def test_a_credential_that_may_only_read_changes_nothing(stores: Stores, name: str) -> None:
    reader = Viewer(uuid4(), "user", scopes=scopes_of(["read"]))
    assert await _refused(stores, name, reader) == ["FORBIDDEN"]


_NASTY: Final[dict[str, tuple[Any, ...]]] = {
    "ID": (
        str(uuid4()),
        "",
        "x",
        "UG9ydGZvbGlvOng",
        "UG9ydGZvbGlvOjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA",
        "\0",
        "é" * 2000,
    ),
    "String": ("", " ", "a", "\0", "x" * 10_000, "'; --", "😀" * 300, "a\nb", "%_\\", "US", "1e5"),
    "Int": (0, 1, -1, 2024, 2**31 - 1, -(2**31)),
    "Float": (0.0, -1.5, 1e300),
    "Boolean": (True, False),
    "Decimal": ("0", "-1", "0.5", "1" * 60, "0." + "1" * 60, "1e9"),
    "BigInt": ("0", "-1", "9" * 40),
    "Date": ("2024-02-29", "0001-01-01", "9999-12-31"),
    "DateTime": ("2024-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", 0),
    "JSON": ({}, {"a": "\0"}, [1, [2]], None, "x", {"k": {"é": 1e300}}, {"x": "y" * 70_000}),
    "Address": (f"0x{7:040x}", "x", "So11111111111111111111111111111111111111112"),
    "Hash": (f"0x{7:064x}", "x"),
    "ChainId": ("eip155:1", 1, "nowhere", "ethereum"),
    "UUID": (str(uuid4()),),
}


def _nasty(type_: Any, chance: Random, depth: int = 0) -> Any:
    """A value that fits an input type, and hardly anything else."""
    nullable = get_nullable_type(type_)
    if nullable is type_ and (depth > 4 or chance.random() < 0.2):
        return None
    if is_list_type(nullable):
        size = chance.choice((0, 1, 1, 2, 2, 150))
        return [_nasty(nullable.of_type, chance, depth + 1) for _ in range(size)]
    named: Any = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        return chance.choice(list(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {
            name: _nasty(field.type, chance, depth + 1)
            for name, field in named.fields.items()
            if is_required_input_field(field) or chance.random() < 0.7
        }
    # Mostly something usual, so that what is odd gets past the first check.
    usual = _VALUES.get(named.name, "US")
    return usual if chance.random() < 0.7 else chance.choice(_NASTY[named.name])


@pytest.mark.parametrize("name", GUARDED)
async def test_whatever_is_sent_breaks_nothing(
    stores: Stores, worker_stores: Stores, name: str
) -> None:
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    viewer = Viewer(user, "user", tier=Tier.ENTERPRISE)
    type_ = _core().mutation_type.fields[name].args["input"].type
    chance = Random(name)
    for _ in range(15):
        given = _nasty(type_, chance)
        answer = await ask(
            stores,
            f"mutation ($input: {type_}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}",
            viewer=viewer,
            input=given,
        )
        codes = {each["extensions"]["code"] for each in present(answer.errors)}
        assert "INTERNAL" not in codes, given
