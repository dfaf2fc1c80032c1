"""Files over HTTP: links of the gateway lead to them, and to nobody else's."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest

from gateway.config import Settings
from stores.objects.store import Objects
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import People, people, serving

__all__ = ["people"]

TEXT = b"date,gain\r\n2025-01-02,100.00\r\n"
OWNER = uuid4()
KEY = f"1:{base64.b64encode(b'k' * 32).decode()}"


@dataclass
class Place:
    """A gateway, and its store of files.

    Attributes:
        client: sends requests to it.
        objects: what it hands out.
        settings: its configuration.
    """

    client: httpx2.AsyncClient
    objects: Objects
    settings: Settings

    async def link(
        self,
        content: bytes = TEXT,
        *,
        owner: UUID = OWNER,
        file_name: str = "tax-2025.csv",
        ago: timedelta = timedelta(),
    ) -> str:
        stored = await self.objects.put(content, prefix=f"u/{owner}")
        now = datetime.now(UTC) - ago
        return self.settings.downloads().link(stored.key, owner=owner, file_name=file_name, now=now)


@pytest.fixture(scope="module")
async def place(
    store_urls: StoreUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    options = {"data_dir": tmp_path_factory.mktemp("files"), "secret_keys": KEY}
    async with (
        serving(store_urls, **options) as edge,
        httpx2.AsyncClient(base_url=f"http://{edge.address}", timeout=10) as client,
    ):
        settings = Settings.model_validate(options)
        yield Place(client, settings.objects(), settings)


async def test_a_link_hands_out_the_file_to_be_saved_and_kept_by_nobody(place: Place) -> None:
    answer = await place.client.get(await place.link())
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert {
        name: answer.headers[name]
        for name in ("content-type", "content-length", "content-disposition", "cache-control")
    } == {
        "content-type": "text/csv; charset=utf-8",
        "content-length": str(len(TEXT)),
        "content-disposition": 'attachment; filename="tax-2025.csv"',
        "cache-control": "private, no-store",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_a_large_file_comes_whole_and_can_be_asked_about(place: Place) -> None:
    content = bytes(range(256)) * 20_000
    link = await place.link(content, file_name="all.zip")
    answer = await place.client.get(link)
    assert (answer.content, answer.headers["content-type"]) == (content, "application/zip")
    asked = await place.client.head(link)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == str(len(content))


async def test_what_is_no_link_of_ours_leads_nowhere(place: Place) -> None:
    link = await place.link()
    other = Settings(data_dir=Path(), secret_keys=f"1:{base64.b64encode(b'x' * 32).decode()}")
    now = datetime.now(UTC)
    foreign = other.downloads().link("u/a", owner=OWNER, file_name="a.csv", now=now)
    for wrong in (link[:-5], f"{link}A", foreign, "/files/x", "/files/1.e30.e30"):
        answer = await place.client.get(wrong)
        assert (answer.status_code, answer.text) == (404, "There is no such file.")
    posted = await place.client.post(link)
    assert posted.status_code == 405


async def test_an_old_link_says_that_it_has_expired(place: Place) -> None:
    answer = await place.client.get(await place.link(ago=timedelta(minutes=16)))
    assert answer.status_code == 410
    assert answer.text.startswith("This link has expired.")


async def test_a_deleted_file_is_gone(place: Place) -> None:
    link = await place.link(b"soon gone")
    async for each in place.objects.list(f"u/{OWNER}"):
        await place.objects.delete(each.key)
    answer = await place.client.get(link)
    assert (answer.status_code, answer.text) == (404, "The file is no longer there.")


async def test_a_damaged_file_is_not_handed_out(place: Place) -> None:
    owner = uuid4()
    link = await place.link(b"right", owner=owner)
    async for each in place.objects.list(f"u/{owner}"):
        (place.settings.data_dir / "objects" / each.key).write_bytes(b"wrong")
    answer = await place.client.get(link)
    assert (answer.status_code, answer.text) == (
        500,
        "The file is damaged. Ask for it to be made anew.",
    )


async def test_whoever_signs_in_gets_files_of_their_own_only(place: Place, people: People) -> None:
    owner, other = await people.user(), await people.user()
    link = await place.link(b"mine", owner=owner)
    (mine, _), (theirs, _) = await people.session(owner), await people.session(other)
    answers = [
        await place.client.get(link, headers={"authorization": f"Bearer {token}"})
        for token in (mine, theirs, "og_nothing")
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 401]
    assert [answer.text for answer in answers[:2]] == ["mine", "There is no such file."]
