"""What a worker says of its services, for `gateway jobs list` and the metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from gateway.worker.service import Service, ServiceContext
from stores.errors import StoreError
from stores.queries import load_queries

_LOG: Final = logging.getLogger(__name__)
_CALL_S: Final = 2.0
_EVERY_S: Final = 15.0


class Report:
    """Where one service stands on one worker. Telling never fails: the service matters more."""

    __slots__ = ("_context", "_error", "_failures", "_running", "_service")

    def __init__(self, service: Service, context: ServiceContext) -> None:
        self._service = service
        self._context = context
        self._running = False
        self._failures = 0
        self._error: str | None = None

    async def begun(self) -> None:
        """It runs here."""
        self._running = True
        await self._tell()

    def failed(self, error: BaseException) -> None:
        """It failed; told with what comes next."""
        self._failures += 1
        self._error = f"{type(error).__name__}: {error}"

    async def stopped(self) -> None:
        """It does not run here any more."""
        was_running, self._running = self._running, False
        if was_running:
            await self._tell()

    async def gone(self) -> None:
        """The worker stops."""
        await self._send("services.gone")

    async def keep_telling(self) -> None:
        """Say again and again that it runs, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            if self._running:
                await self._tell()

    async def _tell(self) -> None:
        await self._send(
            "services.seen",
            is_running=self._running,
            failure_count=self._failures,
            error=self._error,
        )

    async def _send(self, name: str, **values: object) -> None:
        statement = load_queries("postgres")[name]
        who = {"service": self._service.name, "instance": self._context.instance}
        try:
            await self._context.stores.postgres.execute(
                statement,
                *statement.arguments(**who, **values),
                deadline=time.monotonic() + _CALL_S,
            )
        except StoreError as error:
            _LOG.debug("what service %s does cannot be told: %s", self._service.name, error)
