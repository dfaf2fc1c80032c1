"""Whoever signed up is mailed within a moment."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

from gateway.alerts.mail import Mail
from gateway.alerts.mail_server import MailServer
from gateway.auth.sign_up_mail import MOST, SignUpMail
from gateway.worker.service import ServiceContext, service
from stores.errors import StoreError

_LOG: Final = logging.getLogger(__name__)
_PAUSE_S: Final = 1.0


@service("mail_sign_ups")
async def mail_sign_ups(context: ServiceContext, stop: asyncio.Event) -> None:
    """Mails codes to whoever signed up and has to confirm the address."""
    url, sender = context.settings.smtp_url, context.settings.mail_from
    if url is None or sender is None:
        await stop.wait()
        return
    mail = Mail(MailServer.parse(url.get_secret_value()), sender)
    sign_ups, sent = SignUpMail(context.stores, mail), 0
    while not stop.is_set():
        try:
            sent = await sign_ups.send_due()
        except StoreError as error:
            _LOG.warning("mails of sign-ups wait: %s", error)
            sent = 0
        if sent < MOST:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE_S)
