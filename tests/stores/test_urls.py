"""Store URLs: what is refused, and that no password is shown."""

import pytest

from stores.urls import StoreUrls, url_problem, with_path, without_password

URLS = StoreUrls(
    postgres="postgresql://gateway:s3cret@db:5432/onchain",
    postgres_worker="postgresql://worker:s3cret@db:5432/onchain",
    postgres_migrator="postgresql://migrator:s3cret@db:5432/onchain",
    clickhouse="http://default:s3cret@ch:8123/onchain",
    redis="redis://:s3cret@cache:6379/3",
    qdrant="http://vectors:6333",
)


def test_text_form_shows_no_password() -> None:
    assert "s3cret" not in repr(URLS)
    assert "gateway:***@db:5432" in repr(URLS)
    assert without_password("redis://cache:6379/0") == "redis://cache:6379/0"


def test_good_urls_have_no_problems() -> None:
    assert URLS.problems() == {}


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("postgres", "mysql://db/x", "must start with postgresql://"),
        ("postgres", "postgresql://db:5432", "names no database"),
        ("postgres", "postgresql:///onchain", "names no host"),
        ("redis", "redis://cache:6379/prices", "must be a number"),
        ("clickhouse", "http://ch:99999/x", "not a URL"),
        ("qdrant", "vectors:6333", "must start with http://"),
    ],
)
def test_a_bad_url_gets_one_sentence(name: str, url: str, words: str) -> None:
    problem = url_problem(name, url)
    assert problem is not None
    assert words in problem


def test_another_database_keeps_user_and_server() -> None:
    assert with_path(URLS.clickhouse, "t1") == "http://default:s3cret@ch:8123/t1"
    moved = URLS.with_postgres_database("t1")
    assert moved.postgres_worker == "postgresql://worker:s3cret@db:5432/t1"
    assert moved.redis == URLS.redis
