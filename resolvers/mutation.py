'''Mutations: how a domain declares a change, and everything that has to go with one.

Start from this; `resolvers/portfolio/portfolio_mutations.py` is a whole one. A change of notes:

    @strawberry.input(description="What a new note says.")
    class CreateNoteInput(IdempotentInput):
        text: str = strawberry.field(description="Its text, of at most 2,000 characters.")
        portfolio_id: strawberry.ID = strawberry.field(description="The portfolio it is about.")

    @strawberry.type(description="What came of writing a note.")
    class CreateNotePayload(ReplayablePayload):
        note: Note | None = changed("The note; null when it was not written.")

    @strawberry.type(description="Changes of notes.")
    class NoteMutation:
        @mutation("Writes a note.", clashes={"notes_text_key": taken("text", "Change the text.")})
        async def create_note(self, change: Change, input: CreateNoteInput) -> CreateNotePayload:
            """Writes a note."""
            text = change.text("text", input.text, longest=2000)
            portfolio = change.key("portfolio_id", input.portfolio_id, Portfolio)
            row = await change.found("portfolio_id", "Portfolio", "notes.create",
                user_id=change.user_id, portfolio_id=portfolio, text=text)
            change.created("portfolio.notes", row)
            return CreateNotePayload(note=row["id"])

The class joins the bases of `Mutation` in `gateway/schema.py`. What the declaration brings:

*Who may.* Somebody is signed in (`access=`, `tier=` say otherwise), and an API key holds `write`.
Whoever may not gets an error of the field, and no store is asked.

*What is wrong.* `change.text`, `.number`, `.whole`, `.moment`, `.listed`, `.key`, `.json` look at
values, and `change.refuse(path, code, message)` notes what only the domain knows. The first
statement, or the end, turns all that was noted into `userErrors`, each with its path in the input;
`change.at("positions", 3)` looks at values below a path. An id of another domain's type is given to
`.key` with the type's name, since domains do not import one another. A list always has a `most`. An
update leaves fields UNSET that stay as they are: `given(input.name)` tells.

*The transaction.* The first statement begins it, as the viewer, so that row level security holds.
Statements are named queries with named parameters (`change.one`, `.all`, `.found`); they name the
owner as well, and `found` says NOT_FOUND for a row that is not there and for a stranger's, alike.
Whatever leaves the body rolls back; `change.limit` refuses one more of what there may only be so
many of. Reads inside go through `change` too; other stores are asked
before the first statement.

*Two editors.* An input derives from `VersionedInput`, its table has a `version` counted up by
`ops.bump_version()`. The row is locked and compared, then edited:

        before = await change.found("id", "Note", "notes.lock", id=key, user_id=change.user_id)
        change.expect(before)
        after = await change.one("notes.update", …)
        change.updated("portfolio.notes", before, after)

*Traces.* `change.created`, `.updated`, `.deleted` write the audit row (who, with which key, from
where, before and after) and the outbox row; `change.record(Entry(…))` says anything else. A body
that writes and records nothing is a bug and fails. `resolvers/mutations/records.py` names what is
never kept.

*Again.* With `IdempotentInput` and `ReplayablePayload` a caller may send a request twice. The key
is claimed with the first statement; while one request runs, another with the same key waits and
then answers with the first result, `replayed: true`. Nothing refused is remembered. A secret that
a payload shows (`shown_once`) is null in a replay.

*What comes back.* `changed` leads to the entity, or a list of them; the mutation gives the key and
the graph reads the row afresh. Loaders forget everything after each mutation, so later fields of
the operation see what it did. `outcome` is a plain value.

*Constraints.* `clashes` says what violating a constraint means, by its name; every other violation
is told in words that reveal no row of others. In the body of `access=Access.PUBLIC`, such as
sign-up, nobody is signed in until `change.act_as(user_id)`.
'''

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from strawberry import Info
from strawberry.types.arguments import StrawberryArgument

from resolvers.fields import ComputedField
from resolvers.mutations.change import Change, Clashes
from resolvers.mutations.checks import AMOUNT, MONEY, Checks, given, not_found
from resolvers.mutations.payloads import (
    IdempotentInput,
    Payload,
    ReplayablePayload,
    VersionedInput,
    changed,
    kept,
    outcome,
    replayed,
    shown_once,
)
from resolvers.mutations.records import Entry
from resolvers.mutations.refusals import Path, Refusal, Refused, UserErrorCode
from resolvers.mutations.replay import Replayed
from resolvers.permissions import Access, Tier
from resolvers.plan import EXEC, Computed
from stores.errors import StoreError

__all__ = [
    "AMOUNT",
    "MONEY",
    "Change",
    "Checks",
    "Entry",
    "IdempotentInput",
    "Payload",
    "Refusal",
    "Refused",
    "ReplayablePayload",
    "UserErrorCode",
    "VersionedInput",
    "changed",
    "clash",
    "given",
    "mutation",
    "not_found",
    "outcome",
    "shown_once",
    "taken",
]

_Body = Callable[[Any, Change, Any], Awaitable[Payload]]
_NONE: Final[Clashes] = {}
_INPUT: Final = "What to change and how."


class MutationField(ComputedField):
    """A field that changes something."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """The input alone."""
        made = super().arguments
        for argument in made:
            argument.description = argument.description or _INPUT
        return made

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value


def mutation(
    description: str,
    *,
    access: Access = Access.AUTHENTICATED,
    tier: Tier = Tier.FREE,
    clashes: Clashes = _NONE,
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """A root field that changes something; decorates `async def f(self, change, input) -> Payload`.

    Args:
        description: what it does, for users of the graph.
        access: who may.
        tier: the least tier it is part of.
        clashes: what violating a constraint means, by the constraint's name; `taken` makes one.
        name: GraphQL name when it is not the function's in camel case.

    Raises:
        TypeError: the function's payload can be replayed and anybody may call it, or its
            annotations are missing.
    """

    def decorate(body: _Body) -> Any:
        declared = Computed((), access, tier, write=True)
        made = MutationField(graphql_name=name, description=description, metadata={EXEC: declared})
        return made(_resolver(body, access, clashes))

    return decorate


def taken(path: Path, advice: str) -> tuple[Path, UserErrorCode, str]:
    """What a unique constraint means: another row has the value of this path already."""
    return path, UserErrorCode.TAKEN, f"Another one has it already. {advice}"


def clash(path: Path, code: UserErrorCode, message: str) -> tuple[Path, UserErrorCode, str]:
    """What any other constraint means."""
    return path, code, message


def _resolver(body: _Body, access: Access, clashes: Clashes) -> Callable[..., Any]:
    """A resolver as Strawberry reads it: its annotations are those of the body."""
    try:
        given_type, answer = (body.__annotations__[name] for name in ("input", "return"))
    except KeyError as missing:
        raise TypeError(f"{body.__qualname__} does not annotate {missing}") from None

    async def resolver(self: Any, info: Info, input: Any) -> Any:
        return await _run(body, info, input, clashes)

    nullable = f"{answer} | None" if isinstance(answer, str) else answer | None
    resolver.__name__, resolver.__qualname__ = body.__name__, body.__qualname__
    resolver.__module__, resolver.__doc__ = body.__module__, body.__doc__
    resolver.__annotations__ = {"info": Info, "input": given_type, "return": nullable}
    signature = inspect.signature(resolver)
    parameters = [
        parameter.replace(
            annotation=resolver.__annotations__.get(parameter.name, parameter.annotation)
        )
        for parameter in signature.parameters.values()
    ]
    resolver.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=nullable
    )
    if access is Access.PUBLIC and _takes_key(body):
        raise TypeError(f"{body.__qualname__}: a replay belongs to a user, and anybody may call it")
    return resolver


async def _run(body: _Body, info: Info, input: Any, clashes: Clashes) -> Payload:
    """Carry out one mutation, in one transaction, at most once for each key."""
    payload_of = _payload_type(body)
    change = Change(info.context, info.field_name, input, clashes)
    try:
        async with change:
            change.claim()
            payload = await body(None, change, input)
            change.stop()
            replayable = isinstance(payload, ReplayablePayload) and not payload.user_errors
            await change.commit(kept(payload) if replayable and change.has_key else None)
    except Refused as refused:
        return payload_of(user_errors=refused.refusals)
    except Replayed as earlier:
        made: Payload = replayed(payload_of, earlier.result)
        return made
    except StoreError as error:
        told = change.refused(error)
        if told is None:
            raise
        return payload_of(user_errors=told.refusals)
    finally:
        # What was read before tells how things were.
        info.context.loaders.clear()
    return payload


@functools.cache
def _payload_type(body: _Body) -> type[Payload]:
    return typing.cast("type[Payload]", _annotated(body, "return"))


def _takes_key(body: _Body) -> bool:
    try:
        return issubclass(_annotated(body, "return"), ReplayablePayload)
    except NameError:
        return False


def _annotated(body: _Body, name: str) -> Any:
    """One annotation of a function; others may name types that only a checker knows."""
    alone = type(body.__name__, (), {"__annotations__": {name: body.__annotations__[name]}})
    namespace: Mapping[str, Any] = sys.modules[body.__module__].__dict__
    return typing.get_type_hints(alone, dict(namespace))[name]
