"""What changes a user's credentials, made known to every process at once.

The edge remembers for a few seconds who is behind a credential, in its own memory and in Redis
(`session:{token_sha256}`), and Postgres knows. Whatever makes a credential worth less or more calls
`forget` after its commit: log-out, revocation of a key, a ban, an erasure, another tier or role.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from stores.errors import StoreError
from stores.redis.keys import key

if TYPE_CHECKING:
    from uuid import UUID

    from stores.redis.client import Redis

_LOG: Final = logging.getLogger(__name__)
TOPIC: Final = "credentials"


async def forget(redis: Redis, user_id: UUID) -> None:
    """Have every process ask Postgres again who is behind the credentials of a user.

    Never fails. With Redis away no process trusts what it remembers, so there is nothing to say;
    once it is back, nothing is trusted that was remembered before.
    """
    try:
        await forget_surely(redis, user_id)
    except StoreError as error:
        _LOG.warning("credentials of a user could not be forgotten in Redis: %s", error)


async def forget_surely(redis: Redis, user_id: UUID) -> None:
    """As `forget`, for callers that come back when it fails.

    Raises:
        StoreError: in one of its kinds.
    """
    sessions = key("user_sessions", user_id=user_id)
    for digest in await redis.commands.smembers(sessions):
        await redis.commands.delete(key("session", token_sha256=digest))
    await redis.commands.delete(sessions)
    await redis.topics.publish(TOPIC, {"user_id": str(user_id)})
