"""Passwords: Argon2id, off the event loop, a few at a time.

One hash takes about 0.1 s and 64 MiB, so their number bounds memory as well as time: the default
of 2 never holds more than 128 MiB.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from resolvers.errors import ErrorCode, UserError

_T = TypeVar("_T")

MIN_CHARS: Final = 12
MAX_CHARS: Final = 256
# Characters as typed, which may be more than there are afterwards. To normalise a text takes time
# by the square of its length, holding everybody up: a megabyte of accents takes minutes.
LONGEST_TYPED: Final = 4 * MAX_CHARS


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """Parameters of Argon2id; those of RFC 9106 for little memory.

    Attributes:
        time_cost: passes over the memory.
        memory_kib: memory of one hash, in KiB.
        parallelism: lanes.
    """

    time_cost: int = 3
    memory_kib: int = 65_536
    parallelism: int = 4


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Outcome of a check.

    Attributes:
        matches: whether it is the password.
        new_hash: to be stored in place of the old one, whose parameters are out of date.
    """

    matches: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords of one process."""

    def __init__(
        self, cost: PasswordCost | None = None, *, concurrent: int = 2, waiting: int = 64
    ) -> None:
        """Start without threads; they come with the first password.

        Args:
            cost: parameters of new hashes; older hashes are replaced at the next good login.
            concurrent: hashes computed at a time.
            waiting: callers that may wait beyond those; more are turned away.
        """
        cost = cost or PasswordCost()
        self._hasher = PasswordHasher(cost.time_cost, cost.memory_kib, cost.parallelism)
        self._threads = ThreadPoolExecutor(concurrent, thread_name_prefix="password")
        self._room = concurrent + waiting

    async def hash(self, password: str) -> str:
        """The hash to store, in PHC form with its salt and parameters.

        Raises:
            UserError: RATE_LIMITED, too many wait already.
        """
        return await self._off_loop(lambda: self._hasher.hash(_normal(password)))

    async def check(self, password: str, stored: str | None) -> PasswordCheck:
        """Whether a password is the one that was stored; none that is too long ever is.

        Takes as long without a stored hash, so that nobody learns which users exist or have one.

        Raises:
            UserError: RATE_LIMITED, too many wait already.
        """
        typed = _normal(password) if len(password) <= LONGEST_TYPED else ""
        return await self._off_loop(lambda: self._check(typed, stored))

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)

    def _check(self, password: str, stored: str | None) -> PasswordCheck:
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return PasswordCheck(False)
        if stored is None:
            return PasswordCheck(False)
        outdated = self._hasher.check_needs_rehash(stored)
        return PasswordCheck(True, self._hasher.hash(password) if outdated else None)

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash("nobody has this password")

    async def _off_loop(self, work: Callable[[], _T]) -> _T:
        if self._room <= 0:
            raise UserError(
                "Too many sign in at this moment.",
                hint="Try again in a few seconds.",
                code=ErrorCode.RATE_LIMITED,
            )
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1


def password_problem(password: str, known: Iterable[str | None] = ()) -> str | None:
    """What is wrong with a new password, for its owner; None when nothing is.

    Args:
        password: the wish.
        known: what others know of its owner, such as the e-mail address.
    """
    length = len(_normal(password)) if len(password) <= LONGEST_TYPED else len(password)
    if length < MIN_CHARS:
        return f"Use at least {MIN_CHARS} characters; a few words together are easy to remember."
    if length > MAX_CHARS:
        return f"Use at most {MAX_CHARS} characters."
    if len(set(password)) < 5:
        return "Use more different characters."
    folded = password.casefold()
    if any(word and len(word) > 3 and word.casefold() in folded for word in known):
        return "Leave your name and e-mail address out of it."
    return None


def _normal(password: str) -> str:
    """The same characters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)
