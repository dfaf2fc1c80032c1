"""A user of the test's own, their mutations, and a look into the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.figures import written

Sql = Callable[..., Awaitable[list[Any]]]
Do = Callable[..., Awaitable[Any]]


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own."""
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user")


@pytest.fixture
def sql(worker_stores: Stores) -> Sql:
    """Looks into the database as the worker, who sees everything."""

    async def run(text: str, *values: object) -> list[Any]:
        return list(await worker_stores.postgres.fetch(Statement("look", text), *values))

    return run


@pytest.fixture
def do(stores: Stores, alice: Viewer) -> Do:
    """Runs one mutation as Alice unless told otherwise, and gives its payload."""

    async def run(field: str, shown: str, viewer: Viewer = alice, **given: Any) -> Any:
        kind = field[0].upper() + field[1:] + "Input"
        answer: Answer = await ask(
            stores,
            f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {shown} "
            "userErrors { field code message } } }",
            viewer=viewer,
            input=given,
        )
        assert answer.errors == [], answer.errors
        return answer.data[field]

    return run


def codes(payload: Any) -> list[tuple[str, str]]:
    """Path and code of every user error."""
    return [(".".join(error["field"]), error["code"]) for error in payload["userErrors"]]


@pytest.fixture(scope="session")
async def figures(worker_stores: Stores, stores: Stores) -> AsyncIterator[None]:
    """Portfolios with everything that figures are made of."""
    async with written(worker_stores, stores):
        yield
