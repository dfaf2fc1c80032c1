"""Deliveries that are due are claimed, sent and settled, by any number of workers at once.

A claim is a lease: what a worker held when it was killed falls due again, under the same id. So
each delivery is sent at least once, and more than once only when its worker vanished between
sending and settling. A try that lost its lease does not say how it ended; the newest one does.

Where more than `SINGLY` go to one place within a minute, the further ones wait for a minute and go
as one digest. What it carries does not change once it was tried.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from gateway.alerts.message import digest_of, message_of
from gateway.alerts.outcome import Channel, Destination, Message, Refused, TryAgain
from resolvers.account.secrets import Sealed, SecretKeys, SecretLost
from resolvers.alerts.destination import PURPOSE
from resolvers.alerts.destination_mutations import owner_of
from resolvers.alerts.enums import AlertChannel
from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.queries import load_queries

_LOG: Final = logging.getLogger(__name__)

# Seconds after each try: five seconds, a minute, … ten hours; about a day in all.
SCHEDULE_S: Final = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0)
LEASE_S: Final = 60.0
# Tries at once.
MOST: Final = 64
# Deliveries to one place within a minute that go one by one.
SINGLY: Final = 10
# Deliveries in one digest.
FITS: Final = 500

_LOOK_S: Final = 1.0
_CLAIM_S: Final = 10.0
_GATHERED: Final = 5_000


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
        keys: what opens sealed destinations; None where there are none.
        channels: ways to tell; what goes another way fails for good.
        chance: a number from 0 to 1, for the jitter of retries.
        lease_s: how long a claim lasts; a try is cut off after half of it.
    """

    def __init__(
        self,
        stores: Stores,
        keys: SecretKeys | None,
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

    async def run(self, stop: asyncio.Event, due: asyncio.Event) -> None:
        """Deliver until `stop` is set, `MOST` at once; then what has begun is ended.

        A slow receiver keeps one place of those busy and nobody else waiting.

        Args:
            stop: to be told to stop.
            due: set by whoever knows that something is due; it is looked every second anyhow.
        """
        tries: set[asyncio.Task[None]] = set()
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                due.clear()
                claimed = await self._claim_what_fits(MOST - len(tries))
                tries |= {asyncio.create_task(self._logged(each)) for each in claimed}
                if not claimed or len(tries) == MOST:
                    tries = await _next(stopped, due, tries)
        finally:
            stopped.cancel()
            try:
                if stop.is_set() and tries:
                    await asyncio.wait(tries)
            finally:  # there was no more time
                for each in tries:
                    each.cancel()
                await asyncio.gather(*tries, return_exceptions=True)

    async def deliver_due(self, most: int = MOST) -> int:
        """Try each delivery that is due, `most` of them, all at once; how many were due.

        Raises:
            StoreError: Postgres did not take how a try ended; the others went on all the same.
        """
        claimed = await self._claim(most)
        tries = (self._deliver(each) for each in claimed)
        for outcome in await asyncio.gather(*tries, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return len(claimed)

    async def _claim_what_fits(self, most: int) -> Sequence[_Claimed]:
        """Claim; nothing where there is no room, or the database is away."""
        if most <= 0:
            return ()
        try:
            return await self._claim(most)
        except StoreError as error:
            _LOG.warning("deliveries cannot be claimed: %s", error)
            return ()

    async def _claim(self, most: int) -> Sequence[_Claimed]:
        """Take what is due, after gathering what is too much of it into digests."""
        queries = self._queries
        deadline = time.monotonic() + _CLAIM_S
        tests = queries["alert_delivery.plan_tests"]
        gather = queries["alert_delivery.gather"].arguments(
            singly=SINGLY, fits=FITS, most=_GATHERED
        )
        claim = queries["alert_delivery.claim"].arguments(most=most, lease_s=self._lease_s)
        async with self._stores.postgres.transaction(
            name="alert_delivery.claim", deadline=deadline
        ) as change:
            await change.execute(queries["alert_delivery.queue_up"], deadline=deadline)
            await change.execute(tests, *tests.arguments(most=most), deadline=deadline)
            await change.execute(queries["alert_delivery.gather"], *gather, deadline=deadline)
            rows: Sequence[Any] = await change.fetch(
                queries["alert_delivery.claim"], *claim, deadline=deadline
            )
        digests = [row["id"] for row in rows if row["digest_id"] is not None]
        carried = await self._carried(digests) if digests else {}
        return [
            _Claimed(row, digest_of(row["id"], carried[row["id"]]))
            if row["id"] in carried
            else _Claimed(row, message_of(row))
            for row in rows
        ]

    async def _carried(self, digests: Sequence[UUID]) -> Mapping[UUID, Sequence[Any]]:
        query = self._queries["alert_delivery.carried"]
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in await self._stores.postgres.fetch(query, *query.arguments(digests=digests)):
            found[row["digest_id"]].append(row)
        return found

    async def _logged(self, claimed: _Claimed) -> None:
        """Try, and leave it to the next claim when how it ended cannot be written."""
        try:
            await self._deliver(claimed)
        except StoreError as error:
            _LOG.warning("alert delivery %s is tried again: %s", claimed.row["id"], error)
        except Exception as error:  # noqa: BLE001 - it is tried again, whatever it was
            _LOG.exception("alert delivery %s failed: %s", claimed.row["id"], error)

    async def _deliver(self, claimed: _Claimed) -> None:
        row = claimed.row
        end = await self._try(claimed)
        await self._execute(
            "settle",
            created_at=row["created_at"],
            id=row["id"],
            attempt=row["attempt_count"],
            status=end.status,
            error=end.error,
            provider=end.provider,
            message_id=end.message_id,
            retry_s=end.retry_s,
        )
        if end.error is not None:
            _LOG.warning("alert delivery %s: %s: %s", row["id"], end.status, end.error)
        if not end.is_gone:
            return
        if row["destination_id"] is not None:
            await self._execute("bounce_destination", id=row["destination_id"], reason=end.error)
        else:
            await self._execute(
                "bounce_mail", user_id=row["user_id"], email=row["account_email"], reason=end.error
            )

    async def _execute(self, name: str, **values: object) -> None:
        query = self._queries[f"alert_delivery.{name}"]
        await self._stores.postgres.execute(query, *query.arguments(**values))

    async def _try(self, claimed: _Claimed) -> _End:
        row = claimed.row
        channel = self._channels.get(AlertChannel(row["channel"]))
        if channel is None:
            return _End("failed", f"there is no provider for {row['channel']}")
        try:
            destination = self._destination(row)
            async with asyncio.timeout(self._lease_s / 2):
                key = await channel.send(claimed.message, destination)
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
            Refused: it was removed or switched off, bounced, or does not open any more.
        """
        if row["is_bounced"]:
            raise Refused("what was sent there came back, so it is not used")
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
            if self._keys is None:
                raise SecretLost
            found = orjson.loads(self._keys.open(sealed, purpose=PURPOSE, owner=owner))
        except SecretLost:
            raise Refused("the destination does not open with the keys there are") from None
        return Destination(found["to"], found["signing_secret"])


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery that this worker holds, and what is sent."""

    row: Any
    message: Message


async def _next(
    stopped: asyncio.Future[Any], due: asyncio.Event, tries: set[asyncio.Task[None]]
) -> set[asyncio.Task[None]]:
    """Wait until there is something to do again; the tries that are still at work."""
    told = asyncio.ensure_future(due.wait())
    try:
        waits = {stopped, told, *tries}
        await asyncio.wait(waits, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        with suppress(asyncio.CancelledError):
            await told
    return {each for each in tries if not each.done()}


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
