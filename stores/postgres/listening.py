"""Hears of notifications: one connection of its own, opened again when it breaks."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final

from stores.postgres import driver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_LOG: Final = logging.getLogger("stores.postgres")
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0


async def listen(
    connect: Callable[[], Awaitable[driver.Connection]], channel: str, news: asyncio.Event
) -> None:
    """Set `news` at every notification on a channel, until cancelled.

    It is set whenever the connection stands anew, too: what was said meanwhile was not heard.

    Args:
        connect: opens a connection that leads to the server, not to a pooler.
        channel: a name that needs no quotes.
        news: the caller clears it.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            connection = await connect()
            pause_s = _FIRST_PAUSE_S
            await _hear(connection, channel, news)
            _LOG.warning("no longer listening to %s: the connection was closed", channel)
        except driver.DRIVER_ERRORS as error:
            _LOG.warning("cannot listen to %s: %s", channel, driver.translate("listen", error))
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 only jitter
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _hear(connection: driver.Connection, channel: str, news: asyncio.Event) -> None:
    """Listen until the connection breaks."""
    lost = asyncio.Event()
    try:
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, lambda *_: news.set())
        news.set()
        await lost.wait()
    finally:
        connection.terminate()
