"""Links to files: who signs them, how they end, and that nothing of them can be changed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from resolvers.downloads import Download, DownloadLinks, LinkExpired, LinkRefused

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = UUID("00000000-0000-4000-8000-00000000000a")
LINKS = DownloadLinks({1: bytes(32)})
LINK = LINKS.link("reports/a", owner=OWNER, file_name="tax-2025.pdf", now=NOW)
TOKEN = LINK.removeprefix("/files/")


def test_a_link_says_what_was_signed_until_its_time_is_over() -> None:
    end = NOW + timedelta(minutes=15)
    expected = Download("reports/a", OWNER, "tax-2025.pdf", end)
    assert LINK.startswith("/files/1.")
    assert LINKS.read(TOKEN, NOW) == expected
    assert LINKS.read(TOKEN, end - timedelta(seconds=1)) == expected
    with pytest.raises(LinkExpired):
        LINKS.read(TOKEN, end)


def test_every_changed_character_is_noticed() -> None:
    for place, character in enumerate(TOKEN[:-1]):  # of the last one, bits are padding
        changed = f"{TOKEN[:place]}{'A' if character != 'A' else 'B'}{TOKEN[place + 1 :]}"
        with pytest.raises(LinkRefused):
            LINKS.read(changed, NOW)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "1..", "x.e30.e30", "-1.e30.e30", "1.e30.e30", "1.é.e30", "1." * 2000]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(LinkRefused):
        LINKS.read(token, NOW)


def test_a_new_key_signs_and_older_ones_are_accepted_as_long_as_they_are_kept() -> None:
    both = DownloadLinks({1: bytes(32), 2: b"2" * 32})
    newer = both.link("reports/a", owner=OWNER, file_name="a.csv", now=NOW)
    assert newer.startswith("/files/2.")
    assert both.read(TOKEN, NOW).key == "reports/a"
    with pytest.raises(LinkRefused):
        LINKS.read(newer.removeprefix("/files/"), NOW)


def test_without_keys_each_process_has_one_of_its_own() -> None:
    one, other = DownloadLinks.of(None), DownloadLinks.of(None)
    token = one.link("a", owner=OWNER, file_name="a.csv", now=NOW).removeprefix("/files/")
    assert one.read(token, NOW).owner == OWNER
    with pytest.raises(LinkRefused):
        other.read(token, NOW)


def test_the_secret_key_itself_signs_nothing() -> None:
    import hmac

    version, said, _ = TOKEN.split(".")
    forged = hmac.digest(bytes(32), f"{version}.".encode() + _bytes(said), "sha256")
    text = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    with pytest.raises(LinkRefused):
        LINKS.read(f"{version}.{said}.{text}", NOW)
    assert repr(LINKS) == "DownloadLinks()"


@pytest.mark.parametrize("name", ["", ".csv", 'a".csv', "a/b", "a\r\nb", "ä.csv", "x" * 129])
def test_file_names_are_plain(name: str) -> None:
    with pytest.raises(ValueError, match="name of a file"):
        LINKS.link("a", owner=OWNER, file_name=name, now=NOW)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(f"{text}==")
