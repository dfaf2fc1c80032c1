"""Deliveries that are due are claimed, sent and settled, by any number of workers at once.

A claim is a lease: what a worker held when it was killed falls due again, under the same id. So
each delivery is sent at least once, and more than once only when its worker vanished between
sending and settling. A try that lost its lease does not say how it ended; the newest one does.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.alerts.outcome import Channel, Destination, Message, Refused, TryAgain
from resolvers.account.secrets import Sealed, SecretKeys, SecretLost
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.enums import AlertChannel
from resolvers.alerts.firing import in_words
from stores.lifecycle import Stores
from stores.queries import load_queries

_LOG: Final = logging.getLogger(__name__)

# Seconds after each try: five seconds, a minute, … ten hours; about a day in all.
SCHEDULE_S: Final = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
LEASE_S: Final = 60.0
MOST: Final = 50

_NUMBERS: Final = ("triggered_value", "baseline_value", "threshold_value")


@dataclass(frozen=True, slots=True)
class _End:
    """How a try ended: a status, why, and seconds until the next try (None for none)."""

    status: str
    error: str | None = None
    retry_s: float | None = None
    provider: str | None = None
    message_id: str | None = None
    is_gone: bool = False


class Deliverer:
    """Sends what is due.

    Args:
        stores: opened as the role `worker`.
        keys: what opens sealed destinations.
        channels: ways to tell; what goes another way fails for good.
        chance: a number from 0 to 1, for the jitter of retries.
        lease_s: how long a claim lasts; a try is cut off after half of it.
    """

    def __init__(
        self,
        stores: Stores,
        keys: SecretKeys,
        channels: Mapping[AlertChannel, Channel],
        *,
        chance: Callable[[], float] = random.random,
        lease_s: float = LEASE_S,
    ) -> None:
        self._stores = stores
        self._keys = keys
        self._channels = channels
        self._chance = chance
        self._lease_s = lease_s
        self._queries = load_queries("postgres")

    async def deliver_due(self, most: int = MOST) -> int:
        """Try each delivery that is due, `most` of them, all at once; how many were due.

        Raises:
            StoreError: Postgres did not take how a try ended; the others went on all the same.
        """
        query = self._queries["alert_engine.claim_deliveries"]
        arguments = query.arguments(most=most, lease_s=self._lease_s)
        rows = await self._stores.postgres.fetch(query, *arguments)
        tries = (self._deliver(row) for row in rows)
        for outcome in await asyncio.gather(*tries, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return len(rows)

    async def _deliver(self, row: Any) -> None:
        end = await self._try(row)
        query = self._queries["alert_engine.settle_delivery"]
        arguments = query.arguments(
            created_at=row["created_at"],
            id=row["id"],
            attempt=row["attempt_count"],
            status=end.status,
            error=end.error,
            provider=end.provider,
            message_id=end.message_id,
            retry_s=end.retry_s,
        )
        await self._stores.postgres.fetch(query, *arguments)
        if end.error is not None:
            _LOG.warning("alert delivery %s: %s: %s", row["id"], end.status, end.error)
        if end.is_gone and row["destination_id"] is not None:
            query = self._queries["alert_engine.switch_off_destination"]
            await self._stores.postgres.execute(query, *query.arguments(id=row["destination_id"]))

    async def _try(self, row: Any) -> _End:
        channel = self._channels.get(AlertChannel(row["channel"]))
        if channel is None:
            return _End("failed", f"there is no provider for {row['channel']}")
        try:
            destination = self._destination(row)
            async with asyncio.timeout(self._lease_s / 2):
                key = await channel.send(message_of(row), destination)
        except Refused as error:
            status = "bounced" if error.is_gone else "failed"
            return _End(status, str(error), provider=channel.provider, is_gone=error.is_gone)
        except TryAgain as error:
            wait = retry_after(row["attempt_count"], self._chance(), error.after_s)
            return _End("failed", str(error), wait, channel.provider)
        except TimeoutError:
            wait = retry_after(row["attempt_count"], self._chance(), None)
            return _End("failed", "no answer in time", wait, channel.provider)
        return _End("sent", provider=channel.provider, message_id=key)

    def _destination(self, row: Any) -> Destination:
        """Where it goes, opened.

        Raises:
            Refused: it was removed or switched off, or does not open any more.
        """
        if not row["is_wanted"]:
            raise Refused("the destination was removed or switched off")
        if row["destination_id"] is None:
            if row["account_email"] is None:
                raise Refused("the account has no mail address")
            return Destination(row["account_email"])
        if row["ciphertext"] is None:
            raise Refused("the destination was removed")
        sealed = Sealed(row["ciphertext"], row["key_version"])
        owner = owner_of(row["destination_id"], row["user_id"])
        try:
            found = orjson.loads(self._keys.open(sealed, purpose=PURPOSE, owner=owner))
        except SecretLost:
            raise Refused("the destination does not open with the keys there are") from None
        return Destination(found["to"], found["signing_secret"])


def retry_after(attempt: int, chance: float, wanted_s: float | None) -> float | None:
    """Seconds until the next try; None when there is none.

    Args:
        attempt: which try failed, counted from 1.
        chance: 0 to 1; the wait is a fifth shorter to a fifth longer than planned, so that what
            failed together does not come back together.
        wanted_s: the least wait that the receiver asked for.
    """
    if attempt > len(SCHEDULE_S):
        return None
    return max(SCHEDULE_S[attempt - 1] * (0.8 + 0.4 * chance), wanted_s or 0.0)


def message_of(row: Mapping[str, Any]) -> Message:
    """What is sent, from a claimed delivery."""
    facts: dict[str, Any] = {
        "event_id": str(row["event_id"]),
        "rule_id": str(row["rule_id"]),
        "alert_type": row["alert_type"],
        "severity": row["severity"],
        "condition_met": row["condition_met"],
    }
    facts |= {name: None if row[name] is None else in_words(row[name]) for name in _NUMBERS}
    return Message(
        row["id"], row["title"], row["message"], row["triggered_at"], row["is_test"], facts
    )
