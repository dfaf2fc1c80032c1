"""What a destination may be, by channel, and what of it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from resolvers.alerts.enums import AlertChannel

PURPOSE: Final = "alerts.destinations"
LONGEST: Final = 2048
# Destinations of one user.
MAX_DESTINATIONS: Final = 50

_SHOWN: Final = 4
_PATTERNS: Final[Mapping[AlertChannel, tuple[re.Pattern[str], str]]] = {
    AlertChannel.EMAIL: (
        re.compile(r"(?=.{3,320}\Z)[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
        "an e-mail address, such as name@example.org",
    ),
    AlertChannel.TELEGRAM: (
        re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}"),
        "the number of a chat, or the @name of a channel",
    ),
    AlertChannel.DISCORD: (
        re.compile(
            r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/[0-9]{5,25}/[A-Za-z0-9_-]{20,200}"
        ),
        "the URL of a webhook of Discord",
    ),
    AlertChannel.SMS: (
        re.compile(r"\+[1-9][0-9]{6,14}"),
        "a telephone number with its country, such as +4930123456",
    ),
    AlertChannel.PUSH: (
        re.compile(r"[A-Za-z0-9_:.\-]{16,2048}"),
        "the token of a device",
    ),
}
ADVICE_ON_ACCOUNT: Final = (
    "Alerts are not mailed to the address of your account any more, because it sends them back. "
    "Change the address of the account, or mend the mailbox and add it as a destination by "
    "addAlertDestination."
)

_SWITCHING_ON: Final = (
    "Then switch it on again by updateAlertDestination; or remove it and add another one."
)
_MENDING: Final[Mapping[AlertChannel, str]] = {
    AlertChannel.EMAIL: "Mail to this address comes back. See whether it is right and takes mail.",
    AlertChannel.WEBHOOK: "This URL answered that it is gone (410). Make it answer again.",
    AlertChannel.TELEGRAM: "The bot may not write to this chat, or there is no such chat. Start it "
    "or add the bot to it.",
    AlertChannel.DISCORD: "This webhook was deleted in Discord. Make another one there.",
    AlertChannel.SMS: "There is nobody at this number. See whether it is right.",
    AlertChannel.PUSH: "The app was removed from the device, or its token has changed. Open the "
    "app there.",
}
_WEBHOOK: Final = "an https URL of a public host by its name, without user name or password"
_LOCAL: Final = (".local", ".localhost", ".internal", ".lan", ".home", ".corp", ".onion")


def fault_of(channel: AlertChannel, address: str) -> str | None:
    """What to give instead of an address that cannot be one of the channel; None for a good one.

    Whoever sends to a webhook has to look at where its name leads once more.
    """
    if channel is AlertChannel.WEBHOOK:
        return None if _is_public_url(address) else f"Give {_WEBHOOK}."
    pattern, wanted = _PATTERNS[channel]
    return None if pattern.fullmatch(address) else f"Give {wanted}."


def masked(address: str) -> str:
    """All but the last characters hidden, of a short one all but two."""
    shown = _SHOWN if len(address) >= 2 * _SHOWN else 2
    return "…" + address[-shown:]


def _is_public_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or parts.password is not None:
        return False
    if not host or re.search(r"[\s\\\x00-\x1f\x7f]", address):
        return False
    # Neither an address, however it is written, nor a name that only a local net knows.
    last = host.rpartition(".")[2]
    return "." in host and not last[:1].isdigit() and not host.endswith(_LOCAL)


def advice_on(channel: AlertChannel) -> str:
    """What to do about a destination of a channel that sent back what was sent there."""
    return f"{_MENDING[channel]} {_SWITCHING_ON}"
