"""A day in the life of the gateway in real processes: load, alert, die, value, report, erase.

Two workers run, and the one that watches prices is killed. What two users leave behind is told to
the last cent, and of the one who asks to be forgotten nothing is left but what the law wants kept.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx2
import pytest

from gateway.app import create_app
from gateway.config import Settings
from gateway.load.identity import asset_id, user_id
from gateway.load.live import Price, record_prices
from resolvers.catalog.asset import Asset
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import StoreOptions, Stores
from stores.queries import Statement
from tests.gateway.alerts.conftest import Provider, providing
from tests.gateway.alerts.planned import KEYS, add_webhook
from tests.gateway.auth.conftest import People
from tests.gateway.estates import OWNER_COLUMNS
from tests.gateway.test_cli import run, started, store_variables
from tests.gateway.worker.conftest import until, value

ANN, BOB = user_id("ann@example.org"), user_id("bob@example.org")
ETHER: Final = asset_id(1, None)
# What still names somebody who was erased: the proof of it.
KEPT_APART: Final = {"ops.erasure_requests"}
CHAINS: Final = (
    "chain_id,network_id,name,chain,short_name,native_name,native_symbol,native_decimals,info_url,"
    "explorer_name,explorer_url,slip44,parent_chain_id,status,is_testnet,rpc_count\n"
    "1,1,Ethereum Mainnet,ETH,eth,Ether,ETH,18,https://ethereum.org,,,60,,,0,4\n"
)
RULE: Final = """mutation ($in: CreateAlertRuleInput!) { createAlertRule(input: $in) {
  userErrors { field code message } alertRule { id } } }"""
REPORT: Final = """mutation ($in: RequestTaxReportInput!) { requestTaxReport(input: $in) {
  userErrors { field code message } report { id } } }"""
REPORTED: Final = """query ($id: ID!) { node(id: $id) { ... on TaxReport {
  status progress totalProceedsUsd totalCostBasisUsd netCapitalGainsUsd shortTermGainsUsd
  disposalCount issueCount downloadUrl } } }"""
ERASE: Final = """mutation { requestErasure(input: {}) {
  userErrors { field code message } } }"""
EVENTS: Final = """{ alertEvents { nodes { title triggeredValue thresholdValue
  rule { name triggersToday } } } }"""
WORTH: Final = "{ portfolios { nodes { name summary { totalValueUsd } } } }"


@dataclass(frozen=True)
class Town:
    """The gateway and two people with their tokens."""

    client: httpx2.AsyncClient
    tokens: Mapping[UUID, str]

    async def ask(self, who: UUID, query: str, **variables: Any) -> Any:
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"authorization": f"Bearer {self.tokens[who]}"},
        )
        answer = response.json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def change(self, who: UUID, mutation: str, **given: Any) -> Any:
        ((payload),) = (await self.ask(who, mutation, **{"in": given})).values()
        assert payload["userErrors"] == []
        return payload


@pytest.fixture
def variables(fresh_options: StoreOptions, tmp_path: Path) -> dict[str, str]:
    """The configuration of every process."""
    (version, key), *_ = KEYS.keys.items()
    return {
        **store_variables(fresh_options),
        "GATEWAY_SECRET_KEYS": f"{version}:{base64.b64encode(key).decode()}",
        "GATEWAY_WEBHOOK_NETWORKS": "127.0.0.1",
        "GATEWAY_OBJECTS_URL": f"file://{tmp_path}/objects",
        "GATEWAY_ERASURE_WAIT_DAYS": "0",
    }


@asynccontextmanager
async def connected(options: StoreOptions) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees every row."""
    sql = await asyncpg.connect(options.urls.postgres_worker)
    try:
        yield sql
    finally:
        await sql.close()


@asynccontextmanager
async def town(variables: Mapping[str, str], sql: asyncpg.Connection) -> AsyncIterator[Town]:
    """The whole application, and both people signed in and paying."""
    chosen: dict[str, Any] = {
        name.removeprefix("GATEWAY_").lower(): text for name, text in variables.items()
    }
    people, tokens = People(sql), {}
    for who in (ANN, BOB):
        await people.tier(who, "pro")
        tokens[who] = (await people.session(who))[0]
    app = create_app(Settings(console=False, **chosen))
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as http,
    ):
        yield Town(http, tokens)


def write_data(directory: Path) -> None:
    """A chain, its coin, two users and what they hold: 2 ether and 1."""
    (directory / "reference").mkdir(parents=True)
    with gzip.open(directory / "reference" / "chains.csv.gz", "wt") as file:
        file.write(CHAINS)
    people = [
        {"email": "ann@example.org", "username": "ann", "display_name": "Ann", "wallets": []},
        {"email": "bob@example.org", "username": "bob", "display_name": "Bob", "wallets": []},
    ]
    portfolios = [
        {"user": each["email"], "name": "Main", "is_default": "1", "target_allocation": {"ETH": 1}}
        for each in people
    ]
    positions = [
        {
            "user": each["email"],
            "portfolio": "Main",
            "asset": "ETH",
            "chain": "ethereum",
            "position_type": "spot",
            "protocol": None,
            "quantity": quantity,
            "average_cost": "1000",
            "first_acquired_at": "2023-01-01T00:00:00Z",
        }
        for each, quantity in zip(people, ("2", "1"), strict=True)
    ]
    for name, lines in (("users", people), ("portfolios", portfolios), ("positions", positions)):
        _write_lines(directory / "demo" / f"{name}.jsonl", lines)


def _write_lines(file: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


async def tick(stores: Stores, dollars: Iterable[int]) -> None:
    """Prices of ether, one after the other."""
    for price in dollars:
        now = datetime.now(UTC)
        await record_prices(stores, [Price(ETHER, now, Decimal(price), "day")])


async def trade(stores: Stores) -> None:
    """Ann bought 10 for 100 dollars and sold 4 of them for 60."""
    columns = ("user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type")
    sides = tuple(
        f"asset_{side}_{what}"
        for side in ("in", "out")
        for what in ("symbol", "amount", "value_usd")
    )
    bought = (datetime(2024, 1, 1, tzinfo=UTC), "buy", "AAA", 10, 100, "USD", 100, 100, 0)
    sold = (datetime(2024, 6, 1, tzinfo=UTC), "sell", "USD", 60, 60, "AAA", 4, 60, 0)
    await stores.postgres.copy_rows(
        "portfolio.tax_transactions",
        (*columns, *sides, "fee_value_usd"),
        [(ANN, 1, f"0x{n:064x}", *each) for n, each in enumerate((bought, sold))],
    )


async def tick_until_told(stores: Stores, provider: Provider, dollars: int, count: int) -> None:
    """The same price again and again until so many alerts have arrived: nobody may watch yet."""
    told = asyncio.create_task(provider.until(count))
    while not told.done():
        await tick(stores, [dollars])
        await asyncio.wait([told], timeout=0.1)
    await told


async def watch(town: Town, stores: Stores, who: UUID, above: int, provider: Provider) -> None:
    """A rule about the price of ether that calls a webhook."""
    await add_webhook(stores, who, f"{provider.url}/{who}")
    await town.change(
        who,
        RULE,
        name=f"Above {above}",
        alertType="PRICE_CHANGE",
        targetId=encode_id(entity_of(Asset), ETHER),
        conditionOperator="GT",
        thresholdValue=str(above),
        thresholdType="ABSOLUTE",
        timeframeMinutes=60,
        notificationChannels=["WEBHOOK"],
        cooldownMinutes=60,
        maxTriggersPerDay=5,
    )


async def finished(town: Town, report_id: str) -> Any:
    """A tax report once it is made."""
    async with asyncio.timeout(40):
        while True:
            report = (await town.ask(ANN, REPORTED, id=report_id))["node"]
            if report["status"] in ("COMPLETED", "FAILED"):
                return report
            await asyncio.sleep(0.05)


async def test_a_day(
    variables: dict[str, str], own_stores: Stores, fresh_options: StoreOptions, tmp_path: Path
) -> None:
    write_data(tmp_path / "data")
    loaded = await run(f"load {tmp_path}/data", **variables)
    assert loaded.code == 0, loaded.err
    await trade(own_stores)
    async with (
        connected(fresh_options) as sql,
        town(variables, sql) as place,
        providing() as provider,
        started("worker --lease 2", **variables) as first,
    ):
        await watch(place, own_stores, ANN, 2010, provider)
        await watch(place, own_stores, BOB, 2500, provider)
        await tick(own_stores, range(2000, 2011))
        await tick_until_told(own_stores, provider, 2011, 1)
        await tick(own_stores, range(2012, 2020))

        # The worker that watches prices dies; the other one takes over.
        async with started("worker --lease 2", **variables) as second:
            first.kill()
            await first.wait()
            await tick_until_told(own_stores, provider, 2600, 2)
            assert [each.path for each in provider.received] == [f"/{ANN}", f"/{BOB}"]
            for who, above, reached in ((ANN, 2010, "2011"), (BOB, 2500, "2600")):
                (event,) = (await place.ask(who, EVENTS))["alertEvents"]["nodes"]
                assert Decimal(event["triggeredValue"]) == Decimal(reached)
                assert event["rule"] == {"name": f"Above {above}", "triggersToday": 1}

            valued = await run("jobs run value_portfolios", **variables)
            assert valued.code == 0, valued.err
            for who, worth in ((ANN, 5200), (BOB, 2600)):
                (portfolio,) = (await place.ask(who, WORTH))["portfolios"]["nodes"]
                assert Decimal(portfolio["summary"]["totalValueUsd"]) == worth

            wish = {
                "reportType": "ANNUAL",
                "taxYear": 2024,
                "countryCode": "US",
                "reportFormat": "CSV",
                "costBasisMethod": "FIFO",
                "marksWashSales": False,
            }
            asked = await place.change(ANN, REPORT, **wish)
            report = await finished(place, asked["report"]["id"])
            assert report["status"] == "COMPLETED"
            assert Decimal(report["progress"]) == 1
            assert (report["disposalCount"], report["issueCount"]) == ("1", "0")
            assert Decimal(report["totalProceedsUsd"]) == 60
            assert Decimal(report["totalCostBasisUsd"]) == 40
            assert Decimal(report["netCapitalGainsUsd"]) == 20
            link = report["downloadUrl"]
            assert "sale,AAA,4" in (await place.client.get(link)).text

            (payload,) = (await place.ask(ANN, ERASE)).values()
            assert payload["userErrors"] == []
            erased = await run("jobs run erase_users", **variables)
            assert erased.code == 0, erased.err
            assert (await place.client.get(link)).status_code in (404, 410)
            passed_on = "SELECT NOT EXISTS (SELECT FROM ops.outbox WHERE published_at IS NULL)"
            await until(own_stores, passed_on)
            second.terminate()
            await asyncio.wait_for(second.communicate(), 30)
            assert second.returncode == 0

        of_ann, of_bob = [await _owned(sql, who) for who in (ANN, BOB)]
        assert set(of_ann) <= KEPT_APART
        assert of_bob["alerts.events"] == of_bob["alerts.deliveries"] == 1
        assert of_bob["portfolio.portfolios"] == 1
        snapshots = "SELECT count(*) FROM portfolio_snapshots FINAL WHERE user_id = {user:UUID}"
        for who, number in ((ANN, 0), (BOB, 1)):
            statement = Statement("snapshots", snapshots, ())
            assert (await own_stores.clickhouse.fetch(statement, {"user": who}))[0][0] == number
        assert (
            await value(own_stores, "SELECT count(*) FROM ops.job_queue WHERE dead_at IS NOT NULL")
            == 0
        )


async def _owned(sql: asyncpg.Connection, who: UUID) -> dict[str, int]:
    """How many rows of each private table belong to somebody; tables without any are left out."""
    found = {}
    for table, column in OWNER_COLUMNS.items():
        number = await sql.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", who)
        if number:
            found[table] = number
    return found
