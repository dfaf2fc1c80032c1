"""Secrets at rest, sealed anew under the newest key: batch by batch, as often as one likes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.lifecycle.statements import query
from resolvers.account.secrets import Sealed, SecretKeys, SecretLost
from resolvers.account.signing_in import TOTP
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from stores.postgres.client import Postgres

if TYPE_CHECKING:
    from stores.postgres.client import Row

BATCH: Final = 500
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Place:
    """A table with sealed values.

    Attributes:
        table: its name.
        query: lists what is under an old key.
        update: puts one value in the place of another.
        bound: purpose and owner that a row's value is sealed for.
    """

    table: str
    query: str
    update: str
    bound: Callable[[Row], tuple[str, object]]


#: Every table with sealed values; a test looks for others in the catalogue.
PLACES: Final = (
    Place(
        "account.user_secrets",
        "sealed_user_secrets",
        "reseal_user_secret",
        lambda row: (TOTP if row["kind"] == "totp" else row["kind"], row["user_id"]),
    ),
    Place(
        "alerts.destinations",
        "sealed_destinations",
        "reseal_destination",
        lambda row: (PURPOSE, owner_of(row["id"], row["user_id"])),
    ),
)


@dataclass(slots=True)
class Rotation:
    """What was done.

    Attributes:
        newest: version of the key that seals.
        resealed: values sealed anew, or that would be, by table.
        lost: values that open with no key we have, by table.
        left: values under each version afterwards, by table.
    """

    newest: int
    resealed: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    left: dict[str, dict[int, int]] = field(default_factory=dict)

    def users_of(self, version: int) -> int:
        """Values that need the key of a version."""
        return sum(versions.get(version, 0) for versions in self.left.values())

    def missing(self, keys: SecretKeys) -> list[int]:
        """Versions that values need and nobody has given."""
        needed = {version for versions in self.left.values() for version in versions}
        return sorted(needed - keys.keys.keys())


async def rotate(
    postgres: Postgres,
    keys: SecretKeys,
    *,
    dry_run: bool = False,
    batch: int = BATCH,
    progress: Callable[[str, int], None] = lambda table, number: None,
) -> Rotation:
    """Seal everything under the newest key. Killed in between, it goes on where it is called next.

    Values that somebody replaces meanwhile are left as they are; so are those that do not open.

    Args:
        postgres: as role worker.
        keys: those of the installation; every process must know the newest before.
        dry_run: only open values, to see whether it would work.
        batch: values in one transaction.
        progress: told the table and how many were dealt with in it.
    """
    found = Rotation(keys.current_version)
    for place in PLACES:
        found.resealed[place.table] = found.lost[place.table] = 0
        after = _FIRST
        while rows := await _rows(postgres, place, keys.current_version, after, batch):
            after = rows[-1]["id"]
            tried = [(row, _renewed(keys, place, row)) for row in rows]
            fresh = [(row, sealed) for row, sealed in tried if sealed is not None]
            if not dry_run and fresh:
                await _replace(postgres, place, fresh)
            found.resealed[place.table] += len(fresh)
            found.lost[place.table] += len(rows) - len(fresh)
            progress(place.table, found.resealed[place.table])
    for row in await postgres.fetch(query("sealed_versions")):
        found.left.setdefault(row["place"], {})[row["key_version"]] = row["number"]
    return found


async def _rows(
    postgres: Postgres, place: Place, newest: int, after: UUID, batch: int
) -> list[Row]:
    listing = query(place.query)
    return await postgres.fetch(
        listing, *listing.arguments(newest=newest, after=after, batch=batch)
    )


def _renewed(keys: SecretKeys, place: Place, row: Row) -> Sealed | None:
    """The value under the newest key; None when it does not open."""
    purpose, owner = place.bound(row)
    try:
        return keys.renewed(
            Sealed(row["ciphertext"], row["key_version"]), purpose=purpose, owner=owner
        )
    except SecretLost:
        return None


async def _replace(postgres: Postgres, place: Place, fresh: list[tuple[Row, Sealed]]) -> None:
    update = query(place.update)
    async with postgres.transaction(name=place.update) as change:
        await change.execute_many(
            update,
            [
                update.arguments(
                    id=row["id"],
                    before=row["ciphertext"],
                    ciphertext=sealed.ciphertext,
                    key_version=sealed.key_version,
                )
                for row, sealed in fresh
            ],
        )
