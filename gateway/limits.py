"""What a document may ask for, measured once, before validation and execution.

Each fragment is measured once however often it is spread: the work is linear in the text, while the
figures are those of the expanded operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from gateway.errors import TOO_COMPLEX, coded

# graphql-core's own rule bounds how deep these may nest.
_INTROSPECTION: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each; fragments expanded. `repeats` is of one response name among siblings."""

    chars: int = 100_000
    tokens: int = 2_000
    comments: int = 500
    depth: int = 15
    aliases: int = 30
    directives: int = 50
    root_fields: int = 30
    repeats: int = 30


@dataclass(frozen=True, slots=True)
class Shape:
    """Figures of one selection set: nesting of fields, and counts over all levels."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    repeats: int = 0

    def beside(self, other: Shape) -> Shape:
        """The figures of two groups of selections together."""
        return Shape(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.fields + other.fields,
            max(self.repeats, other.repeats),
        )


class _Measure:
    """Measures one operation; holds the figures of the fragments met so far."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Shape] = {}
        self._open: set[str] = set()

    def selections(self, node: SelectionSetNode | None) -> Shape:
        total = Shape(repeats=_repeats(node))
        for selection in node.selections if node else ():
            total = total.beside(self._selection(selection))
        return total

    def _selection(self, node: SelectionNode) -> Shape:
        directives = _count(node.directives)
        match node:
            case FieldNode():
                inner = self.selections(node.selection_set)
                hidden = node.name.value in _INTROSPECTION
                return Shape(
                    depth=1 if hidden else inner.depth + 1,
                    aliases=inner.aliases + (node.alias is not None),
                    directives=inner.directives + directives,
                    fields=1,
                    repeats=inner.repeats,
                )
            case InlineFragmentNode():
                return self.selections(node.selection_set).beside(Shape(directives=directives))
            case FragmentSpreadNode():
                return self._fragment(node.name.value).beside(Shape(directives=directives))
        return Shape()

    def _fragment(self, name: str) -> Shape:
        """Figures of a fragment; none for unknown ones and cycles, which validation reports."""
        if name in self._known:
            return self._known[name]
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:
            return Shape()
        self._open.add(name)
        shape = self.selections(fragment.selection_set)
        self._open.discard(name)
        self._known[name] = shape
        return shape


def measure(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Shape:
    """Figures of an operation; `fields` counts those at its top, fragments expanded.

    Raises:
        RecursionError: fragments nest so deep that no limit could allow it.
    """
    shape = _Measure(fragments).selections(operation.selection_set)
    return shape.beside(Shape(directives=_count(operation.directives)))


def violation(shape: Shape, limits: Limits) -> GraphQLError | None:
    """The first limit that a shape breaks, as the error to answer with."""
    checks = (
        ("depth", shape.depth, limits.depth, "nests fields {0} deep; at most {1} are allowed"),
        ("aliases", shape.aliases, limits.aliases, "has {0} aliases; at most {1} are allowed"),
        (
            "directives",
            shape.directives,
            limits.directives,
            "has {0} directives; at most {1} are allowed",
        ),
        (
            "rootFields",
            shape.fields,
            limits.root_fields,
            "has {0} fields at its top; at most {1} are allowed",
        ),
        (
            "repeats",
            shape.repeats,
            limits.repeats,
            "names one field {0} times; at most {1} are allowed",
        ),
    )
    for name, actual, most, text in checks:
        if actual > most:
            shown = actual if actual < 10**9 else "more than a billion"
            message = f"The operation {text.format(shown, most)}."
            return coded(TOO_COMPLEX, message, limit=name, maximum=most)
    return None


def _count(directives: tuple[DirectiveNode, ...] | None) -> int:
    return len(directives or ())


def _repeats(node: SelectionSetNode | None) -> int:
    """How often the commonest response name occurs; what validation is quadratic in."""
    names = Counter(
        (selection.alias or selection.name).value
        for selection in (node.selections if node else ())
        if isinstance(selection, FieldNode)
    )
    return max(names.values(), default=0)
