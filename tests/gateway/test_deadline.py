"""A block's time limit behaves as `asyncio.timeout` does."""

from __future__ import annotations

import asyncio

import pytest

from gateway.cancel import CancelOnDisconnect
from gateway.deadline import Deadline


async def never() -> None:
    await asyncio.Event().wait()


async def test_block_that_takes_too_long_is_cancelled() -> None:
    with pytest.raises(TimeoutError), Deadline(0.01):
        await never()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_block_that_ends_in_time_is_left_alone() -> None:
    with Deadline(60):
        await asyncio.sleep(0)
    with pytest.raises(ValueError, match="its own"), Deadline(60):
        raise ValueError("its own")


async def test_inner_limit_does_not_end_the_outer_block() -> None:
    with Deadline(60):
        with pytest.raises(TimeoutError), Deadline(0.01):
            await never()
        await asyncio.sleep(0)


async def test_outer_limit_passes_through_the_inner_block() -> None:
    inner = []

    async def limited() -> None:
        try:
            with Deadline(60):
                await never()
        except BaseException as error:
            inner.append(type(error))
            raise

    with pytest.raises(TimeoutError), Deadline(0.01):
        await limited()
    assert inner == [asyncio.CancelledError]


async def test_cancellation_from_elsewhere_stays_one() -> None:
    async def limited() -> None:
        with Deadline(60):
            await never()

    task = asyncio.create_task(limited())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancellation_from_elsewhere_wins_over_the_limit() -> None:
    async def limited() -> None:
        with Deadline(0):
            await never()

    task = asyncio.create_task(limited())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_block_of_a_client_that_left_ends_without_a_word() -> None:
    messages = iter(["http.request", "http.disconnect"])

    async def receive() -> dict[str, str]:
        return {"type": next(messages)}

    ended = False
    with CancelOnDisconnect(receive):
        await never()
        ended = True
    assert not ended
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_other_cancellations_pass_a_watched_block() -> None:
    async def receive() -> dict[str, str]:
        await never()
        return {}

    async def watched() -> None:
        with CancelOnDisconnect(receive):
            await never()

    task = asyncio.create_task(watched())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
