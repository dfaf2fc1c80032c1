"""Owners state positions one by one or by a file; figures follow, errors name line and column."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from resolvers.catalog.asset import Asset
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.portfolio.types import LedgerEntry, Portfolio, Position
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.conftest import Do, Sql, codes

CHAIN, OTHER_CHAIN = 920_041, 920_042
ETHER, DOLLAR, TWIN_A, TWIN_B, LENDER, WALLET = (uuid4() for _ in range(6))
TAG = ETHER.hex[:6].upper()
CONTRACT = f"0x{DOLLAR.hex:0>40}"
ADDRESS = f"0x{WALLET.hex:0>40}"


def id_of(cls: Any, key: UUID) -> str:
    """A global id."""
    return encode_id(entity_of(cls), key)


@pytest.fixture(scope="module", autouse=True)
async def catalogue(worker_stores: Stores) -> None:
    """Two chains, a coin, a token, two tokens of one ticker, a protocol and a wallet."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(n, f"eip155:{n}", f"chain-{n}", f"Chain {n}", True) for n in (CHAIN, OTHER_CHAIN)],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "chain_id", "contract_address"),
        [
            (ETHER, f"ETH{TAG}", "Ether", CHAIN, f"0x{ETHER.hex:0>40}"),
            (DOLLAR, f"USD{TAG}", "Dollar", CHAIN, CONTRACT),
            (TWIN_A, f"TWN{TAG}", "Twin", CHAIN, f"0x{TWIN_A.hex:0>40}"),
            (TWIN_B, f"TWN{TAG}", "Twin", OTHER_CHAIN, f"0x{TWIN_B.hex:0>40}"),
        ],
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [(LENDER, f"lender-{TAG.lower()}", "Lender", "Lending")],
    )
    await postgres.copy_rows(
        "catalog.wallets", ("id", "chain_id", "address"), [(WALLET, CHAIN, ADDRESS)]
    )


@pytest.fixture
async def portfolio(do: Do) -> str:
    """The id of an empty portfolio of Alice's."""
    made = await do("createPortfolio", "portfolio { id }", name="Mine")
    key: str = made["portfolio"]["id"]
    return key


POSITION = """position { id quantity averageCostUsd costBasisUsd priceUsd valueUsd unrealizedPnlUsd
  unrealizedPnlPct positionType version asset { symbol } chain { slug } protocol { name } }"""


def numbers(position: dict[str, Any]) -> list[Decimal | None]:
    """Quantity, average cost, cost, price, value, gain and gain in percent."""
    names = "quantity averageCostUsd costBasisUsd priceUsd valueUsd unrealizedPnlUsd"
    names += " unrealizedPnlPct"
    return [None if position[n] is None else Decimal(position[n]) for n in names.split()]


async def test_a_position_is_added_then_changed(do: Do, portfolio: str) -> None:
    where = {
        "portfolioId": portfolio,
        "assetId": id_of(Asset, ETHER),
        "positionType": "STAKED",
        "chain": f"chain-{CHAIN}",
        "protocolId": str(LENDER),
    }
    added = await do(
        "upsertPosition",
        POSITION + " wasCreated",
        quantity="2",
        averageCostUsd="1500",
        priceUsd="2000.5",
        **where,
    )
    assert added["wasCreated"] is True
    first = added["position"]
    assert numbers(first) == [2, 1500, 3000, Decimal("2000.5"), 4001, 1001, Decimal("33.366667")]
    assert (first["asset"], first["chain"]) == (
        {"symbol": f"ETH{TAG}"},
        {"slug": f"chain-{CHAIN}"},
    )
    changed = await do(
        "upsertPosition", POSITION + " wasCreated", quantity="3", expectedVersion=1, **where
    )
    assert changed["wasCreated"] is False
    assert changed["position"]["id"] == first["id"]
    assert numbers(changed["position"])[:5] == [3, 1500, 4500, Decimal("2000.5"), Decimal("6001.5")]
    assert changed["position"]["version"] == 2
    unknown = await do("upsertPosition", POSITION, quantity="3", averageCostUsd=None, **where)
    assert numbers(unknown["position"])[1:3] == [None, None]
    stale = await do("upsertPosition", POSITION, quantity="9", expectedVersion=1, **where)
    assert codes(stale) == [("expectedVersion", "CONFLICT")]


async def test_new_prices_do_not_make_an_edit_stale(
    do: Do, portfolio: str, worker_stores: Stores, sql: Sql
) -> None:
    where = {"portfolioId": portfolio, "assetId": id_of(Asset, ETHER)}
    made = await do("upsertPosition", POSITION, quantity="1", **where)
    await sql(
        "UPDATE portfolio.positions SET price_usd = 5, value_usd = 5, last_updated_at = now()"
        " WHERE asset_id = $1 RETURNING 1",
        ETHER,
    )
    again = await do(
        "upsertPosition",
        POSITION,
        quantity="2",
        expectedVersion=made["position"]["version"],
        **where,
    )
    assert again["userErrors"] == []
    assert numbers(again["position"])[3:5] == [5, 10]


async def test_debt_counts_against_the_portfolio(do: Do, portfolio: str) -> None:
    made = await do(
        "upsertPosition",
        POSITION,
        portfolioId=portfolio,
        assetId=id_of(Asset, DOLLAR),
        positionType="BORROWING",
        quantity="100",
        averageCostUsd="1",
        priceUsd="1.1",
    )
    assert numbers(made["position"]) == [
        100,
        1,
        -100,
        Decimal("1.1"),
        -110,
        -10,
        Decimal("-10"),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"quantity": "-1"}, ("quantity", "INVALID")),
        ({"quantity": "0.1234567890123456789"}, ("quantity", "INVALID")),
        ({"priceUsd": "-1"}, ("priceUsd", "INVALID")),
        ({"firstAcquiredAt": "2999-01-01T00:00:00Z"}, ("firstAcquiredAt", "INVALID")),
        ({"chain": "nowhere"}, ("chain", "NOT_FOUND")),
        ({"assetId": str(uuid4())}, ("assetId", "NOT_FOUND")),
        ({"protocolId": str(uuid4())}, ("protocolId", "NOT_FOUND")),
        ({"walletId": str(uuid4())}, ("walletId", "NOT_FOUND")),
        ({"assetId": id_of(Portfolio, uuid4())}, ("assetId", "NOT_FOUND")),
        ({"expectedVersion": 1}, ("expectedVersion", "CONFLICT")),
        ({"quantity": "1" + "0" * 40, "priceUsd": "1"}, ("", "INVALID")),
    ],
)
async def test_wrong_values_are_told_by_field(
    do: Do,
    portfolio: str,
    given: dict[str, Any],
    expected: tuple[str, str],
    sql: Sql,
    alice: Viewer,
) -> None:
    same = {"portfolioId": portfolio, "assetId": id_of(Asset, ETHER), "quantity": "1"}
    assert codes(await do("upsertPosition", POSITION, **{**same, **given})) == [expected]
    assert await _held(sql, alice) == []


async def test_a_position_is_removed(do: Do, portfolio: str, sql: Sql, alice: Viewer) -> None:
    made = await do(
        "upsertPosition",
        POSITION,
        portfolioId=portfolio,
        assetId=id_of(Asset, ETHER),
        quantity="1",
    )
    key = made["position"]["id"]
    shown = "deletedId portfolio { totals { positionCount } }"
    stale = await do("deletePosition", shown, id=key, expectedVersion=7)
    assert codes(stale) == [("expectedVersion", "CONFLICT")]
    gone = await do("deletePosition", shown, id=key, expectedVersion=1)
    assert gone == {
        "deletedId": key,
        "portfolio": {"totals": {"positionCount": 0}},
        "userErrors": [],
    }
    assert await _held(sql, alice) == []


COLUMNS = (
    "asset,chain,position_type,protocol,wallet,quantity,average_cost_usd,price_usd,"
    "first_acquired_at"
)
IMPORT = """createdCount updatedCount unchangedCount removedCount replayed
  portfolio { totals { valueUsd positionCount } }"""
FILE = f"""{COLUMNS}
ETH{TAG},chain-{CHAIN},,,{ADDRESS},2,1500,2000,2025-01-02T00:00:00Z
{CONTRACT},{CHAIN},borrowing,lender-{TAG.lower()},,1000.5,,1,

twn{TAG},eip155:{OTHER_CHAIN},spot,,,7,,,
"""


async def test_a_file_is_imported_whole(do: Do, portfolio: str, sql: Sql, alice: Viewer) -> None:
    wish = {"portfolioId": portfolio, "csv": FILE, "idempotencyKey": "f"}
    done = await do("importPositions", IMPORT, **wish)
    assert done["userErrors"] == []
    assert [done[f"{n}Count"] for n in ("created", "updated", "unchanged", "removed")] == [
        3,
        0,
        0,
        0,
    ]
    totals = done["portfolio"]["totals"]
    assert (Decimal(totals["valueUsd"]), totals["positionCount"]) == (Decimal("2999.5"), 3)
    held = await sql(
        "SELECT h.asset_id, h.chain_id, h.position_type, h.protocol_id, h.wallet_id, h.quantity,"
        " h.cost_basis_usd, h.value_usd FROM portfolio.positions h"
        " JOIN portfolio.portfolios p ON p.id = h.portfolio_id WHERE p.user_id = $1"
        " ORDER BY h.quantity",
        alice.user_id,
    )
    assert [tuple(row) for row in held] == [
        (ETHER, CHAIN, "spot", None, WALLET, 2, 3000, 4000),
        (TWIN_B, OTHER_CHAIN, "spot", None, None, 7, None, None),
        (DOLLAR, CHAIN, "borrowing", LENDER, None, Decimal("1000.5"), None, Decimal("-1000.5")),
    ]
    again = await do("importPositions", IMPORT, **wish)
    assert again == {**done, "replayed": True}
    same = await do("importPositions", IMPORT, **{**wish, "idempotencyKey": "g"})
    assert (same["unchangedCount"], same["updatedCount"], same["createdCount"]) == (3, 0, 0)
    events = await sql(
        "SELECT event FROM ops.outbox WHERE payload->>'user_id' = $1 AND event LIKE '%import%'",
        str(alice.user_id),
    )
    assert len(events) == 2


async def test_a_later_file_changes_and_replaces(do: Do, portfolio: str) -> None:
    await do("importPositions", IMPORT, portfolioId=portfolio, csv=FILE)
    text = f"asset;quantity;chain;wallet\nETH{TAG};5;{CHAIN};{ADDRESS}\n"
    encoded = base64.b64encode(b"\xef\xbb\xbf" + text.encode()).decode()
    merged = await do("importPositions", IMPORT, portfolioId=portfolio, csvBase64=encoded)
    assert (merged["updatedCount"], merged["removedCount"]) == (1, 0)
    # 5 at the price known, less the debt.
    assert Decimal(merged["portfolio"]["totals"]["valueUsd"]) == Decimal("8999.5")
    replaced = await do(
        "importPositions", IMPORT, portfolioId=portfolio, csvBase64=encoded, mode="REPLACE"
    )
    assert (replaced["unchangedCount"], replaced["removedCount"]) == (1, 2)
    assert replaced["portfolio"]["totals"]["positionCount"] == 1


async def test_errors_of_a_file_name_line_and_column_and_nothing_is_changed(
    do: Do, portfolio: str, sql: Sql, alice: Viewer
) -> None:
    text = f"""asset,quantity,position_type,price_usd,first_acquired_at
,1,,,
ETH{TAG},,,,
ETH{TAG},1e5,hoarded,-1,yesterday
ETH{TAG},1
ETH{TAG},1,,,
"""
    bad = await do("importPositions", IMPORT, portfolioId=portfolio, csv=text)
    assert codes(bad) == [
        ("csv.2.asset", "REQUIRED"),
        ("csv.3.quantity", "REQUIRED"),
        ("csv.4.positionType", "INVALID"),
        ("csv.4.quantity", "INVALID"),
        ("csv.4.priceUsd", "INVALID"),
        ("csv.4.firstAcquiredAt", "INVALID"),
        ("csv.5", "INVALID"),
    ]
    names = f"""asset,quantity,chain,protocol,wallet
ETH{TAG},1,,,
ETH{TAG},2,,,
NONE{TAG},1,,,
TWN{TAG},1,,,
ETH{TAG},1,nowhere,nothing,0x1
"""
    unknown = await do("importPositions", IMPORT, portfolioId=portfolio, csv=names)
    assert codes(unknown) == [
        ("csv.3", "INVALID"),
        ("csv.4.asset", "NOT_FOUND"),
        ("csv.5.asset", "INVALID"),
        ("csv.6.chain", "NOT_FOUND"),
        ("csv.6.protocol", "NOT_FOUND"),
        ("csv.6.wallet", "NOT_FOUND"),
    ]
    assert unknown["userErrors"][2]["message"] == (
        f"Several are called 'TWN{TAG}'. Say the chain, or give the address."
    )
    assert await _held(sql, alice) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("csv", "REQUIRED")),
        ({"csv": "asset,quantity\nX,1", "csvBase64": "eA=="}, ("csv", "REQUIRED")),
        ({"csv": ""}, ("csv", "INVALID")),
        ({"csv": "asset,quantity\n"}, ("csv", "REQUIRED")),
        ({"csv": "asset,price\nX,1"}, ("csv", "INVALID")),
        ({"csv": "asset,quantity,asset\nX,1,Y"}, ("csv", "INVALID")),
        ({"csv": 'asset,quantity\n"X,1'}, ("csv", "INVALID")),
        ({"csv": "asset,quantity\nX\0,1"}, ("csv", "INVALID")),
        ({"csv": "asset,quantity\n" + "X,1\n" * 5_001}, ("csv", "TOO_MANY")),
        ({"csv": "x" * (512 * 1024 + 1)}, ("csv", "TOO_LONG")),
        ({"csv": "é" * (256 * 1024 + 1)}, ("csv", "TOO_LONG")),
        ({"csvBase64": "A" * (512 * 1024 + 1)}, ("csvBase64", "TOO_LONG")),
        ({"csvBase64": "§"}, ("csvBase64", "INVALID")),
        ({"csvBase64": "/////w=="}, ("csvBase64", "INVALID")),
    ],
)
async def test_what_is_no_file_is_refused(
    do: Do, portfolio: str, given: dict[str, str], expected: tuple[str, str]
) -> None:
    bad = await do("importPositions", IMPORT, portfolioId=portfolio, **given)
    assert codes(bad) == [expected]
    assert len(str(bad)) < 2000


async def test_no_more_errors_of_a_file_than_help(do: Do, portfolio: str) -> None:
    text = "asset,quantity\n" + "X,\n" * 200
    bad = await do("importPositions", IMPORT, portfolioId=portfolio, csv=text)
    assert len(bad["userErrors"]) == 51


async def test_strangers_change_no_positions(
    do: Do, portfolio: str, sql: Sql, alice: Viewer, stores: Stores
) -> None:
    made = await do(
        "upsertPosition",
        POSITION,
        portfolioId=portfolio,
        assetId=id_of(Asset, ETHER),
        quantity="1",
    )
    before = await _held(sql, alice)
    stranger = Viewer(uuid4(), "user")
    wishes: list[tuple[str, str, str, dict[str, Any]]] = [
        (
            "upsertPosition",
            "position { id }",
            "portfolioId",
            {"portfolioId": portfolio, "assetId": id_of(Asset, ETHER), "quantity": "2"},
        ),
        ("deletePosition", "deletedId", "id", {"id": made["position"]["id"]}),
        (
            "importPositions",
            "createdCount",
            "portfolioId",
            {"portfolioId": portfolio, "csv": f"asset,quantity\nETH{TAG},9", "mode": "REPLACE"},
        ),
    ]
    for field, shown, path, given in wishes:
        cls = Position if path == "id" else Portfolio
        foreign = await do(field, shown, stranger, **given)
        absent = await do(field, shown, stranger, **{**given, path: id_of(cls, uuid4())})
        assert codes(foreign) == [(path, "NOT_FOUND")]
        assert foreign == absent
        kind = field[0].upper() + field[1:] + "Input"
        nobody = await ask(
            stores,
            f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {shown} }} }}",
            input=given,
        )
        assert nobody.codes == [(field, "UNAUTHENTICATED")]
        assert nobody.statements == []
    assert await _held(sql, alice) == before


async def test_words_on_the_ledger_are_the_owners(
    do: Do, portfolio: str, sql: Sql, alice: Viewer, worker_stores: Stores
) -> None:
    (row,) = await sql("SELECT id FROM portfolio.portfolios WHERE user_id = $1", alice.user_id)
    entry = uuid4()
    await worker_stores.postgres.copy_rows(
        "portfolio.transactions",
        ("id", "portfolio_id", "user_id", "tx_type", "usd_value", "tags"),
        [(entry, row["id"], alice.user_id, "swap", Decimal(5), ["old"])],
    )
    shown = "transaction { category subcategory tags usdValue }"
    key = id_of(LedgerEntry, entry)
    done = await do("annotateTransaction", shown, id=key, category=" Income ", tags=["a", "b", "a"])
    assert done["transaction"] == {
        "category": "Income",
        "subcategory": None,
        "tags": ["a", "b"],
        "usdValue": "5.00000000",
    }
    cleared = await do("annotateTransaction", shown, id=key, category=None)
    assert cleared["transaction"]["category"] is None
    assert cleared["transaction"]["tags"] == ["a", "b"]
    many = await do("annotateTransaction", shown, id=key, tags=["x"] * 21)
    assert codes(many) == [("tags", "TOO_MANY")]
    stranger = await do("annotateTransaction", shown, Viewer(uuid4(), "user"), id=key, tags=["x"])
    assert codes(stranger) == [("id", "NOT_FOUND")]
    assert (await sql("SELECT tags FROM portfolio.transactions WHERE id = $1", entry))[0][0] == [
        "a",
        "b",
    ]


async def _held(sql: Sql, viewer: Viewer) -> list[Any]:
    text = (
        "SELECT h.* FROM portfolio.positions h JOIN portfolio.portfolios p"
        " ON p.id = h.portfolio_id WHERE p.user_id = $1"
    )
    return [tuple(row) for row in await sql(text, viewer.user_id)]
