"""The synthetic graph's entities: every kind of declaration, over Postgres and ClickHouse.

Columns may hold what their fields do not allow; see `tables.py`.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.connection import Connection
from resolvers.context import RequestContext
from resolvers.fields import batch, column, computed, entity, many, one, page
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import Owner, Table
from resolvers.resolve import load_one
from resolvers.scalars import Address, BigInt
from stores.errors import StoreUnavailable
from stores.relational.conditions import Compare
from tests.gateway.executor.oracle.creatures import (
    Box,
    Creature,
    Shade,
    creature,
    make_box,
    names_on_the_way,
)
from tests.gateway.executor.oracle.faults import NastyContext, context_of

_HERE: Final = "tests.gateway.executor.oracle.records"

# Generated documents never say this word.
SPOIL: Final = "spoil"

MAKERS = Table("postgres", "nasty.makers", order=("slug",), kinds={"slug": "text"})
ITEMS = Table("postgres", "nasty.items", order=("-price",), kinds={"shelf": "int"})
NOTES = Table("postgres", "nasty.notes", order=("-written_at",), owner=Owner("user_id"))
SALES = Table("clickhouse", "sales", order=("-sold_at",), final=True)


@strawberry.enum
class Kind(enum.Enum):
    SMALL = strawberry.enum_value("small")
    LARGE = strawberry.enum_value("large")
    ODD = strawberry.enum_value("odd", name="STRANGE")


@strawberry.input
class Wish:
    shade: Shade = Shade.DARK
    words: list[str] = strawberry.field(default_factory=list)
    depth: int | None = strawberry.UNSET


async def heats(context: NastyContext, keys: list[UUID], *, scale: int = 1) -> Mapping[UUID, Any]:
    """Numbers from ids; some keys have none."""
    if context.struck("store", scale):
        raise StoreUnavailable("redis", "heat", "refused")
    await asyncio.sleep(0)
    found: dict[UUID, Any] = {}
    for key in keys:
        if key.int % 5 and not context.struck("missing", key):
            value: Any = key.int % 7 * scale
            value = 2**40 if context.struck("range", key) else value
            found[key] = "warm" if context.struck("type", key) else value
    return found


async def labels(
    context: NastyContext, keys: list[UUID], *, wish: Wish | None = None, upper: bool = False
) -> Mapping[UUID, Any]:
    """Lists, with one that every key shares."""
    shared = ["a", "b"]
    words = [*wish.words, wish.shade.name] if wish else []
    if wish is not None and wish.depth is not strawberry.UNSET:
        words.append(f"depth {wish.depth}")
    found: dict[UUID, Any] = {}
    for key in keys:
        own: list[Any] = [f"{key.int % 9}", *words]
        if context.struck("item", key):
            own.append(None)
        made = shared if key.int % 3 == 0 else own
        if not context.struck("missing", key):
            found[key] = [word.upper() if word else word for word in made] if upper else made
    if wish is not None and SPOIL in wish.words:
        # Arguments belong to whoever is called: this changes them, for a test of its own.
        wish.words.append("changed")
    return found


async def boxes(context: NastyContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """Objects of a plain type, or exceptions in their place."""
    found: dict[UUID, Any] = {key: make_box(context, key.int % 11) for key in keys if key.int % 4}
    for key in keys:
        if context.struck("raise", key):
            found[key] = ValueError(f"no box for {key.int % 100}")
        elif context.struck("type", key):
            found[key] = "a box"
    return found


async def mascots(context: NastyContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """Objects of an abstract type."""
    return {key: creature(context, key.int % 13) for key in keys if key.int % 6}


async def pairs(
    context: NastyContext, keys: list[tuple[UUID, str]]
) -> Mapping[tuple[UUID, str], str]:
    """By two columns."""
    return {(maker, kind): f"{maker.int % 100} {kind}" for maker, kind in keys}


async def stocks(context: RequestContext, keys: list[UUID]) -> Mapping[UUID, Any]:
    """Required, so a key without a value is an error."""
    return {key: key.int % 50 for key in keys if key.int % 10 != 9}


@entity(MAKERS, description="A maker.")
class Maker(Node):
    slug: str = column("Never null.")
    name: str = column("Should not be null.")
    kind: Kind = column("Should be a member.")
    second_kind: Kind | None = column("The same, may be null.")
    score: float | None = column("May be no number.")
    rank: int | None = column("May be beyond 32 bits.")
    place: int = column("The same, required.")
    supply: BigInt | None = column("Kept as numeric.", kind="decimal")
    worth: Decimal | None = column("May be no number.")
    contract: Address | None = column("May be no address.", column="contract_address")
    active: bool | None = column("A flag.")
    founded: date | None = column("May be infinite.")
    created_at: datetime = column("May be infinite.")
    code: UUID | None = column("Some id.")
    facts: JSON | None = column("Anything.")
    tags: list[str] = column("May hold nulls.")

    parent: Annotated[Maker, strawberry.lazy(_HERE)] | None = one(
        "May be away.", local="parent_id", joined=True
    )
    boss: Annotated[Maker, strawberry.lazy(_HERE)] = one(
        "May be away too.", local="boss_id", joined=True
    )
    friend: Annotated[Maker, strawberry.lazy(_HERE)] | None = one(
        "By another unique column.", local="friend_slug", remote="slug"
    )
    best: Annotated[Item, strawberry.lazy(_HERE)] | None = one(
        "An item.", local="best_id", joined=True
    )
    items: Connection[Annotated[Item, strawberry.lazy(_HERE)]] = page("Its.", remote="maker_id")
    cheap: Connection[Annotated[Item, strawberry.lazy(_HERE)]] = page(
        "A part of them.",
        remote="maker_id",
        order=("name",),
        where=Compare("price", "decimal", "lt", Decimal(3)),
        default=2,
    )
    siblings: Connection[Annotated[Maker, strawberry.lazy(_HERE)]] = page(
        "By a column that may be null.", remote="parent_id", local="parent_id", maximum=5
    )
    top_items: list[Annotated[Item, strawberry.lazy(_HERE)]] = many(
        "Two.", remote="maker_id", order=("-price",), limit=2
    )
    peers: list[Annotated[Maker, strawberry.lazy(_HERE)]] = many(
        "By a column that may be null.", remote="parent_id", local="parent_id", order=("-slug",)
    )
    odd_items: list[Annotated[Item, strawberry.lazy(_HERE)]] = many(
        "A part.", remote="maker_id", where=Compare("kind", "enum", "eq", "odd"), limit=3
    )
    sales: Connection[Annotated[Sale, strawberry.lazy(_HERE)]] | None = page(
        "In another store.", remote="maker_id"
    )
    notes: Connection[Annotated[Note, strawberry.lazy(_HERE)]] | None = page(
        "The viewer's own.", remote="maker_id"
    )
    recent_notes: list[Annotated[Note, strawberry.lazy(_HERE)]] | None = many(
        "The viewer's own.", remote="maker_id", limit=3
    )
    heat: int | None = batch("A number.", heats, store="redis")
    labels: list[str] = batch("Words.", labels, missing=list)
    box: Box | None = batch("A plain object.", boxes)
    mascot: Creature | None = batch("An abstract one.", mascots)
    pair: str | None = batch("By two columns.", pairs, local=("parent_id", "kind"))
    stock: int = batch("Required.", stocks)
    hidden: int | None = batch("For operators.", stocks, access=Access.ADMIN)
    signed: int | None = batch("For whoever is signed in.", stocks, access=Access.AUTHENTICATED)

    @computed("Direct.", requires=("slug",))
    def url(self) -> str:
        return f"https://example.org/{self.slug}"

    @computed("Direct, and raises where the name is null.", requires=("name",))
    def loud(self) -> str:
        return self.name.upper()

    @computed("Waits.", requires=("slug", "rank"))
    async def slow(self) -> str:
        await asyncio.sleep(0)
        return f"{self.slug} {self.rank}"

    @computed("Sees where it is.", requires=("slug",))
    def where(self, info: Info, up_to: int = 3) -> str:
        raw = info._raw_info
        return (
            f"{self.slug} {names_on_the_way(info)} {info.field_name} {raw.parent_type.name} {up_to}"
        )

    @computed("For operators.", requires=("slug",), access=Access.ADMIN)
    def secret(self) -> str | None:
        return f"secret of {self.slug}"

    @computed("Loads a row.", requires=("friend_slug",))
    def friend_again(self, info: Info) -> Annotated[Maker, strawberry.lazy(_HERE)] | None:
        found: Maker | None = load_one(info, Maker, self.__dict__["friend_slug"], "slug")
        return found

    @computed("Abstract.", requires=("place",))
    async def pet(self, info: Info, shade: Shade = Shade.LIGHT) -> Creature | None:
        await asyncio.sleep(0)
        number = self.place % 8 if isinstance(self.place, int) else 0
        return creature(context_of(info), number + len(shade.name))


@entity(ITEMS, description="An item.")
class Item(Node):
    name: str = column("Should not be null.")
    kind: Kind | None = column("Should be a member.")
    price: Decimal | None = column("May be no number.")
    quantity: int = column("May be beyond 32 bits.")
    weight: float = column("May be no number.")
    maker: Maker | None = one("May be away.", local="maker_id", joined=True)
    owner: Maker = one("Required; may be away.", local="owner_id", joined=True)
    spare: Annotated[Item, strawberry.lazy(_HERE)] | None = one("One like it.", local="spare_id")
    last_sale: Annotated[Sale, strawberry.lazy(_HERE)] | None = one(
        "In another store.", local="last_sale_id"
    )
    sales: Connection[Annotated[Sale, strawberry.lazy(_HERE)]] | None = page(
        "In another store.", remote="item_id"
    )
    heat: int | None = batch("A number.", heats, local=("maker_id",), store="redis")
    twin: str | None = batch("By two columns.", pairs, local=("maker_id", "kind"))

    @computed("Direct.", requires=("name", "quantity"))
    def line(self) -> str:
        return f"{self.quantity} × {self.name}"


@entity(SALES, description="A sale.")
class Sale(Node):
    sold_at: datetime = column("When.")
    amount: Decimal = column("May be null.")
    weight: float | None = column("May be no number.")
    note: str | None = column("Words.")
    kind: Kind = column("Should be a member.")
    units: int = column("May be beyond 32 bits.")
    total: BigInt | None = column("Beyond 64 bits.")
    item: Item | None = one("Back in the first store.", local="item_id", joined=True)
    maker: Maker = one("Required; may be away.", local="maker_id")


@entity(NOTES, description="A private note.")
class Note(Node):
    text: str = column("Words.")
    written_at: datetime = column("When.")
    maker: Maker | None = one("Of whom.", local="maker_id", joined=True)
