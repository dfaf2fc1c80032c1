"""Parse and validate each text once: a bounded cache of documents ready to run."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.cost.estimate import MOST_SELECTIONS, Estimator, TooManySelections
from gateway.cost.terms import Term
from gateway.errors import (
    BAD_USER_INPUT,
    PARSE_FAILED,
    TOO_COMPLEX,
    VALIDATION_FAILED,
    coded,
    input_verdict,
)
from gateway.executor.engine import Plans
from gateway.limits import Limits, measure, violation
from gateway.variables import Variables, variables_of

# Measured with graphql-core 3.3.2: a parsed document takes about 105 bytes a character.
_BYTES_A_CHARACTER: Final = 120
_BYTES_AN_ENTRY: Final = 2_000
_MOST_ERRORS: Final = 20
# An entry with its plans takes up to a half of its shelf.
_MOST_OF_A_SHELF: Final = 2

_Key: TypeAlias = tuple[str, str | None]
_Item = TypeVar("_Item")


class Refused(Exception):
    """The document or the choice of its operation cannot run; nothing was executed.

    Attributes:
        errors: what is wrong, each with its code.
    """

    def __init__(self, errors: tuple[GraphQLError, ...]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(slots=True, eq=False)
class Entry:
    """A document that passed every rule, with the operation to run.

    Attributes:
        text: the document as sent.
        name: name of the operation as asked for, None for a document's only one.
        document: the text, parsed.
        operation: the one to run.
        fragments: of the document, by name.
        variables: what the operation declares, ready to coerce values.
        cost: what running it may cost, told by the values of its variables.
        plans: the compiled executor's plans of the operation, made when it runs.
        weighed: bytes of its plans that the cache counts already.
    """

    text: str
    name: str | None
    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: Variables
    cost: Term
    plans: Plans = field(default_factory=Plans)
    weighed: int = 0

    @property
    def kind(self) -> OperationType:
        return self.operation.operation


class _Shelf(Generic[_Item]):
    """A least-recently-used map bounded by an estimate of its bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._items: OrderedDict[_Key, tuple[_Item, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: _Key) -> _Item | None:
        held = self._items.get(key)
        if held is None:
            return None
        self._items.move_to_end(key)
        return held[0]

    def put(self, key: _Key, item: _Item, size: int) -> None:
        if size > self._most:
            return
        self._items[key] = (item, size)
        self.bytes += size
        self._shrink()

    def grow(self, key: _Key, item: _Item, by: int) -> None:
        """Count more bytes for an item, unless it has been pushed out.

        One that takes most of the shelf is put out by itself, instead of all the others.
        """
        held = self._items.get(key)
        if held is None or held[0] is not item:
            return
        if held[1] + by > self._most // _MOST_OF_A_SHELF:
            del self._items[key]
            self.bytes -= held[1]
            return
        self._items[key] = (item, held[1] + by)
        self.bytes += by
        self._shrink()

    def _shrink(self) -> None:
        while self.bytes > self._most:
            _, (_, freed) = self._items.popitem(last=False)
            self.bytes -= freed


class Documents:
    """The cache. Refused texts are kept apart, so that nonsense cannot push out what is used."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        most_bytes: int = 32_000_000,
        introspection: bool = True,
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._suggestions = suggestions
        self._estimator = Estimator(schema)
        self._rules = [*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule]
        if not introspection:
            self._rules.append(NoSchemaIntrospectionCustomRule)
        self._ready: _Shelf[Entry] = _Shelf(most_bytes)
        self._refused: _Shelf[tuple[GraphQLError, ...]] = _Shelf(most_bytes // 8)

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def held_bytes(self) -> int:
        """Estimated memory of both shelves."""
        return self._ready.bytes + self._refused.bytes

    def entry(self, text: str, name: str | None) -> Entry:
        """The entry for a text and the name of its operation (None: its only one).

        Raises:
            Refused: the text does not parse, validate or keep to the limits, or has no such
                operation.
        """
        key = (text, name)
        if (entry := self._ready.get(key)) is not None:
            return entry
        if (errors := self._refused.get(key)) is not None:
            raise Refused(errors)
        if len(text) > self._limits.chars:
            raise Refused((_too_long(self._limits.chars),))
        size = _BYTES_AN_ENTRY + _BYTES_A_CHARACTER * len(text)
        try:
            entry = self._prepare(text, name)
        except Refused as refusal:
            # Without its traceback, or the cache would keep the frames and the document alive.
            errors = tuple(_bare(error) for error in refusal.errors)
            self._refused.put(key, errors, size // 4)
            raise Refused(errors) from None
        self._ready.put(key, entry, size)
        return entry

    def weigh(self, entry: Entry) -> None:
        """Count what an entry's plans take; to be called whenever it may have got one."""
        grown = entry.plans.bytes - entry.weighed
        if grown:
            entry.weighed += grown
            self._ready.grow((entry.text, entry.name), entry, grown)

    def _prepare(self, text: str, name: str | None) -> Entry:
        document = self._parse(text)
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._check_limits(document, fragments)
        errors = validate(
            self._schema,
            document,
            self._rules,
            max_errors=_MOST_ERRORS,
            hide_suggestions=not self._suggestions,
        )
        if errors:
            raise Refused(tuple(_with_code(error, VALIDATION_FAILED) for error in errors))
        operation = _choose(document, name)
        variables = variables_of(self._schema, operation)
        try:
            cost = self._estimator.estimate(operation, fragments)
        except TooManySelections:
            raise Refused((_too_many_selections(),)) from None
        return Entry(text, name, document, operation, fragments, variables, cost)

    def _parse(self, text: str) -> DocumentNode:
        limits = self._limits
        try:
            return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            # One class stands for bad syntax and for the parser's limits; only the text differs.
            aborted = error.message.endswith("Parsing aborted.")
            raise Refused((_with_code(error, TOO_COMPLEX if aborted else PARSE_FAILED),)) from None

    def _check_limits(
        self, document: DocumentNode, fragments: dict[str, FragmentDefinitionNode]
    ) -> None:
        for node in document.definitions:
            if not isinstance(node, OperationDefinitionNode):
                continue
            try:
                error = violation(measure(node, fragments), self._limits)
            except RecursionError:
                error = coded(TOO_COMPLEX, "The operation's fragments nest too deep.")
            if error is not None:
                raise Refused((error,))


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation called `name`, or the only one."""
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None and len(found) == 1:
        return found[0]
    for node in found:
        if name is not None and node.name is not None and node.name.value == name:
            return node
    if name is None:
        text = "The document has several operations: name one in operationName."
    else:
        text = f"The document has no operation named {name[:100]!r}."
    raise Refused((coded(BAD_USER_INPUT, text),))


def _too_long(most: int) -> GraphQLError:
    message = f"The document is longer than {most} characters."
    return coded(TOO_COMPLEX, message, limit="chars", maximum=most)


def _too_many_selections() -> GraphQLError:
    message = (
        f"The operation's fragments expand to more than {MOST_SELECTIONS:,} selections; "
        "name each field once."
    )
    return coded(TOO_COMPLEX, message, limit="selections", maximum=MOST_SELECTIONS)


def _with_code(error: GraphQLError, code: str) -> GraphQLError:
    """The same error with a code, unless it has one, and without what a scalar's parser raised."""
    if error.extensions and "code" in error.extensions:
        return error
    message = error.message
    if error.original_error is not None:
        code, message = input_verdict(error)
    return GraphQLError(
        message, error.nodes, error.source, error.positions, extensions={"code": code}
    )


def _bare(error: GraphQLError) -> GraphQLError:
    """A copy of what is shown of an error: no nodes, no traceback."""
    return GraphQLError(
        error.message, source=error.source, positions=error.positions, extensions=error.extensions
    )
