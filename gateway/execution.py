"""Runs a request for any transport: document, context, deadline, errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol, cast

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.values import VariableValues

from gateway.auth.addresses import NO_PROXIES, Proxies
from gateway.cost.figures import Cost
from gateway.cost.limit import NO_LIMIT, CostLimit
from gateway.deadline import Deadline
from gateway.documents import Documents, Entry
from gateway.errors import coded, present, verdict
from gateway.requests import GraphQLRequest
from gateway.schema import EXECUTOR, OPERATION, GatewaySchema, Operation, PreparedDocument
from resolvers.context import RequestContext

# Stores stop at the deadline and leave the rest of the answer intact; what ignores it ends here.
_GRACE_S: Final = 0.5
_CHOICE: Final = "x-executor"


class Mode(StrEnum):
    """How operations run: what `GATEWAY_EXECUTOR` and `X-Executor` may say."""

    COMPILED = "compiled"
    """By their plans, from bytes to bytes; what has no plan, by graphql-core."""
    HOOK = "hook"
    """The same inside Strawberry's own execution, with all of its extensions asked."""
    PLAIN = "plain"
    """By graphql-core alone."""


# Not frozen: there is one a request, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class Caller:
    """Who asks and how.

    Attributes:
        headers: by lower-case name.
        parameters: a websocket's connection parameters.
        peer: address of whoever opened the connection; None for a Unix socket.
        proxies: whose word about the client is taken.
    """

    headers: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    peer: str | None = None
    proxies: Proxies = NO_PROXIES

    @property
    def ip_address(self) -> str | None:
        """Address of the client, behind the proxies we trust; None when it is not known."""
        return self.proxies.client(self.peer, self.headers.get("x-forwarded-for"))

    @property
    def user_agent(self) -> str | None:
        """What the client's program calls itself."""
        return self.headers.get("user-agent")

    def says(self, name: str) -> str | None:
        """Value of a header or, else, of a connection parameter; both it and `name` in lower case.

        Browsers cannot set headers of a websocket, so parameters stand in for them.
        """
        value = self.headers.get(name)
        if value is None:
            named = (value for other, value in self.parameters.items() if other.lower() == name)
            value = next(named, None)
        return None if value is None else str(value).strip().lower()


class Contexts(Protocol):
    """Makes what resolvers find as `info.context`."""

    async def admit(self, caller: Caller) -> object:
        """Identify a caller once a request or connection.

        Raises:
            Denied: credentials are given and not good.
            Undecided: whoever knows is away.
        """

    async def ended(self, identity: object) -> str:
        """Return, with the reason, when an admitted caller may not go on; perhaps never."""

    def open(self, identity: object, caller: Caller, deadline: float) -> object:
        """A context with loaders of its own; `deadline` is a value of `time.monotonic()`."""

    def extensions(self, context: object) -> dict[str, Any]:
        """What the answer says about itself beside data and errors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response.

    Attributes:
        payload: `data`, `errors`, `extensions` by the specification; no `data` when nothing ran.
        ran: whether execution began; False is a request error.
    """

    payload: dict[str, Any]
    ran: bool


class _Operation:
    """One operation about to run."""

    __slots__ = ("coerced", "context", "cost", "entry", "extensions", "lean", "variables")

    def __init__(
        self,
        entry: Entry,
        variables: Mapping[str, Any],
        coerced: VariableValues | list[GraphQLError],
        context: object,
        extensions: dict[str, Any],
        lean: bool,
    ) -> None:
        self.entry = entry
        self.variables = variables
        self.coerced = coerced
        # Values that do not fit end the operation before it costs anything.
        known = {} if isinstance(coerced, list) else coerced.coerced
        self.cost = entry.cost.at(known)
        self.context = context
        self.extensions = extensions
        self.lean = lean

    def arguments(self) -> dict[str, Any]:
        """The same as arguments of a Strawberry schema."""
        return {
            "query": self.entry.text,
            "variable_values": dict(self.variables),
            "operation_name": self.entry.name,
            "context_value": self.context,
            "operation_extensions": self.extensions,
        }


class Execution:
    """Everything needed to run operations; one per application."""

    def __init__(
        self,
        schema: GatewaySchema,
        documents: Documents,
        contexts: Contexts,
        deadline_s: float,
        *,
        mode: Mode = Mode.COMPILED,
        callers_choose: bool = False,
        cost_limit: CostLimit = NO_LIMIT,
        count: Callable[[object, Entry, Cost], None] | None = None,
    ) -> None:
        """Build it.

        Args:
            schema: the graph.
            documents: its cache of documents.
            contexts: what resolvers find as `info.context`.
            deadline_s: longest time for one operation, in seconds.
            mode: how operations run.
            callers_choose: whether a caller may ask for another mode.
            cost_limit: the most an operation may cost.
            count: told of each operation that begins, of who asked for it and what it may cost.
        """
        self._cost_limit = cost_limit
        self._count = count
        self.documents = documents
        self.contexts = contexts
        self._schema = schema
        self._deadline_s = deadline_s
        self._mode = mode
        self._callers_choose = callers_choose
        # Ours only hands over the document; any other has to see each request.
        self._lean = all(type(each) is PreparedDocument for each in schema.get_extensions())
        self._unfinished: set[asyncio.Task[Answer]] = set()

    async def run(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> Answer:
        """Run a query or mutation.

        Cancelling a query cancels its statements. A mutation runs to its end, or its deadline,
        whoever leaves: half a change is worse than one nobody waits for.
        """
        if entry.kind is not OperationType.MUTATION:
            return await self._run(entry, request, identity, caller)
        task = asyncio.create_task(self._run(entry, request, identity, caller))
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        return await asyncio.shield(task)

    async def stream(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> AsyncIterator[Answer]:
        """The answers of any operation: one, or one an event for a subscription."""
        if entry.kind is not OperationType.SUBSCRIPTION:
            yield await self.run(entry, request, identity, caller)
            return
        operation = self._operation(entry, request, identity, caller)
        if (refused := self._refusal(operation, identity)) is not None:
            yield refused
            return
        # It closes in the task that iterates, whether it ends, breaks off or is cancelled.
        async with aclosing(await self._schema.stream(**operation.arguments())) as results:
            async for result in results:
                yield self._answer(cast("ExecutionResult", result), {})

    async def finish(self) -> None:
        """Wait for mutations whose clients have left."""
        if self._unfinished:
            await asyncio.wait(self._unfinished, timeout=self._deadline_s + _GRACE_S)

    async def _run(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> Answer:
        operation = self._operation(entry, request, identity, caller)
        if (refused := self._refusal(operation, identity)) is not None:
            return refused
        try:
            with Deadline(self._deadline_s + _GRACE_S):
                result = await self._result(operation)
        except Exception as error:  # noqa: BLE001 - whatever escapes is judged like a field's error
            told = verdict(error)
            failure = coded(told.code, told.message, **told.extra)
            return Answer({"data": None, "errors": present([failure])}, ran=True)
        finally:
            self.documents.weigh(entry)
        return self._answer(result, self.contexts.extensions(operation.context))

    async def _result(self, operation: _Operation) -> ExecutionResult:
        """Straight from the operation's plan, or through Strawberry, which then picks the path."""
        if operation.lean and (result := await self._straight(operation)) is not None:
            return result
        return cast("ExecutionResult", await self._schema.execute(**operation.arguments()))

    async def _straight(self, operation: _Operation) -> ExecutionResult | None:
        if isinstance(operation.coerced, list):
            return ExecutionResult(None, operation.coerced)
        return await self._schema.execute_lean(
            operation.entry, operation.coerced, operation.context, operation.extensions
        )

    def _refusal(self, operation: _Operation, identity: object) -> Answer | None:
        """The answer to an operation that may cost too much; any other one is counted."""
        error = self._cost_limit.refusal(operation.cost)
        if error is not None:
            return refusal((error,))
        if self._count is not None:
            self._count(identity, operation.entry, operation.cost)
        return None

    def _operation(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> _Operation:
        def open_context() -> object:
            return self.contexts.open(identity, caller, time.monotonic() + self._deadline_s)

        mode = self._choose(caller) if self._callers_choose else self._mode
        extensions = {
            **request.extensions,
            OPERATION: Operation(entry, open_context),
            EXECUTOR: "plain" if mode is Mode.PLAIN else "compiled",
        }
        lean = self._lean and mode is Mode.COMPILED and entry.plans.reason is None
        coerced = entry.variables.coerce(self._schema.graphql_schema, request.variables)
        context = open_context()
        if entry.kind is OperationType.QUERY and isinstance(context, RequestContext):
            context.only_reads()
        return _Operation(entry, request.variables, coerced, context, extensions, lean)

    def _choose(self, caller: Caller) -> Mode:
        try:
            return Mode(caller.says(_CHOICE) or self._mode)
        except ValueError:
            return self._mode

    def _answer(self, result: ExecutionResult, extensions: dict[str, Any]) -> Answer:
        payload: dict[str, Any] = {}
        errors = result.errors or []
        # Variables that do not fit fail before any field runs: nothing has a path then.
        ran = result.data is not None or any(error.path is not None for error in errors)
        if errors:
            payload["errors"] = present(errors)
        if ran or not errors:
            payload["data"] = result.data
        if said := {**(result.extensions or {}), **extensions}:
            payload["extensions"] = said
        return Answer(payload, ran or not errors)


def refusal(errors: tuple[GraphQLError, ...]) -> Answer:
    """The answer to a request that was not run."""
    return Answer({"errors": present(errors)}, ran=False)
