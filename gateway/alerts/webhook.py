"""Signed requests to a URL of the user's, as Standard Webhooks describes them.

The request is a POST of JSON: `type` (`alert.triggered`, `alert.test` when the rule was only tried
out, or `alert.digest`), `timestamp` and `data`, the event or events. Its headers:

    webhook-id          the delivery; the same when it is sent again, so that receivers can tell
    webhook-timestamp   seconds since 1970, of this try
    webhook-signature   v1,Base64 of HMAC-SHA-256 over "id.timestamp.body"

The key is what follows `whsec_` in the secret, as Base64. Any 2xx within ten seconds means taken;
410 switches the destination off; anything else, redirects too, is tried again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Final

import orjson

from gateway.alerts.outcome import Destination, Message, Refused
from gateway.alerts.posting import Poster, judge

_PREFIX: Final = "whsec_"
_URL_SAFE: Final = str.maketrans("-_", "+/")


class Webhook:
    """Sends to URLs of users."""

    provider: Final = "webhook"

    def __init__(self, poster: Poster, clock: Callable[[], float] = time.time) -> None:
        self._poster = poster
        self._clock = clock

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Send once, signed."""
        if destination.signing_secret is None:
            raise Refused("the destination has no signing secret")
        body = body_of(message)
        headers = signed(destination.signing_secret, str(message.id), int(self._clock()), body)
        judge(await self._poster.post(destination.to, body, headers))
        return str(message.id)


def body_of(message: Message) -> bytes:
    """The same bytes whenever it is sent."""
    data = {**message.facts, "title": message.title, "message": message.text}
    return orjson.dumps({"type": message.kind, "timestamp": message.at, "data": data})


def signed(secret: str, id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a request.

    Raises:
        Refused: the secret is none.
    """
    text = secret.removeprefix(_PREFIX).translate(_URL_SAFE)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Refused("the signing secret is not Base64") from None
    digest = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
