"""What holds for every mutation of the graph, asked of each by the schema and not by a list."""

from __future__ import annotations

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

from resolvers.context import Viewer
from resolvers.permissions import Access, scopes_of
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
