"""Publish and subscribe: one upstream subscription a topic and process, whoever listens.

A subscriber has a bounded queue. Where a field names what a message is about (`conflate_by`), a
newer message about the same thing replaces the older one that nobody has taken yet; otherwise the
oldest is dropped when the queue is full. Redis keeps nothing: after a cut the hub subscribes again,
and `Subscription.gaps` tells the subscriber that messages may be missing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from stores.errors import StoreError, StoreRejected, StoreUnavailable
from stores.redis import driver
from stores.redis.keys import key

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG: Final = logging.getLogger("stores.redis")
_FIRST_DELAY_S: Final = 0.05
_LONGEST_DELAY_S: Final = 1.0
_CHECK_S: Final = 5.0


class Subscription:
    """Messages of one topic, oldest first: iterate over it, close it when done.

    Attributes:
        topic: what it listens to.
        gaps: how often the connection was cut since the start; after a rise, read the state again.
        dropped: messages lost because the subscriber was too slow.
    """

    __slots__ = (
        "__weakref__",
        "_arrived",
        "_capacity",
        "_closed",
        "_conflate_by",
        "_hub",
        "_live",
        "_number",
        "_queue",
        "_settled",
        "dropped",
        "gaps",
        "topic",
    )

    def __init__(self, hub: Topics, topic: str, conflate_by: str | None, capacity: int) -> None:
        self.topic = topic
        self.gaps = 0
        self.dropped = 0
        self._hub = hub
        self._conflate_by = conflate_by
        self._capacity = capacity
        self._queue: dict[object, dict[str, Any]] = {}
        self._number = 0
        self._arrived = asyncio.Event()
        self._live = asyncio.Event()
        # Confirmed, or cut off: the server said something.
        self._settled = asyncio.Event()
        self._closed = False

    @property
    def live(self) -> bool:
        """Whether the server knows the subscription now."""
        return self._live.is_set()

    async def ready(self, *, timeout_s: float = 5.0, patience_s: float = 1.0) -> None:
        """Wait until the server confirmed the subscription; later messages will arrive.

        Args:
            timeout_s: longest wait; long, because many may subscribe in one moment.
            patience_s: longest wait once a connection has failed.

        Raises:
            StoreUnavailable: it was not confirmed in time; the hub goes on trying.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
            async with asyncio.timeout(patience_s):
                await self._live.wait()
        except TimeoutError:
            raise StoreUnavailable("redis", "subscribe", "not subscribed in time") from None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.pop(next(iter(self._queue)))

    async def __aenter__(self) -> Self:
        try:
            await self.ready()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening; whoever iterates gets what is queued and then the end."""
        if not self._closed:
            self.end()
            self._hub.drop(self)

    def end(self) -> None:
        """Let the iteration end; for the hub."""
        self._closed = True
        self._arrived.set()

    def confirm(self) -> None:
        """Note that the server knows the subscription; for the hub."""
        self._live.set()
        self._settled.set()

    def cut(self) -> None:
        """Note that the connection broke; for the hub."""
        self._settled.set()
        if self._live.is_set():
            self.gaps += 1
            self._live.clear()

    def offer(self, payload: dict[str, Any]) -> None:
        """Queue a message, making room if need be; for the hub."""
        self._number += 1
        about = None if self._conflate_by is None else payload.get(self._conflate_by)
        slot: object = self._number if about is None else ("about", about)
        if slot not in self._queue and len(self._queue) >= self._capacity:
            del self._queue[next(iter(self._queue))]
            self.dropped += 1
        self._queue[slot] = payload
        self._arrived.set()


class Topics:
    """The hub: every subscription of a process over one connection."""

    __slots__ = ("_by_channel", "_changed", "_commands", "_connections", "_database", "_task")

    def __init__(self, commands: driver.Commands, connections: driver.Commands) -> None:
        self._commands = commands
        self._connections = connections
        self._database = commands.connection_pool.connection_kwargs.get("db") or 0
        # Weak, so that a subscription nobody holds any more is gone without being closed.
        self._by_channel: dict[str, weakref.WeakSet[Subscription]] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def channel(self, topic: str) -> str:
        """What a topic is called on the server, where channels know no databases."""
        return key("topic", name=topic, database=self._database)

    @property
    def channels(self) -> int:
        """Topics somebody in this process listens to."""
        return len(self._by_channel)

    async def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Send a message to every process that listens."""
        try:
            text = orjson.dumps(payload).decode()
        except TypeError as error:
            raise StoreRejected("redis", "publish", str(error)) from error
        await self._commands.publish(self.channel(topic), text)

    def subscribe(
        self, topic: str, *, conflate_by: str | None = None, capacity: int = 1000
    ) -> Subscription:
        """Listen to a topic; to be sure from when on, await `ready` or use `async with`.

        Args:
            topic: such as `asset_prices`.
            conflate_by: field that says what a message is about; only the newest one is kept.
            capacity: messages kept for a slow subscriber.
        """
        channel = self.channel(topic)
        subscription = Subscription(self, topic, conflate_by, capacity)
        listeners = self._by_channel.setdefault(channel, weakref.WeakSet())
        if any(other.live for other in listeners):
            subscription.confirm()
        listeners.add(subscription)
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """Forget a subscription; the last one of a topic ends the upstream one."""
        channel = self.channel(subscription.topic)
        if channel in self._by_channel:
            self._by_channel[channel].discard(subscription)
            self._forget_unheard()

    async def close(self) -> None:
        """End every subscription and the connection."""
        for listeners in self._by_channel.values():
            for subscription in list(listeners):
                subscription.end()
        self._by_channel.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _listen(self) -> None:
        """Keep the connection up as long as somebody listens."""
        delay = _FIRST_DELAY_S
        while self._by_channel:
            pubsub = self._connections.pubsub()
            try:
                await self._relay(pubsub)
            except (StoreError, *driver.DRIVER_ERRORS) as error:
                if self._cut():
                    delay = _FIRST_DELAY_S
                _LOG.warning("topics: connection lost (%s), reconnecting", type(error).__name__)
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 only jitter
                delay = min(2 * delay, _LONGEST_DELAY_S)
            finally:
                with suppress(*driver.DRIVER_ERRORS):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _relay(self, pubsub: driver.PubSub) -> None:
        """Hand messages on until nobody listens or the connection breaks."""
        sent: set[str] = set()
        await self._announce(pubsub, sent)
        announcing = asyncio.get_running_loop().create_task(self._announce_changes(pubsub, sent))
        silent = False
        try:
            while self._by_channel:
                message = await pubsub.get_message(timeout=_CHECK_S)
                if message is not None:
                    silent = False
                    self._handle(message)
                elif silent:
                    raise TimeoutError  # not even the ping was answered: half open
                else:
                    silent = True
                    self._forget_unheard()
                    await pubsub.ping()
        finally:
            announcing.cancel()
            await asyncio.wait([announcing])

    async def _announce_changes(self, pubsub: driver.PubSub, sent: set[str]) -> None:
        with suppress(*driver.DRIVER_ERRORS):  # the reader sees the broken connection as well
            while True:
                await self._changed.wait()
                await self._announce(pubsub, sent)

    async def _announce(self, pubsub: driver.PubSub, sent: set[str]) -> None:
        """Bring the upstream subscriptions in line with what is listened to."""
        self._changed.clear()
        wanted = set(self._by_channel)
        if new := sorted(wanted - sent):
            sent.update(new)
            await pubsub.subscribe(*new)
        if old := sorted(sent - wanted):
            sent.difference_update(old)
            await pubsub.unsubscribe(*old)

    def _handle(self, message: Mapping[str, Any]) -> None:
        listeners = self._by_channel.get(message["channel"] or "")
        if listeners is None:
            return
        if message["type"] == "subscribe":
            for subscription in list(listeners):
                subscription.confirm()
        elif message["type"] == "message":
            payload = _decoded(message["data"])
            if payload is not None:
                for subscription in list(listeners):
                    subscription.offer(payload)
            self._forget_unheard()

    def _forget_unheard(self) -> None:
        for channel in [name for name, listeners in self._by_channel.items() if not listeners]:
            del self._by_channel[channel]
            self._changed.set()

    def _cut(self) -> bool:
        """Tell every subscription that the connection broke; whether one was up."""
        subscriptions = [each for listeners in self._by_channel.values() for each in listeners]
        was_up = any(subscription.live for subscription in subscriptions)
        for subscription in subscriptions:
            subscription.cut()
        return was_up


def _decoded(data: str) -> dict[str, Any] | None:
    """A message; None when it is not a JSON object, which only a stranger publishes."""
    try:
        payload = orjson.loads(data)
    except orjson.JSONDecodeError:
        payload = None
    if not isinstance(payload, dict):
        _LOG.warning("topics: ignoring a message that is not a JSON object")
        return None
    return payload
