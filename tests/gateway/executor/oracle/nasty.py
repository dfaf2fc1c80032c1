"""The synthetic graph's roots, and the schema made of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, cast

import strawberry
from strawberry import Info
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.schema import GatewaySchema, make_schema
from resolvers.connection import Connection
from resolvers.errors import BadInput
from resolvers.fields import root_field, root_one, root_page
from resolvers.node import NodeQuery
from resolvers.permissions import Access, Authenticated
from resolvers.resolve import load_one
from resolvers.scalars import SCALARS, Address
from tests.gateway.executor.oracle.creatures import (
    Box,
    Cat,
    Creature,
    Dog,
    Leaves,
    Robot,
    Shade,
    Stone,
    Thing,
    Tree,
    creature,
    make_box,
    make_leaves,
    make_tree,
    thing,
)
from tests.gateway.executor.oracle.faults import NastyContext, context_of
from tests.gateway.executor.oracle.records import Item, Kind, Maker, Note, Sale, Wish
from tests.gateway.executor.oracle.wrappers import MayNot

_MOST: Final = 6


@strawberry.input
class Filter:
    """Optional, required, unset, nested."""

    number: int
    words: list[str | None] | None = strawberry.UNSET
    shade: Shade | None = Shade.GREY
    inner: Filter | None = strawberry.UNSET
    amount: Decimal | None = strawberry.UNSET
    at: datetime | None = strawberry.UNSET
    anything: JSON | None = strawberry.UNSET


def _shown(value: Any) -> str:
    """A coerced argument in words, so that a wrong one shows in the answer."""
    if value is strawberry.UNSET:
        return "unset"
    if isinstance(value, Filter):
        parts = (f"{name}={_shown(given)}" for name, given in vars(value).items())
        return f"Filter({', '.join(parts)})"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return repr(value)


@strawberry.type
class Query(NodeQuery):
    maker: Maker | None = root_one("One.", by=("id", "slug"), access=Access.PUBLIC)
    maker_of: Maker | None = root_one("One.", by=("slug",), access=Access.PUBLIC)
    item: Item | None = root_one("One.", by=("id",), access=Access.PUBLIC)
    signed_maker: Maker | None = root_one("One.", by=("slug",), access=Access.AUTHENTICATED)
    makers: Connection[Maker] = root_page("All.", access=Access.PUBLIC)
    items: Connection[Item] | None = root_page("All.", access=Access.PUBLIC, order=("name",))
    sales: Connection[Sale] | None = root_page("All.", access=Access.PUBLIC, default=3)
    notes: Connection[Note] | None = root_page("The viewer's.", access=Access.OWNER)
    secret_makers: Connection[Maker] | None = root_page("All.", access=Access.ADMIN)

    @root_field("For operators.", access=Access.ADMIN)
    def secret(self) -> str | None:
        return "42"

    @root_field("Loads rows.", access=Access.PUBLIC)
    async def maker_pair(self, info: Info, slug: str = "m-1") -> list[Maker | None]:
        return [await load_one(info, Maker, slug, "slug"), None]

    @strawberry.field(permission_classes=[Authenticated])  # type: ignore[untyped-decorator]
    def signed(self) -> str | None:
        return "in"

    @strawberry.field
    def box(self, info: Info, number: int = 1) -> Box | None:
        return make_box(context_of(info), number)

    @strawberry.field
    async def boxes(self, info: Info, numbers: Annotated[list[int], "which"]) -> list[Box]:
        await asyncio.sleep(0)
        numbers = numbers[:_MOST]
        made: list[Any] = [make_box(context_of(info), number) for number in numbers]
        if context_of(info).struck("item", str(numbers)):
            made.append(None)
        return made

    @strawberry.field
    async def must_box(self, info: Info) -> Box:
        return make_box(context_of(info), 2)

    @strawberry.field
    def creature(self, info: Info, number: int = 0) -> Creature | None:
        return creature(context_of(info), number)

    @strawberry.field
    async def creatures(self, info: Info, first: int = 4, start: int = 0) -> list[Creature]:
        context = context_of(info)
        return [creature(context, start + step) for step in range(max(0, min(first, _MOST)))]

    @strawberry.field
    def things(self, info: Info) -> list[Thing | None] | None:
        context = context_of(info)
        return [thing(context, step) for step in range(5)]

    @strawberry.field
    def cat(self, number: int = 3) -> Cat:
        return Cat(number=number, name="cat")

    @strawberry.field
    def dog(self) -> Dog | None:
        return Dog(number=4, name="dog")

    @strawberry.field(permission_classes=[MayNot])  # type: ignore[untyped-decorator]
    def robot(self, info: Info) -> Robot | None:
        found: Any = creature(context_of(info), 5)
        return cast("Robot | None", found)

    @strawberry.field
    async def trees(self, count: int = 2) -> list[Tree]:
        return [make_tree(number, 2) for number in range(max(0, min(count, 3)))]

    @strawberry.field
    def stone(self) -> Stone:
        return Stone(number=1, grams=0.5)

    @strawberry.field
    def leaves(self, info: Info, number: int = 0) -> Leaves | None:
        return make_leaves(context_of(info), number)

    @strawberry.field
    def all_leaves(self, info: Info) -> list[Leaves]:
        context = context_of(info)
        return [make_leaves(context, number) for number in range(6)]

    @strawberry.field
    def echo(
        self,
        filter: Filter | None = None,
        shade: Shade = Shade.LIGHT,
        kinds: list[Kind] | None = None,
        words: list[str] | None = strawberry.UNSET,
        number: float | None = 0.5,
        address: Address | None = None,
    ) -> str:
        return "; ".join(map(_shown, (filter, shade, kinds, words, number, address)))

    @strawberry.field
    async def wish(self, wish: Wish) -> list[str]:
        # Arguments belong to whoever is called: this one changes them.
        wish.words.append(wish.shade.name)
        wish.words.append(_shown(wish.depth))
        return wish.words

    @strawberry.field
    def greeting(self, name: str | None = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    async def path(self, info: Info) -> str:
        return f"{info.path.key} {info.field_name} {info.operation.operation.value}"


@strawberry.type
class Counter:
    value: int

    @strawberry.field
    def history(self, info: Info) -> list[str]:
        return list(context_of(info).journal)

    @strawberry.field
    async def box(self, info: Info) -> Box | None:
        return make_box(context_of(info), self.value)

    @strawberry.field
    def maker(self, info: Info, slug: str = "m-2") -> Maker | None:
        found: Maker | None = load_one(info, Maker, slug, "slug")
        return found


@strawberry.type
class Mutation:
    @strawberry.mutation
    def bump(self, info: Info, by: int = 1) -> Counter:
        return _write(context_of(info), f"bump {by}")

    @strawberry.mutation
    async def slow_bump(self, info: Info, turns: int = 3) -> Counter | None:
        """Others that ran meanwhile would be seen in the journal."""
        context = context_of(info)
        context.journal.append("slow begins")
        for _ in range(max(0, min(turns, 5))):
            await asyncio.sleep(0)
        return _write(context, "slow ends")

    @strawberry.mutation
    async def fail(self, info: Info, after: bool = False) -> Counter | None:
        context = context_of(info)
        if after:
            _write(context, "fail")
        raise BadInput("No change.")

    @strawberry.mutation
    def must_fail(self, info: Info) -> Counter:
        """Ends the operation where the fault strikes."""
        context = context_of(info)
        context.journal.append("must")
        if context.struck("raise", len(context.journal)):
            raise RuntimeError("must not")
        return Counter(value=0)

    @strawberry.mutation
    def journal(self, info: Info) -> list[str]:
        return list(context_of(info).journal)


def _write(context: NastyContext, line: str) -> Counter:
    context.journal.append(line)
    return Counter(value=len(context.journal))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info, to: int = 3) -> AsyncIterator[int | None]:
        context = context_of(info)
        for number in range(max(0, min(to, 4))):
            await asyncio.sleep(0)
            yield 2**40 if context.struck("range", number) else number

    @strawberry.subscription
    async def visitors(self, info: Info, to: int = 3, start: int = 0) -> AsyncIterator[Creature]:
        context = context_of(info)
        for number in range(max(0, min(to, 4))):
            yield creature(context, start + number)

    @strawberry.subscription
    async def boxes(self, info: Info) -> AsyncIterator[Box | None]:
        for number in range(3):
            yield make_box(context_of(info), number)

    @strawberry.subscription
    async def makers(self, info: Info) -> AsyncIterator[Maker | None]:
        for slug in ("m-1", "m-2", "nobody"):
            yield await load_one(info, Maker, slug, "slug")


def build() -> GatewaySchema:
    """The schema."""
    return make_schema(
        Query,
        mutation=Mutation,
        subscription=Subscription,
        types=(Cat, Dog, Robot, Stone),
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
