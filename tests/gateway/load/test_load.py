"""A small directory into the four stores: what arrives, what is turned away, what repeats."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.load import LoadOptions, Price, Progress, UnknownSourceError, load, record_prices
from gateway.load.identity import asset_id, protocol_id, wallet_id
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys
from tests.gateway.load.contents import contents, count
from tests.gateway.load.files import ALICE, BOB, POOL_ID, USDC, tx, write_files

_ETHER = asset_id(1, None)


async def test_every_row_arrives_where_it_belongs(empty_stores: Stores, tmp_path: Path) -> None:
    report = await load(write_files(tmp_path), empty_stores)

    counts = {
        relation: await count(empty_stores, relation)
        for relation in (
            "catalog.protocols",
            "catalog.wallets",
            "catalog.wallet_transactions",
            "catalog.yield_pools",
            "catalog.contracts",
            "catalog.address_labels",
            "catalog.incidents",
            "research.mentions",
            "market_bars",
            "gas_prices",
            "wallet_transactions",
            "dex_trades",
            "yield_metrics",
            "protocol_metrics",
        )
    }
    assert counts == {
        "catalog.protocols": 1,
        "catalog.wallets": 2,
        "catalog.wallet_transactions": 5,  # what happened in the 90 days before the newest row
        "catalog.yield_pools": 1,
        "catalog.contracts": 1,
        "catalog.address_labels": 1,
        "catalog.incidents": 1,  # both files tell of it
        "research.mentions": 1,
        "market_bars": 2,
        "gas_prices": 1,
        "wallet_transactions": 7,
        "dex_trades": 2,
        "yield_metrics": 2,
        "protocol_metrics": 2,
    }
    assert report.rejected == 0
    assert report.unknown == ("notes/unknown.csv", "reference/tokens.json")
    states = {file.source: file.state for file in report.files}
    assert states["tokens"] == "loaded"
    assert states["bridges"] == "missing"


async def test_values_are_right_in_all_stores(empty_stores: Stores, tmp_path: Path) -> None:
    await load(write_files(tmp_path), empty_stores)
    postgres = empty_stores.postgres

    wallets = await postgres.fetch(Statement("w", "SELECT * FROM catalog.wallets ORDER BY address"))
    assert [(w["address"], w["wallet_type"], w["label"]) for w in wallets] == [
        (ALICE, "eoa", None),
        (BOB, "exchange", "Kraken 4"),
    ]
    assert [(w["transaction_count"], w["total_trades"]) for w in wallets] == [(3, 2), (3, 0)]
    assert wallets[0]["first_seen_at"] == datetime(2023, 1, 2, tzinfo=UTC)

    (sent,) = await postgres.fetch(
        Statement(
            "t", "SELECT * FROM catalog.wallet_transactions WHERE tx_hash = $1 AND wallet_id = $2"
        ),
        tx(2),
        wallet_id(1, ALICE),
    )
    assert sent["amount_out"] == Decimal("1.5")
    assert sent["token_out_id"] == _ETHER
    # At the mean of the two closes that are known for the day, both 2400.
    assert sent["amount_out_usd"] == Decimal(3600)
    assert sent["gas_cost_usd"] == Decimal("0.0504")

    (pool,) = await postgres.fetch(Statement("p", "SELECT * FROM catalog.yield_pools"))
    assert str(pool["id"]) == POOL_ID
    assert pool["apy_pct"] == 6
    assert pool["tvl_usd"] == 1100
    assert pool["asset_ids"][0] == asset_id(1, USDC.lower())

    (latest,) = await postgres.fetch(Statement("l", "SELECT * FROM catalog.protocol_latest"))
    assert latest["tvl_change_24h_pct"] == 10
    (incident,) = await postgres.fetch(Statement("i", "SELECT * FROM catalog.incidents"))
    assert incident["loss_usd"] == 2400
    assert incident["chain_id"] == 1  # given as a bare number by one file, by name by the other
    assert incident["protocol_id"] == protocol_id("uniswap-v3")


async def test_chain_known_only_by_name_gets_an_id_of_its_own(
    empty_stores: Stores, tmp_path: Path
) -> None:
    await load(write_files(tmp_path), empty_stores)

    (chain,) = await empty_stores.postgres.fetch(
        Statement("c", "SELECT * FROM catalog.chains WHERE slug = 'somewhere-new'")
    )
    assert chain["id"] < 0
    assert chain["caip2"] == "named:somewhere-new"
    assert await count(empty_stores, "catalog.protocol_deployments") == 2


async def test_dust_has_no_price_and_is_kept(empty_stores: Stores, tmp_path: Path) -> None:
    await load(write_files(tmp_path), empty_stores)

    rows = await empty_stores.clickhouse.fetch(
        Statement("d", "SELECT log_index, price FROM dex_trades FINAL ORDER BY log_index")
    )
    assert rows == [(7, Decimal(2400)), (8, None)]


async def test_redis_and_vectors_follow(empty_stores: Stores, tmp_path: Path) -> None:
    await load(write_files(tmp_path), empty_stores)

    price = await empty_stores.redis.commands.hgetall(keys.key("price_current", asset_id=_ETHER))
    assert price["price"] == "2400"
    assert price["source"] == "yahoo"
    gas = await empty_stores.redis.commands.hgetall(keys.key("gas_price", chain_id=1))
    assert gas["medium"] == "20"
    (point,) = await empty_stores.qdrant.by_ids("protocol_analysis", [protocol_id("uniswap-v3")])
    assert point.payload["slug"] == "uniswap-v3"
    assert point.payload["model"] == "lexical"
    assert 1 in point.payload["chain_id"]
    assert await empty_stores.qdrant.count("market_sentiment") == 1


async def test_loading_twice_changes_nothing(empty_stores: Stores, tmp_path: Path) -> None:
    directory = write_files(tmp_path)
    await load(directory, empty_stores)
    before = await contents(empty_stores)

    again = await load(directory, empty_stores)
    assert {file.state for file in again.files} == {"unchanged", "missing"}
    assert await contents(empty_stores) == before

    await load(directory, empty_stores, LoadOptions(force=True))
    assert await contents(empty_stores) == before


async def test_gzip_gives_the_same_as_plain(empty_stores: Stores, tmp_path: Path) -> None:
    await load(write_files(tmp_path / "plain"), empty_stores)
    before = await contents(empty_stores)

    report = await load(write_files(tmp_path / "packed", packed=True), empty_stores)

    assert {file.state for file in report.files} == {"loaded", "missing"}
    assert await contents(empty_stores) == before


async def test_changed_file_is_read_again(empty_stores: Stores, tmp_path: Path) -> None:
    directory = write_files(tmp_path)
    await load(directory, empty_stores)
    labels = directory / "labels" / "address_labels.csv"
    labels.write_text(labels.read_text().replace("Kraken 4", "Kraken 5"))

    report = await load(directory, empty_stores)

    assert [file.source for file in report.files if file.state == "loaded"] == ["labels"]
    (wallet,) = await empty_stores.postgres.fetch(
        Statement("w", "SELECT label FROM catalog.wallets WHERE address = $1"), BOB
    )
    assert wallet["label"] == "Kraken 5"


async def test_wrong_rows_are_set_aside_with_line_and_reason(
    empty_stores: Stores, tmp_path: Path
) -> None:
    directory = write_files(tmp_path)
    tokens = directory / "reference" / "tokens.csv"
    wrong_case = USDC.replace("A0b", "a0b")
    tokens.write_bytes(
        tokens.read_bytes()
        + f"1,{wrong_case},BAD,Bad,6,\n".encode()
        + f"77777,{USDC},BAD,Bad,6,\n".encode()
        + f"1,{ALICE},BAD,Bad,many,\n".encode()
        + b"1,two fields\n"
        + f"1,{BOB},B\xffD,Bad,6,\n".encode("latin-1")
        + f"1,{BOB},B\0D,Bad,6,\n".encode()
    )

    report = await load(directory, empty_stores, LoadOptions(rejected_dir=tmp_path / "out"))

    lines = (tmp_path / "out" / "reference" / "tokens.csv.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [(each["line"], each["kind"]) for each in found] == [
        (4, "skipped"),
        *((line, "rejected") for line in range(5, 11)),
    ]
    reasons = [each["reason"] for each in found]
    assert "native coin" in reasons[0]
    assert "wrong EIP-55 checksum" in reasons[1]
    assert "chain 77777 is unknown" in reasons[2]
    assert "decimals: 'many' is no whole number" in reasons[3]
    assert "2 fields instead of 6" in reasons[4]
    assert reasons[5] == reasons[6] == "not UTF-8 text"
    assert report.rejected == 6
    assert report.exit_code == 0


async def test_row_that_a_store_refuses_is_found_among_good_ones(
    empty_stores: Stores, tmp_path: Path
) -> None:
    directory = write_files(tmp_path)
    chains = directory / "reference" / "chains.csv"
    # The slug of one chain for another: only the table's unique key can tell.
    chains.write_text(chains.read_text() + "6,Other,gor,Coin,COIN,18,0\n7,Third,thr,Coin,C,18,0\n")

    report = await load(directory, empty_stores, LoadOptions(only=["chains"], strict=True))

    assert (report.files[0].rows, report.files[0].rejected) == (4, 1)
    assert report.exit_code == 1
    known = await empty_stores.postgres.fetch(
        Statement("c", "SELECT id FROM catalog.chains WHERE id BETWEEN 2 AND 8 ORDER BY id")
    )
    assert 7 in {row["id"] for row in known}


@pytest.mark.parametrize("strict", [False, True])
async def test_damaged_file_gives_the_rows_before_the_damage(
    empty_stores: Stores, tmp_path: Path, strict: bool
) -> None:
    directory = write_files(tmp_path, packed=True)
    path = directory / "reference" / "tokens.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])

    report = await load(directory, empty_stores, LoadOptions(strict=strict))

    (tokens,) = [file for file in report.files if file.source == "tokens"]
    assert tokens.state == "failed"
    assert "cut off" in str(tokens.error)
    assert report.exit_code == int(strict)
    assert await count(empty_stores, "catalog.wallets") == 2


async def test_missing_column_is_named(empty_stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "address_labels.csv").write_text("chain_id,name\n1,x\n")

    report = await load(tmp_path, empty_stores, LoadOptions(only=["labels"]))

    assert report.files[0].error == "the header lacks address, labels"


async def test_empty_directory_is_fine(empty_stores: Stores, tmp_path: Path) -> None:
    report = await load(tmp_path, empty_stores, LoadOptions(strict=True))

    assert report.rows == 0
    assert report.exit_code == 0


async def test_unknown_source_name_lists_the_known_ones(
    empty_stores: Stores, tmp_path: Path
) -> None:
    with pytest.raises(UnknownSourceError, match="no source is called pries; there are: blocks"):
        await load(tmp_path, empty_stores, LoadOptions(only=["pries"]))


async def test_progress_tells_rows_and_speed(empty_stores: Stores, tmp_path: Path) -> None:
    seen: list[Progress] = []

    await load(write_files(tmp_path), empty_stores, on_progress=seen.append)

    done = {each.source: each for each in seen if each.state == "loaded"}
    assert done["tokens"].rows == 3
    assert done["tokens"].rows_per_s > 0
    assert done["tokens"].bytes_read == done["tokens"].bytes_total > 0
    assert "protocol vectors" in done


async def test_recorded_price_reaches_history_redis_and_subscribers(
    empty_stores: Stores,
) -> None:
    at = datetime(2024, 5, 1, 12, tzinfo=UTC)
    price = Price(_ETHER, at, Decimal("3000.5"), "test", change_24h=1.25)
    async with empty_stores.topics.subscribe("asset_prices") as prices:
        await record_prices(empty_stores, [price])
        message = await anext(aiter(prices))

    assert message["asset_id"] == str(_ETHER)
    assert message["price"] == "3000.5"
    stored = await empty_stores.redis.commands.hgetall(keys.key("price_current", asset_id=_ETHER))
    assert stored["price_change_24h"] == "1.25"
    assert stored["ts"] == str(int(at.timestamp() * 1000))
    assert await count(empty_stores, "market_data") == 1


async def test_older_price_does_not_replace_a_newer_one_in_redis(empty_stores: Stores) -> None:
    newer = Price(_ETHER, datetime(2024, 5, 2, tzinfo=UTC), Decimal(2), "test")
    older = Price(_ETHER, datetime(2024, 5, 1, tzinfo=UTC), Decimal(1), "test")

    await record_prices(empty_stores, [newer])
    await record_prices(empty_stores, [older])

    name = keys.key("price_current", asset_id=_ETHER)
    assert await empty_stores.redis.commands.hget(name, "price") == "2"
    assert await count(empty_stores, "market_data") == 2
