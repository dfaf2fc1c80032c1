"""Why a change was not made, said by field so that a form can show it."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import strawberry
from strawberry.utils.str_converters import to_camel_case


@strawberry.enum(description="What kind of thing keeps a change from being made.")
class UserErrorCode(enum.Enum):
    """What kind of thing keeps a change from being made."""

    INVALID = strawberry.enum_value(
        "invalid", description="A value is malformed, out of range or contradicts another one."
    )
    REQUIRED = strawberry.enum_value("required", description="A value is missing.")
    TOO_LONG = strawberry.enum_value("too_long", description="A text or file is too long.")
    TOO_MANY = strawberry.enum_value("too_many", description="A list has too many entries.")
    NOT_FOUND = strawberry.enum_value(
        "not_found", description="What the input names does not exist, or is not the viewer's."
    )
    TAKEN = strawberry.enum_value("taken", description="Another one has this value already.")
    IN_USE = strawberry.enum_value(
        "in_use", description="Something else still needs it, so it cannot go."
    )
    CONFLICT = strawberry.enum_value(
        "conflict", description="It changed meanwhile, or the key was used for something else."
    )
    LIMIT_REACHED = strawberry.enum_value(
        "limit_reached", description="There may be no more of these, or not so fast."
    )
    NOT_ALLOWED = strawberry.enum_value(
        "not_allowed", description="It cannot be done in the state that things are in."
    )
    EXPIRED = strawberry.enum_value(
        "expired", description="It was good for a limited time, which is over."
    )


@strawberry.type(
    name="UserError", description="Why a change was not made, and what to do about it."
)
class Refusal:
    """Why a change was not made, and what to do about it."""

    field: list[str] = strawberry.field(
        description="Path to the value in the input, such as `positions`, `3`, `quantity`; empty "
        "when no one value is to blame."
    )
    code: UserErrorCode = strawberry.field(description="What kind of thing it is; stable.")
    message: str = strawberry.field(description="What is wrong and what to do, for people.")


class Refused(Exception):
    """Leaves the body of a mutation; everything it wrote is rolled back."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        super().__init__("the change was refused")
        self.refusals = list(refusals)


Path = str | tuple[str | int, ...]


def refusal(path: Path, code: UserErrorCode, message: str) -> Refusal:
    """One refusal; names of the path are those of Python, numbers are places in a list."""
    parts = (path,) if isinstance(path, str) else path
    shown = [part if str(part).isdigit() else to_camel_case(str(part)) for part in parts]
    return Refusal(field=[str(part) for part in shown if part != ""], code=code, message=message)
