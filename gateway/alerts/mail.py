"""E-mail by SMTP. The Message-ID is made of the delivery, so that a second copy shows as one."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, NoReturn

import aiosmtplib

from gateway.alerts.mail_server import MailServer
from gateway.alerts.outcome import Destination, Message, Refused, TryAgain

_TIMEOUT_S: Final = 15.0
_LONGEST_SUBJECT: Final = 200
# What hosts say of a recipient once they have seen the mail; other refusals are about the mail.
_NOBODY_THERE: Final = frozenset({550, 551, 553})
_FOR_GOOD: Final = 500


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
                start_tls=server.start_tls,
                timeout=_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = max(refusal.code for refusal in error.recipients)
            _judge(code, is_gone=True)
        except aiosmtplib.SMTPDataError as error:
            _judge(error.code, is_gone=error.code in _NOBODY_THERE)
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
    if code >= _FOR_GOOD:
        raise Refused(f"reply {code}", is_gone=is_gone) from None
    raise TryAgain(f"reply {code}") from None
