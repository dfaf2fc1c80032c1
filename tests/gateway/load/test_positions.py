"""A user's positions from a file, in portions, with the errors a user would get."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.load import positions
from gateway.load.positions import PositionsError, PositionsReport, load_positions
from gateway.schema import GatewaySchema, build_schema
from stores.lifecycle import Stores
from stores.queries import Statement

TAG = uuid4().hex[:10].upper()
COLUMNS = ("id", "symbol", "name")


@pytest.fixture(scope="module")
def graph() -> GatewaySchema:
    """The schema of every domain."""
    return build_schema()


@pytest.fixture(scope="module", autouse=True)
async def coins(worker_stores: Stores) -> None:
    """Five coins known by ticker."""
    rows = [(uuid4(), f"{TAG}{number}", "Coin") for number in range(5)]
    await worker_stores.postgres.copy_rows("catalog.assets", COLUMNS, rows)


@pytest.fixture
async def owned(worker_stores: Stores) -> tuple[UUID, UUID]:
    """A user and their portfolio."""
    user, portfolio = uuid4(), uuid4()
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(user,)])
    await postgres.copy_rows(
        "portfolio.portfolios", ("id", "user_id", "name"), [(portfolio, user, "Mine")]
    )
    return user, portfolio


async def held(worker_stores: Stores, portfolio: UUID) -> list[tuple[Any, ...]]:
    """Tickers, without what the test put before them, and quantities."""
    text = (
        "SELECT right(a.symbol, 1), p.quantity FROM portfolio.positions p"
        " JOIN catalog.assets a ON a.id = p.asset_id WHERE p.portfolio_id = $1 ORDER BY a.symbol"
    )
    return [
        tuple(row) for row in await worker_stores.postgres.fetch(Statement("q", text), portfolio)
    ]


def written(directory: Path, *rows: str) -> Path:
    """A file with a header and these rows."""
    file = directory / "positions.csv"
    file.write_text("\n".join(("asset,quantity", *rows)), encoding="utf-8-sig")
    return file


async def test_a_file_goes_in_portions(
    graph: GatewaySchema,
    stores: Stores,
    worker_stores: Stores,
    owned: tuple[UUID, UUID],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(positions, "MAX_ROWS", 2)
    user, portfolio = owned
    file = written(tmp_path, *(f"{TAG}{n},{n + 1}" for n in range(5)))
    first = await load_positions(graph, stores, file, user_id=user, portfolio_id=str(portfolio))
    assert first == PositionsReport(created=5)
    assert await held(worker_stores, portfolio) == [(str(n), n + 1) for n in range(5)]
    again = await load_positions(graph, stores, file, user_id=user, portfolio_id=str(portfolio))
    assert again == PositionsReport(unchanged=5)
    (log,) = await worker_stores.postgres.fetch(
        Statement(
            "log",
            "SELECT count(*) FILTER (WHERE action = 'create'), max(user_agent)"
            " FROM ops.audit_log WHERE actor_user_id = $1",
        ),
        user,
    )
    assert tuple(log) == (5, "gateway load")


async def test_a_wrong_row_is_told_by_its_line_and_ends_the_load(
    graph: GatewaySchema,
    stores: Stores,
    worker_stores: Stores,
    owned: tuple[UUID, UUID],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(positions, "MAX_ROWS", 2)
    user, portfolio = owned
    file = written(tmp_path, f"{TAG}0,1", "", f"{TAG}1,1", f"{TAG}2,much", f"{TAG}3,1")
    report = await load_positions(graph, stores, file, user_id=user, portfolio_id=str(portfolio))
    assert report.problems == [
        "line 5, quantity: Give a number such as 1234.5, without separators, sign or exponent."
    ]
    assert report.created == len(await held(worker_stores, portfolio)) == 1


async def test_a_portfolio_of_somebody_else_is_none(
    graph: GatewaySchema,
    stores: Stores,
    worker_stores: Stores,
    owned: tuple[UUID, UUID],
    tmp_path: Path,
) -> None:
    _, portfolio = owned
    file = written(tmp_path, f"{TAG}0,1")
    report = await load_positions(graph, stores, file, user_id=uuid4(), portfolio_id=str(portfolio))
    assert replace(report, problems=[]) == PositionsReport()
    assert report.problems == [
        "portfolioId: There is no such Portfolio. Take ids from a field `id` that you can read."
    ]
    assert await held(worker_stores, portfolio) == []


async def test_replacing_is_for_files_that_go_at_once(
    graph: GatewaySchema,
    stores: Stores,
    worker_stores: Stores,
    owned: tuple[UUID, UUID],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, portfolio = owned
    given: dict[str, Any] = {"user_id": user, "portfolio_id": str(portfolio), "replace": True}
    file = written(tmp_path, f"{TAG}0,1", f"{TAG}1,1")
    await load_positions(graph, stores, file, **given)
    shorter = written(tmp_path, f"{TAG}1,3")
    report = await load_positions(graph, stores, shorter, **given)
    assert report == PositionsReport(updated=1, removed=1)
    assert await held(worker_stores, portfolio) == [("1", 3)]
    monkeypatch.setattr(positions, "MAX_ROWS", 1)
    with pytest.raises(PositionsError, match="at most 1 rows"):
        await load_positions(graph, stores, written(tmp_path, "X,1", "Y,1"), **given)


@pytest.mark.parametrize("content", [b"asset,quantity\n\xff,1\n", b'asset,quantity\n"X,1\n'])
async def test_what_is_no_csv_is_told(
    graph: GatewaySchema, stores: Stores, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "positions.csv"
    file.write_bytes(content)
    with pytest.raises(PositionsError, match=r"positions\.csv is no CSV in UTF-8"):
        await load_positions(graph, stores, file, user_id=uuid4(), portfolio_id="x")
