"""What is served at /."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway.pages import console_directory, console_routes


def client(directory: Path) -> TestClient:
    return TestClient(Starlette(routes=console_routes(directory)))


def build(directory: Path) -> None:
    (directory / "dist" / "assets").mkdir(parents=True)
    (directory / "dist" / "index.html").write_text("<p>console</p>")
    (directory / "dist" / "assets" / "main-1a2b.js").write_text("1")
    policy = {"default-src": ["'self'"], "img-src": ["'self'", "data:"]}
    (directory / "csp.json").write_text(json.dumps(policy))


def test_unbuilt_console_says_how_to_build_it(tmp_path: Path) -> None:
    response = client(tmp_path).get("/")
    assert response.status_code == 200
    assert "make console" in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert client(tmp_path).post("/").status_code == 405


def test_built_console_is_served_under_its_policy(tmp_path: Path) -> None:
    build(tmp_path)
    response = client(tmp_path).get("/")
    assert response.text == "<p>console</p>"
    assert response.headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data:"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


def test_hashed_files_may_be_kept_for_ever(tmp_path: Path) -> None:
    build(tmp_path)
    response = client(tmp_path).get("/assets/main-1a2b.js")
    assert "immutable" in response.headers["cache-control"]
    assert client(tmp_path).get("/assets/gone.js").status_code == 404


def test_nothing_beside_the_build_is_served(tmp_path: Path) -> None:
    build(tmp_path)
    assert client(tmp_path).get("/%2e%2e/csp.json").status_code == 404


def test_policy_of_the_package_allows_scripts_from_us_only() -> None:
    policy = json.loads((console_directory() / "csp.json").read_text())
    assert policy["script-src"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
