"""Secrets open with their key, for their owner and purpose, and nowhere else."""

from __future__ import annotations

import base64
from dataclasses import replace
from uuid import uuid4

import pytest

from resolvers.account.secrets import SecretKeys, SecretLost, parse_secret_keys

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
ALICE, BOB = uuid4(), uuid4()


def test_a_secret_opens_for_its_owner_and_purpose() -> None:
    keys = SecretKeys({1: OLD})
    sealed = keys.seal(b"seed", purpose="totp", owner=ALICE)
    assert b"seed" not in sealed.ciphertext
    assert sealed != keys.seal(b"seed", purpose="totp", owner=ALICE)
    assert keys.open(sealed, purpose="totp", owner=ALICE) == b"seed"
    for purpose, owner in (("webhook", ALICE), ("totp", BOB)):
        with pytest.raises(SecretLost):
            keys.open(sealed, purpose=purpose, owner=owner)


def test_a_changed_secret_does_not_open() -> None:
    keys = SecretKeys({1: OLD})
    sealed = keys.seal(b"seed", purpose="totp", owner=ALICE)
    last = sealed.ciphertext[-1] ^ 1
    for text in (sealed.ciphertext[:-1] + bytes((last,)), sealed.ciphertext[:11], b""):
        with pytest.raises(SecretLost):
            keys.open(replace(sealed, ciphertext=text), purpose="totp", owner=ALICE)


def test_keys_are_rotated_secret_by_secret() -> None:
    before, after = SecretKeys({1: OLD}), SecretKeys({1: OLD, 2: NEW})
    sealed = before.seal(b"seed", purpose="totp", owner=ALICE)
    assert after.open(sealed, purpose="totp", owner=ALICE) == b"seed"
    renewed = after.renewed(sealed, purpose="totp", owner=ALICE)
    assert renewed is not None
    assert renewed.key_version == 2
    assert after.renewed(renewed, purpose="totp", owner=ALICE) is None
    assert SecretKeys({2: NEW}).open(renewed, purpose="totp", owner=ALICE) == b"seed"
    with pytest.raises(SecretLost, match="version 1"):
        SecretKeys({2: NEW}).open(sealed, purpose="totp", owner=ALICE)


def test_keys_are_read_from_a_setting() -> None:
    text = f"1:{base64.b64encode(OLD).decode()}, 2:{base64.b64encode(NEW).decode()}"
    keys = parse_secret_keys(text)
    assert (keys.keys, keys.current_version) == ({1: OLD, 2: NEW}, 2)
    assert base64.b64encode(OLD).decode() not in repr(keys)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no key"),
        ("c2VjcmV0", "version:base64"),
        ("0:c2VjcmV0", "version:base64"),
        ("1:!!", "not Base64"),
        ("1:c2VjcmV0", "6 bytes"),
        (f"1:{base64.b64encode(OLD).decode()},1:{base64.b64encode(NEW).decode()}", "twice"),
    ],
)
def test_unusable_keys_are_named_without_showing_them(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        parse_secret_keys(text)
    assert "c2VjcmV0" not in str(caught.value)
