"""Counts what is asked for, by user, API key and kind, and hands the counts to Redis in portions.

A request costs one look into a dictionary. Nothing waits for Redis: while it is away counts are
kept here, and a process that is killed loses those of its last second. A portion carries a number,
so that one whose answer got lost may be sent again without counting twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Final

from resolvers.usage.counting import UsageKind
from stores.errors import StoreError
from stores.redis import keys as redis_keys

if TYPE_CHECKING:
    from uuid import UUID

    from graphql import OperationType

    from resolvers.context import Viewer
    from stores.redis.client import Redis

_LOG: Final = logging.getLogger(__name__)
_RESOURCE: Final = "graphql"
# What is kept while Redis is away; each takes some 300 bytes.
_MOST_KINDS: Final = 100_000
_Key = tuple["UUID | None", "UUID | None", "OperationType"]


class UsageCounts:
    """The counts of one process.

    Args:
        redis: where they go.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._process = secrets.token_hex(8)
        self._counts: dict[_Key, list[int]] = {}
        self._portion: dict[_Key, list[int]] = {}
        self._number = 0

    def note(self, viewer: Viewer, operation: OperationType, cost: int) -> None:
        """One operation of a viewer and the cost points it is charged."""
        key = (viewer.user_id, viewer.api_key_id, operation)
        held = self._counts.get(key)
        if held is not None:
            held[0] += 1
            held[1] += cost
        elif len(self._counts) < _MOST_KINDS:
            self._counts[key] = [1, cost]

    async def send(self) -> None:
        """Hand over what was counted; what Redis does not take is kept for the next time."""
        if not self._portion:
            if not self._counts:
                return
            self._portion, self._counts = self._counts, {}
            self._number += 1
        try:
            await self._redis.run_script(
                "count_usage",
                [
                    redis_keys.key("usage_pending"),
                    redis_keys.key("usage_sent", process=self._process),
                ],
                [
                    self._number,
                    redis_keys.ttl_s("usage_pending"),
                    redis_keys.ttl_s("usage_sent"),
                    *self._arguments(),
                ],
            )
        except StoreError as error:
            _LOG.warning("usage could not be counted yet: %s", error)
        else:
            self._portion = {}

    async def send_every(self, seconds: float) -> None:
        """Hand over again and again, until cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(seconds)
                await self.send()
        finally:
            await self.send()

    def _arguments(self) -> list[str | int]:
        arguments: list[str | int] = []
        for (user_id, api_key_id, operation), (requests, cost) in self._portion.items():
            kind = UsageKind(user_id, api_key_id, operation.value, _RESOURCE)
            arguments += (kind.name, requests, cost)
        return arguments
