"""What a mutation answers: the thing as it is now, what went wrong, and whether it is a replay."""

from __future__ import annotations

import asyncio
import enum
import inspect
import sys
import typing
from typing import Any, Final
from uuid import UUID

import msgspec
import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField

from resolvers.mutations.refusals import Refusal
from resolvers.reflection import target_of
from resolvers.resolve import load_one

_ONCE: Final = "shown once"
# Said by the framework, not part of a first result.
_OWN: Final = ("user_errors", "replayed")


@strawberry.type(description="What came of a change.")
class Payload:
    """What came of a change; a mutation's payload derives from it.

    Every field of its own is nullable and null by default: `changed`, `outcome`, `shown_once`.
    """

    user_errors: list[Refusal] = strawberry.field(
        default_factory=list,
        description="What kept the change from being made; empty when it was made. Otherwise "
        "nothing was changed.",
    )


@strawberry.type(description="What came of a change that can be asked for again.")
class ReplayablePayload(Payload):
    """Payload of a mutation that takes an `idempotencyKey`."""

    replayed: bool = strawberry.field(
        default=False,
        description="Whether this is the answer to an earlier request with the same "
        "`idempotencyKey`; nothing was done again.",
    )


@strawberry.input(description="What a request brings that may have to be sent again.")
class IdempotentInput:
    """Base of inputs of mutations that create or spend."""

    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A text of the caller's choice, new for each wish, of at most 200 characters. "
        "Sent again with the same input within 24 hours, nothing is done twice and the first "
        "result comes back.",
    )


@strawberry.input(description="What a request brings that edits what others may edit too.")
class VersionedInput:
    """Base of inputs of mutations that change or remove a row with a `version`."""

    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The `version` that was read before; when it has changed since, nothing is "
        "done and the error says so. Without it the last writer wins.",
    )


class ChangedField(StrawberryField):
    """The row, or rows, whose key the payload holds, read again once the change is made."""

    @property
    def is_basic_field(self) -> bool:
        """False: the value is not the attribute itself."""
        return False

    @property
    def is_list(self) -> bool:
        """Whether it holds several keys."""
        annotation = self.resolve_type()
        while isinstance(annotation, StrawberryOptional):
            annotation = annotation.of_type
        return isinstance(annotation, StrawberryList)

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:
        """A future of the row."""
        held = source.__dict__.get(self.python_name)
        if held is None:
            return None
        cls = target_of(self).cls
        if isinstance(held, list):
            return _gathered([load_one(info, cls, key) for key in held])
        return load_one(info, cls, held)


async def _gathered(rows: list[Any]) -> list[Any]:
    """Rows of a level are one statement; a row that is gone again is left out."""
    return [row for row in await asyncio.gather(*rows) if row is not None]


def changed(description: str) -> Any:
    """A field of a payload that leads to an entity; the mutation gives it the key, or keys."""
    return ChangedField(description=description, default=None)


def outcome(description: str) -> Any:
    """A plain field of a payload; null when the change was not made."""
    return strawberry.field(default=None, description=description)


def shown_once(description: str) -> Any:
    """A plain field that holds a secret: answered now, kept nowhere, null in a replay."""
    return strawberry.field(default=None, description=description, metadata={_ONCE: True})


def kept(payload: Payload) -> dict[str, Any]:
    """What of a payload is worth keeping for a replay."""
    fields = _fields(type(payload))
    return {
        field.python_name: msgspec.to_builtins(payload.__dict__[field.python_name], enc_hook=str)
        for field in fields
        if not field.metadata.get(_ONCE)
    }


def replayed(cls: type[Any], result: dict[str, Any]) -> Any:
    """The payload that was kept."""
    values = {
        field.python_name: msgspec.convert(
            result[field.python_name], _python_type(cls, field), strict=False, dec_hook=_decoded
        )
        for field in _fields(cls)
        if field.python_name in result and result[field.python_name] is not None
    }
    return cls(**values, replayed=True)


def _fields(cls: type[Any]) -> list[Any]:
    definition: Any = cls.__strawberry_definition__
    return [field for field in definition.fields if field.python_name not in _OWN]


def _python_type(cls: type[Any], field: Any) -> Any:
    if isinstance(field, ChangedField):
        kind: Any = {"uuid": UUID, "int": int}.get(target_of(field).table.key_kind, str)
        return list[kind] if field.is_list else kind
    return _annotation(cls, field.python_name)


def _annotation(cls: type[Any], name: str) -> Any:
    """The annotation of one field; others may name types that only a checker knows."""
    owner = next(base for base in cls.__mro__ if name in inspect.get_annotations(base))
    written = inspect.get_annotations(owner)[name]
    alone = type(owner.__name__, (), {"__annotations__": {name: written}})
    return typing.get_type_hints(alone, sys.modules[owner.__module__].__dict__)[name]


def _decoded(type_: type[Any], value: Any) -> Any:
    if issubclass(type_, enum.Enum):
        return type_(value)
    raise TypeError(f"{type_.__name__} cannot be kept for a replay")
