"""E-mail by SMTP. The Message-ID is made of the delivery, so that a second copy shows as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

import aiosmtplib

from gateway.alerts.outcome import Destination, Message, Refused, TryAgain

_TIMEOUT_S: Final = 15.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_LONGEST_SUBJECT: Final = 200
_NOBODY_THERE: Final = frozenset({550, 551, 553})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over.

    Attributes:
        host: its name.
        port: its port.
        is_tls: TLS from the first byte; else STARTTLS, which has to be there.
        user: user name; None to hand mail over without.
        password: its password.
        allow_plain: send without TLS; for tests alone.
    """

    host: str
    port: int
    is_tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    allow_plain: bool = False

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """From `smtps://user:password@host:465` or `smtp://host:587`, which then uses STARTTLS.

        Raises:
            ValueError: it is neither; the message holds no part of it.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be smtp://… or smtps://… with a host")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )


class Mail:
    """Sends mail from one address."""

    provider: Final = "smtp"

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Hand one mail over; the key is its Message-ID."""
        server = self._server
        try:
            mail = self._mail(message, destination.to)
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.is_tls,
                start_tls=not server.is_tls and not server.allow_plain,
                timeout=_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = max(refusal.code for refusal in error.recipients)
            _judge(code, is_gone=code in _NOBODY_THERE)
        except aiosmtplib.SMTPDataError as error:
            _judge(error.code, is_gone=False)
        except aiosmtplib.SMTPResponseException as error:
            # Ours to mend, and no fault of the receiver.
            raise TryAgain(f"the mail server does not serve us: reply {error.code}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise TryAgain(f"no answer: {type(error).__name__}") from None
        except ValueError:
            raise Refused("the address cannot be written into a mail") from None
        return str(mail["message-id"])

    def _mail(self, message: Message, to: str) -> EmailMessage:
        mail = EmailMessage()
        mail["from"] = self._sender
        mail["to"] = to
        mail["subject"] = " ".join(message.title.split())[:_LONGEST_SUBJECT]
        mail["date"] = format_datetime(message.at)
        domain = self._sender.rpartition("@")[2].strip("<> ")
        mail["message-id"] = f"<{message.id}@{domain}>"
        mail["auto-submitted"] = "auto-generated"
        mail.set_content(f"{message.text}\n")
        return mail


def _judge(code: int, *, is_gone: bool) -> NoReturn:
    """Five hundred and more is for good, as SMTP says."""
    if code >= 500:
        raise Refused(f"reply {code}", is_gone=is_gone) from None
    raise TryAgain(f"reply {code}") from None
