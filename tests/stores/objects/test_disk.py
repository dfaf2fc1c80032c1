"""Objects on a disk: whole or not there, private, and checked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stores.errors import StoreUnavailable
from stores.objects.disk import DiskObjects
from stores.objects.store import ObjectDamaged

CONTENT = bytes(3_000_000)


async def test_damaged_bytes_are_never_taken_for_a_whole_file(tmp_path: Path) -> None:
    objects = DiskObjects(tmp_path)
    stored = await objects.put(CONTENT)
    with (tmp_path / stored.key).open("r+b") as file:
        file.seek(2_999_999)
        file.write(b"x")
    got: list[bytes] = []

    async def read() -> None:
        async for piece in objects.get(stored.key):
            got[len(got) :] = [piece]

    with pytest.raises(ObjectDamaged):
        await read()
    assert 0 < sum(map(len, got)) < stored.size


async def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("lost")

    objects = DiskObjects(tmp_path)
    await objects.put_named("a/b", b"before")
    with pytest.raises(RuntimeError, match="lost"):
        await objects.put_named("a/b", pieces())
    assert await objects.get_bytes("a/b") == b"before"
    assert list((tmp_path / ".unfinished").iterdir()) == []


async def test_what_killed_writers_left_is_removed_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / ".unfinished"
    folder.mkdir()
    for name, age in (("old", 90_000), ("new", 80_000)):
        (folder / name).write_bytes(b"part")
        then = folder.stat().st_mtime - age
        os.utime(folder / name, (then, then))
    await DiskObjects(tmp_path).put(b"x")
    assert [path.name for path in folder.iterdir()] == ["new"]


async def test_only_the_owner_may_read_and_no_empty_folder_stays(tmp_path: Path) -> None:
    objects = DiskObjects(tmp_path / "kept")
    await objects.put_named("u/v/a", b"1")
    assert (tmp_path / "kept/u/v/a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "kept/u").stat().st_mode & 0o777 == 0o700
    assert objects.location("u/v/a") == f"file://{tmp_path}/kept/u/v/a"
    await objects.delete("u/v/a")
    assert not (tmp_path / "kept/u").exists()


async def test_a_disk_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        await DiskObjects(tmp_path / "file").put(b"x")
