"""The ways to tell that an installation has, as its settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from gateway.alerts.chats import Discord, Telegram
from gateway.alerts.guard import Guard
from gateway.alerts.mail import Mail
from gateway.alerts.mail_server import MailServer
from gateway.alerts.outcome import Channel
from gateway.alerts.posting import Poster
from gateway.alerts.short_messages import ShortMessages
from gateway.alerts.webhook import Webhook
from resolvers.alerts.enums import AlertChannel

if TYPE_CHECKING:
    from gateway.config import Settings


@asynccontextmanager
async def opened_channels(settings: Settings) -> AsyncIterator[Mapping[AlertChannel, Channel]]:
    """Channels for as long as they are needed: webhooks and Discord always, others where set up.

    Requests to what users named are guarded; providers are where the operator says.
    """
    guard = Guard.parse(settings.webhook_networks)
    async with Poster(guard) as to_users, Poster(None) as to_providers:
        channels: dict[AlertChannel, Channel] = {
            AlertChannel.WEBHOOK: Webhook(to_users),
            AlertChannel.DISCORD: Discord(to_users),
        }
        if settings.smtp_url is not None and settings.mail_from is not None:
            server = MailServer.parse(settings.smtp_url.get_secret_value())
            channels[AlertChannel.EMAIL] = Mail(server, settings.mail_from)
        if settings.telegram_token is not None:
            token = settings.telegram_token.get_secret_value()
            channels[AlertChannel.TELEGRAM] = Telegram(to_providers, token, settings.telegram_url)
        if settings.sms_url is not None:
            channels[AlertChannel.SMS] = _short(
                to_providers, "sms", settings.sms_url, settings.sms_token
            )
        if settings.push_url is not None:
            channels[AlertChannel.PUSH] = _short(
                to_providers, "push", settings.push_url, settings.push_token
            )
        yield channels


def _short(poster: Poster, name: str, url: SecretStr, token: SecretStr | None) -> ShortMessages:
    secret = "" if token is None else token.get_secret_value()
    return ShortMessages(poster, name, url.get_secret_value(), secret)
