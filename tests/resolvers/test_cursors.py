"""Cursors: the same for a value and for its text, and readable for ever."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers import cursors
from resolvers.errors import BadInput
from resolvers.scalars import format_datetime, format_decimal
from stores.relational.keyset import Sort
from stores.relational.read import Source

SOURCE = Source("postgres", "catalog.things")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    "uuid": st.uuids(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.decimals(Decimal(-(10**30)), Decimal(10**30)),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "timestamp": st.datetimes(timezones=st.just(UTC)),
    "date": st.dates(),
}
SORTS = [Sort(kind, kind, nulls="last") for kind in VALUES]  # type: ignore[arg-type]
ROWS = st.tuples(*(st.none() | strategy for strategy in VALUES.values()))


def as_text(value: object) -> object:
    """What a store would have written."""
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, datetime):
        return format_datetime(value)
    return str(value) if isinstance(value, UUID) else value


@given(row=ROWS)
def test_a_cursor_holds_the_values_of_its_row(row: tuple[object, ...]) -> None:
    assert cursors.decode(SOURCE, SORTS, cursors.encode(SOURCE, SORTS, row)) == row


@given(row=ROWS)
def test_values_and_their_texts_make_the_same_cursor(row: tuple[object, ...]) -> None:
    texts = [as_text(value) for value in row]
    assert cursors.encode(SOURCE, SORTS, texts) == cursors.encode(SOURCE, SORTS, row)


@given(row=ROWS)
def test_a_cursor_has_no_character_to_escape(row: tuple[object, ...]) -> None:
    cursor = cursors.encode(SOURCE, SORTS, row)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


def test_times_of_any_zone_are_one_cursor() -> None:
    order = [Sort("at", "timestamp")]
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert cursors.encode(SOURCE, order, [there]) == cursors.encode(SOURCE, order, [noon])
    infinity = cursors.encode(SOURCE, order, [datetime.max])  # noqa: DTZ901 - what the driver gives
    assert infinity == cursors.encode(SOURCE, order, ["9999-12-31T23:59:59.999999Z"])


@pytest.mark.parametrize(
    ("kind", "part", "value"),
    [
        ("decimal", "1E-9", Decimal("0.000000001")),
        ("decimal", "0E-8", Decimal(0)),
        ("timestamp", "2024-05-01T12:00:00.000005+00:00", datetime(2024, 5, 1, 12, 0, 0, 5, UTC)),
        ("date", "2024-05-01", date(2024, 5, 1)),
    ],
)
def test_cursors_handed_out_before_still_work(kind: Any, part: str, value: object) -> None:
    order = [Sort("column", kind)]
    text = json.dumps([cursors.fingerprint(SOURCE, order), part])
    cursor = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    assert cursors.decode(SOURCE, order, cursor) == (value,)


def test_a_cursor_of_another_ordering_is_refused() -> None:
    cursor = cursors.encode(SOURCE, [Sort("a", "int")], [1])
    with pytest.raises(BadInput, match="another list or ordering"):
        cursors.decode(SOURCE, [Sort("a", "int", descending=True)], cursor)
