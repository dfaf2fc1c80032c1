"""Which tables of ClickHouse are archived, where their files are, and how to read them there."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from stores.clickhouse.client import ClickHouse
from stores.objects.store import Objects
from stores.queries import load_queries

#: Everybody's history; what belongs to a person stays where it can be erased. The activity of
#: wallets is kept whole: a wallet with news is scored from all of it, and its page begins there.
SERIES: Final = (
    "agent_performance",
    "dex_trades",
    "gas_predictions",
    "gas_prices",
    "lending_events",
    "mev_opportunities",
    "pool_statistics",
    "predictions",
    "protocol_health_history",
    "yield_metrics",
)
#: Files that are not read by anybody yet.
PENDING: Final = "archive-pending"
_FOLDER: Final = "archive"


def archived_key(series: str, partition: str, archive_id: UUID) -> str:
    """Where the file of a month is once its rows have left."""
    return f"{_FOLDER}/{series}/{partition}-{archive_id}.parquet"


def pending_key(archive_id: UUID) -> str:
    """Where the file is before."""
    return f"{PENDING}/{archive_id}.parquet"


async def query_of(clickhouse: ClickHouse, objects: Objects, series: str) -> str:
    """The SELECT with which ClickHouse reads every archived row of a series.

    A server on another machine reads buckets only; of those the credentials are left to a named
    collection or the role of the machine.
    """
    queries = load_queries("clickhouse")
    rows = await clickhouse.fetch(queries["archives.columns"], {"table": series})
    structure = ", ".join(f"`{name}` {kind}" for name, kind in rows)
    folder = objects.location(f"{_FOLDER}/{series}/x").removesuffix("x")
    parts = urlsplit(folder)
    on_disk = parts.scheme == "file"
    text = queries["archives.read_files" if on_disk else "archives.read_bucket"].text
    place = unquote(parts.path) if on_disk else folder
    text = text.replace("{files:String}", _text(f"{place}*.parquet"))
    return text.replace("{structure:String}", _text(structure))


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
