"""The sample loaded once, the gateway serving it, and one walk through its console in Chromium."""

import asyncio
import json
import os
import shutil
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from gateway.app import create_app
from gateway.config import Settings
from gateway.load import LoadOptions, load
from gateway.load.identity import DEMO_USER_ID
from gateway.replay import replay
from stores.lifecycle import StoreOptions, open_stores
from stores.redis.client import Redis
from stores.redis.topics import Subscription
from stores.urls import StoreUrls, with_path
from tests.fixtures.stores import isolated

ROOT = Path(__file__).parents[3]
CONSOLE = ROOT / "gateway" / "console"
DRIVER = Path(__file__).with_name("drive.mjs")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HEADERS = {"X-Team": "console-test"}

_REDIS_FRESH_SLOT = 2


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


def redis_database() -> str:
    """One of the engine's last databases: the fixtures of all tests count up from the first."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return str(63 - int(worker) % 20)


@pytest_asyncio.fixture(scope="session")
async def sample(
    engine_urls: StoreUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StoreOptions]:
    """Stores of their own with the repository's sample loaded."""
    async with isolated(engine_urls, _REDIS_FRESH_SLOT) as options:
        urls = replace(options.urls, redis=with_path(engine_urls.redis, redis_database()))
        options = replace(options, urls=urls)
        async with await open_stores(replace(options, role="worker")) as stores:
            await stores.redis.commands.flushdb()
            kept = LoadOptions(rejected_dir=tmp_path_factory.mktemp("rejected"))
            await load(ROOT / "data", stores, kept)
            yield options
            await stores.redis.commands.flushdb()


@pytest_asyncio.fixture(scope="session")
async def graph(sample: StoreOptions) -> AsyncIterator[str]:
    """Address of the graph over the sample, served as `gateway demo` does, without the console."""
    async with serving(sample, console=False) as origin:
        yield f"{origin}/graphql"


@pytest_asyncio.fixture(scope="session")
async def origin(sample: StoreOptions, console: Path) -> AsyncIterator[str]:
    """Address of the built console before the same graph."""
    async with serving(sample, console=True) as origin:
        yield origin


@asynccontextmanager
async def serving(sample: StoreOptions, *, console: bool) -> AsyncIterator[str]:
    """Serve the gateway on a free port of loopback."""
    settings = Settings(
        explain=True,
        demo_user=DEMO_USER_ID,
        console=console,
        qdrant_prefix=sample.qdrant_prefix,
    )
    app = create_app(settings, urls=sample.urls, alongside=partial(replay, pause_s=0.3))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="websockets-sansio"))
    async with Redis(sample.urls.redis) as redis, redis.topics.subscribe("asset_prices") as heard:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await until_live(heard)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def until_live(heard: Subscription) -> None:
    """Wait for the third hour played: the first of the sample lacks some of the assets."""
    times: Counter[str] = Counter()
    async with asyncio.timeout(30):
        async for message in heard:
            times[message["asset_id"]] += 1
            if max(times.values()) == 3:
                return


@pytest_asyncio.fixture(scope="session")
async def visit(origin: str, console: Path, request: pytest.FixtureRequest) -> Visit:
    """Walk once through the whole console; every test reads a part of what was seen."""
    task = {
        "url": f"{origin}/",
        "chromium": find_program(*BROWSERS),
        "modules": str(console),
        "headers": HEADERS,
    }
    out = await run(find_program("node"), str(DRIVER), json.dumps(task), cwd=console)
    return Visit(origin, json.loads(out))
