"""Tax reports: asked for in the graph, made by workers, fetched by a link, and removed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.config import Settings
from gateway.worker.job import JobContext
from gateway.worker.jobs import JOBS
from gateway.worker.running import Worker, WorkerOptions
from resolvers.context import RequestContext, Viewer
from resolvers.downloads import DownloadLinks
from resolvers.ids import encode_id, key_of
from resolvers.permissions import Tier
from resolvers.reflection import entity_of
from resolvers.tax.types import TaxLot, TaxReport, TaxTransaction
from stores.lifecycle import StoreOptions, Stores
from stores.queries import Statement
from tests.gateway.test_cli import environment, store_variables
from tests.gateway.worker.conftest import rows, until, value
from tests.gateway.worker.tax_worker import LEASE_S
from tests.resolvers.graph import ask

CHAIN = 962_054
COLUMNS = (
    "id", "user_id", "chain_id", "tx_hash", "occurred_at", "transaction_type",
    "asset_in_symbol", "asset_in_amount", "asset_in_value_usd",
    "asset_out_symbol", "asset_out_amount", "asset_out_value_usd", "fee_value_usd",
)  # fmt: skip
HOLD = Statement(
    "hold",
    "INSERT INTO portfolio.tax_settlements (user_id, asset_key, fingerprint)"
    " VALUES ($1, 'BBB', repeat('0', 64))",
    kind="exec",
)
Given = tuple[str, int, str | None, Any, Any, str | None, Any, Any]
EVENTS: list[Given] = [
    ("buy", 1, "AAA", 10, 100, "USD", 100, 100),
    ("buy", 2, "AAA", 10, 300, "USD", 300, 300),
    ("sell", 3, "USD", 250, 250, "AAA", 10, 250),
    ("buy", 4, "BBB", 5, 50, "USD", 50, 50),
    ("sell", 5, "USD", 30, 30, "BBB", 5, 30),
    ("staking_reward", 6, "BBB", 1, 7, None, None, None),
    ("airdrop", 7, "BBB", 1, None, None, None, None),
]
CSV = (
    "type,asset,amount,acquired_at,sold_at,proceeds_usd,cost_basis_usd,gain_usd,term,"
    "wash_sale_loss_usd,income_usd,expense_usd\r\n"
    "sale,AAA,10,2024-01-01T00:00:00Z,2024-03-01T00:00:00Z,250,100,150,short,,,\r\n"
    "sale,BBB,5,2024-04-01T00:00:00Z,2024-05-01T00:00:00Z,30,50,-20,short,,,\r\n"
    "staking_reward,BBB,1,2024-06-01T00:00:00Z,,,7,,,,7,\r\n"
    "airdrop,BBB,1,2024-07-01T00:00:00Z,,,,,,,,\r\n"
)


async def person(stores: Stores, given: Sequence[Given] = EVENTS) -> tuple[Viewer, list[UUID]]:
    """A paying user with taxable events on the first day of months of 2024."""
    await rows(
        stores,
        "INSERT INTO catalog.chains (id, caip2, slug, name, is_evm) VALUES ($1, $2, $3, $3, true)"
        " ON CONFLICT DO NOTHING",
        *(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}"),
    )
    user, keys = uuid4(), [uuid4() for _ in given]
    await stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    made = [
        (key, user, CHAIN, f"0x{key.hex}", datetime(2024, month, 1, tzinfo=UTC), kind, *sides, 0)
        for key, (kind, month, *sides) in zip(keys, given, strict=True)
    ]
    await stores.postgres.copy_rows("portfolio.tax_transactions", COLUMNS, made)
    return Viewer(user, "user", tier=Tier.BASIC), keys


class Taxes:
    """A user's taxes as the graph shows them, and the jobs that make them."""

    def __init__(self, stores: Stores, settings: Settings, viewer: Viewer) -> None:
        self.stores, self.settings, self.viewer = stores, settings, viewer
        self.links = DownloadLinks.of(None)

    async def do(self, query: str, **variables: Any) -> Any:
        context = RequestContext(self.viewer, self.stores, trace=[], downloads=self.links)
        answer = await ask(self.stores, query, context=context, **variables)
        assert answer.errors == []
        return answer.data

    async def change(self, name: str, selection: str, **values: Any) -> Any:
        query = f"""mutation ($in: {name[0].upper()}{name[1:]}Input!) {{
            {name}(input: $in) {{ {selection} userErrors {{ field code }} }} }}"""
        return (await self.do(query, **{"in": values}))[name]

    async def ask_for(self, **values: Any) -> str:
        wish = {"taxYear": 2024, "countryCode": "US", **values}
        made = await self.change("requestTaxReport", "report { id }", **wish)
        assert made["userErrors"] == []
        return str(made["report"]["id"])

    async def run(self, job: str) -> int:
        """Run what waits of a job for this user, or of a report of theirs."""
        context: JobContext | None = None
        asked = await rows(
            self.stores,
            "DELETE FROM ops.job_queue WHERE job = $1 AND ("
            " arguments->>'user_id' = $2 OR arguments->>'report_id' IN (SELECT id::text"
            " FROM portfolio.tax_reports WHERE user_id = $2::uuid)) RETURNING arguments",
            *(job, str(self.viewer.user_id)),
        )
        for each in asked:
            context = JobContext(
                self.stores, time.monotonic() + 30, each["arguments"], self.settings
            )
            await JOBS[job].function(context)
        return len(asked)

    async def report(self, key: str) -> Any:
        query = """query ($id: ID!) { taxReport(id: $id) { status progress errorMessage fileName
            downloadUrl fileSizeBytes totalTransactions disposalCount issueCount totalProceedsUsd
            totalCostBasisUsd totalCapitalGainsUsd totalCapitalLossesUsd netCapitalGainsUsd
            longTermGainsUsd shortTermGainsUsd totalIncomeUsd totalExpensesUsd washSaleLossUsd
        } }"""
        return (await self.do(query, id=key))["taxReport"]

    async def fetched(self, url: str) -> bytes:
        """What a link leads to."""
        download = self.links.read(url.removeprefix("/files/"), datetime.now(UTC))
        assert download.owner == self.viewer.user_id
        return await self.settings.objects().get_bytes(download.key)


@pytest.fixture
async def taxes(worker_stores: Stores, tmp_path: Path) -> Taxes:
    viewer, _ = await person(worker_stores)
    return Taxes(worker_stores, Settings(data_dir=tmp_path), viewer)


async def test_a_report_is_made_as_soon_as_it_is_asked_for(taxes: Taxes) -> None:
    key = await taxes.ask_for()
    before = await taxes.report(key)
    assert (before["status"], before["progress"], before["downloadUrl"]) == (
        "PENDING",
        "0.0000",
        None,
    )
    assert await taxes.run("make_tax_reports") == 1
    made = await taxes.report(key)
    url = made.pop("downloadUrl")
    assert made == {
        "status": "COMPLETED",
        "progress": "1.0000",
        "errorMessage": None,
        "fileName": "tax-2024-us.csv",
        "fileSizeBytes": str(len(CSV)),
        "totalTransactions": "7",
        "disposalCount": "2",
        "issueCount": "1",
        "totalProceedsUsd": "280.00000000",
        "totalCostBasisUsd": "150.00000000",
        "totalCapitalGainsUsd": "150.00000000",
        "totalCapitalLossesUsd": "20.00000000",
        "netCapitalGainsUsd": "130.00000000",
        "longTermGainsUsd": "0.00000000",
        "shortTermGainsUsd": "130.00000000",
        "totalIncomeUsd": "7.00000000",
        "totalExpensesUsd": "0.00000000",
        "washSaleLossUsd": None,
    }
    assert (await taxes.fetched(url)).decode() == CSV
    issues = "{ taxIssues { nodes { reason assetSymbol amount transaction { transactionType } } } }"
    assert (await taxes.do(issues))["taxIssues"]["nodes"] == [
        {
            "reason": "MISSING_PRICE",
            "assetSymbol": "BBB",
            "amount": "1.000000000000000000",
            "transaction": {"transactionType": "AIRDROP"},
        }
    ]
    events = await rows(
        taxes.stores,
        "SELECT event, payload->>'status' AS status FROM ops.outbox WHERE aggregate_id = $1"
        " ORDER BY sequence",
        str(key_of(entity_of(TaxReport), key)),
    )
    assert [tuple(each.values()) for each in events] == [
        ("created", "pending"),
        ("updated", "completed"),
    ]


async def test_every_form_is_made_and_removed_with_its_report(taxes: Taxes) -> None:
    forms = {"PDF": b"%PDF-", "TURBOTAX": b"Currency Name,", "TAXACT": b"Description,"}
    keys = {form: await taxes.ask_for(reportFormat=form) for form in forms}
    assert await taxes.run("make_tax_reports") == 3
    for form, start in forms.items():
        made = await taxes.report(keys[form])
        assert (await taxes.fetched(made["downloadUrl"])).startswith(start)
    objects = taxes.settings.objects()
    folder = f"tax-reports/{taxes.viewer.user_id}"
    assert len([each async for each in objects.list(folder)]) == 3
    for key in keys.values():
        await taxes.change("deleteTaxReport", "deletedId", id=key)
    assert await taxes.run("remove_tax_files") == 3
    assert [each async for each in objects.list(folder)] == []


async def test_reports_by_other_terms_leave_the_books_alone(taxes: Taxes) -> None:
    lifo = await taxes.ask_for(costBasisMethod="LIFO", marksWashSales=True)
    uk = await taxes.ask_for(countryCode="UK", taxYear=2023)
    assert await taxes.run("make_tax_reports") == 2
    made = await taxes.report(lifo)
    assert (made["netCapitalGainsUsd"], made["washSaleLossUsd"]) == (
        "-70.00000000",
        "0.00000000",
    )
    british = await taxes.report(uk)
    assert british["netCapitalGainsUsd"] == "50.00000000"  # half of what the pool of 400 cost
    assert british["fileName"] == "tax-2023-gb.csv"
    lots = "{ taxLots { nodes { assetSymbol remainingAmount costBasisUsd } } }"
    left = [
        (lot["costBasisUsd"], int(Decimal(lot["remainingAmount"])))
        for lot in (await taxes.do(lots))["taxLots"]["nodes"]
        if lot["assetSymbol"] == "AAA"
    ]
    assert left == [("300.00000000", 10), ("100.00000000", 0)]


async def test_the_profile_says_by_which_rules_books_are_kept(taxes: Taxes) -> None:
    shown = "profile { countryCode costBasisMethod marksWashSales }"
    assert (await taxes.do("{ taxProfile { countryCode } }")) == {"taxProfile": None}
    said = await taxes.change("updateTaxProfile", shown, costBasisMethod="LIFO")
    assert said["profile"] == {
        "countryCode": "US",
        "costBasisMethod": "LIFO",
        "marksWashSales": False,
    }
    assert await taxes.run("settle_taxes") == 1
    gains = "SELECT sum(gain_usd) FROM portfolio.tax_lot_disposals WHERE user_id = $1"
    assert await value(taxes.stores, gains, taxes.viewer.user_id) == Decimal(-70)
    marked = await taxes.change("updateTaxProfile", shown, marksWashSales=True)
    assert marked["profile"]["marksWashSales"]
    moved = await taxes.change("updateTaxProfile", shown, countryCode="GB")
    assert moved["profile"] == {
        "countryCode": "GB",
        "costBasisMethod": "LIFO",
        "marksWashSales": False,
    }
    assert await taxes.run("settle_taxes") == 1  # one run that waits is enough
    assert (await taxes.do("{ taxProfile { countryCode } }"))["taxProfile"] == {"countryCode": "GB"}
    wrong = await taxes.change("updateTaxProfile", shown, countryCode="FR", marksWashSales=True)
    assert wrong["userErrors"] == [{"field": ["countryCode"], "code": "INVALID"}]


async def test_a_sale_is_set_against_the_purchases_its_owner_names(
    worker_stores: Stores, tmp_path: Path
) -> None:
    viewer, keys = await person(worker_stores)
    taxes = Taxes(worker_stores, Settings(data_dir=tmp_path), viewer)
    await taxes.change("updateTaxProfile", "profile { id }", costBasisMethod="SPECIFIC")
    await taxes.run("settle_taxes")
    nodes = (await taxes.do("{ taxLots { nodes { id costBasisUsd } } }"))["taxLots"]["nodes"]
    lots = {str(node["costBasisUsd"]): node["id"] for node in nodes}
    sale = encode_id(entity_of(TaxTransaction), keys[2])
    shown = "transaction { namedLotIds capitalGainUsd }"
    dear = lots["300.00000000"]
    named = await taxes.change("nameTaxLots", shown, transactionId=sale, lotIds=[dear])
    assert named["transaction"] == {"namedLotIds": [dear], "capitalGainUsd": "150.00000000"}
    assert await taxes.run("settle_taxes") == 1
    gain = "query ($id: ID!) { node(id: $id) { ... on TaxTransaction { capitalGainUsd } } }"
    assert (await taxes.do(gain, id=sale))["node"] == {"capitalGainUsd": "-50.00000000"}
    made = await taxes.ask_for(costBasisMethod="SPECIFIC")
    await taxes.run("make_tax_reports")
    assert (await taxes.report(made))["netCapitalGainsUsd"] == "-70.00000000"

    later = encode_id(entity_of(TaxTransaction), keys[4])
    absent = encode_id(entity_of(TaxLot), uuid4())
    wrong = await taxes.change(
        "nameTaxLots", shown, transactionId=later, lotIds=[dear, absent, lots["7.00000000"]]
    )
    assert wrong["userErrors"] == [
        {"field": ["lotIds", "0"], "code": "INVALID"},  # another asset
        {"field": ["lotIds", "1"], "code": "NOT_FOUND"},
        {"field": ["lotIds", "2"], "code": "INVALID"},  # bought after the sale
    ]
    stranger, _ = await person(worker_stores, [])
    theirs = Taxes(worker_stores, taxes.settings, stranger)
    refused = await theirs.change("nameTaxLots", shown, transactionId=sale, lotIds=[dear])
    assert refused["userErrors"] == [{"field": ["transactionId"], "code": "NOT_FOUND"}]
    cleared = await taxes.change("nameTaxLots", shown, transactionId=sale, lotIds=[])
    assert cleared["transaction"]["namedLotIds"] == []


async def test_what_cannot_be_made_says_why_and_what_is_forgotten_is_asked_for_again(
    taxes: Taxes,
) -> None:
    key = await taxes.ask_for()
    other = await taxes.ask_for(taxYear=2023)
    ids = [key_of(entity_of(TaxReport), each) for each in (key, other)]
    await rows(
        taxes.stores,
        "UPDATE portfolio.tax_reports SET created_at = now() - interval '1 hour'"
        " WHERE id = ANY ($1)",
        ids,
    )
    await rows(
        taxes.stores,
        "UPDATE ops.job_queue SET dead_at = now() WHERE arguments->>'report_id' = $1",
        str(ids[0]),
    )
    queue = "SELECT count(*) FROM ops.job_queue WHERE arguments->>'report_id' = $1"
    await rows(
        taxes.stores, "DELETE FROM ops.job_queue WHERE arguments->>'report_id' = $1", str(ids[1])
    )
    context = JobContext(taxes.stores, time.monotonic() + 30, {}, taxes.settings)
    await JOBS["watch_tax_reports"].function(context)
    given_up = await taxes.report(key)
    assert given_up["status"] == "FAILED"
    assert given_up["errorMessage"] == "It could not be made. Remove it and ask for it again."
    assert await value(taxes.stores, queue, str(ids[1])) == 1
    await rows(
        taxes.stores, "UPDATE portfolio.tax_reports SET country_code = 'FR' WHERE id = $1", ids[1]
    )
    await taxes.run("make_tax_reports")
    unknown = await taxes.report(other)
    assert (unknown["status"], unknown["errorMessage"]) == (
        "FAILED",
        "The rules of FR are not known.",
    )


@asynccontextmanager
async def worker(**variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that makes tax reports; killed at the end at the latest."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.gateway.worker.tax_worker"),
        env=environment(**variables),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.timeout(120)
async def test_a_killed_worker_s_report_is_gone_on_with(
    fresh_options: StoreOptions, own_stores: Stores, tmp_path: Path
) -> None:
    """The worker has settled one asset and waits for the other when it is killed."""
    viewer, _ = await person(own_stores)
    taxes = Taxes(own_stores, Settings(data_dir=tmp_path), viewer)
    variables = {**store_variables(fresh_options), "GATEWAY_DATA_DIR": str(tmp_path)}
    settled = "SELECT settled_at FROM portfolio.tax_settlements WHERE asset_key = 'AAA'"
    running = "SELECT EXISTS (SELECT FROM ops.job_runs WHERE job = $1 AND status = 'running')"
    async with worker(**variables) as first:
        async with own_stores.postgres.transaction(name="hold") as held:
            await held.execute(HOLD, viewer.user_id)
            key = await taxes.ask_for()
            await until(own_stores, f"SELECT EXISTS ({settled})")
            await until(own_stores, "SELECT max(progress) > 0 FROM portfolio.tax_reports")
            half = await taxes.report(key)
            assert half["status"] == "PROCESSING"
            assert Decimal(0) < Decimal(half["progress"]) < Decimal("0.7")
            first.kill()
            await first.wait()
        before = await value(own_stores, settled)
        assert await value(own_stores, running, "make_tax_reports")
        stop, limits = asyncio.Event(), WorkerOptions(slots=1, lease_s=LEASE_S, poll_s=0.2)
        jobs = {"make_tax_reports": JOBS["make_tax_reports"]}
        other = asyncio.create_task(Worker(own_stores, jobs, limits, taxes.settings).run(stop))
        await until(own_stores, "SELECT status = 'completed' FROM portfolio.tax_reports")
        stop.set()
        await other
    assert await value(own_stores, settled) == before, "it was not settled twice"
    made = await taxes.report(key)
    assert (made["progress"], made["netCapitalGainsUsd"]) == ("1.0000", "130.00000000")
    assert (await taxes.fetched(made["downloadUrl"])).decode() == CSV
    kept = [each async for each in taxes.settings.objects().list("tax-reports")]
    assert len(kept) == 1
