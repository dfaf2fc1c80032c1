"""Named queries: what is a parameter, what is not, and what is refused with which words."""

from pathlib import Path

import pytest

from stores.lexing import blanked, split_statements
from stores.queries import QueryFileError, Statement, load_queries, parse_queries

RULES = """
-- Rules of this file come first.
-- name: rules_by_wallet_id :many AlertRow
-- Rules of each wallet, newest :first.
-- index: rule_owner_idx
SELECT id, 'a:b', "c:d", e'\\':e', $$ :f $$, $q$ :g $q$, '12:30'::time -- :h it's
FROM rule /* :i */
WHERE owner_id = :viewer_id AND wallet_id = ANY(:wallet_ids::text[]) AND by = :viewer_id;

-- name: forget_rule :exec
DELETE FROM rule WHERE id = :id
"""


def test_parameters_are_numbered_by_first_use() -> None:
    rules = parse_queries("postgres", "alerts.sql", RULES)["alerts.rules_by_wallet_id"]
    assert rules.params == ("viewer_id", "wallet_ids")
    assert rules.text.endswith("owner_id = $1 AND wallet_id = ANY($2::text[]) AND by = $1")
    assert rules.arguments(wallet_ids=["w"], viewer_id=7) == (7, ["w"])


def test_comments_literals_and_casts_hold_no_parameters() -> None:
    text = parse_queries("postgres", "alerts.sql", RULES)["alerts.rules_by_wallet_id"].text
    for kept in ("'a:b'", '"c:d"', "$$ :f $$", "$q$ :g $q$", "'12:30'::time", "-- :h", "/* :i */"):
        assert kept in text


def test_header_and_comments_describe_the_statement() -> None:
    queries = parse_queries("postgres", "alerts.sql", RULES)
    rules, forget = queries["alerts.rules_by_wallet_id"], queries["alerts.forget_rule"]
    assert (rules.kind, rules.row, rules.index) == ("many", "AlertRow", "rule_owner_idx")
    assert rules.description == "Rules of each wallet, newest :first."
    assert rules.reads_only
    assert not forget.reads_only


def test_clickhouse_parameters_keep_their_form() -> None:
    text = """-- name: prices :many
SELECT '{x:Int8}', map('a', 1) FROM t
WHERE id IN {ids:Array(UUID)} AND ts >= {from:DateTime64(3, 'UTC')} AND b IN {ids:Array(UUID)}"""
    prices = parse_queries("clickhouse", "market.sql", text)["market.prices"]
    assert prices.params == ("ids", "from")
    assert "{from:DateTime64(3, 'UTC')}" in prices.text


def test_declared_parameters_give_the_order() -> None:
    text = "-- name: a :one\n-- params: second, first\nSELECT :first, :second"
    query = parse_queries("postgres", "x.sql", text)["x.a"]
    assert query.params == ("second", "first")
    assert query.text == "SELECT $2, $1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1", "x.sql:1: SQL before the first"),
        ("\n-- name: Bad :many\nSELECT 1", "x.sql:2: expected '-- name: lower_case"),
        ("-- name: a :some\nSELECT 1", "x.sql:1: expected"),
        ("-- name: a :many\n-- only words\n", "x.a has no statement"),
        ("-- name: a :many\nSELECT 1\n-- name: a :one\nSELECT 2", "x.sql:3: a second query"),
        ("-- name: a :many\nSELECT $1", "unexpected '$1'; write :name"),
        ("-- name: a :many\nSELECT 1; SELECT 2", "one statement a query"),
        ("-- name: a :many\n-- params: b\nSELECT :c", "unknown parameter 'c'"),
        ("-- name: a :many\n-- params: b, c\nSELECT :c", "'b' is declared and never used"),
        ("-- name: a :many\n-- params: b, b\nSELECT :b", "'b' is declared twice"),
    ],
)
def test_a_broken_file_is_refused_with_place_and_advice(text: str, words: str) -> None:
    with pytest.raises(QueryFileError) as caught:
        parse_queries("postgres", "x.sql", text)
    assert str(caught.value).startswith("x.sql:")
    assert words in str(caught.value)


def test_one_clickhouse_parameter_has_one_type() -> None:
    text = "-- name: a :many\nSELECT {x:Int8}, {x:String}"
    with pytest.raises(QueryFileError, match="Int8 in one place and String in another"):
        parse_queries("clickhouse", "x.sql", text)


def test_arguments_must_match() -> None:
    statement = Statement("x.a", "SELECT $1", ("a",))
    with pytest.raises(TypeError, match=r"x\.a takes a; got b"):
        statement.arguments(b=1)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("SELECT updated_at, 'delete' FROM t", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a", False),
        ("SELECT id FROM t FOR UPDATE SKIP LOCKED", False),
        ("INSERT INTO t SELECT 1 RETURNING id", False),
        ("SELECT nextval('s')", False),
    ],
)
def test_only_what_certainly_reads_may_be_sent_twice(text: str, reads: bool) -> None:
    assert Statement("x.a", text).reads_only is reads


def test_a_folder_is_loaded_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text("-- name: a :one\nSELECT 1")
    (tmp_path / "two.sql").write_text("-- name: a :one\nSELECT 2")
    (tmp_path / "notes.md").write_text("not SQL")
    assert sorted(load_queries("postgres", folder=tmp_path)) == ["one.a", "two.a"]
    assert load_queries("postgres", folder=tmp_path / "none") == {}


def test_packaged_queries_load() -> None:
    for dialect in ("postgres", "clickhouse"):
        for name, statement in load_queries(dialect).items():
            assert name == statement.name


def test_semicolons_inside_literals_end_nothing() -> None:
    script = "-- a;b\nSELECT ';' ; /* ; */ SELECT $$ ; $$, \"a;\"; \n-- the end\n"
    assert split_statements(script, "postgres") == [
        "-- a;b\nSELECT ';'",
        '/* ; */ SELECT $$ ; $$, "a;"',
    ]
    assert split_statements("SELECT 'it\\'s; `x`'; SELECT `a;b`", "clickhouse") == [
        "SELECT 'it\\'s; `x`'",
        "SELECT `a;b`",
    ]


def test_blanking_keeps_places() -> None:
    text = "SELECT 'it''s' -- x"
    assert blanked(text, "postgres") == "SELECT" + " " * (len(text) - 6)
