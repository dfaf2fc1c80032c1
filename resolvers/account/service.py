"""What signing in needs beside the stores; one for each process, handed out with the context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resolvers.account.passwords import Passwords
from resolvers.account.secrets import SecretKeys
from resolvers.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from resolvers.context import RequestContext

# A session is refreshed every hour at the latest, and lasts thirty days at most.
SESSION_S: Final = 3_600
REFRESH_S: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Accounts:
    """What signing in needs beside the stores.

    Attributes:
        passwords: hashes and checks them.
        secrets: keys that seal secrets of users; without them there is no second factor.
        siwe_domains: authorities of our sites, for which wallets may sign; none refuses all.
        issuer: what authenticators call us.
        session_s: seconds a session token works.
        refresh_s: seconds a session lasts, however often it is refreshed.
        confirms_sign_ups: an account is made once its e-mail address is confirmed by a mailed code;
            else at once, which tells whoever signs in afterwards that the address was new.
    """

    passwords: Passwords
    secrets: SecretKeys | None = None
    siwe_domains: frozenset[str] = frozenset()
    issuer: str = "onchain-gateway"
    session_s: int = SESSION_S
    refresh_s: int = REFRESH_S
    confirms_sign_ups: bool = False


def accounts_of(context: RequestContext) -> Accounts:
    """The accounts of this server.

    Raises:
        UserError: STORE_UNAVAILABLE, this server lets nobody sign in.
    """
    if context.accounts is None:
        raise UserError("Nobody can sign in to this server.", code=ErrorCode.STORE_UNAVAILABLE)
    return context.accounts


def secret_keys(context: RequestContext) -> SecretKeys:
    """The keys that seal secrets of users.

    Raises:
        UserError: STORE_UNAVAILABLE, this server keeps no secrets.
    """
    keys = accounts_of(context).secrets
    if keys is None:
        raise UserError(
            "This server keeps no secrets.",
            hint="Its operator has to set GATEWAY_SECRET_KEYS.",
            code=ErrorCode.STORE_UNAVAILABLE,
        )
    return keys
