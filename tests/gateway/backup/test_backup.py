"""A backup comes back as it was, and one that was touched does not come back at all."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.backup.errors import BackupError
from gateway.backup.shelf import Shelf
from stores.embedded import start
from stores.lifecycle import StoreOptions, open_stores
from stores.objects.disk import DiskObjects
from tests.gateway.backup.answers import answers
from tests.gateway.backup.conftest import Source, gateway, next_second

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("backup")]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dumps")


@pytest.fixture(scope="module")
def taken(source: Source, shelf: Path) -> list[dict[str, Any]]:
    """A full backup, and an incremental one after a row was added to one series."""
    assert gateway(source.directory, "backup", shelf).exit_code == 0
    asyncio.run(_add_gas_price(source.options))
    next_second()
    added = gateway(source.directory, "backup", shelf, "--incremental")
    assert added.exit_code == 0
    manifests = sorted(shelf.glob("2*/manifest.json"))
    return [json.loads(path.read_text()) for path in manifests]


async def _add_gas_price(options: StoreOptions) -> None:
    async with await open_stores(options) as stores:
        row = (datetime(2031, 5, 5, 12, tzinfo=UTC), 1, 9.5, "backup")
        await stores.clickhouse.insert(
            "gas_prices", ("ts", "chain_id", "price_gwei", "source"), [row]
        )


def test_an_incremental_backup_holds_what_changed_and_names_the_rest(
    taken: list[dict[str, Any]],
) -> None:
    full, added = taken
    assert [full["kind"], added["kind"], added["based_on"]] == [
        *("full", "incremental"),
        full["name"],
    ]
    own = [part for part in added["clickhouse"] if part["file"]["key"].startswith(added["name"])]
    assert {(part["table"], part["partition"], part["row_count"]) for part in own} >= {
        ("gas_prices", "203105", 1),
        ("gas_prices_hourly_state", "2031", 1),
    }
    assert {part["table"] for part in own} <= {
        *("gas_prices", "gas_prices_hourly_state", "gas_prices_daily_state")
    }
    assert len(added["clickhouse"]) > len(own)


def test_all_stores_answer_as_before_after_a_restore(
    source: Source, shelf: Path, taken: list[dict[str, Any]], tmp_path: Path
) -> None:
    target = tmp_path / "data"
    restored = gateway(target, "restore", shelf)
    assert restored.exit_code == 0, restored.output
    with start(target, durable=False) as engines:
        there = answers(StoreOptions(engines.urls))
        before = answers(source.options)
        assert {name for name in before if before[name] != there[name]} == set()
        assert len(there["keys"]) == 3
        assert [point.payload for point in there["points"]] == [{"pattern_type": "swing"}]
        asked = {name: answer for name, answer in there.items() if isinstance(answer, tuple)}
        assert {name: errors for name, (_, errors) in asked.items() if errors} == {}
        assert b'"name"' in asked["owned"][0]

    again = gateway(target, "restore", shelf)
    assert again.exit_code == 3
    assert "--overwrite removes them first" in again.output


def test_a_damaged_backup_is_found_and_nothing_is_started_for_it(
    shelf: Path, taken: list[dict[str, Any]], tmp_path: Path
) -> None:
    shelf = shutil.copytree(shelf, tmp_path / "shelf")
    assert gateway(tmp_path, "backups", "verify", shelf).exit_code == 0
    victim = shelf / taken[0]["clickhouse"][0]["file"]["key"]
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)

    verified = gateway(tmp_path, "backups", "verify", shelf)
    assert verified.exit_code == 1
    assert str(victim.relative_to(shelf)) in verified.output
    refused = gateway(tmp_path / "data", "restore", shelf)
    assert (refused.exit_code, (tmp_path / "data").exists()) == (3, False)

    (shelf / taken[1]["name"] / "SHA256SUMS").unlink()  # as if it had been killed at the end
    listed = gateway(tmp_path, "backups", "list", shelf)
    assert taken[0]["name"] in listed.output
    assert taken[1]["name"] not in listed.output


def test_a_backup_stays_as_long_as_one_that_is_kept_needs_it(
    shelf: Path, taken: list[dict[str, Any]], tmp_path: Path
) -> None:
    copied = Shelf(DiskObjects(shutil.copytree(shelf, tmp_path / "shelf")))
    later = datetime.now(UTC) + timedelta(days=1)
    assert asyncio.run(copied.expired(later)) == []  # the newest is kept, and needs the other
    full, added = (each["name"] for each in taken)
    with pytest.raises(BackupError, match=f"{added} needs files of {full}"):
        asyncio.run(copied.remove(full))
    asyncio.run(copied.remove(added))
    asyncio.run(copied.remove(full))
    assert asyncio.run(copied.names()) == []
    assert not list((tmp_path / "shelf").glob("2*/**/*.zst"))
