"""Asks a question in one mode of execution and writes down what came of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from graphql import GraphQLError

from gateway.documents import Documents, Refused
from gateway.embedding import LexicalEmbedder
from gateway.encoding import encode
from gateway.execution import Answer, Caller, Execution, Mode, refusal
from gateway.executor.explain import explain
from gateway.requests import GraphQLRequest
from gateway.schema import GatewaySchema
from resolvers.context import RequestContext, StepTrace, Viewer
from stores.lifecycle import Stores
from tests.gateway.golden.golden_file import GoldenFile

# The sample ends the day before.
NOW: Final = datetime(2025, 10, 7, tzinfo=UTC)
_WIDTH: Final = 100
_DEADLINE_S: Final = 60.0
_WAYS: Final = {
    "": "Nothing was executed.",
    "compiled": "Of the compiled path, by generated code.",
    "exact": "Of the compiled path, value by value.",
    "plain": "Of graphql-core: it cannot be planned.",
}
# Where a declared read, which is one line, is broken.
_CLAUSE: Final = re.compile(r" (?=(?:FROM|CROSS JOIN|WHERE|ORDER BY|LIMIT)\b)")


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph over the sample, with documents held as the edge holds them."""

    schema: GatewaySchema
    documents: Documents
    stores: Stores


@dataclass(frozen=True, slots=True)
class Recording:
    """What came of a question.

    Attributes:
        answer: data as encoded for the wire, and the errors by their place.
        way: how it came about, as `gateway.executor.engine` counts it; nothing when refused.
        calls: each thing that was asked of the stores, and how often.
    """

    answer: bytes
    way: str
    calls: Counter[str]

    @property
    def shown(self) -> str:
        """The answer for readers."""
        return pretty(json.loads(self.answer)) + "\n"


class _Contexts:
    """The only context of a question, and what it traced."""

    def __init__(self, golden: GoldenFile, stores: Stores) -> None:
        self._viewer, self._stores = golden.viewer, stores
        self.trace: list[StepTrace] = []

    async def admit(self, caller: Caller) -> Viewer:
        return self._viewer

    async def ended(self, identity: object) -> str:
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        return RequestContext(
            self._viewer,
            self._stores,
            deadline=deadline,
            clock=lambda: NOW,
            trace=self.trace,
            embedder=LexicalEmbedder(),
        )

    def extensions(self, context: object) -> dict[str, Any]:
        return {}


async def record(graph: Graph, golden: GoldenFile, mode: Mode) -> Recording:
    """Ask as the edge does, on one path."""
    contexts = _Contexts(golden, graph.stores)
    execution = Execution(graph.schema, graph.documents, contexts, _DEADLINE_S, mode=mode)
    request = GraphQLRequest(golden.query, golden.variables)
    before = graph.schema.engine.metrics.copy()
    try:
        entry = graph.documents.entry(golden.query, None)
        answer = await execution.run(entry, request, golden.viewer, Caller({}))
    except Refused as error:
        answer = refusal(error.errors)
    way = "".join(graph.schema.engine.metrics - before)
    return Recording(_encoded(answer), way, Counter(map(_call, contexts.trace)))


def plan_of(graph: Graph, golden: GoldenFile) -> str:
    """The plan as text; says why when there is none, and nothing when nothing is executed."""
    try:
        graph.documents.entry(golden.query, None)
        return explain(graph.schema, golden.query, None, golden.variables)
    except (Refused, GraphQLError):
        return ""


def _encoded(answer: Answer) -> bytes:
    """The answer on the wire, but errors by their place: siblings fail in any order."""
    payload = dict(answer.payload)
    if errors := payload.get("errors"):
        payload["errors"] = sorted(errors, key=lambda error: str(error.get("path")))
    return encode(payload)


def _call(step: StepTrace) -> str:
    """A call in the words of the golden files; without its time, which differs."""
    keys = "1 key" if step.keys == 1 else f"{step.keys} keys"
    rows = "1 row" if step.rows == 1 else f"{step.rows} rows"
    head = f"{step.store}, {step.name}: {keys}, {rows}"
    head += f", failed with {step.error}" if step.error else ""
    text = step.text if "\n" in step.text else _CLAUSE.sub("\n", step.text)
    return f"{head}\n\n```sql\n{text.strip()}\n```\n" if text else f"{head}\n"


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with a line for what fits in one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (indent + 2)
    lines = ",\n".join(f"{inner}{part}" for part in _parts(value, indent + 2))
    return f"{opening}\n{lines}\n{' ' * indent}{closing}"


def _parts(value: dict[str, Any] | list[Any], indent: int) -> Iterator[str]:
    if isinstance(value, list):
        yield from (pretty(part, indent) for part in value)
        return
    for name, part in value.items():
        yield f"{json.dumps(name)}: {pretty(part, indent)}"


def rendered(compiled: Recording, plain: Recording, plan: str) -> str:
    """The part of a golden file that the test writes; the answers are equal."""
    calls = {
        "Calls of both paths": compiled.calls & plain.calls,
        "Calls of the compiled path alone": compiled.calls - plain.calls,
        "Calls of the plain path alone": plain.calls - compiled.calls,
    }
    text = f"## Answer\n\n{_WAYS[compiled.way]}\n\n```json\n{compiled.shown}```\n"
    if plan:
        text += f"\n## Plan\n\n```text\n{plan}```\n"
    for title, found in calls.items():
        if found:
            # Siblings end in any order.
            text += "\n".join([f"\n## {title}\n", *sorted(found.elements())])
    return text
