"""Users of a test's own, and a look into the database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.dashboards.boards import Look


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own."""
    return await _user(worker_stores)


@pytest.fixture
async def bob(worker_stores: Stores) -> Viewer:
    """Somebody else."""
    return await _user(worker_stores)


async def _user(worker_stores: Stores) -> Viewer:
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user")


@pytest.fixture
def look(worker_stores: Stores) -> Look:
    """Looks into the database as the worker, who sees everything."""

    async def run(text: str, *values: object) -> list[Any]:
        return list(await worker_stores.postgres.fetch(Statement("look", text), *values))

    return run
