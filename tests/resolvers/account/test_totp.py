"""One-time codes by the vectors of RFC 6238 and RFC 4226, each good once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from resolvers.account import totp

SEED = b"12345678901234567890"
NOW = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))
    assert totp.code_at(SEED, step, digits=8) == code


def test_counter_codes_are_those_of_the_standard() -> None:
    codes = [totp.code_at(SEED, counter) for counter in range(4)]
    assert codes == ["755224", "287082", "359152", "969429"]


@pytest.mark.parametrize(
    ("drift", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(drift: int, good: bool) -> None:
    step = totp.step_of(NOW) + drift
    found = totp.matching_step(SEED, totp.code_at(SEED, step), NOW, None)
    assert found == (step if good else None)


def test_a_code_works_once() -> None:
    step = totp.step_of(NOW)
    code = totp.code_at(SEED, step)
    assert totp.matching_step(SEED, code, NOW, step - 1) == step
    assert totp.matching_step(SEED, code, NOW, step) is None
    assert totp.matching_step(SEED, code, NOW + timedelta(seconds=30), step) is None
    assert totp.matching_step(SEED, totp.code_at(SEED, step - 1), NOW, step) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.matching_step(SEED, code, NOW, None) is None


def test_blanks_in_a_code_do_not_count() -> None:
    code = totp.code_at(SEED, totp.step_of(NOW))
    assert totp.matching_step(SEED, f" {code[:3]} {code[3:]} ", NOW, None) == totp.step_of(NOW)


def test_authenticators_read_the_seed_from_the_address() -> None:
    seed = totp.new_seed()
    address = urlsplit(totp.provisioning_uri(seed, account="a b@example.org", issuer="On Chain"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/On%20Chain:a%20b@example.org"
    said = parse_qs(address.query)
    assert base64.b32decode(said["secret"][0]) == seed
    assert (said["issuer"], said["digits"], said["period"]) == (["On Chain"], ["6"], ["30"])


def test_recovery_codes_are_kept_as_digests() -> None:
    codes = totp.new_recovery_codes()
    digests = totp.recovery_code_digests(codes)
    assert len(set(codes)) == len(set(digests)) == 10
    assert all(len(digest) == 32 for digest in digests)
    assert totp.recovery_code_digest(codes[0].lower().replace("-", " ")) == digests[0]
    assert totp.recovery_code_digest(codes[0][:-1]) is None
    assert totp.recovery_code_digest("0189-0189-0189-0189") is None
