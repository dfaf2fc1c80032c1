"""The built console, served over a real socket, and one walk through it in headless Chromium."""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from tests.gateway.console.stand_in import small_app

CONSOLE = Path(__file__).parents[3] / "gateway" / "console"
DRIVER = Path(__file__).with_name("drive.mjs")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

QUERY = '{ protocol(slug: "aave-v3") { name tvlUsd history } }'
SUBSCRIPTION = "subscription { assetPrices }"
HEADERS = {"Authorization": "Bearer console-test"}


@dataclass(frozen=True, slots=True)
class Visit:
    """What the browser saw: ``seen`` holds its traffic, the rest its reading of the page."""

    origin: str
    report: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.report[name]


async def run(*command: str, cwd: Path) -> str:
    """Run a command to its end and return its output; a failure shows all it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        pytest.fail(f"{' '.join(command[:3])} failed:\n{out.decode()}\n{err.decode()}")
    return out.decode()


def find_program(*names: str) -> str:
    """A program on the PATH; without it the test is skipped, or fails where CI says so."""
    for name in names:
        if path := shutil.which(name):
            return path
    lacking = f"this test needs one of {', '.join(names)} on the PATH"
    if os.environ.get("REQUIRE_BROWSER"):
        return pytest.fail(lacking)
    return pytest.skip(lacking)


@pytest_asyncio.fixture(scope="session")
async def console() -> Path:
    """The console's folder, with packages installed and ``dist`` no older than its sources."""
    npm = find_program("npm")
    if not (CONSOLE / "node_modules" / "playwright-core").is_dir():
        await run(npm, "ci", cwd=CONSOLE)
    if is_stale():
        await run(npm, "run", "build", cwd=CONSOLE)
    return CONSOLE


def is_stale() -> bool:
    page = CONSOLE / "dist" / "index.html"
    if not page.is_file():
        return True
    sources = [CONSOLE / "index.html", CONSOLE / "package-lock.json", CONSOLE / "vite.config.ts"]
    for folder in ("src", "public", "vite"):
        sources += [path for path in (CONSOLE / folder).rglob("*") if path.is_file()]
    return max(path.stat().st_mtime for path in sources) > page.stat().st_mtime


@pytest_asyncio.fixture(scope="session")
async def origin(console: Path) -> AsyncIterator[str]:
    """Serve the console and a graph on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(small_app(), log_level="warning", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(scope="session")
async def visit(origin: str, console: Path, request: pytest.FixtureRequest) -> Visit:
    """Walk once through the whole console; every test reads a part of what was seen."""
    task = {
        "url": f"{origin}/",
        "chromium": find_program(*BROWSERS),
        "modules": str(console),
        "query": QUERY,
        "subscription": SUBSCRIPTION,
        "headers": HEADERS,
    }
    out = await run(find_program("node"), str(DRIVER), json.dumps(task), cwd=console)
    return Visit(origin, json.loads(out))
