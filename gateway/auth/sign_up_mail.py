"""Mails to whoever signed up: a code, or a word to the owner of an address that has an account.

The code is made when it is mailed and kept as its SHA-256 alone. A mail that may not have gone out
is sent again with another code, and the newest one counts. Any number of workers may send at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid5

from gateway.alerts.outcome import Channel, Destination, Message, Refused, TryAgain
from resolvers.account.sign_up_mutations import new_code
from resolvers.context import named_queries
from stores.lifecycle import Stores

_LOG: Final = logging.getLogger(__name__)
MOST: Final = 50
# So many within the day that a wish lasts: nobody's mailbox is filled from here.
MOST_FOR_ADDRESS: Final = 5
_TIMEOUT_S: Final = 30.0
_CONFIRM: Final = "Confirm your account"
_CODE: Final = """Somebody, probably you, signed up with this address.

Enter this code together with the password you chose, until {until}:

{code}

If it was not you, do nothing: no account is made.
"""
_KNOWN: Final = "You have an account already"
_SIGN_IN: Final = """Somebody, probably you, signed up with this address.

It has an account already. Sign in to it with your password. Nothing was changed.
"""


class SignUpMail:
    """Sends the mails that are due."""

    def __init__(
        self,
        stores: Stores,
        mail: Channel,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Build it.

        Args:
            stores: opened as the role `worker`.
            mail: hands mail over.
            clock: now, in UTC.
        """
        self._postgres = stores.postgres
        self._mail = mail
        self._clock = clock

    async def send_due(self, most: int = MOST) -> int:
        """Try each mail that is due, `most` of them, all at once; how many were due.

        Raises:
            StoreError: Postgres did not take something; the others went on all the same.
        """
        rows = await self._run("claim_sign_up_mails", most=most, most_for_address=MOST_FOR_ADDRESS)
        for outcome in await asyncio.gather(*map(self._send, rows), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return len(rows)

    async def _send(self, row: Any) -> None:
        message = await self._message(row)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._mail.send(message, Destination(row["email"]))
        except Refused as error:
            _LOG.warning("mail of sign-up %s will not be taken: %s", row["id"], error)
            await self._run("settle_sign_up_mail", id=row["id"], is_sent=False)
        except (TryAgain, TimeoutError) as error:
            _LOG.warning("mail of sign-up %s was not taken: %s", row["id"], error or "no answer")
        else:
            await self._run("settle_sign_up_mail", id=row["id"], is_sent=True)

    async def _message(self, row: Any) -> Message:
        key = uuid5(row["id"], str(row["mail_attempts"]))
        if row["is_known"]:
            return Message(key, _KNOWN, _SIGN_IN, self._clock())
        code = new_code()
        await self._run("set_sign_up_code", id=row["id"], code_hash=code.digest)
        until = f"{row['expires_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return Message(key, _CONFIRM, _CODE.format(until=until, code=code.text), self._clock())

    async def _run(self, name: str, **values: object) -> list[Any]:
        query = named_queries("postgres")[f"account.{name}"]
        return await self._postgres.fetch(query, *query.arguments(**values))
