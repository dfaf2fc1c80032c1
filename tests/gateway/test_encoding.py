"""One encoder for whatever path made an answer."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.encoding import encode
from gateway.executor.data import Data
from tests.gateway.conftest import Gateway, code_of


class Inner(msgspec.Struct, rename={"f0": "name", "f1": "a b"}):
    """As generated for a selection: response keys are in `rename`."""

    f0: Any
    f1: Any


class Outer(msgspec.Struct, rename={"f0": "z", "f1": "a"}):
    f0: Any
    f1: Any


LEAVES = [
    *(0, -1, 2**53, 2**63, 2**64, -(2**64), 10**400),
    *(0.1, -0.0, 1.0, 1e16, 1.2345678901234568e17, 5e-324, 1.7976931348623157e308),
    *("", 'é🦉\u2028\x00\x1f\x7f/\\"', None, True, [], {}, [[None, [1]]], {"k": {"é": [1.5]}}),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Lone surrogates too.
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def both(leaf: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """One answer, as the plain and as the compiled path make it."""
    plain = {"z": [{"name": leaf, "a b": "x"}, None], "a": leaf}
    struct = Outer([Inner(leaf, "x"), None], leaf)
    errors = [{"message": "m", "path": ["z", 0]}]
    return {"errors": errors, "data": plain}, {"errors": errors, "data": Data(struct)}


@pytest.mark.parametrize("leaf", LEAVES, ids=repr)
def test_both_paths_give_the_same_bytes(leaf: object) -> None:
    plain, compiled = both(leaf)
    assert encode(compiled) == encode(plain)
    assert json.loads(encode(plain)) == plain


@given(JSON)
def test_any_json_is_written_alike_by_both_paths_and_read_back(leaf: object) -> None:
    plain, compiled = both(leaf)
    assert encode(compiled) == encode(plain)
    assert json.loads(encode(plain)) == plain


def test_lone_surrogate_is_written_as_an_escape() -> None:
    plain, compiled = both("a\ud800é")
    assert b'"a\\ud800\\u00e9"' in encode(plain)
    assert encode(compiled) == encode(plain)
    assert encode({"a": "\udfff", "n": 2**80}) == b'{"a":"\\udfff","n":1208925819614629174706176}'


def test_text_is_utf8_as_it_stands() -> None:
    assert encode({"é": "🦉\u2028"}) == '{"é":"🦉\u2028"}'.encode()


def test_kinds_of_plain_types_are_written_as_those() -> None:
    class Word(str):
        __slots__ = ()

    class Count(int):
        __slots__ = ()

    class Share(float):
        __slots__ = ()

    class Names(list[str]):
        __slots__ = ()

    class Colour(enum.StrEnum):
        RED = "red"

    given = [Word("w"), Count(3), Share(0.5), Names(["n"]), Colour.RED]
    assert encode(given) == b'["w",3,0.5,["n"],"red"]'
    mappings = [OrderedDict(b=1, a=2), MappingProxyType({"c": 3})]
    assert encode(mappings) == b'[{"b":1,"a":2},{"c":3}]'


def test_what_json_cannot_say_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        encode({"data": object()})


@pytest.mark.parametrize("name", ["notANumber", "infinite"])
async def test_float_that_is_no_number_is_an_error_never_a_silent_null(
    gateway: Gateway, name: str
) -> None:
    response = await gateway.post(f"{{ {name} }}")
    assert response.json()["data"] == {name: None}
    assert code_of(response) == "INTERNAL"
