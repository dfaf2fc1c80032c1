"""Reading migration files and deciding what to do; no store needed."""

from pathlib import Path

import pytest

from stores.lexing import Dialect
from stores.migrate import plan
from stores.migrate.files import load_migrations, migration_folder, parse_migration
from stores.migrate.model import Migration, MigrationError, Recorded
from stores.migrate.qdrant import parse_collections
from stores.migrate.runner import migrate, render
from stores.urls import StoreUrls

FILE = """-- Alerts learn to wait,
-- because phones rang all night.
--
-- More about it.

-- migrate:up
CREATE TABLE a (id int);

-- migrate:down transaction:false
DROP TABLE a;
"""


def test_a_file_is_taken_apart() -> None:
    parsed = parse_migration("0007_add_cooldown.sql", FILE, "postgres")
    assert (parsed.version, parsed.name) == ("0007", "add_cooldown")
    assert parsed.description == "Alerts learn to wait, because phones rang all night."
    assert parsed.up.sql == "CREATE TABLE a (id int);"
    assert parsed.up.transaction
    assert parsed.up.line == 7
    assert parsed.down is not None
    assert parsed.down.sql == "DROP TABLE a;"
    assert not parsed.down.transaction


def test_line_ends_do_not_change_the_checksum() -> None:
    unix = parse_migration("0001_a.sql", FILE, "postgres")
    windows = parse_migration("0001_a.sql", FILE.replace("\n", "\r\n"), "postgres")
    other = parse_migration("0001_a.sql", FILE.replace("int", "bigint"), "postgres")
    assert unix.checksum == windows.checksum != other.checksum


def test_what_cannot_be_undone_says_why() -> None:
    text = "-- migrate:up\nDROP TABLE a;\n-- migrate:down\n-- irreversible: the rows are gone\n"
    parsed = parse_migration("0001_a.sql", text, "postgres")
    assert parsed.down is None
    assert parsed.irreversible == "the rows are gone"


@pytest.mark.parametrize(
    ("filename", "text", "words"),
    [
        ("first.sql", FILE, "is called NNNN_verb_object.sql"),
        ("0001_a.sql", "SELECT 1;", "nothing to apply"),
        ("0001_a.sql", "-- migrate:up\n-- nothing\n-- migrate:down\nSELECT 1", "nothing to apply"),
        ("0001_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\n", "no way back"),
        ("0001_a.sql", "-- migrate:up\nSELECT 1;", "no way back"),
        ("0001_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:up\nSELECT 2;", "stands there twice"),
        ("0001_a.sql", "-- migrate:up transaction:maybe\nSELECT 1;", "unknown option"),
    ],
)
def test_a_broken_file_is_refused_by_name(filename: str, text: str, words: str) -> None:
    with pytest.raises(MigrationError) as caught:
        parse_migration(filename, text, "postgres")
    assert filename in str(caught.value)
    assert words in str(caught.value)


def test_two_files_with_one_version_are_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0001_b.sql", "notes.sql"):
        (tmp_path / name).write_text(FILE)
    with pytest.raises(MigrationError, match=r"0001_b\.sql and 0001_a\.sql have the same version"):
        load_migrations(tmp_path, "postgres")


def files(*versions: str) -> list[Migration]:
    return [parse_migration(f"{version}_a.sql", FILE, "postgres") for version in versions]


def done(*migrations: Migration) -> dict[str, Recorded]:
    return {each.version: Recorded(each.version, each.checksum) for each in migrations}


def versions(migrations: list[Migration]) -> list[str]:
    return [each.version for each in migrations]


def test_only_what_is_missing_is_applied_in_order() -> None:
    one, two, three = files("0001", "0002", "0010")
    assert versions(plan.to_apply([one, two, three], done(one))) == ["0002", "0010"]
    assert versions(plan.to_apply([one, two, three], done(one), "2")) == ["0002"]
    assert plan.to_apply([one, two, three], done(one, two, three)) == []


def test_an_unfinished_one_is_taken_up_again() -> None:
    one, two = files("0001", "0002")
    recorded = {"0001": Recorded("0001", one.checksum, running=True, statements_done=3)}
    assert versions(plan.to_apply([one, two], recorded)) == ["0001", "0002"]


def test_undoing_goes_backwards() -> None:
    one, two, three = files("0001", "0002", "0003")
    recorded = done(one, two, three)
    assert versions(plan.to_undo([one, two, three], recorded)) == ["0003"]
    assert versions(plan.to_undo([one, two, three], recorded, target="0001")) == ["0003", "0002"]
    assert len(plan.to_undo([one, two, three], recorded, target="0")) == 3


def test_nothing_is_undone_when_one_of_them_cannot_be() -> None:
    text = "-- migrate:up\nDROP TABLE a;\n-- irreversible: the rows are gone"
    one = parse_migration("0001_drop_a.sql", text, "postgres")
    (two,) = files("0002")
    with pytest.raises(MigrationError, match=r"0001_drop_a\.sql cannot be undone: the rows are"):
        plan.to_undo([one, two], done(one, two), steps=2)


def test_a_changed_file_is_refused() -> None:
    (one,) = files("0001")
    with pytest.raises(MigrationError, match=r"0001_a\.sql: was changed after it was applied"):
        plan.to_apply([one], {"0001": Recorded("0001", "other")})


def test_a_lost_file_is_refused() -> None:
    one, two = files("0001", "0002")
    with pytest.raises(MigrationError, match="version 0001: was applied and its file is gone"):
        plan.to_apply([two], done(one, two))


def test_a_late_file_is_refused() -> None:
    one, two = files("0001", "0002")
    with pytest.raises(MigrationError, match=r"0001_a\.sql: is not applied and version 2 already"):
        plan.to_apply([one, two], done(two))


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(MigrationError, match="no migration '7'; there are 0001 to 0002"):
        plan.to_apply(files("0001", "0002"), {}, "7")


async def test_a_target_needs_one_store(engine_urls: StoreUrls) -> None:
    with pytest.raises(MigrationError, match="a target needs a single store"):
        await migrate(engine_urls, target="1")


@pytest.mark.parametrize("dialect", ["postgres", "clickhouse"])
def test_packaged_files_are_sound(dialect: Dialect) -> None:
    migrations = load_migrations(migration_folder(dialect), dialect)
    numbers = [int(each.version) for each in migrations]
    assert numbers == list(range(1, len(numbers) + 1))
    for each in migrations:
        assert each.description[0].isupper(), each.filename
        if dialect == "clickhouse":
            assert not each.up.transaction


def test_everything_can_be_printed_without_a_store() -> None:
    text = render("clickhouse", cluster="{cluster}")
    assert "-- 0001_" in text
    assert "ON CLUSTER '{cluster}'" in text
    assert "DROP" in render("postgres", direction="down")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[a]\nname = "a_v1"\nsize = 3', "a lacks distance"),
        ('[a]\nname = "b_v1"\nsize = 3\ndistance = "Cosine"', "must be a_vN"),
        ('[a]\nname = "a_v1"\nsize = 3\ndistance = "Near"', "distance of a is one of"),
        (
            '[a]\nname = "a_v1"\nsize = 3\ndistance = "Dot"\npayload = { x = "varchar" }',
            "a.x has unknown type 'varchar'",
        ),
    ],
)
def test_a_broken_collection_is_refused(text: str, words: str) -> None:
    with pytest.raises(MigrationError, match=words):
        parse_collections(text)
