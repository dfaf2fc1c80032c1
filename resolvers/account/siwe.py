"""Sign-In with Ethereum (EIP-4361): the message by its grammar, and the signature under it.

The parser follows the standard's ABNF to the letter: one wrong blank and the message is refused.
Signatures are those of ordinary accounts (EIP-191, secp256k1). Contract wallets (EIP-1271) would
need a node to ask and are refused.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from coincurve import PublicKey
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

MAX_CHARS: Final = 4_000
LEEWAY: Final = timedelta(seconds=60)
_NONCE_CHARS: Final = string.ascii_letters + string.digits
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

_UNRESERVED: Final = r"A-Za-z0-9\-._~"
_SUB_DELIMS: Final = r"!$&'()*+,;="
_ENCODED: Final = r"%[0-9A-Fa-f]{2}"
_PCHAR: Final = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}:@]|{_ENCODED})"
_USER: Final = rf"(?:(?:[{_UNRESERVED}{_SUB_DELIMS}:]|{_ENCODED})*@)?"
_HOST: Final = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_UNRESERVED}{_SUB_DELIMS}]|{_ENCODED})*)"
_AUTHORITY: Final = rf"{_USER}{_HOST}(?::[0-9]*)?"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+\-.]*"
_PATH: Final = (
    rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?|{_PCHAR}+(?:/{_PCHAR}*)*|)"
)
_EXTRA: Final = rf"(?:{_PCHAR}|[/?])*"
_URI: Final = rf"{_SCHEME}:{_PATH}(?:\?{_EXTRA})?(?:#{_EXTRA})?"
_TIME: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_MESSAGE: Final = re.compile(
    rf"(?:(?P<scheme>{_SCHEME})://)?(?P<domain>{_AUTHORITY})"
    r" wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9A-Fa-f]{40})\n"
    r"\n"
    rf"(?:(?P<statement>[{_UNRESERVED}{_SUB_DELIMS}:/?#\[\]@ ]+)\n)?"
    r"\n"
    rf"URI: (?P<uri>{_URI})\n"
    r"Version: (?P<version>1)\n"
    r"Chain ID: (?P<chain_id>[0-9]{1,18})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,128})\n"
    rf"Issued At: (?P<issued_at>{_TIME})"
    rf"(?:\nExpiration Time: (?P<expiration_time>{_TIME}))?"
    rf"(?:\nNot Before: (?P<not_before>{_TIME}))?"
    rf"(?:\nRequest ID: (?P<request_id>{_PCHAR}*))?"
    rf"(?P<has_resources>\nResources:(?P<resources>(?:\n- {_URI})*))?"
)


class SiweError(Exception):
    """A sign-in message is refused; the text says why, for whoever wrote the client."""


@dataclass(frozen=True, slots=True)
class SiweMessage:
    """A message that keeps to the grammar. Nothing in it is proven yet.

    Attributes:
        scheme: of the site that asks, such as https; None when not said.
        domain: authority of the site that asks, as in `app.example.org:8443`.
        address: who wants to sign in, EIP-55.
        statement: what the user was told.
        uri: what they sign in to.
        chain_id: EIP-155 chain the session is for.
        nonce: random text handed out by the server.
        issued_at: when the message was made (UTC).
        expiration_time: from when it is worth nothing (UTC).
        not_before: until when it is worth nothing (UTC).
        request_id: the client's own id.
        resources: what else the user agreed to, as URIs.
    """

    scheme: str | None
    domain: str
    address: str
    statement: str | None
    uri: str
    chain_id: int
    nonce: str
    issued_at: datetime
    expiration_time: datetime | None
    not_before: datetime | None
    request_id: str | None
    resources: tuple[str, ...]


def new_nonce() -> str:
    """A nonce of 24 letters and digits, 142 random bits."""
    return "".join(secrets.choice(_NONCE_CHARS) for _ in range(24))


def parse(text: str) -> SiweMessage:
    """Read a message.

    Raises:
        SiweError: it breaks the grammar, or the address its checksum.
    """
    if len(text) > MAX_CHARS:
        raise SiweError(f"The message is longer than {MAX_CHARS} characters.")
    found = _MESSAGE.fullmatch(text)
    if found is None:
        raise SiweError("The message is not written as EIP-4361 says.")
    if not found["domain"] or not _hosts_are_addresses(found["domain"], found["uri"]):
        raise SiweError("The message names no valid domain.")
    if found["address"] != to_checksum_address(found["address"]):
        raise SiweError("The address of the message is not written with its EIP-55 checksum.")
    resources = found["resources"] or ""
    return SiweMessage(
        scheme=found["scheme"],
        domain=found["domain"],
        address=found["address"],
        statement=found["statement"],
        uri=found["uri"],
        chain_id=int(found["chain_id"]),
        nonce=found["nonce"],
        issued_at=_instant(found["issued_at"]),
        expiration_time=_instant_or_none(found["expiration_time"]),
        not_before=_instant_or_none(found["not_before"]),
        request_id=found["request_id"],
        resources=tuple(line[2:] for line in resources.split("\n")[1:]),
    )


def verify(text: str, signature: str, *, domains: Collection[str], at: datetime) -> SiweMessage:
    """Read a message and prove that its address signed it for one of our sites, to be used now.

    That its nonce was handed out and not used yet is asked afterwards, by the caller.

    Args:
        text: the message as signed.
        signature: 65 bytes in hexadecimal.
        domains: authorities of our sites, compared in lower case.
        at: now.

    Raises:
        SiweError: with the reason.
    """
    message = parse(text)
    if message.domain.lower() not in {domain.lower() for domain in domains}:
        raise SiweError("The message was signed for another site.")
    if message.issued_at > at + LEEWAY:
        raise SiweError("The message was issued in the future.")
    if message.expiration_time is not None and message.expiration_time <= at:
        raise SiweError("The message has expired.")
    if message.not_before is not None and message.not_before > at:
        raise SiweError("The message is not valid yet.")
    if recover(text, signature) != message.address:
        raise SiweError("The signature is not that of the address.")
    return message


def recover(text: str, signature: str) -> str:
    """The address that signed a text with `personal_sign` (EIP-191), EIP-55.

    Raises:
        SiweError: the signature is malformed or nobody's.
    """
    raw = _signature(signature)
    body = text.encode()
    digest = keccak(b"\x19Ethereum Signed Message:\n%d" % len(body) + body)
    try:
        point = PublicKey.from_signature_and_message(raw, digest, hasher=None)
    except Exception as error:
        raise SiweError("The signature is not one.") from error
    return to_checksum_address(keccak(point.format(compressed=False)[1:])[-20:])


def _signature(given: str) -> bytes:
    """r, s and the recovery id 0 or 1; a mirrored s is refused, so each has one form only."""
    if not re.fullmatch(r"0x[0-9A-Fa-f]{130}", given):
        raise SiweError("A signature is 0x and 130 hexadecimal digits.")
    raw = bytes.fromhex(given[2:])
    recovery = raw[64] - 27 if raw[64] >= 27 else raw[64]
    if recovery not in (0, 1) or int.from_bytes(raw[32:64], "big") > _HALF_ORDER:
        raise SiweError("The signature is not in its canonical form.")
    return raw[:64] + bytes((recovery,))


def _hosts_are_addresses(*texts: str) -> bool:
    """Whether what stands in brackets is an IPv6 address."""
    for bracketed in re.findall(r"(?:^|[/@])\[([^\]]*)\]", " ".join(texts)):
        try:
            ipaddress.IPv6Address(bracketed)
        except ValueError:
            return False
    return True


def _instant(text: str) -> datetime:
    """An RFC 3339 time in UTC; digits beyond microseconds are dropped."""
    cut = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)
    try:
        return datetime.fromisoformat(cut).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SiweError("A time of the message does not exist.") from None


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)
