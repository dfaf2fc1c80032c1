"""Positions from a file: every row is good, or nothing is changed."""

from __future__ import annotations

import enum
from collections import defaultdict
from typing import Any, Final

import strawberry

from resolvers.mutation import (
    Change,
    Entry,
    IdempotentInput,
    ReplayablePayload,
    UserErrorCode,
    changed,
    given,
    mutation,
    outcome,
)
from resolvers.portfolio.position_file import MAX_BYTES, MAX_ROWS, FileRow, rows_of, text_of
from resolvers.portfolio.position_rows import (
    CLASHES,
    MAX_POSITIONS,
    RESOURCE,
    STATED,
    identity,
    over,
    placed,
)
from resolvers.portfolio.types import Portfolio

_FILE: Final = (
    f"At most {MAX_BYTES // 1024} KiB as it is sent and {MAX_ROWS:,} rows. The first line names "
    "the columns: "
    "`asset` (ticker or contract address) and `quantity`, and any of `chain` (slug, CAIP-2 id or "
    "name), `position_type`, `protocol` (slug), `wallet` (address), `average_cost_usd`, "
    "`price_usd`, `first_acquired_at`. Numbers have a point and no separators. An empty cell "
    "leaves what is known."
)


@strawberry.enum(description="What happens to positions that a file does not name.")
class ImportMode(enum.Enum):
    """What happens to positions that a file does not name."""

    MERGE = strawberry.enum_value("merge", description="They stay.")
    REPLACE = strawberry.enum_value("replace", description="They are removed.")


@strawberry.input(description="A file of positions, as text or as base64.")
class ImportPositionsInput(IdempotentInput):
    """A file of positions."""

    portfolio_id: strawberry.ID = strawberry.field(description="The portfolio they are in.")
    csv: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"The file as text. {_FILE}"
    )
    csv_base64: str | None = strawberry.field(
        name="csvBase64",
        default=strawberry.UNSET,
        description="The same file in UTF-8, as base64; instead of `csv`.",
    )
    mode: ImportMode = strawberry.field(
        default=ImportMode.MERGE, description="What happens to positions the file does not name."
    )


@strawberry.type(description="What came of importing positions: all rows, or none.")
class ImportPositionsPayload(ReplayablePayload):
    """What came of importing positions."""

    portfolio: Portfolio | None = changed("The portfolio; null when nothing was changed.")
    created_count: int | None = outcome("Positions added.")
    updated_count: int | None = outcome("Positions that differ from before.")
    unchanged_count: int | None = outcome("Positions the file named as they were.")
    removed_count: int | None = outcome("Positions removed, because the file did not name them.")


@strawberry.type(description="Files of positions.")
class PositionImportMutation:
    """Files of positions."""

    @mutation(
        "Adds and changes positions of a portfolio of the viewer's by a CSV file: all rows, or "
        "none. Errors name the line and the column.",
        clashes=CLASHES,
    )
    async def import_positions(
        self, change: Change, input: ImportPositionsInput
    ) -> ImportPositionsPayload:
        """Read the file, find what it means, then write it in one statement."""
        key = change.key("portfolio_id", input.portfolio_id, Portfolio)
        rows = rows_of(
            change,
            "csv",
            text_of(change, "csv", _written(input.csv), _written(input.csv_base64)),
        )
        mine = {"portfolio_id": key, "user_id": change.user_id}
        await change.found(
            "portfolio_id", "Portfolio", "portfolio_changes.lock", id=key, user_id=change.user_id
        )
        await _meaning(change, rows)
        held = {
            identity(row): row
            for row in await change.all("portfolio_changes.lock_holdings", **mine)
        }
        named = {identity(row): row for row in (over(None, each.values) for each in rows)}
        removed: list[Any] = []
        if input.mode is ImportMode.REPLACE:
            gone = [row["id"] for each, row in held.items() if each not in named]
            removed = await change.all("portfolio_changes.remove_positions", ids=gone, **mine)
        if len({*held, *named}) - len(removed) > MAX_POSITIONS:
            message = f"A portfolio has at most {MAX_POSITIONS:,} positions. Remove some first."
            change.refuse("csv", UserErrorCode.LIMIT_REACHED, message)
        wanted = [
            over(held.get(each), {name: value for name, value in row.items() if value is not None})
            for each, row in named.items()
        ]
        differ = [row for row in wanted if _differs(held.get(identity(row)), row)]
        placed_rows = await placed(change, key, differ) if differ else []
        for row in placed_rows:
            _record(change, held.get(identity(row)), row)
        for row in removed:
            _record(change, row, None)
        created = sum(identity(row) not in held for row in placed_rows)
        counts: dict[str, Any] = {
            "created_count": created,
            "updated_count": len(placed_rows) - created,
            "unchanged_count": len(wanted) - len(placed_rows),
            "removed_count": len(removed),
        }
        change.record(
            Entry(
                "import",
                "portfolio.portfolios",
                str(key),
                event="positions_imported",
                payload={"id": str(key), "user_id": change.user_id},
                metadata=counts,
            )
        )
        return ImportPositionsPayload(portfolio=key, **counts)


def _written(value: str | None) -> str | None:
    return value if given(value) else None


def _differs(before: Any, row: dict[str, Any]) -> bool:
    return before is None or any(before[name] != row[name] for name in STATED)


def _record(change: Change, before: Any, after: Any) -> None:
    """One entry a position; subscribers hear of the whole import once."""
    action = "create" if before is None else "delete" if after is None else "update"
    key = str((after or before)["id"])
    change.record(Entry(action, RESOURCE, key, _columns(before), _columns(after)))


def _columns(row: Any) -> dict[str, Any] | None:
    return None if row is None else dict(row)


async def _meaning(change: Change, rows: list[FileRow]) -> None:
    """Put the keys of what each row names into its values.

    Raises:
        Refused: a word means nothing, or several things; or two rows are the same position.
    """
    words = {
        kind: sorted({row.words[kind] for row in rows if kind in row.words})
        for kind in ("asset", "chain", "protocol", "wallet")
    }
    found: dict[str, defaultdict[str, list[Any]]] = {}
    for kind, wanted in words.items():
        found[kind] = defaultdict(list)
        if wanted:
            for each in await change.all(f"portfolio_changes.named_{kind}s", words=wanted):
                found[kind][each["word"]].append(each)
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        here, noted = change.at("csv", row.line), len(change.refusals)
        chain = _only(here, "chain", row, found)
        row.values["chain_id"] = chain
        row.values["protocol_id"] = _only(here, "protocol", row, found)
        row.values["wallet_id"] = _only(here, "wallet", row, found, chain)
        row.values["asset_id"] = _only(here, "asset", row, found, chain)
        if len(change.refusals) > noted:
            continue
        position = identity(row.values)
        if position in seen:
            message = f"Line {seen[position]} is the same position. Add them up."
            here.refuse("", UserErrorCode.INVALID, message)
        seen[position] = row.line
    change.stop()


def _only(here: Any, kind: str, row: FileRow, found: Any, chain: Any = None) -> Any:
    """The key of the only thing that a word of a row means; None when it is not said."""
    word = row.words.get(kind)
    if word is None:
        return None
    means = found[kind][word]
    if kind in ("asset", "wallet"):
        means = _on_chain(kind, means, chain)
    keys = {each["id"] for each in means}
    if len(keys) == 1:
        return keys.pop()
    if keys:
        advice = "Say the chain, or give the address." if chain is None else "Give the address."
        message = f"Several are called {word!r}. {advice}"
    else:
        message = f"There is no {kind} {word!r}" + (" on that chain." if chain else ".")
        message += " Look it up in the graph."
    here.refuse(kind, UserErrorCode.INVALID if keys else UserErrorCode.NOT_FOUND, message)
    return None


def _on_chain(kind: str, means: list[Any], chain: Any) -> list[Any]:
    """Those on a chain, else those known by ticker only; an address goes before a ticker."""
    if kind == "asset":
        by_address = [each for each in means if each["by_address"]]
        means = by_address or means
    here = [each for each in means if each["chain_id"] == chain]
    if here or kind == "wallet":
        return here if chain is not None or here else means
    nowhere = [each for each in means if each["chain_id"] is None]
    return nowhere if chain is not None else means
