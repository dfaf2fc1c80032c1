"""How often somebody may try: by account, so that nobody's password is guessed, and by address.

An allowance refills evenly. What is refused says the same for accounts that exist and others.
"""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resolvers.mutation import Refused, UserErrorCode
from resolvers.mutations.refusals import refusal
from stores.redis.keys import key

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many attempts fit into a window of so many seconds."""

    attempts: int
    window_s: int


BY_ACCOUNT: Final = Allowance(10, 900)
BY_ADDRESS: Final = Allowance(60, 900)
_IPV6_SITE: Final = 64


async def attempt(context: RequestContext, what: str, *, account: object = None) -> None:
    """Charge one attempt to the caller's address and, when one is named, to an account.

    Args:
        context: of the request.
        what: which allowance, such as `login`.
        account: user id, or the name somebody claims to have.

    Raises:
        Refused: too many in too short a time.
        StoreError: Redis is away. Nobody may guess meanwhile.
    """
    address = _site(context.client.ip_address)
    if address is not None:
        await _charge(context, what, f"address:{address}", BY_ADDRESS)
    if account is not None:
        await _charge(context, what, f"account:{_folded(str(account))}", BY_ACCOUNT)


async def _charge(context: RequestContext, what: str, subject: str, allowed: Allowance) -> None:
    digest = hashlib.sha256(subject.encode()).hexdigest()
    name = key("rate_limit", subject=digest, resource=what, window_s=allowed.window_s)
    args = (allowed.attempts, allowed.window_s * 1000, 1)
    with context.step("redis", "rate_limit"):
        passed, _, retry_after_ms, _ = await context.stores.redis.run_script("gcra", [name], args)
    if not passed:
        minutes = -(-int(retry_after_ms) // 60_000)
        raise Refused(
            [
                refusal(
                    "",
                    UserErrorCode.LIMIT_REACHED,
                    f"Too many attempts. Try again in {minutes} minute{'s' * (minutes > 1)}.",
                )
            ]
        )


def _folded(name: str) -> str:
    """A name such that all spellings Postgres takes for one are one, and perhaps some more.

    Small letters are not the same everywhere: its `lower` makes a plain i of a Turkish capital one,
    `casefold` an i with a dot above. Marks do not count here, so both are an i.
    """
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each)).casefold()


def _site(address: str | None) -> str | None:
    """Whom an address stands for: an IPv6 customer has at least a /64."""
    if address is None:
        return None
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network((ip, _IPV6_SITE), strict=False))
