"""Owners make, edit and remove portfolios and strategies; nobody else changes anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.portfolio.types import Portfolio, Strategy
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from tests.resolvers.graph import ask
from tests.resolvers.portfolio.conftest import Do, Sql, codes

CHAIN = 920_031
WALLET, AGENT = uuid4(), uuid4()
ADDRESS = "0x52908400098527886e0f7030069857d2e4169ee7"


@pytest.fixture(scope="module", autouse=True)
async def catalogue(worker_stores: Stores) -> None:
    """A chain, a wallet and an agent."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows(
        "catalog.wallets", ("id", "chain_id", "address"), [(WALLET, CHAIN, f"0x{WALLET.hex:0>40}")]
    )
    await postgres.copy_rows(
        "agents.agents",
        ("id", "slug", "name", "kind", "description", "agent_type"),
        [(AGENT, f"agent-{AGENT}", "Agent", "satellite", "Works.", "logic")],
    )


EVERYTHING = """portfolio { id name description riskProfile targetAllocation rebalancingStrategy
  maxDrawdown targetReturn anonymityLevel isDefault isActive version }"""


async def test_a_portfolio_is_made_with_what_was_given(do: Do) -> None:
    made = await do(
        "createPortfolio",
        EVERYTHING,
        name="Long term",
        description="For the children.",
        riskProfile="AGGRESSIVE",
        targetAllocation=[
            {"asset": "eth", "share": "0.6"},
            {"asset": "Stablecoins", "share": "0.25"},
        ],
        maxDrawdown="0.5",
        isDefault=True,
    )
    assert made["userErrors"] == []
    found = made["portfolio"]
    assert Decimal(found.pop("maxDrawdown")) == Decimal("0.5")
    assert Decimal(found.pop("targetReturn")) == Decimal("0.15")
    del found["id"]
    assert found == {
        "name": "Long term",
        "description": "For the children.",
        "riskProfile": "AGGRESSIVE",
        "targetAllocation": {"ETH": 0.6, "stablecoins": 0.25},
        "rebalancingStrategy": "MONTHLY",
        "anonymityLevel": "PUBLIC",
        "isDefault": True,
        "isActive": True,
        "version": 1,
    }


async def test_a_portfolio_with_everything_wrong_is_not_made(
    do: Do, sql: Sql, alice: Viewer
) -> None:
    made = await do(
        "createPortfolio",
        "portfolio { id }",
        name="",
        description="x" * 2001,
        maxDrawdown="1.5",
        targetReturn="0.12345",
        targetAllocation=[
            {"asset": "ETH", "share": "0.6"},
            {"asset": "eth", "share": "0.5"},
            {"asset": "BTC", "share": "-1"},
        ],
    )
    assert made["portfolio"] is None
    assert sorted(codes(made)) == [
        ("description", "TOO_LONG"),
        ("maxDrawdown", "INVALID"),
        ("name", "REQUIRED"),
        ("targetAllocation", "INVALID"),
        ("targetAllocation.1.asset", "INVALID"),
        ("targetAllocation.2.share", "INVALID"),
        ("targetReturn", "INVALID"),
    ]
    assert await sql("SELECT 1 FROM portfolio.portfolios WHERE user_id = $1", alice.user_id) == []


async def test_an_edit_leaves_the_rest_as_it_is(do: Do) -> None:
    made = await do("createPortfolio", EVERYTHING, name="A", description="Notes", maxDrawdown="0.3")
    before = made["portfolio"]
    edited = await do("updatePortfolio", EVERYTHING, id=before["id"], name="B", expectedVersion=1)
    assert edited["portfolio"] == {**before, "name": "B", "version": 2}
    cleared = await do("updatePortfolio", EVERYTHING, id=before["id"], description=None)
    assert cleared["portfolio"] == {**before, "name": "B", "description": None, "version": 3}
    stale = await do("updatePortfolio", EVERYTHING, id=before["id"], name="C", expectedVersion=2)
    assert codes(stale) == [("expectedVersion", "CONFLICT")]
    nameless = await do("updatePortfolio", EVERYTHING, id=before["id"], name=None)
    assert codes(nameless) == [("name", "REQUIRED")]


async def test_the_default_before_steps_back(do: Do, sql: Sql, alice: Viewer) -> None:
    first = await do("createPortfolio", "portfolio { id }", name="First", isDefault=True)
    second = await do("createPortfolio", "portfolio { id }", name="Second", isDefault=True)
    flags = "SELECT name, is_default FROM portfolio.portfolios WHERE user_id = $1 ORDER BY name"
    assert [tuple(r) for r in await sql(flags, alice.user_id)] == [
        ("First", False),
        ("Second", True),
    ]
    await do("updatePortfolio", "portfolio { id }", id=first["portfolio"]["id"], isDefault=True)
    assert [tuple(r) for r in await sql(flags, alice.user_id)] == [
        ("First", True),
        ("Second", False),
    ]
    # A default that is put away is none any more.
    await do("updatePortfolio", "portfolio { id }", id=first["portfolio"]["id"], isActive=False)
    assert [tuple(r) for r in await sql(flags, alice.user_id)] == [
        ("First", False),
        ("Second", False),
    ]
    assert second["userErrors"] == []


async def test_a_removed_portfolio_takes_its_strategies_along(
    do: Do, sql: Sql, alice: Viewer
) -> None:
    made = await do("createPortfolio", "portfolio { id }", name="A")
    key = made["portfolio"]["id"]
    await do("createStrategy", "strategy { id }", portfolioId=key, strategyType="LENDING", name="S")
    gone = await do("deletePortfolio", "deletedId", id=key, expectedVersion=1)
    assert gone == {"deletedId": key, "userErrors": []}
    assert await sql("SELECT 1 FROM portfolio.portfolios WHERE user_id = $1", alice.user_id) == []
    actions = await sql(
        "SELECT action, resource_type FROM ops.audit_log WHERE actor_user_id = $1",
        alice.user_id,
    )
    assert sorted(tuple(row) for row in actions) == [
        ("create", "portfolio.portfolios"),
        ("create", "portfolio.strategies"),
        ("delete", "portfolio.portfolios"),
        ("delete", "portfolio.strategies"),
    ]
    again = await do("deletePortfolio", "deletedId", id=key)
    assert codes(again) == [("id", "NOT_FOUND")]


async def test_a_portfolio_with_a_ledger_stays(
    do: Do, sql: Sql, alice: Viewer, worker_stores: Stores
) -> None:
    made = await do("createPortfolio", "portfolio { id }", name="A")
    (row,) = await sql("SELECT id FROM portfolio.portfolios WHERE user_id = $1", alice.user_id)
    await worker_stores.postgres.copy_rows(
        "portfolio.transactions",
        ("portfolio_id", "user_id", "tx_type"),
        [(row["id"], alice.user_id, "deposit")],
    )
    kept = await do("deletePortfolio", "deletedId", id=made["portfolio"]["id"])
    assert kept["deletedId"] is None
    assert codes(kept) == [("", "IN_USE")]
    assert len(await sql("SELECT 1 FROM portfolio.portfolios WHERE id = $1", row["id"])) == 1


async def test_wallets_are_added_by_id_or_address_and_taken_away(do: Do) -> None:
    made = await do("createPortfolio", "portfolio { id }", name="A")
    key = made["portfolio"]["id"]
    shown = "portfolio { wallets { nodes { wallet { address } } } } wallet { id address }"
    wallet_id = encode_id(_wallet_entity(), WALLET)
    added = await do("attachWallet", shown, portfolioId=key, walletId=wallet_id)
    assert added["userErrors"] == []
    assert len(added["portfolio"]["wallets"]["nodes"]) == 1
    new = await do("attachWallet", shown, portfolioId=key, chain=f"chain-{CHAIN}", address=ADDRESS)
    assert new["wallet"]["address"] == "0x52908400098527886E0F7030069857D2E4169EE7"
    assert len(new["portfolio"]["wallets"]["nodes"]) == 2
    twice = await do("attachWallet", shown, portfolioId=key, walletId=wallet_id)
    assert len(twice["portfolio"]["wallets"]["nodes"]) == 2
    gone = await do(
        "detachWallet",
        "portfolio { wallets { nodes { wallet { address } } } }",
        portfolioId=key,
        walletId=wallet_id,
    )
    assert [node["wallet"]["address"] for node in gone["portfolio"]["wallets"]["nodes"]] == [
        "0x52908400098527886E0F7030069857D2E4169EE7"
    ]
    absent = await do("detachWallet", "portfolio { id }", portfolioId=key, walletId=wallet_id)
    assert codes(absent) == [("walletId", "NOT_FOUND")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("walletId", "REQUIRED")]),
        ({"address": ADDRESS}, [("chain", "REQUIRED")]),
        ({"address": ADDRESS, "chain": "nowhere"}, [("chain", "NOT_FOUND")]),
        ({"address": "So1", "chain": f"chain-{CHAIN}"}, [("address", "INVALID")]),
        ({"walletId": str(uuid4())}, [("walletId", "NOT_FOUND")]),
        (
            {"walletId": str(WALLET), "address": ADDRESS, "chain": f"chain-{CHAIN}"},
            [("walletId", "REQUIRED")],
        ),
    ],
)
async def test_a_wallet_is_said_in_one_way(
    do: Do, given: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    made = await do("createPortfolio", "portfolio { id }", name="A")
    key = made["portfolio"]["id"]
    assert codes(await do("attachWallet", "wallet { id }", portfolioId=key, **given)) == expected


STRATEGY = "strategy { id name strategyType parameters isActive version agent { name } }"


async def test_strategies_are_made_edited_and_removed(do: Do) -> None:
    portfolio = (await do("createPortfolio", "portfolio { id }", name="A"))["portfolio"]["id"]
    agent = encode_id(_agent_entity(), AGENT)
    wish = {
        "portfolioId": portfolio,
        "strategyType": "YIELD_FARMING",
        "name": "Farm",
        "agentId": agent,
        "parameters": {"minApy": 4},
        "idempotencyKey": "one",
    }
    made = await do("createStrategy", STRATEGY + " replayed", **wish)
    again = await do("createStrategy", STRATEGY + " replayed", **wish)
    assert again == {**made, "replayed": True}
    first = made["strategy"]
    assert {**first, "id": None} == {
        "id": None,
        "name": "Farm",
        "strategyType": "YIELD_FARMING",
        "parameters": {"minApy": 4},
        "isActive": True,
        "version": 1,
        "agent": {"name": "Agent"},
    }
    edited = await do(
        "updateStrategy", STRATEGY, id=first["id"], agentId=None, isActive=False, expectedVersion=1
    )
    assert edited["strategy"] == {**first, "agent": None, "isActive": False, "version": 2}
    stale = await do("updateStrategy", STRATEGY, id=first["id"], name="X", expectedVersion=1)
    assert codes(stale) == [("expectedVersion", "CONFLICT")]
    gone = await do("deleteStrategy", "deletedId", id=first["id"], expectedVersion=2)
    assert gone == {"deletedId": first["id"], "userErrors": []}


async def test_a_strategy_names_an_agent_that_exists_and_settings_of_a_size(do: Do) -> None:
    portfolio = (await do("createPortfolio", "portfolio { id }", name="A"))["portfolio"]["id"]
    same = {"portfolioId": portfolio, "strategyType": "LENDING", "name": "S"}
    nobody = await do("createStrategy", STRATEGY, agentId=str(uuid4()), **same)
    assert codes(nobody) == [("agentId", "NOT_FOUND")]
    large = await do("createStrategy", STRATEGY, parameters={"x": "y" * 17_000}, **same)
    assert codes(large) == [("parameters", "TOO_LONG")]
    odd = await do("createStrategy", STRATEGY, parameters=[1], **same)
    assert codes(odd) == [("parameters", "INVALID")]


FOREIGN = [
    ("updatePortfolio", "portfolio { id }", "id", Portfolio, {"name": "Taken"}),
    ("deletePortfolio", "deletedId", "id", Portfolio, {}),
    ("attachWallet", "wallet { id }", "portfolioId", Portfolio, {"walletId": str(WALLET)}),
    ("detachWallet", "portfolio { id }", "walletId", Portfolio, {"walletId": str(WALLET)}),
    (
        "createStrategy",
        "strategy { id }",
        "portfolioId",
        Portfolio,
        {"strategyType": "LENDING", "name": "S"},
    ),
    ("updateStrategy", "strategy { id }", "id", Strategy, {"name": "Taken"}),
    ("deleteStrategy", "deletedId", "id", Strategy, {}),
]


@pytest.mark.parametrize(("field", "shown", "path", "cls", "more"), FOREIGN)
async def test_whoever_is_not_the_owner_changes_nothing(
    do: Do,
    sql: Sql,
    alice: Viewer,
    stores: Stores,
    field: str,
    shown: str,
    path: str,
    cls: Any,
    more: dict[str, Any],
) -> None:
    key = (await do("createPortfolio", "portfolio { id }", name="Mine"))["portfolio"]["id"]
    await do("attachWallet", "wallet { id }", portfolioId=key, walletId=str(WALLET))
    made = await do(
        "createStrategy", "strategy { id }", portfolioId=key, strategyType="LENDING", name="S"
    )
    ids = {Portfolio: key, Strategy: made["strategy"]["id"]}
    name = "id" if "id" in (path,) else "portfolioId"
    before = await _state(sql, alice)
    stranger = Viewer(uuid4(), "user")
    foreign = await do(field, shown, stranger, **{name: ids[cls]}, **more)
    absent = await do(field, shown, stranger, **{name: encode_id(entity_of(cls), uuid4())}, **more)
    assert codes(foreign) == [(path, "NOT_FOUND")]
    assert foreign == absent
    kind = field[0].upper() + field[1:] + "Input"
    reader = Viewer(alice.user_id, "user", scopes=scopes_of(["read"]))
    for viewer, code in ((Viewer(), "UNAUTHENTICATED"), (reader, "FORBIDDEN")):
        answer = await ask(
            stores,
            f"mutation ($input: {kind}!) {{ {field}(input: $input) {{ {shown} }} }}",
            viewer=viewer,
            input={name: ids[cls], **more},
        )
        assert (answer.data, answer.codes) == ({field: None}, [(field, code)])
        assert answer.statements == []
    assert await _state(sql, alice) == before


async def _state(sql: Sql, viewer: Viewer) -> list[Any]:
    """Everything of a user that these mutations could change."""
    return [
        [tuple(row) for row in await sql(text, viewer.user_id)]
        for text in (
            "SELECT * FROM portfolio.portfolios WHERE user_id = $1",
            "SELECT w.* FROM portfolio.portfolio_wallets w"
            " JOIN portfolio.portfolios p ON p.id = w.portfolio_id WHERE p.user_id = $1",
            "SELECT s.* FROM portfolio.strategies s"
            " JOIN portfolio.portfolios p ON p.id = s.portfolio_id WHERE p.user_id = $1",
            "SELECT count(*) FROM ops.audit_log WHERE actor_user_id = $1",
        )
    ]


async def test_portfolios_are_limited(
    do: Do, alice: Viewer, worker_stores: Stores, sql: Sql
) -> None:
    await worker_stores.postgres.copy_rows(
        "portfolio.portfolios", ("user_id", "name"), [(alice.user_id, f"P{n}") for n in range(100)]
    )
    assert codes(await do("createPortfolio", "portfolio { id }", name="Last")) == [
        ("", "LIMIT_REACHED")
    ]
    count = "SELECT count(*) FROM portfolio.portfolios WHERE user_id = $1"
    assert (await sql(count, alice.user_id))[0][0] == 100


def _wallet_entity() -> Any:
    from resolvers.catalog.wallet import Wallet

    return entity_of(Wallet)


def _agent_entity() -> Any:
    from resolvers.agents.types import Agent

    return entity_of(Agent)
