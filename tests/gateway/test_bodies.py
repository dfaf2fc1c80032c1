"""Bodies of requests: what is too long is not even held while it comes."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive

from gateway.bodies import Left, TooLong, read_body
from gateway.headers import Headers

MOST = 1_000


class Part(bytearray):
    """Bytes that can be watched being let go of."""


class Client:
    """Sends parts of some lengths; knows which of them the server still holds."""

    def __init__(self, *lengths: int) -> None:
        self._lengths = list(lengths)
        self._sent: list[weakref.ref[Part]] = []
        self.held: list[int] = []

    @property
    def taken(self) -> int:
        """How many parts were asked for."""
        return len(self._sent)

    async def receive(self) -> Message:
        self.held.append(sum(len(part) for each in self._sent if (part := each()) is not None))
        if not self._lengths:
            return {"type": "http.disconnect"}
        part = Part(self._lengths.pop(0))
        self._sent.append(weakref.ref(part))
        return {"type": "http.request", "body": part, "more_body": bool(self._lengths)}


def headers(**said: str) -> Headers:
    return Headers(
        [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items()]
    )


@pytest.mark.parametrize("lengths", [(0,), (1_000,), (400, 600), (400, 0, 1)])
async def test_what_fits_is_read_whole(lengths: Sequence[int]) -> None:
    body = await read_body(Client(*lengths).receive, headers(), MOST)
    assert body == bytes(sum(lengths))


async def test_a_length_announced_as_too_much_is_never_held() -> None:
    client = Client(400, 400, 400)
    with pytest.raises(TooLong):
        await read_body(client.receive, headers(content_length="1200"), MOST)
    assert client.held == [0, 0, 0]


async def test_what_was_not_announced_is_let_go_of_once_it_is_too_much() -> None:
    client = Client(400, 400, 400, 400)
    with pytest.raises(TooLong):
        await read_body(client.receive, headers(), MOST)
    assert client.held == [0, 400, 800, 0]


async def test_who_sends_on_and_on_is_not_heard_out() -> None:
    client = Client(*[MOST] * 50)
    with pytest.raises(TooLong):
        await read_body(client.receive, headers(), MOST)
    assert client.taken == 11


@pytest.mark.parametrize(
    "said", [{"content_length": "10001"}, {"content_length": "1001", "expect": "100-Continue"}]
)
async def test_nothing_is_taken_that_need_not_be(said: dict[str, str]) -> None:
    client = Client(400)
    with pytest.raises(TooLong):
        await read_body(client.receive, headers(**said), MOST)
    assert client.taken == 0


@pytest.mark.parametrize("length", ["", "-1", "x", "9" * 30])
async def test_a_length_that_says_nothing_changes_nothing(length: str) -> None:
    assert await read_body(Client(3).receive, headers(content_length=length), MOST) == bytes(3)


async def test_a_client_that_leaves_is_told_apart() -> None:
    receive: Receive = Client().receive
    with pytest.raises(Left):
        await read_body(receive, headers(), MOST)
