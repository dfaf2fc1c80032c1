"""Runs a request for any transport: document, context, deadline, errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

from graphql import GraphQLError, OperationType
from strawberry.types.execution import ExecutionResult

from gateway.documents import Documents, Entry
from gateway.errors import coded, present, verdict
from gateway.requests import GraphQLRequest
from gateway.schema import OPERATION, GatewaySchema, Operation

# Stores stop at the deadline and leave the rest of the answer intact; what ignores it ends here.
_GRACE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks and how: headers by lower-case name, a websocket's connection parameters."""

    headers: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Contexts(Protocol):
    """Makes what resolvers find as `info.context`."""

    async def admit(self, caller: Caller) -> object:
        """Identify a caller once a request or connection.

        Raises:
            Denied: credentials are given and not good.
        """

    def open(self, identity: object, caller: Caller, deadline: float) -> object:
        """A context with loaders of its own; `deadline` is a value of `time.monotonic()`."""

    def extensions(self, context: object) -> dict[str, Any]:
        """What the answer says about itself beside data and errors."""


class Denied(Exception):
    """The caller's credentials are not accepted; the text is shown to them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response.

    Attributes:
        payload: `data`, `errors`, `extensions` by the specification; no `data` when nothing ran.
        ran: whether execution began; False is a request error.
    """

    payload: dict[str, Any]
    ran: bool


class Execution:
    """Everything needed to run operations; one per application."""

    def __init__(
        self, schema: GatewaySchema, documents: Documents, contexts: Contexts, deadline_s: float
    ) -> None:
        self.documents = documents
        self.contexts = contexts
        self._schema = schema
        self._deadline_s = deadline_s
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
        arguments = self._arguments(entry, request, identity, caller)
        # It closes in the task that iterates, whether it ends, breaks off or is cancelled.
        async with aclosing(await self._schema.stream(**arguments)) as results:
            async for result in results:
                yield self._answer(cast("ExecutionResult", result), {})

    async def finish(self) -> None:
        """Wait for mutations whose clients have left."""
        if self._unfinished:
            await asyncio.wait(self._unfinished, timeout=self._deadline_s + _GRACE_S)

    async def _run(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> Answer:
        arguments = self._arguments(entry, request, identity, caller)
        try:
            async with asyncio.timeout(self._deadline_s + _GRACE_S):
                result = await self._schema.execute(**arguments)
        except Exception as error:  # noqa: BLE001 - whatever escapes is judged like a field's error
            told = verdict(error)
            failure = coded(told.code, told.message, **told.extra)
            return Answer({"data": None, "errors": present([failure])}, ran=True)
        return self._answer(result, self.contexts.extensions(arguments["context_value"]))

    def _arguments(
        self, entry: Entry, request: GraphQLRequest, identity: object, caller: Caller
    ) -> dict[str, Any]:
        def open_context() -> object:
            return self.contexts.open(identity, caller, time.monotonic() + self._deadline_s)

        return {
            "query": entry.text,
            "variable_values": dict(request.variables),
            "operation_name": entry.name,
            "context_value": open_context(),
            "operation_extensions": {
                **request.extensions,
                OPERATION: Operation(entry, open_context),
            },
        }

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
