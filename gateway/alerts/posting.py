"""One POST to somebody else's server: bounded in time and size, and never led elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp
import orjson

from gateway.alerts.guard import Forbidden, Guard
from gateway.alerts.guarded_resolver import GuardedResolver
from gateway.alerts.outcome import Refused, TryAgain

_LONGEST_ANSWER: Final = 16 * 1024
_TOTAL_S: Final = 10.0
_CONNECT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 86_400.0
_GONE: Final = 410
_SLOW_DOWN: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: the HTTP status.
        body: its first 16 KiB.
        after_s: seconds the server wants to be left alone; None when it does not say.
    """

    status: int
    body: bytes
    after_s: float | None

    def json(self) -> Any:
        """The body as JSON; an empty object when it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}


class Poster:
    """Sends requests; opened once for all of them and closed at the end.

    Redirects are not followed, cookies not kept, proxies of the environment not used, compressed
    answers not opened.

    Args:
        guard: where requests may go; None for anywhere, when only the operator says where.
        total_s: the longest that a request takes.
    """

    def __init__(self, guard: Guard | None, *, total_s: float = _TOTAL_S) -> None:
        self._guard = guard
        self._sessions = {
            "https": _session(guard, total_s),
            "http": _session(None if guard is None else guard.without_tls(), total_s),
        }

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send JSON.

        Raises:
            Refused: the address is forbidden.
            TryAgain: there was no answer.
        """
        try:
            if self._guard is not None:
                self._guard.check_url(url)
            async with self._sessions[urlsplit(url).scheme].post(
                url,
                data=body,
                headers={"content-type": "application/json", **headers},
                allow_redirects=False,
            ) as response:
                read = await _start_of(response)
                return Answer(response.status, read, _after(response.headers.get("retry-after")))
        except Forbidden as error:
            raise Refused(str(error)) from None
        except (aiohttp.InvalidURL, KeyError):
            raise Refused("the URL cannot be read") from None
        except TimeoutError:
            raise TryAgain("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if _was_forbidden(error):
                raise Refused("the host is not on the public internet") from None
            # Without its text, which may hold the address.
            raise TryAgain(f"no answer: {type(error).__name__}") from None

    async def close(self) -> None:
        """Close what is open."""
        for session in self._sessions.values():
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def judge(
    answer: Answer, *, final: frozenset[int] = frozenset(), gone: frozenset[int] = frozenset()
) -> None:
    """Turn a status that is not 2xx into how the try ends.

    Raises:
        Refused: nobody is there any more (410, or what says so for this service), or it is among
            the statuses that are final for this service.
        TryAgain: any other one.
    """
    if 200 <= answer.status < 300:
        return
    reason = f"status {answer.status}"
    is_gone = answer.status == _GONE or answer.status in gone
    if is_gone or answer.status in final:
        raise Refused(reason, is_gone=is_gone)
    raise TryAgain(reason, answer.after_s if answer.status in _SLOW_DOWN else None)


def _session(guard: Guard | None, total_s: float) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=None if guard is None else GuardedResolver(guard),
            use_dns_cache=False,
            force_close=True,
            limit=0,
        ),
        timeout=aiohttp.ClientTimeout(total=total_s, connect=_CONNECT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"user-agent": "onchain-gateway", "accept-encoding": "identity"},
    )


async def _start_of(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for part in response.content.iter_chunked(_LONGEST_ANSWER):
        read += part
        if len(read) >= _LONGEST_ANSWER:
            response.close()
            break
    return bytes(read[:_LONGEST_ANSWER])


def _after(text: str | None) -> float | None:
    """Seconds of a Retry-After header; a date is as good as none."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(float(text), _LONGEST_WAIT_S)


def _was_forbidden(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, Forbidden):
            return True
        inner = getattr(error, "os_error", None)
        error = inner if inner is not None and inner is not error else error.__cause__
    return False
