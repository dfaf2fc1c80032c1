"""The synthetic graph's plain types: whatever a resolver may return, and a few things it may not.

Objects are made from numbers, so that both paths make the same ones; `faults.py` says which of them
are wrong.
"""

from __future__ import annotations

import asyncio
import enum
import math
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Final, cast
from uuid import UUID

import strawberry
from strawberry import Info
from strawberry.scalars import JSON

from resolvers.errors import BadInput, NotFound
from resolvers.scalars import Address, BigInt, ChainId, Hash
from stores.errors import StoreTimeout, StoreUnavailable
from tests.gateway.executor.oracle.faults import NastyContext, context_of
from tests.gateway.executor.oracle.wrappers import Louder, LouderLater, MayNot, MayNotLater

_HERE: Final = "tests.gateway.executor.oracle.creatures"
# So many different objects of a kind; whatever is beyond leads back.
_ROUND: Final = 40


@strawberry.enum
class Shade(enum.Enum):
    LIGHT = 1
    DARK = 2
    GREY = strawberry.enum_value(3, name="MIDDLE")


@strawberry.interface
class Creature:
    number: int
    name: str
    note: str | None = None

    @strawberry.field
    def kin(self, info: Info) -> Creature | None:
        """Sometimes nobody, sometimes something that is no creature."""
        if self.number % 7 == 0:
            return None
        return creature(context_of(info), self.number * 2 + 1)

    @strawberry.field
    async def mate(self, info: Info, step: int = 1) -> Creature:
        await asyncio.sleep(0)
        context = context_of(info)
        if context.struck("late_raise", f"mate {self.number}"):
            raise NotFound(f"Nobody for {self.number}.")
        return creature(context, self.number + step)

    @strawberry.field
    def young(self, info: Info, first: int = 2) -> list[Creature]:
        context = context_of(info)
        found: list[Any] = [
            creature(context, self.number * 3 + step) for step in range(max(0, min(first, 4)))
        ]
        if context.struck("item", f"young {self.number}"):
            found.append(None)
        return found


@strawberry.type
class Cat(Creature):
    lives: int = 9

    @strawberry.field
    def meows(self) -> list[str]:
        return ["meow"] * (self.number % 3)

    @strawberry.field
    def rival(self, info: Info) -> Cat | None:
        """May return a dog, or a text."""
        context = context_of(info)
        if context.struck("type", f"rival {self.number}"):
            wrong: Any = "a cat" if self.number % 2 else Dog(number=self.number, name="dog")
            return wrong  # type: ignore[no-any-return]
        return Cat(number=self.number % _ROUND, name=f"rival {self.number}")


@strawberry.type
class Dog(Creature):
    lives: float = 1.5

    @strawberry.field(permission_classes=[MayNot])  # type: ignore[untyped-decorator]
    def bone(self) -> str:
        return f"bone {self.number}"

    @strawberry.field(permission_classes=[MayNotLater])  # type: ignore[untyped-decorator]
    async def ball(self) -> str | None:
        return f"ball {self.number}"

    @strawberry.field
    def meows(self) -> str:
        return "never"


@strawberry.type
class Robot(Creature):
    serial: UUID

    @strawberry.field(extensions=[Louder()])  # type: ignore[untyped-decorator]
    def beep(self, times: int = 1) -> str:
        return "beep" * max(0, min(times, 3))

    @strawberry.field(extensions=[LouderLater()])  # type: ignore[untyped-decorator]
    async def boop(self, word: str | None = "boop") -> str:
        await asyncio.sleep(0)
        return str(word)


@strawberry.type
class Stone:
    """In the union, but no creature."""

    number: int
    grams: float | None

    @strawberry.field
    def tags(self) -> list[str | None]:
        return ["heavy", None, str(self.number)]


Thing = Annotated[Cat | Robot | Stone, strawberry.union("Thing")]


@strawberry.type
class Leaves:
    """One attribute for each scalar; each may be wrong."""

    an_int: int | None
    must_int: int
    a_float: float | None
    must_float: float
    text: str | None
    must_text: str
    flag: bool | None
    must_flag: bool
    key: strawberry.ID | None
    shade: Shade | None
    must_shade: Shade
    amount: Decimal | None
    big: BigInt | None
    at: datetime | None
    day: date | None
    uid: UUID | None
    anything: JSON | None
    address: Address | None
    hash: Hash | None
    chain: ChainId | None


@strawberry.type
class Box:
    number: int

    @strawberry.field
    def label(self) -> str:
        return f"box {self.number}"

    @strawberry.field
    def fragile(self, info: Info) -> str:
        """Raises now and then."""
        if context_of(info).struck("raise", f"fragile {self.number}"):
            raise RuntimeError(f"box {self.number} broke")
        return "whole"

    @strawberry.field
    async def brittle(self, info: Info) -> str | None:
        """Raises now and then, later."""
        await asyncio.sleep(0)
        if context_of(info).struck("late_raise", f"brittle {self.number}"):
            raise BadInput(f"Box {self.number} broke.")
        return "whole"

    @strawberry.field
    def inner(self, info: Info) -> Box | None:
        return None if self.number % 5 == 0 else make_box(context_of(info), self.number + 7)

    @strawberry.field
    async def must(self, info: Info) -> Box:
        """Null now and then."""
        context = context_of(info)
        if context.struck("null", f"must {self.number}"):
            nothing: Any = None
            return nothing  # type: ignore[no-any-return]
        await asyncio.sleep(0)
        return make_box(context, self.number + 3)

    @strawberry.field
    def leaves(self, info: Info) -> Leaves | None:
        return make_leaves(context_of(info), self.number)

    @strawberry.field
    async def more_leaves(self, info: Info, count: int = 3) -> list[Leaves]:
        context = context_of(info)
        return [make_leaves(context, self.number + step) for step in range(max(0, min(count, 4)))]

    @strawberry.field
    def grid(self, info: Info) -> list[list[int | None]]:
        """Lists of lists."""
        rows: list[list[Any]] = [[self.number, None], [], [1, 2, 3]]
        if context_of(info).struck("range", f"grid {self.number}"):
            rows[2][1] = 2**31
        return rows

    @strawberry.field
    def strict_grid(self, info: Info) -> list[list[int]] | None:
        rows: list[Any] = [[self.number], [1, 2]]
        if context_of(info).struck("item", f"grid {self.number}"):
            rows[1][0] = None
        elif context_of(info).struck("type", f"grid {self.number}"):
            rows[0] = self.number
        return rows

    @strawberry.field
    def creatures(self, info: Info) -> list[Creature | None]:
        context = context_of(info)
        return [
            None if step == 1 else creature(context, self.number + step)
            for step in range(self.number % 4)
        ]

    @strawberry.field
    async def crowd(self, info: Info) -> list[list[Creature]] | None:
        """Lists of lists of an abstract type, one of which is shared."""
        context = context_of(info)
        one = creature(context, self.number)
        return [[one, creature(context, self.number + 1)], [], [one]]

    @strawberry.field
    def things(self, info: Info) -> list[Thing]:
        context = context_of(info)
        return [thing(context, self.number + step) for step in range(self.number % 3 + 1)]

    @strawberry.field
    def generated(self, info: Info) -> list[int]:
        """A generator, which may break off."""
        return _counting(context_of(info), self.number)  # type: ignore[return-value]

    @strawberry.field
    def walked(self) -> list[str]:
        """An iterator."""
        return iter(("a", "b", str(self.number)))  # type: ignore[return-value]

    @strawberry.field
    async def streamed(self) -> list[int]:
        """An asynchronous generator."""
        return _streaming(self.number)  # type: ignore[return-value]

    @strawberry.field
    def waiting_items(self, info: Info) -> list[str | None]:
        """Some items have to be awaited, some of them fail."""
        context = context_of(info)
        return ["now", _Later(context, self.number), None]  # type: ignore[list-item]

    @strawberry.field
    def many(self, info: Info) -> list[str] | None:
        """May be no list at all."""
        if context_of(info).struck("type", f"many {self.number}"):
            wrong: Any = ("many", 7, {"a": 1})[self.number % 3]
            return wrong  # type: ignore[no-any-return]
        return ["many"]

    @strawberry.field
    def dead(self, info: Info) -> str | None:
        if context_of(info).struck("store", f"dead {self.number}"):
            raise StoreUnavailable("clickhouse", "dead", "connection refused")
        return "alive"

    @strawberry.field
    async def late(self, info: Info) -> int:
        if context_of(info).struck("store", f"late {self.number}"):
            await asyncio.sleep(0)
            raise StoreTimeout("postgres", "late", "too late")
        return self.number

    @strawberry.field
    def selected(self, info: Info) -> str:
        """What the resolver can see of its selection."""
        return ",".join(_names(info.selected_fields))

    @strawberry.field
    def place(self, info: Info) -> str:
        return names_on_the_way(info)


@strawberry.type
class Tree:
    """Never below a row, so that nothing is shared and every place is one's own."""

    number: int
    branches: list[Tree | None]

    @strawberry.field
    def place(self, info: Info) -> str:
        return ".".join(map(str, info.path.as_list()))

    @strawberry.field
    async def grafts(self, info: Info) -> list[list[Tree]] | None:
        if context_of(info).struck("late_raise", f"graft {self.number}"):
            raise BadInput("It does not grow.")
        return [[make_tree(self.number, 1)], [], [make_tree(self.number + 1, 0)] * 2]


def make_tree(number: int, height: int) -> Tree:
    """A tree with branches, one of which is not there."""
    branches = [make_tree(number * 2 + step, height - 1) for step in range(2)] if height else []
    return Tree(number=number % _ROUND, branches=[*branches, None])


def names_on_the_way(info: Info) -> str:
    """Where a resolver is, without places in lists: parents of one row share what is below it."""
    return ".".join(step for step in info.path.as_list() if isinstance(step, str))


def _counting(context: NastyContext, number: int) -> Iterator[int]:
    for step in range(3):
        if step == 2 and context.struck("raise", f"counting {number}"):
            raise RuntimeError("the generator broke off")
        yield number + step


async def _streaming(number: int) -> AsyncIterator[int]:
    for step in range(number % 3):
        await asyncio.sleep(0)
        yield number + step


class _Later:
    """Something to await that is no coroutine, so that nobody minds when it is not awaited."""

    def __init__(self, context: NastyContext, number: int) -> None:
        self._context = context
        self._number = number

    def __await__(self) -> Generator[Any, None, str]:
        yield from asyncio.sleep(0).__await__()
        if self._context.struck("late_raise", f"later {self._number}"):
            raise RuntimeError(f"item of {self._number} broke")
        return f"later {self._number}"


def _names(selections: Iterable[Any]) -> Iterator[str]:
    for each in selections:
        yield getattr(each, "name", None) or type(each).__name__
        yield from _names(each.selections)


def make_box(context: NastyContext, number: int) -> Box:
    """A box; of the wrong type where that fault strikes."""
    number %= _ROUND
    if context.struck("type", f"box {number}"):
        wrong: Any = Stone(number=number, grams=1.0) if number % 2 else {"number": number}
        return cast("Box", wrong)
    return Box(number=number)


def creature(context: NastyContext, number: int) -> Creature:
    """A creature; none where the fault strikes."""
    number %= _ROUND
    if context.struck("abstract", number):
        wrong: Any = Stone(number=number, grams=None) if number % 2 else "no creature"
        return cast("Creature", wrong)
    if context.struck("raise", f"creature {number}"):
        raise RuntimeError(f"creature {number} ran away")
    name: Any = None if context.struck("null", f"creature {number}") else f"creature {number}"
    match number % 3:
        case 0:
            lives: Any = 2**33 if context.struck("range", f"cat {number}") else 9
            return Cat(number=number, name=name, lives=lives)
        case 1:
            return Dog(number=number, name=name, note="barks", lives=_float(context, number))
        case _:
            return Robot(number=number, name=name, serial=UUID(int=number))


def thing(context: NastyContext, number: int) -> Cat | Robot | Stone:
    """A member of the union, or not."""
    number %= _ROUND
    if number % 4 == 3:
        return Stone(number=number, grams=_float(context, number))
    if number % 4 == 2:
        return Cat(number=number, name=f"cat {number}")
    if context.struck("abstract", f"thing {number}"):
        wrong: Any = Dog(number=number, name="not in the union")
        return cast("Cat", wrong)
    return Robot(number=number, name=f"robot {number}", serial=UUID(int=number))


def _float(context: NastyContext, number: int) -> float:
    if context.struck("nan", number):
        return (math.nan, math.inf, -math.inf)[number % 3]
    return number / 4


_ZONE: Final = timezone(timedelta(hours=2))
_START: Final = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)


def make_leaves(context: NastyContext, number: int) -> Leaves:
    """A value of each scalar; where a fault strikes, a wrong one."""
    number %= _ROUND
    odd = number % 2 == 1

    def put(kind: str, name: str, right: Any, *wrong: Any) -> Any:
        struck = context.struck(kind, f"{name} {number}")
        return wrong[number % len(wrong)] if struck else right

    def maybe(right: Any) -> Any:
        return None if number % 6 == 5 else right

    return Leaves(
        an_int=put("range", "an_int", maybe(number), 2**31, -(2**31) - 1, 2**31 - 1, 2**70),
        must_int=put("null", "must_int", put("type", "must_int", number, "7", 2.5, True, []), None),
        a_float=put("nan", "a_float", maybe(number / 8), math.nan, math.inf, -math.inf),
        must_float=put("nan", "must_float", float(number), math.nan, math.inf),
        text=put("type", "text", maybe("text"), 7, True, 1.5, ["a"], b"bytes", "\ud800"),
        must_text=put("null", "must_text", f"ä € \U0001f600 \u2028 {number}", None),
        flag=put("type", "flag", maybe(odd), 1, 0, "true", 2.0),
        must_flag=put("null", "must_flag", odd, None),
        key=put("type", "key", maybe(strawberry.ID(f"k{number}")), number, 1.0, 1.5, {"a": 1}),
        shade=put("enum", "shade", maybe(Shade(number % 3 + 1)), "DARK", 2, "nothing", [], Stone),
        must_shade=put("enum", "must_shade", Shade.DARK, "MIDDLE", None, 7),
        amount=put(
            "scalar",
            "amount",
            maybe(Decimal(number).scaleb(-9)),
            Decimal("NaN"),
            Decimal("Infinity"),
            Decimal("1E+30"),
            7,
            "1.50",
            "x",
            0.1,
        ),
        big=put("scalar", "big", maybe(BigInt(10**number)), Decimal(7), "7", 7.5, "x", True),
        at=put(
            "scalar",
            "at",
            maybe(_START + timedelta(microseconds=number)),
            _START.replace(tzinfo=None),
            _START.astimezone(_ZONE),
            date(2024, 1, 1),
            "2024-01-01T00:00:00Z",
            7,
            datetime.max.replace(tzinfo=UTC),
        ),
        day=put("scalar", "day", maybe(date(2024, 2, 29)), _START, "2024-02-29", 7, date.max),
        uid=put("scalar", "uid", maybe(UUID(int=number)), str(UUID(int=number)), "x", number),
        anything=put(
            "scalar",
            "anything",
            maybe({"n": number, "a": [1.5, None, {"b": "c"}]}),
            [],
            "text",
            7,
            {"z": 1, "a": 2},
        ),
        address=put(
            "scalar", "address", maybe(Address(f"0x{number:040x}")), "0xABC", "0x" + "AB" * 20, 7
        ),
        hash=put("scalar", "hash", maybe(Hash(f"0x{number:064x}")), "x", 7),
        chain=put("scalar", "chain", maybe(ChainId("eip155:1")), "1", "ethereum", 7),
    )
