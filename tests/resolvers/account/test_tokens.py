"""Keys and tokens: recognised by their prefix, refused when mistyped, stored as digests."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from resolvers.account import api_keys, session_tokens
from resolvers.account.session_tokens import RefreshState, RefreshVerdict, judge_refresh

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_key_is_stored_as_its_digest() -> None:
    key = api_keys.new_api_key()
    assert len(key.text) == 4 + 43 + 6
    assert key.text.startswith(key.prefix)
    assert len(key.prefix) == 10
    assert key.digest == hashlib.sha256(key.text.encode()).digest()
    assert api_keys.api_key_digest(key.text) == key.digest
    assert api_keys.is_api_key(key.text)
    assert key.text not in repr(key)


def test_no_two_keys_are_alike() -> None:
    assert len({api_keys.new_api_key().text for _ in range(1000)}) == 1000


@pytest.mark.parametrize("place", range(4, 53))
def test_one_mistyped_digit_is_noticed(place: int) -> None:
    text = api_keys.new_api_key().text
    other = "a" if text[place] != "a" else "b"
    assert api_keys.api_key_digest(text[:place] + other + text[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "ogk_", "ogk_" + "é" * 49, "Bearer x", "ogk_" + "a" * 50])
def test_what_is_no_key_has_no_digest(text: str) -> None:
    assert api_keys.api_key_digest(text) is None


def test_tokens_of_one_kind_are_not_those_of_another() -> None:
    pair = session_tokens.new_session_tokens()
    assert session_tokens.session_digest(pair.session.text) == pair.session.digest
    assert session_tokens.refresh_digest(pair.refresh.text) == pair.refresh.digest
    assert session_tokens.session_digest(pair.refresh.text) is None
    assert session_tokens.refresh_digest(pair.session.text) is None
    assert api_keys.api_key_digest(pair.session.text) is None
    assert pair.session.text not in repr(pair)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (None, RefreshVerdict.UNKNOWN),
        (RefreshState(NOW + timedelta(1), None, None, True), RefreshVerdict.GOOD),
        (RefreshState(NOW, None, None, True), RefreshVerdict.EXPIRED),
        (RefreshState(NOW + timedelta(1), NOW, None, True), RefreshVerdict.REUSED),
        (RefreshState(NOW - timedelta(1), NOW, NOW, False), RefreshVerdict.REUSED),
        (RefreshState(NOW + timedelta(1), None, NOW, True), RefreshVerdict.ENDED),
        (RefreshState(NOW + timedelta(1), None, None, False), RefreshVerdict.ENDED),
    ],
)
def test_a_refresh_token_works_once(state: RefreshState | None, verdict: RefreshVerdict) -> None:
    assert judge_refresh(state, NOW) is verdict


@pytest.mark.parametrize(
    ("address", "allowed", "good"),
    [
        ("203.0.113.7", None, True),
        (None, None, True),
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("::ffff:203.0.113.7", ["203.0.113.7"], True),
        ("203.0.114.7", ["203.0.113.0/24", "2001:db8::/32"], False),
        ("2001:db8::1", ["203.0.113.0/24", "2001:db8::/32"], True),
        (None, ["203.0.113.0/24"], False),
        ("203.0.113.7", [], False),
    ],
)
def test_a_limited_key_works_from_its_networks(
    address: str | None, allowed: list[str] | None, good: bool
) -> None:
    networks = None if allowed is None else api_keys.parse_networks(allowed)
    assert api_keys.may_come_from(address, networks) is good


@pytest.mark.parametrize("text", ["", "example.org", "203.0.113.7/24", "203.0.113.256", "::/129"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"IPv4|IPv6|netmask|host bits"):
        api_keys.parse_networks([text])
