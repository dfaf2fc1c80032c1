"""Passes changes on to one store: batches, then one by one where the store refuses some."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from gateway.relay.change import Change, Receiver
from gateway.relay.outbox import Outbox, Refusal
from stores.errors import StoreConflict, StoreError, StoreFull, StoreTimeout, StoreUnavailable

_LOG: Final = logging.getLogger(__name__)
_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class PassingOptions:
    """How changes are passed on; times in seconds.

    Attributes:
        poll_s: longest pause between two looks, also when nobody says that there is news.
        first_pause_s: pause after a store was away or refused a change; doubles each time.
        longest_pause_s: longest pause while a store is away.
        max_attempts: tries after which a refused change is set aside.
    """

    poll_s: float = 2.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    max_attempts: int = 8


class Passer:
    """One store's share of the relay.

    Attributes:
        news: set when there may be changes.
    """

    __slots__ = ("_options", "_outbox", "_receiver", "news")

    def __init__(self, outbox: Outbox, receiver: Receiver, options: PassingOptions) -> None:
        self._outbox = outbox
        self._receiver = receiver
        self._options = options
        self.news: Final = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Pass changes on until `stop` is set. A store that is away is waited for."""
        failures = 0
        while not stop.is_set():
            self.news.clear()
            try:
                more = await self.pass_on()
                failures = 0
            except StoreError as error:
                failures, more = failures + 1, False
                _LOG.warning("changes wait for %s: %s", self._receiver.name, error)
                await self._away(error)
                await first_of(self._pause_s(failures), stop)
                continue
            if not more:
                await self._wait(stop)

    async def pass_on(self) -> bool:
        """Pass on what is refused and due, and one batch; whether there may be more.

        Raises:
            StoreError: the store, or Postgres, is away; nothing is lost.
        """
        name, batch = self._receiver.name, self._receiver.batch
        again = await self._outbox.retriable(name, batch)
        await self._settle(again)
        changes = await self._outbox.changes(name, batch)
        if changes:
            held = await self._outbox.held_back(name, changes)
            refused = await self._deliver(changes, held)
            await self._refuse(refused)
            await self._outbox.move(name, changes[-1].position)
        return len(changes) == batch or bool(again)

    async def _settle(self, changes: Sequence[Change]) -> None:
        if changes:
            refused = await self._deliver(changes, set())
            await self._refuse(refused)
            kept = {refusal.change.position for refusal in refused}
            taken = [change for change in changes if change.position not in kept]
            await self._outbox.settle(self._receiver.name, taken)

    async def _deliver(
        self, changes: Sequence[Change], held: set[tuple[str, str]]
    ) -> list[Refusal]:
        """Send what may be sent; what was refused, and what waits behind that."""
        free = [change for change in changes if change.thing not in held]
        try:
            if free:
                await self._receiver.receive(free)
            return [_behind(change) for change in changes if change.thing in held]
        except Exception as error:
            if is_away(error):
                raise
            _LOG.warning("%s refuses a batch of changes: %s", self._receiver.name, error)
        return await self._deliver_singly(changes, set(held))

    async def _deliver_singly(
        self, changes: Sequence[Change], held: set[tuple[str, str]]
    ) -> list[Refusal]:
        refused: list[Refusal] = []
        for change in changes:
            if change.thing in held:
                refused.append(_behind(change))
                continue
            try:
                await self._receiver.receive([change])
            except Exception as error:
                if is_away(error):
                    raise
                _LOG.error(
                    "%s refuses change %d of %s %s: %s",
                    self._receiver.name,
                    change.position,
                    *change.thing,
                    error,
                )
                refused.append(Refusal(change, f"{type(error).__name__}: {error}", tried=True))
                held.add(change.thing)
        return refused

    async def _refuse(self, refused: Sequence[Refusal]) -> None:
        if refused:
            await self._outbox.refuse(
                self._receiver.name,
                refused,
                first_pause_s=self._options.first_pause_s,
                max_attempts=self._options.max_attempts,
            )

    async def _away(self, error: StoreError) -> None:
        if error.store != "postgres":
            with suppress(StoreError):
                await self._outbox.ail(self._receiver.name, error.message)

    async def _wait(self, stop: asyncio.Event) -> None:
        await first_of(self._options.poll_s, stop, self.news)
        if self.news.is_set() and self._receiver.gather_s:
            await first_of(self._receiver.gather_s, stop)

    def _pause_s(self, failures: int) -> float:
        longest = self._options.first_pause_s * 2.0 ** (min(failures, _DOUBLINGS) - 1)
        # Jitter spreads load and guards nothing.
        return min(longest, self._options.longest_pause_s) * random.uniform(0.5, 1)  # noqa: S311


def is_away(error: BaseException) -> bool:
    """Whether waiting helps: the store is away, busy or full, and the changes are not to blame."""
    if isinstance(error, StoreConflict):
        return error.retryable
    return isinstance(error, StoreUnavailable | StoreTimeout | StoreFull)


def _behind(change: Change) -> Refusal:
    return Refusal(change, "An earlier change of the same thing is refused.", tried=False)


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait for the first of some events, so long at most."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
