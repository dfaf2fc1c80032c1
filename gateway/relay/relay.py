"""The relay: gives changes their order and has each store told, none waiting for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gateway.relay.change import Receiver
from gateway.relay.outbox import Outbox
from gateway.relay.passing import Passer, PassingOptions, first_of
from gateway.relay.receivers.clickhouse import ClickHouseReceiver
from gateway.relay.receivers.qdrant import QdrantReceiver, open_vectors
from gateway.relay.receivers.redis import RedisReceiver
from stores.errors import StoreError

if TYPE_CHECKING:
    from gateway.embedding import Embedder
    from stores.lifecycle import Stores

_LOG: Final = logging.getLogger(__name__)


class Relay:
    """Changes of one outbox on their way to some stores.

    Two relays at once do no harm: positions are given by one at a time, stores bear changes that
    come twice, and progress only goes up.
    """

    __slots__ = ("_options", "_outbox", "_passers")

    def __init__(
        self, outbox: Outbox, receivers: Sequence[Receiver], options: PassingOptions | None = None
    ) -> None:
        self._outbox = outbox
        self._options = options or PassingOptions()
        self._passers = [Passer(outbox, receiver, self._options) for receiver in receivers]

    async def run(self, stop: asyncio.Event, news: asyncio.Event) -> None:
        """Relay until `stop` is set.

        Args:
            stop: ends it; what is under way is finished.
            news: set by whoever knows of changes; there is a look every `poll_s` anyway.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._number(stop, news))
            for passer in self._passers:
                group.create_task(passer.run(stop))

    async def catch_up(self) -> None:
        """Pass on everything that waits now, refused changes that are due included.

        Raises:
            StoreError: a store is away; the others have heard of everything.
        """
        while await self._outbox.number():
            pass
        done = await asyncio.gather(*map(_exhaust, self._passers), return_exceptions=True)
        await self._outbox.publish()
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _number(self, stop: asyncio.Event, news: asyncio.Event) -> None:
        while not stop.is_set():
            news.clear()
            numbered = 0
            try:
                numbered = await self._outbox.number()
                await self._outbox.publish()
            except StoreError as error:
                _LOG.warning("changes cannot be read: %s", error)
            if numbered:
                for passer in self._passers:
                    passer.news.set()
            else:
                await first_of(self._options.poll_s, stop, news)


async def _exhaust(passer: Passer) -> None:
    while await passer.pass_on():
        pass


def open_relay(stores: Stores, embedder: Embedder, options: PassingOptions | None = None) -> Relay:
    """The relay to all three stores.

    Args:
        stores: opened as the role `worker`.
        embedder: makes the vectors that Qdrant holds.
        options: how changes are passed on.
    """
    receivers = (
        ClickHouseReceiver(stores.clickhouse),
        QdrantReceiver(open_vectors(stores, embedder)),
        RedisReceiver(stores.redis),
    )
    return Relay(Outbox(stores.postgres), receivers, options)
