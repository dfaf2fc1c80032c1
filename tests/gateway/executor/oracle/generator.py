"""Makes documents over any schema: deep, with aliases, merged duplicates, fragments, variables.

Everything follows from the random numbers given. A document that does not validate is thrown away
and another one made; that happens where types of a union disagree about a response name.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_union_type,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from tests.gateway.executor.oracle.inputs import Inputs, Pools, literal

_RULES: Final = (*specified_rules, MaybeNullValidationRule)
# How many objects a branch may have, guessing that a list has so many.
_MOST_OBJECTS: Final = 120
_GUESS: Final = 3
_TRIES: Final = 50
# How much more often pages are chosen than other objects.
_PAGES: Final = 3
# Types of so few fields are asked for most of them: a page, where it lies, how many rows it has.
_FLAT: Final = 4
_ABSENT: Final = object()
_VARIABLE: Final = re.compile(r"\$(v\d+)")


@dataclass(frozen=True, slots=True)
class Generated:
    """A document and sets of values for its variables."""

    text: str
    variables: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class _Variable:
    name: str
    type: Any
    default: Any
    argument: str


@dataclass(slots=True)
class _Document:
    """A document being written.

    Attributes:
        left: fields that may still be written.
        names: the response name of each field with certain arguments.
    """

    left: int
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    variables: list[_Variable] = field(default_factory=list)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    open_fragments: int = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """How often what is written: probabilities."""

    alias: float = 0.25
    duplicate: float = 0.15
    inline: float = 0.15
    named: float = 0.12
    variable: float = 0.3
    argument: float = 0.45
    directive: float = 0.07
    typename: float = 0.12
    cursor: float = 0.5
    where: float = 0.3
    favoured: float = 0.3
    introspection: float = 0.01


class Generator:
    """Makes documents for one schema."""

    def __init__(self, schema: GraphQLSchema, pools: Pools, weights: Weights | None = None) -> None:
        self.schema = schema
        self.pools = pools
        self._weights = weights or Weights()

    def make(
        self,
        rng: random.Random,
        kind: OperationType = OperationType.QUERY,
        favoured: Collection[str] = (),
    ) -> Generated:
        """A valid document with one operation of a kind.

        Args:
            rng: from which it follows.
            kind: of the operation.
            favoured: names of fields to ask more often, because their values are wrong.
        """
        for _ in range(_TRIES):
            writer = _Writer(self.schema, self.pools, self._weights, rng, favoured)
            made = writer.operation(kind)
            if not validate(self.schema, parse(made.text), _RULES, max_errors=1):
                return made
        raise RuntimeError("no valid document in many tries: the generator is wrong")


class _Writer:
    """Writes one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        pools: Pools,
        weights: Weights,
        rng: random.Random,
        favoured: Collection[str],
    ) -> None:
        self._schema = schema
        self._pools = pools
        self._weights = weights
        self._rng = rng
        self._favoured = favoured
        self._inputs = Inputs(rng, pools)
        self._made = _Document(rng.choice((4, 8, 12, 20, 35)))
        # Values that variables should have, because other arguments depend on them.
        self._fixed: dict[str, Any] = {}
        self._deepest = rng.choice((2, 3, 4, 5, 6, 8))

    def operation(self, kind: OperationType) -> Generated:
        root = self._schema.get_root_type(kind)
        assert root is not None
        if kind is OperationType.SUBSCRIPTION:
            # Exactly one root field, without @skip and @include.
            name = self._rng.choice(list(root.fields))
            selections = self._field(root, name, 0, 1, directives=False)
            body = f"{{ {selections or '__typename'} }}"
        else:
            body = self._selections(root, 0, 1)
        head = kind.value
        if self._rng.random() < 0.3:
            head += " Asked"
        fragments = "".join(
            f"\nfragment {name} on {on} {text}" for name, (on, text) in self._made.fragments.items()
        )
        # Not all that was written was kept.
        used = set(_VARIABLE.findall(body + fragments))
        self._made.variables = [each for each in self._made.variables if each.name in used]
        declared = ", ".join(map(self._declaration, self._made.variables))
        head += f"({declared})" if declared else ""
        sets = tuple(self._values() for _ in range(2 if self._rng.random() < 0.4 else 1))
        return Generated(f"{head} {body}{fragments}", sets)

    def _chance(self, probability: float) -> bool:
        return self._rng.random() < probability

    # Selections

    def _selections(self, type_: Any, depth: int, objects: int) -> str:
        """A selection set in braces, never empty."""
        parts = [part for part in self._parts(type_, depth, objects) if part]
        if self._chance(self._weights.typename) or not parts:
            parts.insert(self._rng.randrange(len(parts) + 1), self._typename())
        return f"{{ {' '.join(parts)} }}"

    def _typename(self) -> str:
        return "kind_: __typename" if self._chance(0.2) else "__typename"

    def _parts(self, type_: Any, depth: int, objects: int) -> Iterator[str]:
        flat = not is_abstract_type(type_) and len(type_.fields) <= _FLAT
        for _ in range(self._rng.choice((2, 3, 4, 6) if flat else (1, 2, 2, 3, 4, 6))):
            if self._made.left <= 0:
                return
            part = self._part(type_, depth, objects)
            yield part
            if part and self._chance(self._weights.duplicate):
                yield self._again(type_, depth, objects)

    def _part(self, type_: Any, depth: int, objects: int) -> str:
        root = self._schema.query_type
        if root is not None and type_ is root and self._chance(self._weights.introspection):
            # No plan has it, so the whole operation runs as without the compiler.
            return f'__type(name: "{root.name}") {{ name kind }}'
        if is_abstract_type(type_) and (is_union_type(type_) or self._chance(0.5)):
            return self._inline(self._narrower(type_), type_, depth, objects)
        if self._chance(self._weights.named):
            return self._spread(type_, depth, objects)
        if self._chance(self._weights.inline):
            return self._inline(self._wider(type_), type_, depth, objects)
        if is_union_type(type_):
            return self._typename()
        return self._field(type_, self._choose(type_, depth, objects), depth, objects)

    def _again(self, type_: Any, depth: int, objects: int) -> str:
        """The same field once more, where it was given the same arguments, asking other things."""
        candidates = [
            name
            for name, _ in self._made.names
            if not is_union_type(type_)
            and name in type_.fields
            and is_composite_type(get_named_type(type_.fields[name].type))
        ]
        if not candidates:
            return ""
        name = self._rng.choice(candidates)
        return self._field(type_, name, depth, objects, repeat=True)

    def _choose(self, type_: Any, depth: int, objects: int) -> str:
        """A field's name: rather objects while it is not deep, leaves in the end."""
        leaves: list[str] = []
        branches: list[str] = []
        for name, definition in type_.fields.items():
            if is_leaf_type(get_named_type(definition.type)):
                leaves.append(name)
            elif depth < self._deepest and objects <= _MOST_OBJECTS:
                branches += [name] * (_PAGES if _is_page(definition) else 1)
        favoured = [name for name in (*leaves, *branches) if name in self._favoured]
        if favoured and self._chance(self._weights.favoured):
            return self._rng.choice(favoured)
        if not leaves and not branches:
            return ""
        if not branches or (leaves and self._chance(0.25 + 0.08 * depth)):
            branches = leaves
        return str(self._rng.choice(branches))

    def _field(
        self,
        type_: Any,
        name: str,
        depth: int,
        objects: int,
        *,
        repeat: bool = False,
        directives: bool = True,
    ) -> str:
        if not name:
            return ""
        definition: GraphQLField = type_.fields[name]
        self._made.left -= 1
        known = [text for held, text in self._made.names if held == name]
        if repeat and known:
            arguments = self._rng.choice(known)
        else:
            arguments = self._arguments(type_, name, definition, depth)
        head = self._named(name, arguments)
        if directives:
            head += self._directives()
        inner = get_named_type(definition.type)
        if is_leaf_type(inner):
            return head
        below = objects * _GUESS ** _lists(definition.type)
        return f"{head} {self._selections(inner, depth + 1, below)}"

    def _named(self, name: str, arguments: str) -> str:
        """The field with its arguments; other arguments have another response name."""
        key = (name, arguments)
        response = self._made.names.get(key)
        if response is None:
            response = name
            if name in self._made.taken or self._chance(self._weights.alias):
                response = self._alias()
            self._made.taken.add(response)
            self._made.names[key] = response
        return f"{name}{arguments}" if response == name else f"{response}: {name}{arguments}"

    def _alias(self) -> str:
        number = len(self._made.taken)
        return self._rng.choice((f"a{number}", f"_{number}", f"Class{number}", f"def{number}"))

    # Fragments

    def _inline(self, on: Any, type_: Any, depth: int, objects: int) -> str:
        condition = f" on {on.name}" if on is not type_ or self._chance(0.6) else ""
        inner = on if condition else type_
        return f"...{condition}{self._directives()} {self._selections(inner, depth, objects)}"

    def _spread(self, type_: Any, depth: int, objects: int) -> str:
        if self._made.open_fragments > 2:
            return ""
        usable = [
            name
            for name, (on, text) in self._made.fragments.items()
            if text and on in (type_.name, *(each.name for each in self._above(type_)))
        ]
        if usable and self._chance(0.4):
            return f"...{self._rng.choice(usable)}{self._directives()}"
        on = self._narrower(type_) if is_abstract_type(type_) else self._wider(type_)
        name = f"F{len(self._made.fragments)}"
        # Open, so that nothing inside spreads it.
        self._made.fragments[name] = (on.name, "")
        self._made.open_fragments += 1
        text = self._selections(on, depth, objects)
        self._made.open_fragments -= 1
        self._made.fragments[name] = (on.name, text)
        return f"...{name}{self._directives()}"

    def _narrower(self, type_: Any) -> Any:
        possible = self._schema.get_possible_types(type_)
        return self._rng.choice((*possible, type_)) if possible else type_

    def _wider(self, type_: Any) -> Any:
        above = self._above(type_)
        return self._rng.choice(above) if above and self._chance(0.3) else type_

    def _above(self, type_: Any) -> list[Any]:
        found = list(getattr(type_, "interfaces", ()))
        if isinstance(type_, GraphQLObjectType):
            found += [
                each
                for each in self._schema.type_map.values()
                if is_union_type(each) and type_ in each.types
            ]
        return found

    # Arguments and variables

    def _arguments(self, type_: Any, name: str, definition: GraphQLField, depth: int) -> str:
        if not definition.args:
            return ""
        if _is_page(definition):
            given = self._of_page(type_, name, depth)
        else:
            given = {}
            known = self._pools.texts.get(f"{type_.name}.{name}")
            if known and self._chance(0.8):
                given = dict(self._rng.choice(known))
        texts = []
        for argument, about in definition.args.items():
            if argument in given:
                texts.append(f"{argument}: {self._given(argument, about, given[argument])}")
            elif is_required_argument(about) or (not given and self._often(argument)):
                texts.append(f"{argument}: {self._given(argument, about, _ABSENT)}")
        return f"({', '.join(texts)})" if texts else ""

    def _often(self, argument: str) -> bool:
        return self._chance(self._weights.argument)

    def _of_page(self, type_: Any, name: str, depth: int) -> dict[str, Any]:
        """Arguments of a page that fit together more often than not; few rows in the depth."""
        given: dict[str, Any] = {}
        forward = self._chance(0.65)
        rows = (0, 1, 2, 3, 3, 5) if depth > 1 else (0, 1, 2, 3, 5, 8, 30)
        if depth > 1 or not forward or self._chance(0.7):
            given["first" if forward else "last"] = self._rng.choice(rows)
        known = self._pools.cursors.get((type_.name, name))
        if known and self._chance(self._weights.cursor):
            order, cursor = self._rng.choice(known)
            if order is not None:
                given["orderBy"] = order
            given["after" if forward else "before"] = cursor
            if self._chance(0.15):
                given["before" if forward else "after"] = self._rng.choice(known)[1]
        elif self._chance(0.25):
            given["orderBy"] = _ABSENT
        if self._chance(self._weights.where):
            given["where"] = _ABSENT
        if self._chance(0.04):
            given[self._rng.choice(("after", "before", "first", "last"))] = _ABSENT
        return given

    def _given(self, name: str, about: GraphQLArgument, value: Any) -> str:
        """The text of an argument: a literal or a variable."""
        if self._chance(self._weights.variable):
            return self._variable(name, about, value)
        if value is _ABSENT:
            value = self._inputs.value(about.type, name)
        return literal(about.type, value)

    def _variable(self, name: str, about: GraphQLArgument, value: Any) -> str:
        type_ = about.type
        same = [each for each in self._made.variables if str(each.type) == str(type_)]
        if same and value is _ABSENT and self._chance(0.3):
            return f"${self._rng.choice(same).name}"
        if is_non_null_type(type_) and self._chance(0.15):
            type_ = type_.of_type  # allowed with a default
        elif not is_non_null_type(type_) and self._chance(0.1):
            type_ = _required(type_)
        default = _ABSENT
        if (type_ is not about.type and not is_non_null_type(type_)) or self._chance(0.25):
            default = self._inputs.value(_required(type_), name)
        made = _Variable(f"v{len(self._made.variables)}", type_, default, name)
        self._made.variables.append(made)
        if value is not _ABSENT:
            self._fixed[made.name] = value
        return f"${made.name}"

    def _declaration(self, variable: _Variable) -> str:
        text = f"${variable.name}: {variable.type}"
        if variable.default is not _ABSENT:
            text += f" = {literal(variable.type, variable.default)}"
        return text

    def _values(self) -> dict[str, Any]:
        """Values for the variables: given, null or left out."""
        given: dict[str, Any] = {}
        for each in self._made.variables:
            optional = not is_non_null_type(each.type) or each.default is not _ABSENT
            if optional and self._chance(0.2):
                continue
            if each.name in self._fixed and self._chance(0.8):
                given[each.name] = self._fixed[each.name]
            else:
                given[each.name] = self._inputs.value(each.type, each.argument)
        return given

    # Directives

    def _directives(self) -> str:
        if not self._chance(self._weights.directive):
            return ""
        parts = [self._directive(name) for name in self._rng.sample(("skip", "include"), 2)]
        return "".join(parts[: 1 if self._chance(0.8) else 2])

    def _directive(self, name: str) -> str:
        if self._chance(0.4):
            return f" @{name}(if: {self._rng.choice(('true', 'false'))})"
        flags = [each for each in self._made.variables if each.argument == "if"]
        if flags and self._chance(0.5):
            return f" @{name}(if: ${self._rng.choice(flags).name})"
        boolean = self._schema.type_map["Boolean"]
        default = self._rng.choice((_ABSENT, _ABSENT, True, False))
        made = _Variable(f"v{len(self._made.variables)}", _required(boolean), default, "if")
        self._made.variables.append(made)
        return f" @{name}(if: ${made.name})"


def _is_page(definition: GraphQLField) -> bool:
    return {"first", "after", "orderBy"} <= set(definition.args)


def _required(type_: Any) -> Any:
    return type_ if is_non_null_type(type_) else GraphQLNonNull(type_)


def _lists(type_: Any) -> int:
    """How many lists are around a type; a page's rows are counted where they are."""
    inner: Any = get_nullable_type(type_)
    depth = 0
    while is_list_type(inner):
        depth, inner = depth + 1, get_nullable_type(inner.of_type)
    return depth
