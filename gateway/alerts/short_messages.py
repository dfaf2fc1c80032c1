"""Text messages and notifications of apps, by a provider that speaks one small contract.

    POST {url}
    authorization: Bearer {token}
    idempotency-key: {the delivery; the same when it is sent again}
    {"to": "+49…", "title": "…", "text": "…"}

2xx with `{"id": "…"}` means taken; 400 and 422 never taken; 404 and 410 nobody there any more; 429
and 503 with `retry-after` wait; anything else is tried again. A bridge to any provider is a few
lines.
"""

from __future__ import annotations

from typing import Final

import orjson

from gateway.alerts.outcome import Destination, Message
from gateway.alerts.posting import Poster, judge

_NEVER: Final = frozenset({400, 422})
_GONE: Final = frozenset({404})


class ShortMessages:
    """Sends by one provider; one for telephones, one for apps."""

    def __init__(self, poster: Poster, provider: str, url: str, token: str) -> None:
        self.provider = provider
        self._poster = poster
        self._url = url
        self._headers = {"authorization": f"Bearer {token}"}

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Send once."""
        body = {"to": destination.to, "title": message.title, "text": message.text}
        headers = {**self._headers, "idempotency-key": str(message.id)}
        answer = await self._poster.post(self._url, orjson.dumps(body), headers)
        judge(answer, final=_NEVER, gone=_GONE)
        found = answer.json().get("id")
        return found if isinstance(found, str) else None
