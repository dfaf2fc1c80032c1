"""What others send us unasked: messages of the payment provider at `/webhooks/billing`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from resolvers.account.billing import BillingError, apply_event, parse_event, verify_signature
from stores.errors import StoreError
from stores.lifecycle import Stores

_LOG: Final = logging.getLogger(__name__)
BILLING: Final = "/webhooks/billing"
MOST_BYTES: Final = 262_144
_DEADLINE_S: Final = 10.0
_NOT_SET_UP: Final = (
    "Messages of the payment provider are not set up on this server: its operator has to put the "
    "signing secret of the provider's webhook into GATEWAY_BILLING_SECRET."
)


class BillingWebhook:
    """Takes messages of the payment provider.

    Answers 200 once a message is applied or was before, 400 when it is not the provider's, 413 when
    it is too long, and 503 when it has to be sent again. Without the provider's secret that is
    every message: the provider keeps them until the secret is set.
    """

    def __init__(self, secret: str | None, stores: Callable[[], Stores | None]) -> None:
        self._secret = secret
        self._stores = stores

    async def take(self, request: Request) -> Response:
        """Take one message."""
        if request.method != "POST":
            return _said(405, "Messages of the payment provider are sent by POST.", allow="POST")
        if self._secret is None:
            return _said(503, _NOT_SET_UP)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return _said(
                413, f"The message is longer than {MOST_BYTES:,} bytes: send a shorter one."
            )
        try:
            header = request.headers.get("stripe-signature")
            verify_signature(self._secret, header, body, datetime.now(UTC))
            event = parse_event(body)
        except BillingError as error:
            _LOG.warning("billing webhook: %s", error)
            return _said(400, str(error))
        stores = self._stores()
        if stores is None:
            return _said(503, "Send it again later.")
        try:
            outcome = await apply_event(stores, event, deadline=time.monotonic() + _DEADLINE_S)
        except StoreError as error:
            _LOG.error("billing webhook: %s was not applied: %s", event.event_id, error)
            return _said(503, "Send it again later.")
        _LOG.info("billing webhook: %s %s: %s", event.event_type, event.event_id, outcome.value)
        return JSONResponse({"outcome": outcome.value})


async def _body(request: Request) -> bytes | None:
    """The bytes; None when there are too many, which are not kept."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST_BYTES:
            return None
    return bytes(read)


def _said(status: int, message: str, **headers: str) -> Response:
    return JSONResponse({"error": message}, status, headers)
