"""`gateway load`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from gateway import load as loading
from gateway.cli.engines import engines
from gateway.cli.progress import load_progress
from gateway.cli.terminal import MISUSED, UNWELL, explained, fail, notes, settings
from gateway.config import Settings, set_up_logging
from gateway.embedding import EmbedderError, open_embedder
from gateway.load.positions import PositionsError, PositionsReport, load_positions
from gateway.schema import build_schema
from stores.lifecycle import open_stores
from stores.migrate import status
from stores.urls import StoreUrls


def load(
    directory: Annotated[
        Path,
        typer.Argument(
            exists=True,
            help="Laid out as docs/data-layout.md says; with --user, a CSV file of positions.",
        ),
    ],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this source; may be repeated.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Read files again that are loaded already.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 if a row or file is wrong.")
    ] = False,
    user: Annotated[
        UUID | None,
        typer.Option(help="Load the positions of this user instead; needs --portfolio."),
    ] = None,
    portfolio: Annotated[
        str | None, typer.Option(help="The user's portfolio that a file of positions is for.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove positions that the file does not name.")
    ] = False,
) -> None:
    """Load a directory of data files into the four stores. Safe to repeat and to interrupt.

    Rows that are wrong go to rejected/ in GATEWAY_DATA_DIR, with line number and reason.
    """
    config = settings()
    set_up_logging("warning")
    if user is not None:
        _load_positions(config, directory, user, portfolio, replace)
        return
    if not directory.is_dir():
        fail(f"{directory} is no directory; a file of positions needs --user", MISUSED)
    with explained(), engines(config) as urls:
        if behind := asyncio.run(_without_schema(config, urls)):
            fail(f"no schema of this version in {', '.join(behind)}: run gateway migrate up first")
        try:
            options = loading.LoadOptions(
                strict=strict,
                only=only,
                force=force,
                rejected_dir=config.data_dir / "rejected",
                hot_days=config.hot_days,
                embedder=open_embedder(config.embedder),
            )
            report = asyncio.run(load_into(config, urls, directory, options))
        except (loading.UnknownSourceError, EmbedderError) as error:
            fail(str(error), MISUSED)
        except OSError as error:
            fail(_unwritable(error, config))
    _summarise(report, options.rejected_dir)
    raise typer.Exit(report.exit_code)


def _load_positions(
    config: Settings, file: Path, user: UUID, portfolio: str | None, replace: bool
) -> None:
    """Import a file of positions as its owner would, and say what came of it."""
    if portfolio is None or not file.is_file():
        fail("--user needs --portfolio and a CSV file of positions", MISUSED)

    async def run(urls: StoreUrls) -> PositionsReport:
        async with await open_stores(config.store_options(urls)) as stores:
            schema = build_schema()
            return await load_positions(
                schema, stores, file, user_id=user, portfolio_id=portfolio, replace=replace
            )

    with explained(), engines(config) as urls:
        try:
            report = asyncio.run(run(urls))
        except PositionsError as error:
            fail(str(error), MISUSED)
    notes().print(
        f"{report.created:,} positions added, {report.updated:,} changed, "
        f"{report.unchanged:,} as they were, {report.removed:,} removed"
    )
    if report.problems:
        fail("\n".join(report.problems), UNWELL)


def _unwritable(error: OSError, config: Settings) -> str:
    reason = f"{error.filename}: {error.strerror}"
    if str(error.filename).startswith(str(config.data_dir)):
        return f"rejected rows cannot be written to GATEWAY_DATA_DIR: {reason}"
    return reason


def _summarise(report: loading.LoadReport, rejected_dir: Path | None) -> None:
    for name in report.unknown:
        notes().print(f"[dim]– {name} is not a file we know[/dim]")
    left_out = f"{report.rejected:,} rejected, {report.skipped:,} skipped"
    where = f": see {rejected_dir}" if report.rejected + report.skipped else ""
    notes().print(f"{report.rows:,} rows read, {left_out}{where}", markup=False)
    if all(file.state == "missing" for file in report.files):
        notes().print("nothing to load: docs/data-layout.md names the files that are read")


async def _without_schema(config: Settings, urls: StoreUrls) -> list[str]:
    """Stores that a migration is missing from; one that cannot be asked is left to the loader."""
    return [
        found.store
        for found in await status(urls, qdrant_prefix=config.qdrant_prefix)
        if any(state in {"pending", "running"} for _, _, state, _ in found.files)
    ]


async def load_into(
    config: Settings,
    urls: StoreUrls,
    directory: Path,
    options: loading.LoadOptions,
    *,
    quiet: bool = False,
) -> loading.LoadReport:
    """Load with progress bars, as the role that may write."""
    async with await open_stores(config.store_options(urls, "worker")) as stores:
        with load_progress(notes(), quiet=quiet) as progress:
            return await loading.load(directory, stores, options, on_progress=progress)
