"""Fields of rows: what is taken, how it is normalised, what is said about the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.load.chains import ChainNames
from gateway.load.coins import Coins
from gateway.load.identity import asset_id
from gateway.load.sources.trades import trade_price
from gateway.load.values import Row, RowRejectedError, normal_address, slugify
from gateway.load.vectors import MentionedAssets

_CHECKSUMMED = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


@pytest.mark.parametrize(
    "text", [_CHECKSUMMED, _CHECKSUMMED.lower(), "0x" + _CHECKSUMMED[2:].upper()]
)
def test_evm_address_becomes_lower_case(text: str) -> None:
    assert normal_address(text, 1) == _CHECKSUMMED.lower()


@pytest.mark.parametrize("text", [_CHECKSUMMED.replace("A0b", "a0b"), "0x12", "uniswap", ""])
def test_what_is_no_evm_address_is_refused(text: str) -> None:
    with pytest.raises(RowRejectedError):
        normal_address(text, 1)


def test_address_of_another_kind_of_chain_stays_as_it_is() -> None:
    solana = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
    assert normal_address(solana, -2) == solana


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Curve DEX", "curve-dex"),
        ("zkswap-(zksync)", "zkswap-zksync"),
        ("0x", "0x"),
        ("A_b.c", "a_b.c"),
    ],
)
def test_slug_is_readable(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("n", "1.5", "n: '1.5' is no whole number"),
        ("n", "-1", "n: -1 is out of range"),
        ("n", "9" * 5000, "is no whole number"),
        ("n", "", "n is empty"),
    ],
)
def test_wrong_number_is_explained(column: str, value: str, reason: str) -> None:
    with pytest.raises(RowRejectedError, match=reason):
        Row({column: value}).integer(column)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e30", "x"])
def test_number_that_no_column_holds_is_refused(value: str) -> None:
    with pytest.raises(RowRejectedError):
        Row({"n": value}).decimal("n")


def test_amounts_of_256_bits_are_exact() -> None:
    assert Row({"wei": str(2**256 - 1)}).wide("wei") == 2**256 - 1


@pytest.mark.parametrize(
    "text", ["2024-01-02T03:04:05Z", "2024-01-02T04:04:05+01:00", "2024-01-02 03:04:05"]
)
def test_times_are_utc(text: str) -> None:
    assert Row({"at": text}).moment("at") == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["1970-01-01", "9999-12-31", "2024-13-01", "yesterday"])
def test_day_outside_of_all_chains_is_refused(text: str) -> None:
    with pytest.raises(RowRejectedError):
        Row({"day": text}).day("day")


@pytest.mark.parametrize(
    ("name", "chain_id"),
    [
        ("Ethereum", 1),
        ("xDai", 100),
        ("Op_Bnb", 204),
        ("BSC", 56),
        ("avax", 43114),
        ("137", 137),
        ("Solana", -2),
    ],
)
def test_chain_is_known_by_the_names_that_sources_use(name: str, chain_id: int) -> None:
    assert ChainNames.built_in().named(name).id == chain_id


def test_unknown_chain_name_always_gives_the_same_chain() -> None:
    first, second = ChainNames.built_in().named("Pego"), ChainNames.built_in().named("pego")
    assert first.id == second.id < 0
    assert first.named_only


def test_ticker_means_one_asset() -> None:
    coins = Coins(ChainNames.built_in())
    assert coins.by_symbol("ETH").id == coins.by_name("Ethereum").id == asset_id(1, None)
    assert coins.by_symbol("USDC").address == _CHECKSUMMED.lower()
    assert coins.by_symbol("NOPE").chain_id is None


@pytest.mark.parametrize(
    ("amount0", "amount1", "usd", "price"),
    [
        ("-2400", "1", "2400", Decimal(2400)),
        ("0.5", "-0.0002", "0.5", None),
        ("1", "0", "1", None),
        ("1e30", "-0.00001", None, None),
    ],
)
def test_price_of_dust_is_unknown(
    amount0: str, amount1: str, usd: str | None, price: Decimal | None
) -> None:
    dollars = None if usd is None else Decimal(usd)
    assert trade_price(Decimal(amount0), Decimal(amount1), dollars) == price


def test_assets_are_found_in_texts_as_whole_words() -> None:
    found = MentionedAssets(Coins(ChainNames.built_in())).find(
        "ethereum and AAVE rise, not bitcoins"
    )
    assert {symbol for _, symbol in found} == {"ETH", "AAVE"}
