"""Loads a directory of data files into the four stores."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.embedding import LexicalEmbedder
from gateway.load.chains import Chain, ChainNames
from gateway.load.checkpoints import read_computed, save_computed
from gateway.load.coins import Coins
from gateway.load.identity import asset_id
from gateway.load.pipeline import FileLoader
from gateway.load.reading import find_file
from gateway.load.recompute import Recompute
from gateway.load.registry import SOURCES
from gateway.load.report import FileReport, LoadReport, Progress
from gateway.load.source import Lookup, chain_record
from gateway.load.writing import as_json
from stores.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gateway.embedding import Embedder
    from gateway.load.report import OnProgress
    from gateway.load.source import Source
    from stores.lifecycle import Stores
    from stores.queries import Statement

_NIL: Final = UUID(int=0)
_PAGE: Final = 5_000
#: How files end that somebody may have meant to load.
_DATA: Final = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt", ".xlsx", ".zip")


class UnknownSourceError(ValueError):
    """`only` names a source that does not exist; the message lists those that do."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load.

    Attributes:
        strict: wrong rows and files make the report's exit code 1.
        only: names of the sources to load; all when None.
        force: read files again that are loaded already.
        rejected_dir: where rejected rows are written; `rejected` in the directory when None.
        hot_days: length of the newest activity kept in Postgres, counted back from the newest row.
        embedder: makes the vectors.
    """

    strict: bool = False
    only: Collection[str] | None = None
    force: bool = False
    rejected_dir: Path | None = None
    hot_days: int = 90
    embedder: Embedder = field(default_factory=LexicalEmbedder)


async def load(
    directory: Path,
    stores: Stores,
    options: LoadOptions | None = None,
    *,
    on_progress: OnProgress = lambda _: None,
) -> LoadReport:
    """Load every known file of a directory and recompute what depends on it.

    Safe to repeat and to interrupt: ids come from natural keys, a file that is loaded is not read
    again, and a run that stopped is continued by the next one.

    Args:
        directory: holds files as docs/data-layout.md says; unknown and missing ones are reported.
        stores: opened with the role `worker`.
        options: see `LoadOptions`.
        on_progress: called after every chunk, from the event loop.

    Raises:
        UnknownSourceError: see `LoadOptions.only`.
        StoreError: a store failed; run again to continue.
    """
    return await _Load(directory, stores, options or LoadOptions(), on_progress).run()


class _Load:
    def __init__(
        self, directory: Path, stores: Stores, options: LoadOptions, on_progress: OnProgress
    ) -> None:
        self._directory = directory
        self._stores = stores
        self._options = options
        self._on_progress = on_progress
        self._queries: Mapping[str, Statement] = load_queries("postgres")
        self._series: Mapping[str, Statement] = load_queries("clickhouse")
        names = ChainNames.built_in()
        self._built_in = tuple(names.by_id.values())
        self._lookup = Lookup(names, Coins(names))

    async def run(self) -> LoadReport:
        """Load the files, then recompute."""
        sources = self._chosen()
        await self._ensure_built_in_chains()
        files = [await self._load_source(source) for source in sources]
        steps = await self._recompute(
            {file.source: f"{file.fingerprint}/{file.rows}" for file in files if file.fingerprint}
        )
        return LoadReport(tuple(files), self._unknown_files(), steps, self._options.strict)

    def _chosen(self) -> tuple[Source, ...]:
        only = self._options.only
        if only is None:
            return SOURCES
        known = {source.name for source in SOURCES}
        if unknown := sorted(set(only) - known):
            raise UnknownSourceError(
                f"no source is called {', '.join(unknown)}; there are: {', '.join(sorted(known))}"
            )
        return tuple(source for source in SOURCES if source.name in only)

    async def _load_source(self, source: Source) -> FileReport:
        path = find_file(self._directory, source.path)
        if path is None:
            self._on_progress(Progress(source.name, source.path, "missing"))
            return FileReport(source.name, source.path, "missing")
        await self._prepare(source)
        rejected = self._options.rejected_dir or self._directory / "rejected"
        loader = FileLoader(
            source,
            path,
            stores=self._stores,
            queries=self._queries,
            lookup=self._lookup,
            rejected_path=rejected / f"{source.path}.jsonl",
            on_progress=self._on_progress,
        )
        return await loader.load(force=self._options.force)

    async def _ensure_built_in_chains(self) -> None:
        coins = [_native_asset(chain) for chain in self._built_in if chain.symbol]
        chains = [chain_record(chain) for chain in self._built_in]
        async with self._stores.postgres.transaction(name="load chains") as transaction:
            await transaction.execute(self._queries["load_catalog.ensure_chains"], as_json(chains))
            await transaction.execute(self._queries["load_catalog.ensure_assets"], as_json(coins))

    async def _prepare(self, source: Source) -> None:
        """Fill what the rows of a source may look up."""
        await self._learn_chains()
        if source.needs_day_prices and not self._lookup.day_prices:
            await self._learn_prices()
        if source.needs_decimals and not self._lookup.decimals:
            await self._learn_decimals()

    async def _learn_chains(self) -> None:
        rows = await self._stores.postgres.fetch(self._queries["load_state.chains"])
        self._lookup.known_chain_ids.update(row["id"] for row in rows)
        for row in rows:
            chain = Chain(row["id"], row["caip2"], row["slug"], row["name"], row["native_symbol"])
            names = (row["slug"], row["name"], row["name"].removesuffix(" Mainnet"))
            self._lookup.chains.add(chain, (*names, row["short_name"] or row["slug"]))

    async def _learn_prices(self) -> None:
        """Day prices of native coins; the coin of a layer-2 chain is the coin it pays gas in."""
        quoted = {
            asset_id(chain.id, None): self._lookup.coins.by_symbol(chain.symbol).id
            for chain in self._built_in
            if chain.id > 0 and chain.symbol
        }
        rows = await self._stores.clickhouse.fetch(
            self._series["load_series.day_prices"], {"asset_ids": sorted(set(quoted.values()))}
        )
        prices = {(asset, day): price for asset, day, price in rows}
        days: dict[UUID, list[object]] = {}
        for asset, day in prices:
            days.setdefault(asset, []).append(day)  # type: ignore[arg-type]
        for native, coin in quoted.items():
            for day in days.get(coin, ()):
                self._lookup.day_prices[native, day] = prices[coin, day]  # type: ignore[index, assignment]

    async def _learn_decimals(self) -> None:
        after = _NIL
        while rows := await self._stores.postgres.fetch(
            self._queries["load_state.token_decimals"], after, _PAGE
        ):
            for row in rows:
                if row["decimals"] is not None:
                    self._lookup.decimals[row["id"]] = row["decimals"]
                if row["is_stablecoin"]:
                    self._lookup.stablecoins.add(row["id"])
            after = rows[-1]["id"]

    async def _recompute(self, fingerprints: dict[str, str]) -> dict[str, float]:
        """Recompute all, or only renew live values when nothing changed since it was done."""
        computed = await read_computed(self._stores.postgres, self._queries)
        changed = self._options.force or computed | fingerprints != computed
        recompute = Recompute(
            self._stores,
            self._queries,
            self._series,
            coins=self._lookup.coins,
            embedder=self._options.embedder,
            hot_window=timedelta(days=self._options.hot_days),
        )
        seconds: dict[str, float] = {}
        for step in recompute.steps(only_live=not changed):
            self._on_progress(Progress(step.name, "", "loading"))
            started = time.monotonic()
            rows = await step.run()
            seconds[step.name] = time.monotonic() - started
            speed = rows / max(seconds[step.name], 1e-9)
            self._on_progress(Progress(step.name, "", "loaded", rows, rows_per_s=speed))
        await save_computed(self._stores.postgres, self._queries, computed | fingerprints)
        return seconds

    def _unknown_files(self) -> tuple[str, ...]:
        """Data files below the directory that no source reads."""
        known = {source.path for source in SOURCES}
        found = (
            path.relative_to(self._directory).as_posix()
            for path in sorted(self._directory.rglob("*"))
            if path.is_file() and path.name.removesuffix(".gz").endswith(_DATA)
        )
        return tuple(
            name
            for name in found
            if name.removesuffix(".gz") not in known and not name.startswith("rejected/")
        )


def _native_asset(chain: Chain) -> dict[str, object]:
    return {
        "id": asset_id(chain.id, None),
        "symbol": chain.symbol,
        "name": chain.symbol,
        "chain_id": chain.id,
        "decimals": chain.decimals,
    }
