"""What scalars take, give and refuse."""
# ruff: noqa: E501  # the tables of literals read best one line a case

from __future__ import annotations

import contextlib
import dataclasses
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
import strawberry
from graphql import GraphQLError
from hypothesis import example, given
from hypothesis import strategies as st
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from resolvers import scalars
from resolvers.scalars import SCALARS, Address, BigInt, ChainId, Hash

CHECKSUM = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
SOLANA = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
HASH = "0x" + "aB" * 32


@strawberry.type
class Query:
    """Gives every scalar back as it arrived."""

    @strawberry.field
    def echo(
        self,
        address: Address | None = None,
        big_int: Annotated[BigInt | None, strawberry.argument(name="bigInt")] = None,
        big_ints: Annotated[list[BigInt] | None, strawberry.argument(name="bigInts")] = None,
        decimal: Decimal | None = None,
        moment: datetime | None = None,
        day: date | None = None,
        hash: Hash | None = None,
        chain: ChainId | None = None,
        uuid: UUID | None = None,
        anything: JSON | None = None,
    ) -> str:
        given = locals()
        return repr({name: value for name, value in given.items() if value is not None})

    @strawberry.field
    def values(self) -> Values:
        return Values()


@strawberry.type
class Values:
    """One value of each scalar."""

    address: Address = Address(CHECKSUM.lower())
    native: Address = Address(SOLANA)
    big_int: BigInt = BigInt(2**200)
    from_numeric: BigInt = Decimal("1E+30")  # type: ignore[assignment]
    decimal: Decimal = Decimal("1E-18")
    scaled: Decimal = Decimal("1.50")
    moment: datetime = datetime(2024, 5, 1, 12, tzinfo=UTC)
    precise: datetime = datetime(2024, 5, 1, 14, 0, 0, 250, tzinfo=timezone(timedelta(hours=2)))
    day: date = date(2024, 5, 1)
    uuid: UUID = UUID(int=1)
    anything: JSON = dataclasses.field(default_factory=lambda: JSON({"a": [1, None]}))


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=dict(SCALARS)))


def ask(query: str, **variables: Any) -> Any:
    """Result of a query."""
    return SCHEMA.execute_sync(query, variable_values=variables)


def test_output_forms_are_those_of_the_stores() -> None:
    result = ask(
        "{ values { address native bigInt fromNumeric decimal scaled moment precise day uuid "
        "anything } }"
    )
    assert result.errors is None
    assert result.data["values"] == {
        "address": CHECKSUM,
        "native": SOLANA,
        "bigInt": str(2**200),
        "fromNumeric": "1" + "0" * 30,
        "decimal": "0.000000000000000001",
        "scaled": "1.50",
        "moment": "2024-05-01T12:00:00Z",
        "precise": "2024-05-01T12:00:00.000250Z",
        "day": "2024-05-01",
        "uuid": "00000000-0000-0000-0000-000000000001",
        "anything": {"a": [1, None]},
    }


@pytest.mark.parametrize(
    ("argument", "literal", "expected"),
    [
        ("address", f'"{CHECKSUM}"', f"{{'address': '{CHECKSUM.lower()}'}}"),
        ("address", f'" {CHECKSUM.upper()} "', f"{{'address': '{CHECKSUM.lower()}'}}"),
        ("address", f'"{SOLANA}"', f"{{'address': '{SOLANA}'}}"),
        ("bigInt", "1" * 60, f"{{'big_int': {'1' * 60}}}"),
        ("bigInt", '"-12"', "{'big_int': -12}"),
        ("bigInts", f'[{"9" * 30}, "1", 2]', f"{{'big_ints': [{'9' * 30}, 1, 2]}}"),
        ("decimal", "1.10000000000000000000001", "{'decimal': Decimal('1.10000000000000000000001')}"),
        ("decimal", '"1e3"', "{'decimal': Decimal('1E+3')}"),
        ("decimal", "7", "{'decimal': Decimal('7')}"),
        ("moment", "1714564800", repr({"moment": datetime(2024, 5, 1, 12, tzinfo=UTC)})),
        ("moment", "1714564800000", repr({"moment": datetime(2024, 5, 1, 12, tzinfo=UTC)})),
        ("moment", '"1714564800"', repr({"moment": datetime(2024, 5, 1, 12, tzinfo=UTC)})),
        ("moment", '"2024-05-01T14:00+02:00"', repr({"moment": datetime(2024, 5, 1, 12, tzinfo=UTC)})),
        ("moment", '"2024-05-01"', repr({"moment": datetime(2024, 5, 1, tzinfo=UTC)})),
        ("day", '"2024-05-01"', repr({"day": date(2024, 5, 1)})),
        ("hash", f'"{HASH}"', f"{{'hash': '{HASH.lower()}'}}"),
        ("chain", "1", "{'chain': 'eip155:1'}"),
        ("chain", '"137"', "{'chain': 'eip155:137'}"),
        ("chain", '"Ethereum"', "{'chain': 'ethereum'}"),
        ("chain", '"solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"', "{'chain': 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'}"),
        ("anything", '{a: [1, "b"], c: null}', "{'anything': {'a': [1, 'b'], 'c': None}}"),
    ],
)  # fmt: skip
def test_accepted_literals(argument: str, literal: str, expected: str) -> None:
    result = ask(f"{{ echo({argument}: {literal}) }}")
    assert result.errors is None
    assert result.data["echo"] == expected


@pytest.mark.parametrize(
    ("argument", "literal", "message"),
    [
        ("address", f'"{CHECKSUM[:-1]}6"', "an EVM address"),
        ("address", f'"{CHECKSUM.replace("d8dA", "D8dA")}"', "checksum is wrong"),
        ("address", '"0x1234"', "40 hexadecimal digits"),
        ("address", "5", "expected a string"),
        ("address", "WORD", "expected a string"),
        ("address", "true", "expected a string"),
        ("address", '"a b"', "letters and digits"),
        ("address", '"x\\u0000"', "letters and digits"),
        ("bigInt", "1.5", "expected an integer"),
        ("bigInt", "true", "expected an integer"),
        ("bigInt", '"0x10"', "expected an integer"),
        ("bigInt", "9" * 5000, "expected an integer"),
        ("decimal", '"NaN"', "expected a number"),
        ("decimal", '"Infinity"', "expected a number"),
        ("decimal", '"1,5"', "expected a number"),
        ("decimal", "true", "expected a number"),
        ("moment", '"yesterday"', "expected ISO-8601"),
        ("moment", '"2024-13-01"', "expected ISO-8601"),
        ("moment", "1" + "0" * 40, "out of range"),
        ("moment", "true", "expected ISO-8601"),
        ("moment", "{a: 1}", "expected ISO-8601"),
        ("moment", '"0001-01-01T00:00:00+14:00"', "expected ISO-8601"),
        ("day", '"2024-02-30"', "expected a day"),
        ("day", "20240501", "expected a day"),
        ("hash", '"0x12"', "64 hexadecimal digits"),
        ("chain", '"a b"', "CAIP-2"),
        ("chain", "0", "CAIP-2"),
        ("chain", "-1", "CAIP-2"),
        ("chain", "ethereum", "CAIP-2"),
        ("chain", "true", "CAIP-2"),
        ("chain", '["ethereum"]', "CAIP-2"),
        ("hash", "WORD", "expected a string"),
        ("uuid", "{a: 1}", "expected a UUID"),
        ("day", "false", "expected a day"),
        ("moment", "1e999", "out of range"),
        ("uuid", '"1"', "expected a UUID"),
        ("uuid", "1", "expected a UUID"),
    ],
)
def test_refused_literals(argument: str, literal: str, message: str) -> None:
    result = ask(f"{{ echo({argument}: {literal}) }}")
    assert result.data is None
    text = result.errors[0].message
    assert message in text or "checksum is wrong" in text
    assert not any(word in text for word in ("Traceback", "object at", "Exception", "<class"))


@pytest.mark.parametrize("type_", ["BigInt", "Decimal", "DateTime", "Address", "ChainId", "Date", "UUID", "Hash"])  # fmt: skip
@pytest.mark.parametrize("value", [True, 1.5, [], {}, "\ud800", "\0", "x" * 10_000, -(10**400)])
def test_hostile_variables_never_escape_as_anything_but_an_error(type_: str, value: Any) -> None:
    names = {"BigInt": "bigInt", "DateTime": "moment", "ChainId": "chain", "Date": "day"}
    name = names.get(type_, type_.lower())
    result = ask(f"query ($v: {type_}) {{ echo({name}: $v) }}", v=value)
    if result.errors:
        assert "cannot represent" in result.errors[0].message
        assert len(result.errors[0].message) < 600


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_survive_the_round_trip(number: Decimal) -> None:
    text = scalars.format_decimal(number)
    assert "e" not in text.lower()
    if len(text) < 400:
        assert scalars.parse_decimal(text) == number


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_survive_the_round_trip(moment: datetime) -> None:
    assert scalars.parse_datetime(scalars.format_datetime(moment)) == moment


@example("0\x1f")  # whitespace to str.strip, not to int
@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_parsers_raise_only_their_own_error(value: Any) -> None:
    for parse in (
        scalars.parse_address,
        scalars.parse_big_int,
        scalars.parse_chain_id,
        scalars.parse_date,
        scalars.parse_datetime,
        scalars.parse_decimal,
        scalars.parse_hash,
        scalars.parse_uuid,
    ):
        with contextlib.suppress(GraphQLError):
            parse(value)


def test_every_scalar_says_what_it_is() -> None:
    for definition in SCALARS.values():
        assert definition.description
        assert definition.description[-1] == "."
    json.dumps([definition.name for definition in SCALARS.values()])
