"""Head and body of an answer leave together, and nothing is kept back."""

from __future__ import annotations

import asyncio

from gateway.joined import JoinedWrites
from tests.gateway.conftest import Gateway


class Recorder(asyncio.Transport):
    """What reaches the socket."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.ended: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.ended.append("close")

    def abort(self) -> None:
        self.ended.append("abort")


def joined() -> tuple[Recorder, JoinedWrites]:
    below = Recorder()
    return below, JoinedWrites(below, asyncio.get_running_loop())


async def test_second_write_takes_the_first_along() -> None:
    below, transport = joined()
    transport.write(b"head")
    assert below.writes == []
    transport.write(bytearray(b"body"))
    assert below.writes == [b"headbody"]
    await asyncio.sleep(0)
    assert below.writes == [b"headbody"]


async def test_single_write_leaves_within_a_turn_of_the_loop() -> None:
    below, transport = joined()
    transport.write(b"event")
    await asyncio.sleep(0)
    assert below.writes == [b"event"]


async def test_never_more_than_one_write_is_held() -> None:
    below, transport = joined()
    for _ in range(1_001):
        transport.write(b"x" * 1_000)
    assert len(b"".join(below.writes)) == 1_000_000
    await asyncio.sleep(0)
    assert len(b"".join(below.writes)) == 1_001_000


async def test_close_sends_what_is_held_and_abort_does_not() -> None:
    below, transport = joined()
    transport.write(b"last words")
    transport.close()
    assert (below.writes, below.ended) == ([b"last words"], ["close"])
    below, transport = joined()
    transport.write(b"nobody reads this")
    transport.abort()
    await asyncio.sleep(0)
    assert (below.writes, below.ended) == ([], ["abort"])


async def test_pipelined_requests_are_answered_in_order(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
    for number in range(20):
        writer.write(
            b"GET /graphql?query={hello(name:%%22%d%%22)} HTTP/1.1\r\nHost: here\r\n\r\n" % number
        )
    for number in range(20):
        answer = await asyncio.wait_for(reader.readuntil(b"}}"), 5)
        assert answer.endswith(b'{"data":{"hello":"hello %d"}}' % number)
    writer.close()
    await writer.wait_closed()
