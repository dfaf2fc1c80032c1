"""docker-compose.yml and the Dockerfile say what the code expects; docker itself is not needed."""

import asyncio
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from gateway.config import Settings
from stores.embedded import start
from stores.urls import with_path

_ROOT = Path(__file__).parents[1]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_EXACT_TAG = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)*(-[\w.]+)*")
_ONE_SHOT = {"migrate"}


@pytest.fixture(scope="module")
def text() -> str:
    return (_ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def services(text: str) -> dict[str, Any]:
    """The services with every variable filled in, as compose would."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        return f"secret-of-{name.lower()}" if kind == "?" else default

    found: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(value, text))["services"]
    return found


def test_all_parts_are_there(services: dict[str, Any]) -> None:
    assert set(services) == {
        *("gateway", "migrate", "postgres", "pgbouncer", "clickhouse", "valkey", "qdrant"),
    }


def test_every_image_has_an_exact_tag(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert _EXACT_TAG.fullmatch(service["image"]), name
    assert services["postgres"]["image"].startswith("postgres:18.")


def test_every_lasting_service_has_a_health_check(services: dict[str, Any]) -> None:
    for name, service in services.items():
        check = service["healthcheck"]
        assert (check == {"disable": True}) == (name in _ONE_SHOT), name
        if name not in _ONE_SHOT:
            assert {"test", "interval", "timeout", "retries"} <= set(check), name


def test_who_waits_for_whom_can_be_waited_for(services: dict[str, Any]) -> None:
    for service in services.values():
        for other, wait in service.get("depends_on", {}).items():
            done = "service_completed_successfully"
            assert wait["condition"] == (done if other in _ONE_SHOT else "service_healthy")


def test_data_is_on_named_volumes(text: str, services: dict[str, Any]) -> None:
    named = set(yaml.safe_load(text)["volumes"])
    mounted = {
        source
        for service in services.values()
        for source, _, _ in (volume.partition(":") for volume in service.get("volumes", []))
    }
    assert named <= mounted
    for source in mounted - named:
        assert (_ROOT / source).is_file(), source


def test_only_the_gateway_is_published(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["gateway"]
    assert services["gateway"]["ports"] == ["127.0.0.1:8000:8000"]


def test_secrets_come_from_the_environment_and_are_required(text: str) -> None:
    for line in text.splitlines():
        if "PASSWORD" in line and not line.lstrip().startswith("#"):
            assert re.search(r"\$\{\w*PASSWORD:\?|\$\$REDIS_PASSWORD", line), line
    for name, kind, _ in _VARIABLE.findall(text):
        assert kind == "?" or name.startswith("GATEWAY_"), name


def test_the_gateways_variables_are_its_settings(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = services["gateway"]["environment"]
    for name in environment:
        assert name.removeprefix("GATEWAY_").lower() in Settings.model_fields, name
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.embedded_stores() == ()
    urls = settings.store_urls()
    assert urls.problems() == {}
    assert settings.store_options(urls).postgres.behind_pooler
    assert not settings.store_options(urls, "worker").postgres.behind_pooler
    assert services["migrate"]["environment"] == environment


def test_requests_are_pooled_by_transaction(services: dict[str, Any]) -> None:
    pooler = services["pgbouncer"]["environment"]
    assert pooler["POOL_MODE"] == "transaction"
    assert int(pooler["MAX_PREPARED_STATEMENTS"]) > 0
    gateway = services["gateway"]["environment"]
    assert "@pgbouncer:6432/" in gateway["GATEWAY_POSTGRES_URL"]
    assert "@postgres:5432/" in gateway["GATEWAY_POSTGRES_WORKER_URL"]
    assert "@postgres:5432/" in gateway["GATEWAY_POSTGRES_MIGRATOR_URL"]


def test_the_image_runs_the_gateway_without_root_or_engines() -> None:
    dockerfile = (_ROOT / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(stages) == 3
    assert all(_EXACT_TAG.fullmatch(image) for image in stages)
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.MULTILINE)
    assert 'CMD ["gateway", "serve"]' in final
    assert "/livez" in final.partition("HEALTHCHECK")[2]
    assert "[embedded]" not in dockerfile
    assert "npm run build" in dockerfile
    for source in re.findall(r"^COPY ([\w./ -]+) \S+$", dockerfile, re.MULTILINE):
        assert all((_ROOT / path).exists() for path in source.split()), source


async def test_the_hook_of_the_postgres_image_makes_the_roles(
    tmp_path: Path, services: dict[str, Any]
) -> None:
    """Run the script of the compose file against a real server with the psql of its wheel."""
    with start(tmp_path, stores=["postgres"], durable=False) as engines:
        superuser = engines.postgres.url("postgres")
        connection = await asyncpg.connect(superuser)
        await connection.execute("CREATE DATABASE fresh")
        await connection.close()
        given = services["postgres"]["environment"]
        passwords = {name: value for name, value in given.items() if name.endswith("_PASSWORD")}
        hook = await asyncio.create_subprocess_exec(
            str(_ROOT / "docker" / "postgres" / "10-bootstrap.sh"),
            env={
                **passwords,
                "PATH": f"{engines.postgres.programs}:{os.environ['PATH']}",
                "POSTGRES_USER": "postgres",
                "POSTGRES_DB": "fresh",
                "PGHOST": "127.0.0.1",
                "PGPORT": str(engines.postgres.port),
                "PGPASSWORD": superuser.split(":")[2].partition("@")[0],
                "BOOTSTRAP_SQL": str(_ROOT / "sql" / "postgres" / "bootstrap.sql"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await hook.communicate()
        assert hook.returncode == 0, output.decode()
        for role in ("gateway", "worker", "migrator", "analytics"):
            password = given[f"POSTGRES_{role.upper()}_PASSWORD"]
            url = with_path(engines.postgres.url(role), "fresh")
            connection = await asyncpg.connect(url, password=password)
            assert await connection.fetchval("SELECT current_user") == role
            await connection.close()
