"""A wallet that nothing is known of but that a user pointed at it is shown to that user alone."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

import orjson
import pytest

from resolvers.context import Viewer, named_queries
from stores.lifecycle import Stores
from tests.resolvers.account.conftest import PASSWORD, Desk, Person, codes
from tests.resolvers.account.test_wallets import LINKED
from tests.resolvers.account.test_wallets import signed as signed_on
from tests.resolvers.account.wallets import TestWallet

CHAIN = secrets.randbelow(2**40) + 1_000_000
SLUG = f"chain-{CHAIN}"
LOOK = """query ($chain: ChainId!, $address: Address!, $text: String!) {
  wallet(chain: $chain, address: $address) { id }
  wallets(where: { address: { eq: $address } }) { totalCount { value } nodes { id } }
  chain(id: $chain) { wallets { totalCount { value } nodes { id } } }
  search(text: $text) { title }
  portfolioOf(addresses: [$address]) { walletCount unknownAddresses wallets { id } }
}"""


@pytest.fixture(scope="module", autouse=True)
async def chain(worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", SLUG, "Test chain", True)],
    )


async def signed(desk: Desk, wallet: TestWallet, viewer: Viewer) -> dict[str, str]:
    """The proof that a wallet is to be linked."""
    return await signed_on(desk, wallet, "LINK", viewer, chain_id=CHAIN)


async def look(desk: Desk, wallet: TestWallet) -> Any:
    """What anybody finds out by an address."""
    answer = await desk.ask(LOOK, chain=SLUG, address=wallet.address, text=wallet.address)
    assert answer.errors == []
    return answer.data


async def test_nobody_learns_that_a_user_has_an_address(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    before = await look(desk, wallet)
    proof = await signed(desk, wallet, person.viewer)
    found = await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    assert found["linkedWallet"]["wallet"] == {"address": wallet.address}
    assert await look(desk, wallet) == before


async def test_nor_that_one_follows_it(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    before = await look(desk, wallet)
    made = await desk.change("createPortfolio", "portfolio { id }", person.viewer, name="Mine")
    found = await desk.change(
        "attachWallet",
        "wallet { address }",
        person.viewer,
        portfolioId=made["portfolio"]["id"],
        chain=SLUG,
        address=wallet.address,
    )
    assert found["wallet"] == {"address": wallet.address}
    assert await look(desk, wallet) == before


async def test_what_was_observed_there_is_everybodys(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, person.viewer)
    await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    await desk.execute(
        "UPDATE catalog.wallets SET transaction_count = 1 WHERE address = $1",
        wallet.address.lower(),
    )
    found = await look(desk, wallet)
    assert found["wallet"] is not None
    assert found["wallets"]["totalCount"] == {"value": 1}
    assert [each["title"] for each in found["search"]] == [wallet.address.lower()]
    assert found["portfolioOf"]["walletCount"] == 1


async def imported(desk: Desk, person: Person, portfolio: str, wallet: TestWallet) -> list[Any]:
    """What is wrong with a file of a person that names a wallet."""
    found = await desk.change(
        "importPositions",
        "createdCount",
        person.viewer,
        portfolioId=portfolio,
        csv=f"asset,quantity,chain,wallet\nNOSUCHCOIN,1,{SLUG},{wallet.address}\n",
    )
    return sorted(codes(found))


async def test_a_file_tells_a_stranger_as_little(desk: Desk) -> None:
    owner, stranger, wallet = await desk.person(), await desk.person(), TestWallet.new()
    portfolios = []
    for each in (owner, stranger):
        made = await desk.change("createPortfolio", "portfolio { id }", each.viewer, name="Mine")
        portfolios.append(made["portfolio"]["id"])
    before = await imported(desk, stranger, portfolios[1], wallet)
    assert before == [("csv.2.asset", "NOT_FOUND"), ("csv.2.wallet", "NOT_FOUND")]
    await desk.change(
        "attachWallet",
        "wallet { address }",
        owner.viewer,
        portfolioId=portfolios[0],
        chain=SLUG,
        address=wallet.address,
    )
    assert await imported(desk, stranger, portfolios[1], wallet) == before
    assert await imported(desk, owner, portfolios[0], wallet) == [("csv.2.asset", "NOT_FOUND")]


async def test_nobody_keeps_data_of_an_address_out_by_pointing_at_it_first(desk: Desk) -> None:
    """Loaded rows have ids made from their address; the row of a user takes that id then."""
    person, wallet = await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, person.viewer)
    await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    address, loaded = wallet.address.lower(), uuid4()
    row = {"id": str(loaded), "chain_id": CHAIN, "address": address, "wallet_type": "unknown"}
    for _ in range(2):
        await desk.worker.postgres.execute(
            named_queries("postgres")["load_catalog.ensure_wallets"], orjson.dumps([row]).decode()
        )
    found = await desk.rows("SELECT id, is_listed FROM catalog.wallets WHERE address = $1", address)
    assert [tuple(each) for each in found] == [(loaded, True)]
    linked = "{ viewer { wallets { nodes { wallet { address } } } } }"
    answer = await desk.ask(linked, person.viewer)
    assert answer.data["viewer"]["wallets"]["nodes"] == [{"wallet": {"address": wallet.address}}]
