"""When credentials were last used, written in batches."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from resolvers.context import named_queries
from stores.errors import StoreError

if TYPE_CHECKING:
    from uuid import UUID

    from resolvers.context import Viewer
    from stores.postgres.client import Postgres

_LOG: Final = logging.getLogger(__name__)


class Usage:
    """Counts requests of API keys and notes sessions, to be written together."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._keys: Counter[UUID] = Counter()
        self._sessions: set[UUID] = set()

    def note(self, viewer: Viewer) -> None:
        """One request of a viewer."""
        if viewer.api_key_id is not None:
            self._keys[viewer.api_key_id] += 1
        elif viewer.session_id is not None:
            self._sessions.add(viewer.session_id)

    async def write(self) -> None:
        """Write what was noted. With Postgres away it is kept for the next time."""
        keys, self._keys = self._keys, Counter()
        sessions, self._sessions = self._sessions, set()
        if not keys and not sessions:
            return
        ids = sorted(keys)
        try:
            await self._postgres.execute(
                named_queries("postgres")["admission.note_use"],
                ids,
                [keys[each] for each in ids],
                sorted(sessions),
                datetime.now(UTC),
            )
        except StoreError as error:
            _LOG.warning("use of credentials could not be noted: %s", error)
            self._keys.update(keys)
            self._sessions |= sessions

    async def write_every(self, seconds: float) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await self.write()
