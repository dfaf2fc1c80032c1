"""Lets callers in: what a credential is worth is remembered for a few seconds and no revocation is.

An answer of the stores is kept in this process under the SHA-256 of the credential. It is used only
while the process is sure to hear of changes: every change of a user's credentials is published
(`resolvers.account.standing`) and drops the user's answers here. When Redis is away nothing is
remembered, and Postgres is asked each time. What is changed behind the gateway's back, by SQL,
shows when the answer is old.

A websocket or an event stream outlives many such answers. `ended` follows its credential: it ends
at once with a revocation, at its time with an expiry, and is looked at again now and then.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.auth.credentials import Credential, credential_of
from gateway.auth.grants import Grant, Grants
from gateway.auth.refusals import Denied, Undecided
from gateway.auth.signing_keys import KeysUnavailable
from gateway.auth.usage import Usage
from resolvers.account.api_keys import may_come_from
from resolvers.account.standing import TOPIC
from resolvers.context import Viewer
from stores.errors import StoreError

if TYPE_CHECKING:
    from gateway.execution import Caller
    from stores.redis.topics import Subscription, Topics

_MOST: Final = 20_000
_WRITE_S: Final = 5.0
_LEAST_PAUSE_S: Final = 1.0
_ELSEWHERE: Final = "This API key may not be used from here: use one that is allowed this address."
_EXPIRED: Final = "The credential has expired: sign in again, or take another one."


@dataclass(slots=True, eq=False)
class Standing:
    """Who a caller is, as long as their connection lasts.

    Attributes:
        viewer: who they are now.
        caller: what they sent.
        credential: what they showed; None for nobody, who stays nobody.
        expires_at: when that runs out, in seconds since 1970.
    """

    viewer: Viewer
    caller: Caller
    credential: Credential | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    grant: Grant
    until: float


class Admission:
    """Lets callers in; one per process."""

    def __init__(
        self,
        grants: Grants,
        topics: Topics,
        usage: Usage,
        *,
        nobody: Viewer,
        keep_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Build it.

        Args:
            grants: looks credentials up.
            topics: where changes are heard of.
            usage: notes who came.
            nobody: who a caller without credentials is.
            keep_s: how long an answer is used; an open connection is looked at again after three
                times that, or as often while changes cannot be heard of.
            clock: seconds since 1970.
        """
        self._grants = grants
        self._topics = topics
        self._usage = usage
        self._nobody = nobody
        self._keep_s = keep_s
        self._clock = clock
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._of_user: dict[UUID, set[bytes]] = {}
        self._asked: dict[tuple[bytes, int], asyncio.Task[Grant]] = {}
        self._following: dict[UUID, set[asyncio.Event]] = {}
        self._changes: Subscription | None = None
        self._missed = 0
        self._epoch = 0

    async def admit(self, caller: Caller) -> Standing:
        """Who a caller is.

        Raises:
            Denied: the credential is malformed, unknown, expired, revoked, or not for here.
            Undecided: the stores that know are away.
        """
        credential = credential_of(caller)
        if credential is None:
            return Standing(self._nobody, caller)
        grant = await self._grant(credential, caller)
        self._usage.note(grant.viewer)
        return Standing(grant.viewer, caller, credential, grant.expires_at)

    async def ended(self, standing: Standing) -> str:
        """Return, with the reason, when a caller's credential is no longer good.

        Until then the standing follows what changes of its user, such as the tier. With the stores
        away it stays as it is. From the end on its viewer is nobody.
        """
        credential = standing.credential
        if credential is None:
            await asyncio.Event().wait()
            raise AssertionError("nobody stays nobody")
        while True:
            await self._change_or_pause(standing)
            try:
                grant = await self._grant(credential, standing.caller)
            except Denied as denied:
                standing.viewer = Viewer()
                return str(denied)
            except Undecided:
                if _is_over(standing.expires_at, self._clock()):
                    standing.viewer = Viewer()
                    return _EXPIRED
                continue
            standing.viewer, standing.expires_at = grant.viewer, grant.expires_at

    async def listen(self) -> None:
        """Hear of changes and write down uses, until cancelled."""
        writing = asyncio.create_task(self._usage.write_every(_WRITE_S))
        self._changes = changes = self._topics.subscribe(TOPIC)
        try:
            async for message in changes:
                self._forget(message.get("user_id"))
        finally:
            self._changes = None
            writing.cancel()
            await changes.aclose()
            await asyncio.gather(writing, return_exceptions=True)
            await self._usage.write()

    async def _change_or_pause(self, standing: Standing) -> None:
        """Wait for a change of the user, for the expiry, or for as long as a look is worth."""
        user_id = standing.viewer.user_id
        assert user_id is not None
        pause = max(3 * self._keep_s if self._hears() else self._keep_s, _LEAST_PAUSE_S)
        if standing.expires_at is not None:
            pause = min(pause, standing.expires_at - self._clock())
        changed = asyncio.Event()
        followers = self._following.setdefault(user_id, set())
        followers.add(changed)
        try:
            async with asyncio.timeout(max(pause, 0.01)):
                await changed.wait()
        except TimeoutError:
            return
        finally:
            followers.discard(changed)
            if not followers and self._following.get(user_id) is followers:
                del self._following[user_id]

    async def _grant(self, credential: Credential, caller: Caller) -> Grant:
        grant = self._kept(credential.digest) or await self._ask(credential)
        if _is_over(grant.expires_at, self._clock()):
            raise Denied(_EXPIRED)
        if grant.networks is not None and not may_come_from(caller.ip_address, grant.networks):
            raise Denied(_ELSEWHERE)
        return grant

    def _kept(self, digest: bytes) -> Grant | None:
        """The answer of a moment ago, unless a change of it may have been missed."""
        if not self._hears():
            return None
        held = self._held.get(digest)
        return held.grant if held is not None and time.monotonic() < held.until else None

    def _hears(self) -> bool:
        """Whether this process is sure to hear of changes, now and since the oldest answer."""
        changes = self._changes
        if changes is None or not changes.live:
            return False
        missed = changes.gaps + changes.dropped
        if missed != self._missed:
            self._missed = missed
            self._grants.redis_is_back()
            self._forget(None)
        return True

    async def _ask(self, credential: Credential) -> Grant:
        """Ask the stores, once for all who show the same credential at the same time."""
        # Who comes after a change must not get an answer that was under way before it.
        question = (credential.digest, self._epoch)
        asking = self._asked.get(question)
        if asking is None:
            asking = self._asked[question] = asyncio.create_task(self._answer(credential))
            asking.add_done_callback(lambda task: self._answered(question, task))
        return await asyncio.shield(asking)

    def _answered(self, question: tuple[bytes, int], task: asyncio.Task[Grant]) -> None:
        del self._asked[question]
        if not task.cancelled():
            task.exception()  # whoever asked may have left

    async def _answer(self, credential: Credential) -> Grant:
        hears, epoch = self._hears(), self._epoch
        try:
            grant = await self._grants.grant(credential, trust_redis=hears)
        except (StoreError, KeysUnavailable) as error:
            raise Undecided from error
        if epoch != self._epoch:
            await self._grants.forget_record(credential)
        elif hears:
            self._keep(credential.digest, grant)
        return grant

    def _keep(self, digest: bytes, grant: Grant) -> None:
        user_id = grant.viewer.user_id
        assert user_id is not None
        self._held[digest] = _Held(grant, time.monotonic() + self._keep_s)
        self._held.move_to_end(digest)
        self._of_user.setdefault(user_id, set()).add(digest)
        if len(self._held) > _MOST:
            oldest, held = self._held.popitem(last=False)
            self._drop(held.grant.viewer.user_id, oldest)

    def _drop(self, user_id: UUID | None, digest: bytes) -> None:
        if user_id is None:
            return
        digests = self._of_user.get(user_id, set())
        digests.discard(digest)
        if not digests:
            self._of_user.pop(user_id, None)

    def _forget(self, user_id: object) -> None:
        """Drop what is known of a user; of everybody when it is not said of whom."""
        self._epoch += 1
        try:
            changed = [UUID(str(user_id))]
        except ValueError:
            changed = [*self._of_user, *self._following]
        for each in changed:
            for digest in self._of_user.pop(each, ()):
                self._held.pop(digest, None)
            for follower in self._following.get(each, ()):
                follower.set()


def _is_over(expires_at: float | None, now: float) -> bool:
    return expires_at is not None and expires_at <= now
