"""One change: a transaction as the viewer, and what has to be written with it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from resolvers.context import named_queries
from resolvers.mutations.checks import Checks, given, not_found
from resolvers.mutations.records import Entry
from resolvers.mutations.refusals import Path, Refused, UserErrorCode, refusal
from resolvers.mutations.replay import LONGEST_KEY, Replayed, input_hash
from stores.errors import StoreConflict, StoreError, StoreRejected
from stores.queries import Statement

if TYPE_CHECKING:
    from resolvers.context import RequestContext
    from stores.postgres.client import Transaction

_LOG: Final = logging.getLogger(__name__)

Row = Mapping[str, Any]
# What violating a constraint means to the caller: path in the input, code, message.
Clashes = Mapping[str, tuple[Path, UserErrorCode, str]]


class Change(Checks):
    """What the body of a mutation works with.

    The transaction begins with the first statement, so that a wrong input costs no store anything.
    It ends with the body: committed, or rolled back when an exception leaves or anything was
    refused. While it is open, read through it: a second connection held at once starves the pool.

    Attributes:
        context: of the request.
        input: what the caller sent.
    """

    __slots__ = (
        "_afterwards",
        "_clashes",
        "_entries",
        "_key",
        "_operation",
        "_removing",
        "_stack",
        "_transaction",
        "_user_id",
        "_wrote",
        "context",
        "input",
    )

    def __init__(
        self, context: RequestContext, operation: str, input: Any, clashes: Clashes
    ) -> None:
        super().__init__()
        self.context = context
        self.input = input
        self._operation = operation
        self._clashes = clashes
        self._user_id = context.viewer.user_id
        self._key: str | None = None
        self._stack = AsyncExitStack()
        self._transaction: Transaction | None = None
        self._entries: list[Entry] = []
        self._afterwards: list[Callable[[], Awaitable[object]]] = []
        self._wrote = self._removing = False

    @property
    def user_id(self) -> UUID:
        """Who makes the change; in a mutation that is open to everybody, once `act_as` said so."""
        if self._user_id is None:
            raise TypeError(f"{self._operation}: nobody is signed in")
        return self._user_id

    async def all(self, query: str | Statement, /, **values: object) -> list[Row]:
        """Rows of a named query, read and written in the transaction.

        Args:
            query: its name, `<domain>.<query>`.
            **values: its parameters by name.

        Raises:
            Refused: something was noted before; nothing is sent then.
            StoreError: in one of its kinds.
        """
        self.stop()
        statement = named_queries("postgres")[query] if isinstance(query, str) else query
        transaction = await self._begun()
        self._wrote = self._wrote or not (statement.reads_only or _is(statement, "SELECT"))
        self._removing = _is(statement, "DELETE")
        return await self._send(transaction, statement, values)

    async def one(self, query: str | Statement, /, **values: object) -> Row | None:
        """The first row of a named query, or None; else as `all`."""
        rows = await self.all(query, **values)
        return rows[0] if rows else None

    async def found(
        self, path: Path, name: str, query: str | Statement, /, **values: object
    ) -> Row:
        """The first row of a named query that must have one.

        Args:
            path: value of the input that names the row.
            name: what it is, for the message.
            query: as `all`; to be edited, the row is locked by `FOR UPDATE`.
            **values: as `all`.

        Raises:
            Refused: there is none, or it is somebody else's.
        """
        row = await self.one(query, **values)
        if row is None:
            raise Refused([refusal(path, UserErrorCode.NOT_FOUND, not_found(name))])
        return row

    async def limit(self, most: int, query: str | Statement, /, **values: object) -> None:
        """Go on only when a counting query finds fewer than so many.

        Raises:
            Refused: there are as many already.
        """
        row = await self.one(query, **values)
        if row is not None and next(iter(row.values())) >= most:
            message = f"There are {most:,} already, which is the limit. Remove one first."
            raise Refused([refusal("", UserErrorCode.LIMIT_REACHED, message)])

    def expect(self, row: Row, path: Path = "expected_version") -> None:
        """Go on only when a locked row still has the version that the caller read.

        Raises:
            Refused: it has another one by now.
        """
        expected = self.input.expected_version
        if given(expected) and expected is not None and row["version"] != expected:
            message = (
                f"It is at version {row['version']} now, not {expected}: somebody changed it "
                "meanwhile. Read it again, then send your change with the new version."
            )
            raise Refused([refusal(path, UserErrorCode.CONFLICT, message)])

    def record(self, entry: Entry) -> None:
        """Say what was changed, for the audit log and the outbox; written with the change."""
        self._entries.append(entry)

    def created(self, resource: str, row: Row, **payload: object) -> None:
        """Record a new row; `payload` is what subscribers need to know besides its id."""
        self._recorded("create", resource, None, row, payload)

    def updated(self, resource: str, before: Row, after: Row, **payload: object) -> None:
        """Record an edited row."""
        self._recorded("update", resource, before, after, payload)

    def deleted(self, resource: str, row: Row, **payload: object) -> None:
        """Record a removed row."""
        self._recorded("delete", resource, row, None, payload)

    def _recorded(
        self, action: str, resource: str, before: Row | None, after: Row | None, payload: Row
    ) -> None:
        key = str((after or before or {})["id"])
        self.record(
            Entry(
                action,
                resource,
                key,
                None if before is None else dict(before.items()),
                None if after is None else dict(after.items()),
                event=f"{action}d",
                payload={"id": key, "user_id": self._user_id, **payload},
            )
        )

    def afterwards(self, call: Callable[[], Awaitable[object]]) -> None:
        """Have something done once the change is committed, such as dropping a session in Redis."""
        self._afterwards.append(call)

    async def act_as(self, user_id: UUID) -> None:
        """Act for a user from here on, who has just proved who they are: sign-up, login."""
        await self._own("mutations.act_as", user_id=user_id)
        self._user_id = user_id

    @property
    def has_key(self) -> bool:
        """Whether the caller may send the same request again."""
        return self._key is not None

    def claim(self) -> None:
        """Take the caller's key into account; before the first statement.

        Raises:
            Refused: it cannot be one.
        """
        key = getattr(self.input, "idempotency_key", None)
        if not given(key) or key is None:
            return
        self._key = self.text("idempotency_key", key, longest=LONGEST_KEY)
        self.stop()

    async def commit(self, result: dict[str, Any] | None) -> None:
        """Write what goes with the change, and make it last.

        Args:
            result: what to answer to whoever sends the same key again; None to let go of the key.

        Raises:
            TypeError: the body wrote without recording what it changed.
        """
        if self._wrote and not self._entries:
            raise TypeError(f"{self._operation} writes, and records nothing in the audit log")
        if self._entries:
            await self._own("mutations.record", **self._said())
        if self._key is not None and self._transaction is not None:
            claim = {"user_id": self.user_id, "operation": self._operation, "key": self._key}
            if result is None:
                await self._own("mutations.release", **claim)
            else:
                await self._own("mutations.keep", result=result, **claim)
        await self._stack.aclose()
        self._transaction = None
        for call in self._afterwards:
            await call()

    def refused(self, error: StoreError) -> Refused | None:
        """What a store's refusal means to the caller, without a word about rows of others.

        Returns:
            None when the caller could do nothing about it.
        """
        constraint: str = getattr(error, "constraint", None) or ""
        if constraint in self._clashes:
            return Refused([refusal(*self._clashes[constraint])])
        match error:
            case StoreConflict(retryable=False):
                code, message = (
                    UserErrorCode.TAKEN,
                    "Another one with these values exists already. Change them, or edit that one.",
                )
            case StoreRejected(missing_row=True) if self._removing:
                code, message = (
                    UserErrorCode.IN_USE,
                    "Something else still refers to it, so it cannot go. Remove that first.",
                )
            case StoreRejected(missing_row=True):
                code, message = (
                    UserErrorCode.NOT_FOUND,
                    "Something that the input names does not exist. Take ids from the graph.",
                )
            case StoreRejected(bad_value=True):
                code, message = (
                    UserErrorCode.INVALID,
                    "A value is out of range, or values contradict each other. Check the input.",
                )
            case _:
                return None
        _LOG.warning("%s: no message for what the store refused: %s", self._operation, error)
        return Refused([refusal("", code, message)])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._transaction = None
        await self._stack.__aexit__(kind, error, trace)

    async def _begun(self) -> Transaction:
        if self._transaction is None:
            store = self.context.stores.postgres
            self._transaction = await self._stack.enter_async_context(
                store.transaction(
                    viewer_id=self._user_id,
                    deadline=self.context.deadline,
                    name=self._operation,
                )
            )
            if self._key is not None:
                await self._claimed(self._key)
        return self._transaction

    async def _claimed(self, key: str) -> None:
        claim = {"user_id": self.user_id, "operation": self._operation, "key": key}
        mark = input_hash(self.input)
        if await self._own("mutations.claim", input_hash=mark, **claim):
            return
        ((earlier, result),) = await self._own("mutations.earlier", **claim)
        if earlier != mark:
            message = "This key was used for another input. Send a new key with a new wish."
            raise Refused([refusal("idempotency_key", UserErrorCode.CONFLICT, message)])
        raise Replayed(result)

    def _said(self) -> dict[str, object]:
        viewer, client = self.context.viewer, self.context.client
        return {
            "entries": [entry.row() for entry in self._entries],
            "user_id": self._user_id,
            "api_key_id": viewer.api_key_id,
            "role": viewer.role if viewer.user_id else "user" if self._user_id else "anonymous",
            "ip_address": client.ip_address,
            "user_agent": client.user_agent,
            "request_id": self.context.request_id or None,
        }

    async def _own(self, name: str, /, **values: object) -> list[Any]:
        transaction = self._transaction or await self._begun()
        return await self._send(transaction, named_queries("postgres")[name], values)

    async def _send(self, transaction: Transaction, statement: Statement, values: Row) -> list[Any]:
        with self.context.step("postgres", statement.name, statement.text) as step:
            rows: list[Any] = await transaction.fetch(
                statement, *statement.arguments(**values), deadline=self.context.deadline
            )
            step.rows = len(rows)
        return rows


def _is(statement: Statement, verb: str) -> bool:
    """Whether a statement begins with a verb, and is not a function that writes."""
    return statement.kind != "exec" and statement.text.lstrip()[:6].upper() == verb
