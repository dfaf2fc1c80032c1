"""The configuration and its error sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigError, Settings, load_settings
from stores.urls import StoreUrls

EMBEDDED = StoreUrls("postgresql://a/x", "postgresql://b/x", "postgresql://c/x", "d", "e", "f")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"GATEWAY_{field.upper()}", raising=False)
    monkeypatch.delenv("GATEWAY_CONFIG_FILE", raising=False)


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_unset_urls_mean_embedded_stores() -> None:
    settings = load_settings()
    assert settings.embedded_stores() == ("postgres", "clickhouse", "redis", "qdrant")
    assert settings.store_urls(EMBEDDED) == EMBEDDED


def test_given_url_replaces_the_embedded_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_POSTGRES_URL", "postgresql://gateway:x@db:5432/onchain")
    monkeypatch.setenv("GATEWAY_POSTGRES_WORKER_URL", "postgresql://worker:x@db:5432/onchain")
    settings = load_settings()
    assert settings.embedded_stores() == ("clickhouse", "redis", "qdrant")
    urls = settings.store_urls(EMBEDDED)
    assert urls.postgres_worker == "postgresql://worker:x@db:5432/onchain"
    assert urls.postgres_migrator == urls.postgres
    assert urls.clickhouse == "d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_POSTGRES_URL", "mysql://gateway:hunter2@db/onchain"),
        ("GATEWAY_POSTGRES_URL", "postgresql://gateway:hunter2@db"),
        ("GATEWAY_POSTGRES_URL", "hunter2"),
        ("GATEWAY_CLICKHOUSE_URL", "http://"),
        ("GATEWAY_REDIS_URL", "redis://:hunter2@cache/db"),
        ("GATEWAY_QDRANT_URL", "qdrant:6333"),
        ("GATEWAY_OBJECTS_URL", "s3://key:hunter2@bucket"),
        ("GATEWAY_OBJECTS_SECRET_KEY", "hunter2"),
        ("GATEWAY_PORT", "eighty"),
        ("GATEWAY_PORT", "70000"),
        ("GATEWAY_REQUEST_DEADLINE_S", "0"),
        ("GATEWAY_LOG_LEVEL", "loud"),
        ("GATEWAY_DEMO_USER", "me"),
        ("GATEWAY_CONSOLE", "perhaps"),
        ("GATEWAY_CONFIG_FILE", "/nowhere/gateway.toml"),
    ],
)
def test_wrong_value_is_one_sentence_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    text = str(refused.value)
    assert text.startswith(f"{name} ")
    assert text.endswith(".")
    assert "\n" not in text
    assert "hunter2" not in text


def test_every_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "eighty")
    monkeypatch.setenv("GATEWAY_MAX_DEPTH", "1")
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert [line.split()[0] for line in str(refused.value).splitlines()] == [
        "GATEWAY_PORT",
        "GATEWAY_MAX_DEPTH",
    ]


def test_options_win_over_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('port = 1\nhost = "0.0.0.0"\nmax_depth = 7\n')
    monkeypatch.setenv("GATEWAY_CONFIG_FILE", str(file))
    monkeypatch.setenv("GATEWAY_PORT", "2")
    settings = load_settings(host="::1", port=None)
    assert (settings.host, settings.port, settings.max_depth) == ("::1", 2, 7)


@pytest.mark.parametrize(
    ("text", "named"), [("prot = 1", "GATEWAY_PROT"), ("port =", "GATEWAY_CONFIG_FILE")]
)
def test_wrong_file_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, named: str
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    monkeypatch.setenv("GATEWAY_CONFIG_FILE", str(file))
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert str(refused.value).startswith(named)
    assert "\n" not in str(refused.value)


def test_files_are_kept_under_the_data_directory_or_in_the_bucket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert (
        load_settings(data_dir=tmp_path).objects().location("a") == f"file://{tmp_path}/objects/a"
    )
    monkeypatch.setenv("GATEWAY_OBJECTS_URL", "s3://files/kept?endpoint=https://s3.example.org")
    assert load_settings().objects().location("a") == "https://s3.example.org/files/kept/a"


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_POSTGRES_URL", "postgresql://gateway:hunter2@db/onchain")
    assert "hunter2" not in repr(load_settings())


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(("worker", "pooled"), [(None, True), ("postgresql://w@db:5432/x", False)])
def test_a_pooler_stands_before_whoever_uses_its_address(
    worker: str | None, pooled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_POSTGRES_POOLED", "true")
    for name, url in (
        ("POSTGRES", "postgresql://g@pooler:6432/x"),
        ("POSTGRES_WORKER", worker),
        ("CLICKHOUSE", "http://ch:8123/x"),
        ("REDIS", "redis://r:6379/0"),
        ("QDRANT", "http://q:6333"),
    ):
        if url is not None:
            monkeypatch.setenv(f"GATEWAY_{name}_URL", url)
    settings = load_settings()
    urls = settings.store_urls()
    assert settings.store_options(urls).postgres.behind_pooler
    assert settings.store_options(urls, "worker").postgres.behind_pooler is pooled
