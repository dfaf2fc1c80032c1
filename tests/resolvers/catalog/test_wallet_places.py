"""What is known of addresses, and which wallets trade alike."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from stores.lifecycle import Stores
from stores.qdrant.client import Point
from stores.queries import Statement
from tests.resolvers.graph import ask, kinds_of_calls

CHAIN, OTHER_CHAIN = 950_001, 950_002
WALLETS = [uuid4() for _ in range(30)]
BRIDGE = uuid4()
MODEL = f"test-{uuid4().hex[:8]}"


def _address(number: int) -> str:
    return f"0x{0x9500_0000 + number:040x}"


@pytest.fixture(scope="module", autouse=True)
async def places(worker_stores: Stores) -> AsyncIterator[None]:
    """Wallets with labels and reports, a contract, a bridge, patterns and trades."""
    postgres = worker_stores.postgres
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [
            (id_, f"eip155:{id_}", f"chain-{id_}", f"Chain {id_}", True)
            for id_ in (CHAIN, CHAIN + 1)
        ],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [(id_, CHAIN, _address(number)) for number, id_ in enumerate(WALLETS)],
    )
    await postgres.copy_rows(
        "catalog.contracts",
        ("chain_id", "address", "name"),
        [(CHAIN, _address(0), "Here"), (OTHER_CHAIN, _address(0), "There")],
    )
    await postgres.copy_rows(
        "catalog.address_labels",
        ("chain_id", "address", "name", "source", "confidence", "labels"),
        [
            (CHAIN, _address(0), "Maybe", "a", None, []),
            (CHAIN, _address(0), "Sure", "b", Decimal("0.9"), ["exchange"]),
            (OTHER_CHAIN, _address(0), "Elsewhere", "b", Decimal("0.9"), []),
            (CHAIN, _address(1), "Second", "a", Decimal("0.5"), []),
        ],
    )
    await postgres.copy_rows(
        "risk.malicious_contracts",
        ("chain_id", "address", "threat_type", "source", "is_active"),
        [
            (CHAIN, _address(0), "phishing", "tests", True),
            (CHAIN, _address(0), "exploit", "tests", False),
        ],
    )
    await postgres.copy_rows(
        "catalog.bridges",
        ("id", "slug", "name", "chain_ids"),
        [(BRIDGE, f"bridge-{BRIDGE}", "Bridge", [OTHER_CHAIN, CHAIN, 999_999_999])],
    )
    await worker_stores.qdrant.upsert(
        "trading_patterns",
        [
            Point(
                str(id_),
                [math.cos(number / 20), math.sin(number / 20), *([0.0] * 510)],
                {"subject_type": "wallet", "model": MODEL, "model_version": "1"},
            )
            for number, id_ in enumerate(WALLETS[:20])
        ],
    )
    trades = [
        (
            *(datetime(2025, 1, 1, 0, number, tzinfo=UTC), CHAIN, "dex", _address(99), "", ""),
            *(Decimal(number), Decimal(-1), WALLETS[number % 2], f"0x{number:064x}"),
        )
        for number in range(6)
    ]
    columns = ("ts", "chain_id", "dex_name", "pair_address", "token0_address", "token1_address")
    await worker_stores.clickhouse.insert(
        "dex_trades", (*columns, "amount0", "amount1", "wallet_id", "tx_hash"), trades
    )
    yield
    await worker_stores.qdrant.delete("trading_patterns", WALLETS)
    for table, column in (
        ("risk.malicious_contracts", "chain_id"),
        ("catalog.address_labels", "chain_id"),
        ("catalog.contracts", "chain_id"),
        ("catalog.wallets", "chain_id"),
        ("catalog.chains", "id"),
    ):
        text = f"DELETE FROM {table} WHERE {column} = ANY($1::bigint[])"
        await postgres.execute(Statement("tidy", text, ("ids",), "exec"), [CHAIN, OTHER_CHAIN])
    text = "DELETE FROM catalog.bridges WHERE id = $1"
    await postgres.execute(Statement("tidy", text, ("id",), "exec"), BRIDGE)


SAID = "labels { name labels source } maliciousReports { threatType source chain { slug } }"


@pytest.mark.parametrize("chain", [f"eip155:{CHAIN}", str(CHAIN), f"chain-{CHAIN}"])
async def test_wallet_and_contract_are_found_by_chain_and_address(
    stores: Stores, chain: str
) -> None:
    answer = await ask(
        stores,
        f"""query ($c: ChainId!, $a: Address!) {{
              wallet(chain: $c, address: $a) {{ address {SAID} }}
              contract(chain: $c, address: $a) {{ name chain {{ slug }} {SAID} }} }}""",
        c=chain,
        a=_address(0).upper().replace("X", "x"),
    )
    assert not answer.errors
    said = {
        "labels": [
            {"name": "Sure", "labels": ["exchange"], "source": "b"},
            {"name": "Maybe", "labels": [], "source": "a"},
        ],
        "maliciousReports": [
            {"threatType": "phishing", "source": "tests", "chain": {"slug": f"chain-{CHAIN}"}}
        ],
    }
    assert answer.data["wallet"]["address"].lower() == _address(0)
    assert {name: answer.data["wallet"][name] for name in said} == said
    assert answer.data["contract"] == {
        "name": "Here",
        "chain": {"slug": f"chain-{CHAIN}"},
        **said,
    }


async def test_nothing_at_an_address_is_null_and_an_unknown_chain_an_error(
    stores: Stores,
) -> None:
    query = """query ($c: ChainId!, $a: Address!) { wallet(chain: $c, address: $a) { address }
                 contract(chain: $c, address: $a) { name } }"""
    answer = await ask(stores, query, c=f"eip155:{CHAIN}", a=_address(77))
    assert not answer.errors
    assert answer.data == {"wallet": None, "contract": None}
    answer = await ask(stores, query, c="eip155:959999", a=_address(0))
    assert answer.codes == [("wallet", "BAD_USER_INPUT"), ("contract", "BAD_USER_INPUT")]


MANY = """query ($a: [Address!], $first: Int) { wallets(first: $first, where: {address: {in: $a}}) {
  nodes { address labels { name } maliciousReports { threatType }
    behavesLike(first: 2) { score wallet { address } }
    dexTrades(first: 2) { nodes { amount0 } } } } }"""


@pytest.mark.parametrize("count", [1, 10, 30])
async def test_statements_do_not_grow_with_wallets(stores: Stores, count: int) -> None:
    addresses = [_address(number) for number in range(count)]
    answer = await ask(stores, MANY, a=addresses, first=count)
    assert not answer.errors
    nodes = {node["address"].lower(): node for node in answer.data["wallets"]["nodes"]}
    assert len(nodes) == count
    first = nodes[_address(0)]
    assert [label["name"] for label in first["labels"]] == ["Sure", "Maybe"]
    alike = [hit["wallet"]["address"].lower() for hit in first["behavesLike"]]
    assert alike == [_address(1), _address(2)]
    assert first["behavesLike"][0]["score"] == pytest.approx(math.cos(1 / 20), abs=1e-4)
    assert [Decimal(trade["amount0"]) for trade in first["dexTrades"]["nodes"]] == [4, 2]
    if count == 30:
        assert nodes[_address(25)]["behavesLike"] == []
        assert nodes[_address(25)]["labels"] == []
    assert kinds_of_calls(answer) == ["clickhouse", *["postgres"] * 4, "qdrant", "qdrant"]


async def test_a_bridge_names_the_chains_it_connects(stores: Stores) -> None:
    answer = await ask(
        stores,
        "query ($slug: String!) { bridge(slug: $slug) { chains { chain { slug } } } }",
        slug=f"bridge-{BRIDGE}",
    )
    assert not answer.errors
    assert answer.data["bridge"]["chains"] == [
        {"chain": {"slug": f"chain-{CHAIN}"}},
        {"chain": {"slug": f"chain-{OTHER_CHAIN}"}},
    ]
    assert kinds_of_calls(answer) == ["postgres"] * 3
