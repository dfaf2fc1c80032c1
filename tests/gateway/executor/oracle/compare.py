"""Runs one operation on both paths and says what differs.

Data must be equal byte for byte, keys in the same order (but for the last digits of numbers where
a store adds up floats in any order), and errors must be the same set of path,
message, places in the document and code. Where several errors compete for one position that became
null, the specification leaves the choice open: then both must null the same positions, and ours
must be among those that graphql-core finds when no null bubbles up
(`@experimental_disableErrorPropagation`).
"""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol, cast

from graphql import (
    ConstDirectiveNode,
    ExecutionResult,
    GraphQLError,
    NameNode,
    OperationType,
)
from strawberry.types.execution import PreExecutionError

from gateway.documents import Documents, Entry
from gateway.encoding import encode
from gateway.errors import INTERNAL, present, root_cause
from gateway.schema import EXECUTOR, OPERATION, GatewaySchema, Operation
from resolvers.context import RequestContext
from resolvers.errors import describe
from stores.errors import StoreError

# How the compiled path is entered: without a document of the edge, with one, past Strawberry.
Entrance = Literal["bare", "hook", "lean"]
ENTRANCES: Final[tuple[Entrance, ...]] = ("bare", "hook", "lean")
FAILED: Final = "The compiled path failed"
WAYS: Final = ("compiled", "exact", "plain")


@dataclass(frozen=True, slots=True)
class Case:
    """One operation to ask on both paths.

    Attributes:
        text: the document, with one operation.
        variables: values to ask with, one set after the other: the plan is used again.
        entrance: into the compiled path.
        setting: who asks what data, for the subject to make contexts of.
        origin: how to make the case again.
    """

    text: str
    variables: tuple[Mapping[str, Any], ...] = ({},)
    entrance: Entrance = "hook"
    setting: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""


class Subject(Protocol):
    """What is asked: a schema, and contexts over data that both paths see alike."""

    schema: GatewaySchema
    documents: Documents
    # Whether the stores give the same digits each time.
    steady: bool
    # Whether every error is one that somebody foresaw: none is told as INTERNAL.
    sound: bool

    def context(self, case: Case) -> RequestContext:
        """A fresh context."""


@dataclass(frozen=True, slots=True)
class Told:
    """An error as far as both paths must agree on it."""

    path: tuple[str | int, ...] | None
    message: str
    locations: tuple[tuple[int, int], ...]
    code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: data as on the wire, and the errors."""

    data: bytes
    errors: Counter[Told]

    @property
    def unforeseen(self) -> bool:
        """Whether a client would be told that something failed on our side."""
        return any(told.code.startswith(INTERNAL) for told in self.errors)


class Different(AssertionError):
    """The paths disagree; the text says where, and how to see it again."""


async def compare(subject: Subject, case: Case) -> Counter[str]:
    """Ask on both paths.

    Returns:
        How often operations went which way: `compiled`, `exact`, `plain`; and `competing`, the
        answers that name another of several competing errors.

    Raises:
        Different: with the first difference.
    """
    entry = subject.documents.entry(case.text, None)
    ways: Counter[str] = Counter()
    for variables in case.variables:
        asked = replace(case, variables=(variables,))
        before = subject.schema.engine.metrics.copy()
        plain = await _asked(subject, asked, entry, "plain")
        compiled = await _asked(subject, asked, entry, "compiled")
        went = subject.schema.engine.metrics - before
        ways += went
        if went["bugs"]:
            raise Different(_report(asked, FAILED, plain, compiled))
        if subject.sound and any(outcome.unforeseen for outcome in (*plain, *compiled)):
            raise Different(_report(asked, "Nobody foresaw an error", plain, compiled))
        if len(plain) != len(compiled):
            raise Different(_report(asked, "The number of events differs", plain, compiled))
        if plain == compiled:
            continue
        ways["competing"] += 1
        every = await _asked(subject, asked, _without_bubbling(entry), "plain")
        for event, pair in enumerate(zip(plain, compiled, strict=True)):
            rest = every[event].errors if event < len(every) else Counter[Told]()
            difference = _difference(*pair, rest, steady=subject.steady)
            if difference:
                raise Different(_report(asked, difference, plain, compiled))
    return ways


async def _asked(
    subject: Subject, case: Case, entry: Entry, path: Literal["plain", "compiled"]
) -> list[Outcome]:
    """The answer, or all answers of a subscription."""
    context = subject.context(case)
    (variables,) = case.variables
    extensions: dict[str, Any] = {EXECUTOR: path}
    if path == "plain" or case.entrance != "bare":
        extensions[OPERATION] = Operation(entry, context.next_scope)
    asked: dict[str, Any] = {
        "variable_values": copy.deepcopy(dict(variables)),
        "context_value": context,
        "operation_extensions": extensions,
    }
    if entry.kind is OperationType.SUBSCRIPTION:
        # Otherwise the events of one subscription would have one context.
        extensions[OPERATION] = Operation(entry, context.next_scope)
        async with aclosing(await subject.schema.stream(case.text, **asked)) as results:
            return [_outcome(result) async for result in results]
    if path == "compiled" and case.entrance == "lean":
        lean = await _lean(subject, entry, variables, context, extensions)
        if lean is not None:
            return [_outcome(lean)]
    return [_outcome(await subject.schema.execute(case.text, **asked))]


async def _lean(
    subject: Subject,
    entry: Entry,
    variables: Mapping[str, Any],
    context: RequestContext,
    extensions: dict[str, Any],
) -> ExecutionResult | None:
    coerced = entry.variables.coerce(subject.schema.graphql_schema, copy.deepcopy(dict(variables)))
    if isinstance(coerced, list):
        return ExecutionResult(None, coerced)
    return await subject.schema.execute_lean(entry, coerced, context, extensions)


def _outcome(result: object) -> Outcome:
    found = cast("ExecutionResult | PreExecutionError", result)
    return Outcome(encode(found.data), Counter(map(_told, found.errors or ())))


def _told(error: GraphQLError) -> Told:
    cause = root_cause(error)
    message, code = error.message, str((error.extensions or {}).get("code", ""))
    if isinstance(cause, StoreError):
        # Its own words name the statement, of which there may be another one for the same rows.
        message, extra = describe(cause)
        code = str(extra["code"])
    if not code:
        code = str(present([error])[0]["extensions"]["code"])
    return Told(
        None if error.path is None else tuple(error.path),
        message,
        tuple((each.line, each.column) for each in error.locations or ()),
        f"{code}/{type(cause).__name__}",
    )


def _without_bubbling(entry: Entry) -> Entry:
    """The same document, its places unchanged, for graphql-core to collect all errors."""
    directive = ConstDirectiveNode(
        name=NameNode(value="experimental_disableErrorPropagation"), arguments=()
    )
    directives = (*(entry.operation.directives or ()), directive)
    operation = replace(entry.operation, directives=directives)
    definitions = tuple(
        operation if node is entry.operation else node for node in entry.document.definitions
    )
    document = replace(entry.document, definitions=definitions)
    return replace(entry, document=document, operation=operation)


def _difference(
    plain: Outcome, compiled: Outcome, every: Counter[Told], *, steady: bool
) -> str | None:
    """What differs beyond what the specification leaves open."""
    if plain.data != compiled.data and (steady or not _nearly(plain.data, compiled.data)):
        return f"Data differ at {_first_difference(plain.data, compiled.data)}"
    if plain.errors == compiled.errors:
        return None
    data = json.loads(plain.data)
    theirs, ours = _by_position(plain.errors, data), _by_position(compiled.errors, data)
    if theirs.keys() != ours.keys():
        return f"Errors are at other places: {sorted(theirs.keys() ^ ours.keys(), key=str)}"
    for position, told in ours.items():
        if told == theirs[position]:
            continue
        unknown = told - every
        if unknown:
            return f"Errors at {_dotted(position)} that graphql-core does not have: {unknown}"
    return None


def _by_position(
    errors: Counter[Told], data: Any
) -> dict[tuple[str | int, ...] | None, Counter[Told]]:
    """Errors by the place in the answer that became null for them."""
    found: dict[tuple[str | int, ...] | None, Counter[Told]] = {}
    for told, count in errors.items():
        position = None if told.path is None else _nulled(told.path, data)
        found.setdefault(position, Counter())[told] += count
    return found


def _nulled(path: tuple[str | int, ...], data: Any) -> tuple[str | int, ...]:
    value = data
    for depth, step in enumerate(path):
        if value is None:
            return path[:depth]
        value = value[step]
    return path


def _nearly(plain: bytes, compiled: bytes) -> bool:
    """Whether nothing but the last digits of numbers differ."""
    found = list(_differences((), json.loads(plain), json.loads(compiled)))
    return bool(found) and all(_close(theirs, ours) for _, theirs, ours in found)


def _close(theirs: Any, ours: Any) -> bool:
    try:
        return type(theirs) is type(ours) and math.isclose(
            float(theirs), float(ours), rel_tol=1e-12
        )
    except (TypeError, ValueError):
        return False


def _first_difference(plain: bytes, compiled: bytes) -> str:
    ours = json.loads(compiled)
    for path, theirs, other in _differences((), json.loads(plain), ours):
        return f"{_dotted(path)}: plain has {_short(theirs)}, compiled has {_short(other)}"
    return f"the bytes, not the values: {_short(plain.decode())} and {_short(compiled.decode())}"


def _differences(
    path: tuple[str | int, ...], theirs: Any, ours: Any
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    if isinstance(theirs, dict) and isinstance(ours, dict) and list(theirs) == list(ours):
        for name in theirs:
            yield from _differences((*path, name), theirs[name], ours[name])
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for place, pair in enumerate(zip(theirs, ours, strict=True)):
            yield from _differences((*path, place), *pair)
    elif theirs != ours or type(theirs) is not type(ours):
        yield path, theirs, ours


def _dotted(path: tuple[str | int, ...] | None) -> str:
    return "(no path)" if path is None else ".".join(map(str, path)) or "(data)"


def _short(value: object, most: int = 300) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[:most]}…"


def _report(case: Case, difference: str, plain: list[Outcome], compiled: list[Outcome]) -> str:
    lines = [
        difference,
        f"made by: {case.origin}",
        f"entrance: {case.entrance}; setting: {dict(case.setting)}",
        f"variables: {json.dumps(case.variables[0], ensure_ascii=False)}",
        case.text,
    ]
    for name, outcomes in (("plain", plain), ("compiled", compiled)):
        for outcome in outcomes:
            lines.append(f"{name}: {_short(outcome.data.decode(), 2000)}")
            lines += [f"    {told}" for told in sorted(outcome.errors.elements(), key=str)[:12]]
    return "\n".join(lines)
