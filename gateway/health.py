"""`/livez`: the process runs. `/readyz`: it can answer, with or without stores that may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.drain import Drain
from stores.lifecycle import StoreHealth

# Without it there is no entity to hang anything on; the others null what they feed.
REQUIRED: Final = frozenset({"postgres"})
_NO_STORE: Final = {"cache-control": "no-store"}

Ask = Callable[[], Awaitable[Mapping[str, StoreHealth]]]


class Health:
    """Both endpoints. `ask` asks every store."""

    def __init__(self, drain: Drain, ask: Ask) -> None:
        self._drain = drain
        self._ask = ask

    async def livez(self, request: Request) -> Response:
        """200 as long as the event loop turns, whatever the stores do."""
        return JSONResponse({"status": "alive"}, headers=_NO_STORE)

    async def readyz(self, request: Request) -> Response:
        """200 ready or degraded; 503 while a required store is away or the process is leaving.

        Says which stores answer, never why one does not: reasons are for `gateway doctor`.
        """
        if self._drain.begun:
            return JSONResponse({"status": "leaving"}, 503, headers=_NO_STORE)
        stores = {name: health.ok for name, health in (await self._ask()).items()}
        missing = {name for name, ok in stores.items() if not ok}
        status = "unavailable" if missing & REQUIRED else "degraded" if missing else "ready"
        body = {"status": status, "stores": {n: "ok" if ok else "down" for n, ok in stores.items()}}
        return JSONResponse(body, 503 if missing & REQUIRED else 200, headers=_NO_STORE)
