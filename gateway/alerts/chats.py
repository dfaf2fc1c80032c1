"""Chats: Telegram by its Bot API, Discord by webhooks of channels.

| service | request | taken | never taken | nobody there | wait |
|---|---|---|---|---|---|
| Telegram | POST {api}/bot{token}/sendMessage: `chat_id`, `text` | 200 | 400 | 403, 400 on the chat | `parameters.retry_after` |
| Discord | POST {webhook}?wait=true: `content`, no mentions | 200 | 400 | 401, 403, 404 | `retry_after` |

Telegram answers 401 and 404 to a token that is none, which is for the operator to mend: it is tried
again.

Neither takes a key of ours, so a message sent again after a crash appears twice; it ends with the
delivery's id.
"""  # noqa: E501

from __future__ import annotations

from typing import Any, Final

import orjson

from gateway.alerts.outcome import Destination, Message, TryAgain
from gateway.alerts.posting import Answer, Poster, judge

TELEGRAM_API: Final = "https://api.telegram.org"
_TELEGRAM_LONGEST: Final = 4096
_DISCORD_LONGEST: Final = 2000
_TELEGRAM_GONE: Final = frozenset({403})
_DISCORD_GONE: Final = frozenset({401, 403, 404})
_NEVER: Final = frozenset({400})
# What Telegram says of a chat that is not there, beside 400.
_NO_CHAT: Final = ("chat not found", "user not found", "chat_id is empty", "peer_id_invalid")
_LONGEST_WAIT_S: Final = 86_400.0


class Telegram:
    """Sends to chats of Telegram as one bot."""

    provider: Final = "telegram"

    def __init__(self, poster: Poster, token: str, api: str = TELEGRAM_API) -> None:
        self._poster = poster
        self._url = f"{api}/bot{token}/sendMessage"

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Send once, as plain text."""
        body = {"chat_id": destination.to, "text": _text(message, _TELEGRAM_LONGEST)}
        answer = await self._poster.post(self._url, orjson.dumps(body), {})
        found = answer.json()
        _wait(answer, _inside(found, "parameters", "retry_after"))
        gone = _TELEGRAM_GONE | _NEVER if _is_no_chat(found) else _TELEGRAM_GONE
        judge(answer, final=_NEVER, gone=gone)
        return _key(_inside(found, "result", "message_id"))


class Discord:
    """Sends to channels of Discord."""

    provider: Final = "discord"

    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    async def send(self, message: Message, destination: Destination) -> str | None:
        """Send once; nobody is mentioned, whatever a rule is called."""
        body = {
            "content": _text(message, _DISCORD_LONGEST),
            "allowed_mentions": {"parse": []},
        }
        url = f"{destination.to}?wait=true"
        answer = await self._poster.post(url, orjson.dumps(body), {})
        found = answer.json()
        _wait(answer, found.get("retry_after"))
        judge(answer, final=_NEVER, gone=_DISCORD_GONE)
        return _key(found.get("id"))


def _text(message: Message, longest: int) -> str:
    end = f"\n({message.id})"
    return f"{message.title}\n{message.text}"[: longest - len(end)] + end


def _wait(answer: Answer, seconds: object) -> None:
    """Leave a service alone for as long as it says.

    Raises:
        TryAgain: it said so.
    """
    if answer.status == 429:
        known = isinstance(seconds, int | float) and seconds >= 0
        after = min(float(seconds), _LONGEST_WAIT_S) if known else answer.after_s  # type: ignore[arg-type]
        raise TryAgain("status 429", after)


def _is_no_chat(found: Any) -> bool:
    said = str(found.get("description", "")).lower()
    return any(each in said for each in _NO_CHAT)


def _inside(found: Any, outer: str, inner: str) -> object:
    part = found.get(outer)
    return part.get(inner) if isinstance(part, dict) else None


def _key(value: object) -> str | None:
    return str(value) if isinstance(value, int | str) else None
