"""How far each file is loaded, remembered in Postgres so that it shares the fate of the rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stores.postgres.client import Postgres
    from stores.queries import Statement

# Raised whenever rows become something else than before, so that files are read again.
LOADER_VERSION: Final = 1
_COMPUTED: Final = "load-computed"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a file; rows up to `rows` are in the stores.

    Attributes:
        fingerprint: SHA-256 of the file.
        rows: rows read.
        rejected: of these, wrong ones.
        skipped: of these, left out on purpose.
        rejected_bytes: length of the file of rejected rows.
        done: the whole file is read.
        version: `LOADER_VERSION` that read it.
    """

    fingerprint: str
    rows: int = 0
    rejected: int = 0
    skipped: int = 0
    rejected_bytes: int = 0
    done: bool = False
    version: int = LOADER_VERSION

    def continues(self, fingerprint: str) -> bool:
        """Whether it tells of this very file, read by this very version."""
        return self.fingerprint == fingerprint and self.version == LOADER_VERSION


async def read_checkpoint(
    postgres: Postgres, queries: Mapping[str, Statement], source: str
) -> Checkpoint | None:
    """The checkpoint of a source's file, or None."""
    row = await postgres.fetch_one(queries["load_state.checkpoint"], _key(source))
    if row is None:
        return None
    value: Any = row["value"]
    return Checkpoint(**(orjson.loads(value) if isinstance(value, str) else value))


async def save_checkpoint(
    postgres: Postgres, queries: Mapping[str, Statement], source: str, checkpoint: Checkpoint
) -> None:
    """Remember a checkpoint."""
    value = orjson.dumps(asdict(checkpoint)).decode()
    await postgres.execute(queries["load_state.save_checkpoint"], _key(source), value)


async def read_computed(postgres: Postgres, queries: Mapping[str, Statement]) -> dict[str, str]:
    """Fingerprints of the files, by source, that everything recomputed is up to date with."""
    row = await postgres.fetch_one(queries["load_state.checkpoint"], _COMPUTED)
    if row is None:
        return {}
    value: Any = row["value"]
    return dict(orjson.loads(value) if isinstance(value, str) else value)


async def save_computed(
    postgres: Postgres, queries: Mapping[str, Statement], fingerprints: Mapping[str, str]
) -> None:
    """Remember what everything recomputed is up to date with."""
    value = orjson.dumps(dict(fingerprints)).decode()
    await postgres.execute(queries["load_state.save_checkpoint"], _COMPUTED, value)


def _key(source: str) -> str:
    return f"load.{source}"
