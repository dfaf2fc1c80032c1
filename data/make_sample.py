"""Trims a full data directory to the sample in this folder.

    python data/make_sample.py /path/to/full/data

Only files of sources that state MIT or Apache-2.0 are read (ATTRIBUTION.md); what is written by
hand here (reference/protocols.jsonl, reference/bridges.csv, news/mentions.jsonl, demo/) is left
alone. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

Row = dict[str, str]

TARGET: Final = Path(__file__).parent
COINS: Final = frozenset(
    [
        "BTC",
        "ETH",
        "BNB",
        "AVAX",
        "AAVE",
        "LINK",
        "MATIC",
        "USDC",
        "USDT",
        "CRV",
        "MKR",
        "SUSHI",
        "YFI",
        "COMP",
        "SNX",
        "DOGE",
        "LTC",
        "XRP",
        "ADA",
        "TRX",
    ]
)
HOURLY_COINS: Final = frozenset(
    [
        "Bitcoin",
        "Ethereum",
        "BNB",
        "Avalanche",
        "Solana",
        "XRP",
        "Cardano",
        "Dogecoin",
        "Polkadot",
        "Litecoin",
        "Cosmos",
        "Uniswap",
        "Aave",
        "Chainlink",
        "Maker",
        "Curve DAO Token",
        "Compound",
        "Wrapped Ether",
        "Dai",
        "Frax",
        "SUSHI",
        "yearn.finance",
        "The Graph",
        "Pendle",
    ]
)
SINCE_BARS: Final = "2019-01-01"
SINCE_TRANSACTIONS: Final = "2022-07"
SINCE_YIELDS: Final = "2023-04-01"
TOP_POOLS: Final = 600
DAILY_POOLS: Final = 90
LISTED_TOKENS: Final = 2_500
LABELS: Final = 2_500
MALICIOUS: Final = 1_000


def read(source: Path, name: str) -> Iterator[Row]:
    """Rows of `name` or `name.gz`."""
    path = source / name
    data = path.read_bytes() if path.exists() else gzip.decompress(packed(source, name))
    with io.BytesIO(data) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def packed(source: Path, name: str) -> bytes:
    """Bytes of `name.gz`."""
    return (source / f"{name}.gz").read_bytes()


def write(name: str, rows: Iterable[Row]) -> None:
    """Write rows to `name.gz`, without the time of writing in it."""
    rows = list(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = TARGET / f"{name}.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    sys.stdout.write(f"{name}.gz {len(rows)} rows {path.stat().st_size} bytes\n")


def copy(source: Path, name: str, keep: Callable[[Row], bool] = lambda _: True) -> list[Row]:
    """Write the rows that pass, and return them."""
    rows = [row for row in read(source, name) if keep(row)]
    write(name, rows)
    return rows


def main(source: Path) -> None:
    """Write the sample."""
    copy(source, "reference/chains.csv")
    copy(
        source,
        "prices/daily_ohlcv.csv",
        lambda row: row["symbol"] in COINS and row["date"] >= SINCE_BARS,
    )
    copy(source, "prices/hourly_30d.csv", lambda row: row["coin_name"] in HOURLY_COINS)
    copy(source, "gas/ethereum_daily.csv")
    copy(source, "gas/polygon_minute.csv", lambda row: row["timestamp"] < "2023-08-15")
    copy(source, "chain/blocks.csv")
    seen = activity(source)
    tokens_in_use = pools(source)
    tokens(source, tokens_in_use)
    security(source, seen)


def activity(source: Path) -> Counter[str]:
    """Transactions, transfers, swaps and lending; how often each address occurs in them."""
    transactions = copy(
        source,
        "chain/transactions.csv",
        lambda row: row["source"] != "raphtory" and row["block_timestamp"] >= SINCE_TRANSACTIONS,
    )
    transfers = copy(source, "chain/token_transfers.csv")
    swaps = copy(source, "dex/swaps.csv")
    copy(
        source, "dex/pool_minute_polygon_usdc_weth.csv", lambda row: row["timestamp"] < "2023-08-15"
    )
    lending = copy(source, "lending/aave_v3_polygon_events.csv")
    copy(source, "lending/aave_v3_polygon_rates_10min.csv")
    columns = ("from_address", "to_address", "recipient", "pool_address", "owner")
    return Counter(
        row[column]
        for row in (*transactions, *transfers, *swaps, *lending)
        for column in columns
        if row.get(column)
    )


def pools(source: Path) -> set[str]:
    """The largest pools and their series; the lower-case addresses of their tokens."""
    snapshots = list(read(source, "yields/pools_snapshots.csv"))
    daily = [row for row in read(source, "yields/pool_daily.csv") if row["date"] >= SINCE_YIELDS]
    chosen = largest(snapshots, TOP_POOLS)
    followed = largest(daily, DAILY_POOLS)
    write("yields/pools_snapshots.csv", (row for row in snapshots if row["pool_id"] in chosen))
    write("yields/pool_daily.csv", (row for row in daily if row["pool_id"] in followed))
    kept = copy(source, "yields/pools.csv", lambda row: row["pool_id"] in chosen | followed)
    return {
        address.lower()
        for row in kept
        for address in (row["underlying_tokens"] + "|" + row["reward_tokens"]).split("|")
    }


def largest(rows: list[Row], count: int) -> set[str]:
    """Pools with the highest value ever locked."""
    highest: Counter[str] = Counter()
    for row in rows:
        highest[row["pool_id"]] = max(highest[row["pool_id"]], round(float(row["tvl_usd"] or 0)))
    return {pool for pool, _ in highest.most_common(count)}


def tokens(source: Path, in_use: set[str]) -> None:
    """Tokens of the pools, and those on the most lists."""
    rows = list(read(source, "reference/tokens.csv"))
    ranked = sorted(
        rows, key=lambda row: (-row["lists"].count("|"), row["chain_id"], row["address"])
    )
    listed = {(row["chain_id"], row["address"]) for row in ranked[:LISTED_TOKENS]}
    write(
        "reference/tokens.csv",
        (
            row
            for row in rows
            if row["address"].lower() in in_use or (row["chain_id"], row["address"]) in listed
        ),
    )


def security(source: Path, seen: Counter[str]) -> None:
    """Labels and reports of addresses that occur first, then others as far as there is room."""
    for name, room in (
        ("labels/address_labels.csv", LABELS),
        ("security/malicious_addresses.csv", MALICIOUS),
    ):
        rows = list(read(source, name))
        occurring = [row for row in rows if row["address"] in seen]
        others = [row for row in rows if row["address"] not in seen]
        step = max(1, len(others) // max(1, room - len(occurring)))
        kept = {id(row) for row in (*occurring, *others[::step])}
        write(name, (row for row in rows if id(row) in kept))
    copy(source, "security/defi_hacks.csv")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python data/make_sample.py /path/to/full/data")
    main(Path(sys.argv[1]))
