"""Addresses that nobody owns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stores.lifecycle import Stores
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.portfolio.figures import ADDRESS, CHAIN, NOBODY

pytestmark = pytest.mark.usefixtures("figures")


OF = """query ($addresses: [Address!]!, $chains: [ChainId!]) {
  portfolioOf(addresses: $addresses, chains: $chains) {
    unknownAddresses walletCount transactionCount tradeCount realizedPnlUsd firstSeenAt
    lastActivityAt wallets { address chain { slug } }
    holdings { asset { symbol } quantity cameIn wentOut cameInUsd wentOutUsd priceUsd valueUsd }
  } }"""


async def test_addresses_nobody_owns_show_what_is_public(stores: Stores) -> None:
    answer = await ask(stores, OF, addresses=[ADDRESS.upper().replace("X", "x"), NOBODY])
    assert answer.errors == []
    found = answer.data["portfolioOf"]
    holdings = found.pop("holdings")
    assert [a.lower() for a in found.pop("unknownAddresses")] == [NOBODY]
    (wallet,) = found.pop("wallets")
    assert (wallet["address"].lower(), wallet["chain"]) == (ADDRESS, {"slug": f"chain-{CHAIN}"})
    assert found == {
        "walletCount": 1,
        "transactionCount": 3,
        "tradeCount": 2,
        "realizedPnlUsd": "12.50000000",
        "firstSeenAt": "2025-03-03T00:00:00Z",
        "lastActivityAt": "2025-03-04T00:00:00Z",
    }
    shown = [
        (h["asset"]["symbol"], *(h[n] and Decimal(h[n]) for n in list(h) if n != "asset"))
        for h in holdings
    ]
    assert shown == [
        ("TETH", Decimal("2.5"), 3, Decimal("0.5"), 30, 6, 100, 250),
        ("TUSD", -30, 0, 30, None, 30, None, None),
    ]
    # However many holdings and wallets: addresses, figures, wallets, chains, assets; the archive
    # and the newest prices; live prices.
    assert kinds_of_calls(answer) == ["clickhouse"] * 2 + ["postgres"] * 5 + ["redis"]


async def test_addresses_are_limited_and_chains_are_known(stores: Stores) -> None:
    many = await ask(stores, OF, addresses=[NOBODY] * 51)
    assert many.codes == [("portfolioOf", "BAD_USER_INPUT")]
    assert many.statements == []
    assert (await ask(stores, OF, addresses=[])).codes == [("portfolioOf", "BAD_USER_INPUT")]
    nowhere = await ask(stores, OF, addresses=[ADDRESS], chains=["nowhere"])
    assert nowhere.codes == [("portfolioOf", "BAD_USER_INPUT")]
    absent = await ask(stores, OF, addresses=[NOBODY])
    assert absent.data["portfolioOf"]["holdings"] == []
    assert absent.data["portfolioOf"]["walletCount"] == 0
