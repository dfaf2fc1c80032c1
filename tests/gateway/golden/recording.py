"""Asks a question on one path of execution and writes down what came of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from graphql import GraphQLError

from gateway.documents import Documents, Refused
from gateway.embedding import LexicalEmbedder
from gateway.encoding import encode
from gateway.errors import present
from gateway.executor.explain import explain
from gateway.schema import EXECUTOR, OPERATION, GatewaySchema, Operation
from resolvers.context import RequestContext, StepTrace
from stores.lifecycle import Stores
from tests.gateway.golden.golden_file import GoldenFile

Path = Literal["plain", "compiled"]

# The sample ends the day before.
NOW: Final = datetime(2025, 10, 7, tzinfo=UTC)
_WIDTH: Final = 100
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


async def record(graph: Graph, golden: GoldenFile, path: Path) -> Recording:
    """Ask on one path."""
    trace: list[StepTrace] = []
    try:
        entry = graph.documents.entry(golden.query, None)
    except Refused as error:
        return Recording(_encoded(None, error.errors), "", Counter())
    context = RequestContext(
        golden.viewer, graph.stores, clock=lambda: NOW, trace=trace, embedder=LexicalEmbedder()
    )
    before = graph.schema.engine.metrics.copy()
    result = await graph.schema.execute(
        golden.query,
        variable_values=golden.variables,
        context_value=context,
        operation_extensions={OPERATION: Operation(entry, context.next_scope), EXECUTOR: path},
    )
    way = "".join(graph.schema.engine.metrics - before)
    answer = _encoded(result.data, result.errors or ())
    return Recording(answer, way, Counter(map(_call, trace)))


def plan_of(graph: Graph, golden: GoldenFile) -> str:
    """The plan as text; says why when there is none, and nothing when nothing is executed."""
    try:
        graph.documents.entry(golden.query, None)
        return explain(graph.schema, golden.query, None, golden.variables)
    except (Refused, GraphQLError):
        return ""


def _encoded(data: object, errors: Iterable[GraphQLError]) -> bytes:
    """The answer on the wire, but errors by their place: siblings fail in any order."""
    shown = sorted(present(errors), key=lambda error: str(error.get("path")))
    said = b'"errors":' + encode(shown) + b"," if shown else b""
    return b"{" + said + b'"data":' + encode(data) + b"}"


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
