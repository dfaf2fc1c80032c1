"""The second factor: time-based one-time passwords (RFC 6238) and recovery codes.

A code belongs to a step of 30 seconds. Who accepts it stores its step and accepts later steps only,
so a code that was overheard is worth nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
DIGITS: Final = 6
SEED_BYTES: Final = 20
RECOVERY_CODES: Final = 10
# A clock may be one step off, either way.
_DRIFT_STEPS: Final = 1
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
_RECOVERY: Final = re.compile(r"[A-Z2-7]{16}")


def new_seed() -> bytes:
    """A secret for an authenticator, 160 random bits."""
    return secrets.token_bytes(SEED_BYTES)


def code_at(seed: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step: HOTP (RFC 4226) with SHA-1, which every authenticator has."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), hashlib.sha1)
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(at: datetime) -> int:
    """The step an instant is in."""
    return int(at.timestamp()) // STEP_S


def matching_step(seed: bytes, code: str, at: datetime, last_step: int | None) -> int | None:
    """The step a code belongs to, to be stored as the last one used; None refuses the code.

    Args:
        seed: the secret shared with the authenticator.
        code: what the user typed; blanks do not count.
        at: now.
        last_step: the step stored last; codes of it and of earlier ones are refused.
    """
    typed = "".join(code.split())
    if not _CODE.fullmatch(typed):
        return None
    now = step_of(at)
    found = None
    for step in range(now - _DRIFT_STEPS, now + _DRIFT_STEPS + 1):
        fits = hmac.compare_digest(code_at(seed, step), typed)
        if fits and (last_step is None or step > last_step) and found is None:
            found = step
    return found


def secret_text(seed: bytes) -> str:
    """The secret as people type it: Base32 without padding."""
    return base64.b32encode(seed).decode().rstrip("=")


def provisioning_uri(seed: bytes, *, account: str, issuer: str) -> str:
    """The `otpauth:` address that authenticators read from a QR code."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    query = {
        "secret": secret_text(seed),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_S,
    }
    return f"otpauth://totp/{label}?{urlencode(query, quote_via=quote)}"


def new_recovery_codes() -> list[str]:
    """Codes that each replace the authenticator once, 80 random bits each; shown once."""
    made = (base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES))
    return ["-".join(re.findall("....", code)) for code in made]


def recovery_code_digest(code: str) -> bytes | None:
    """SHA-256 of a recovery code, as stored; None when the text cannot be one.

    Case, blanks and hyphens do not count.
    """
    typed = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(typed.encode()).digest() if _RECOVERY.fullmatch(typed) else None


def recovery_code_digests(codes: Iterable[str]) -> list[bytes]:
    """SHA-256 of codes just made."""
    return [digest for code in codes if (digest := recovery_code_digest(code)) is not None]
