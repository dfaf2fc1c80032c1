"""How the ClickHouse interface takes a request apart."""

import pytest

from stores.embedded.clickhouse.statement import InvalidRequest, Request, parse_request


def _parse(body: bytes = b"", **arguments: str) -> Request:
    return parse_request(arguments, body, read_only=False, database="default")


@pytest.mark.parametrize(
    ("statement", "text", "data", "format_name"),
    [
        (b"INSERT INTO t FORMAT CSV\n1\n", "INSERT INTO t", b"1\n", "CSV"),
        (
            b"insert into d.t (a, `b c`) format Native\r\nXY",
            "insert into d.t (a, `b c`)",
            b"XY",
            "Native",
        ),
        (b"INSERT INTO t FORMAT Native\n\n\0", "INSERT INTO t", b"\n\0", "Native"),
        (
            b"/* why */ INSERT INTO `a``b` SETTINGS async_insert = 1 FORMAT TSV\nx",
            "/* why */ INSERT INTO `a``b` SETTINGS async_insert = 1",
            b"x",
            "TSV",
        ),
        (b"-- note\nINSERT INTO t FORMAT CSV \t\nq", "-- note\nINSERT INTO t", b"q", "CSV"),
    ],
)
def test_an_insert_is_split_from_its_data(
    statement: bytes, text: str, data: bytes, format_name: str
) -> None:
    request = _parse(statement)
    assert (request.text.strip(), request.data, request.format) == (text, data, format_name)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES (1, 'x FORMAT CSV y')",
        "INSERT INTO t SELECT 1 FORMAT Null",
        "SELECT 'INSERT INTO t FORMAT CSV'",
        "CREATE TABLE format (a UInt8) ENGINE = Memory",
    ],
)
def test_other_statements_have_no_data(statement: str) -> None:
    request = _parse(statement.encode())
    assert (request.text, request.data) == (statement, None)


def test_the_query_argument_comes_before_the_body() -> None:
    request = _parse(b"\x01\x02", query="INSERT INTO t FORMAT Native")
    assert (request.text, request.data, request.format) == ("INSERT INTO t", b"\x01\x02", "Native")


def test_parameters_settings_and_transport_arguments_are_told_apart() -> None:
    request = _parse(
        b"SELECT {x:UInt8};;\n",
        param_x="1",
        max_threads="2",
        database="d",
        query_id="q",
        session_id="s",
        default_format="JSON",
    )
    assert request.text == "SELECT {x:UInt8}"
    assert (request.parameters, request.settings) == ({"x": "1"}, {"max_threads": "2"})
    assert (request.database, request.query_id, request.format) == ("d", "q", "JSON")


def test_get_may_not_write() -> None:
    request = parse_request({"query": "SELECT 1"}, b"", read_only=True, database="default")
    assert request.settings == {"readonly": "2"}


@pytest.mark.parametrize(
    ("body", "arguments", "code"),
    [(b"", {}, 62), (b" ; ", {}, 62), (b"\xff", {}, 62), (b"SELECT 1", {"a b": "1"}, 115)],
)
def test_what_cannot_be_understood_is_an_error(
    body: bytes, arguments: dict[str, str], code: int
) -> None:
    with pytest.raises(InvalidRequest, match=f"Code: {code}\\."):
        parse_request(arguments, body, read_only=False, database="default")


@pytest.mark.timeout(10)
def test_a_long_column_list_before_a_select_is_read_in_one_pass() -> None:
    columns = ", ".join(f"a_rather_long_column_name_{number}" for number in range(200))
    statement = f"INSERT INTO target_table ({columns}) SELECT {columns} FROM source_table"

    request = _parse(statement.encode())

    assert (request.text, request.data) == (statement, None)
