"""Runs a plan: level by level, the fields of a level at once, root fields of a mutation in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.executor import objects
from gateway.executor.frames import Frame, PagePlace, Resolved
from gateway.executor.plan import How, Plan, PlannedField

if TYPE_CHECKING:
    from graphql.execution import Executor
    from graphql.execution.values import VariableValues

Fetch = Callable[["Run", Frame, PlannedField], Coroutine[Any, Any, Resolved]]


@dataclass(slots=True, eq=False)
class Run:
    """One execution of a plan.

    Attributes:
        plan: what to run.
        context: what resolvers find as `info.context`.
        root_value: source of the root fields.
        variables: coerced values.
        executor: makes the executor that resolvers see through `info`; called when one asks.
        surprised: a value was seen that only the exact completer handles.
    """

    plan: Plan
    context: Any
    root_value: Any
    variables: VariableValues
    executor: Callable[[], Executor[Any]]
    surprised: bool = False
    _pending: dict[Hashable, Gathering] = field(default_factory=dict)

    async def frames(self) -> Frame:
        """Everything the operation needs, fetched."""
        root = Frame(self.plan.root, [self.root_value], [()])
        await self.resolve(root, serial=self.plan.serial)
        return root

    async def resolve(self, frame: Frame, *, serial: bool = False) -> None:
        """Fetch what stands below the sources of a frame."""
        fetches = frame.selection.fetches
        found: list[Any] = [None] * len(fetches)
        waiting: list[tuple[int, Coroutine[Any, Any, Resolved]]] = []
        for place, each in enumerate(fetches):
            started = self._start(frame, each)
            if isinstance(started, Resolved):
                found[place] = started
            elif serial:
                found[place] = await started
            else:
                waiting.append((place, started))
        if len(waiting) == 1:
            ((place, only),) = waiting
            found[place] = await only
        elif waiting:
            results = await asyncio.gather(*(each for _, each in waiting))
            for (place, _), result in zip(waiting, results, strict=True):
                found[place] = result
        frame.fields = found

    def _start(self, frame: Frame, each: PlannedField) -> Resolved | Coroutine[Any, Any, Resolved]:
        match each.how:
            case How.CHILD:
                return objects.children(self, frame, each)
            case How.SAME:
                return self.below(frame, each, range(len(frame.rows)), frame.rows, dense=True)
            case How.CURSOR:
                return objects.cursors(frame)
            case _:
                from gateway.executor.fetch import FETCHES

                return FETCHES[each.how](self, frame, each)

    def below(
        self,
        frame: Frame,
        each: PlannedField,
        entries: Any,
        rows: Sequence[Any],
        *,
        dense: bool = False,
        page: PagePlace | None = None,
    ) -> Resolved | Coroutine[Any, Any, Resolved]:
        """Values that are rows of a read, and whatever is fetched below them."""
        assert each.output is not None
        selection = each.output.only
        child = Frame(selection, rows, rows, (frame, each, entries), page=page or frame.page)
        resolved = Resolved(entries, {selection.object_type.name: child}, dense)
        return self.completed(resolved)

    def completed(self, resolved: Resolved) -> Resolved | Coroutine[Any, Any, Resolved]:
        """The same once everything below it is fetched."""
        frames = [child for child in resolved.frames.values() if child.selection.fetches]
        return self._descend(resolved, frames) if frames else resolved

    async def _descend(self, resolved: Resolved, frames: list[Frame]) -> Resolved:
        for child in frames:  # several only for abstract types, whose levels are short
            await self.resolve(child)
        return resolved

    def shared(
        self, identity: Hashable, keys: Sequence[Any], load: Callable[[list[Any]], Awaitable[Any]]
    ) -> Awaitable[Any]:
        """What equal fetches of this turn of the loop load together."""
        gathering = self._pending.get(identity)
        if gathering is None:
            gathering = self._pending[identity] = Gathering(self._pending, identity, load)
        return gathering.add(keys)


class Gathering:
    """Keys of equal fetches, asked for at once at the end of the turn."""

    __slots__ = ("_future", "_keys", "_load", "_task")

    def __init__(
        self,
        pending: dict[Hashable, Gathering],
        identity: Hashable,
        load: Callable[[list[Any]], Awaitable[Any]],
    ) -> None:
        self._keys: dict[Any, None] = {}
        self._load = load
        loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Any] = loop.create_future()
        self._task: asyncio.Task[None] | None = None
        loop.call_soon(self._begin, pending, identity)

    def add(self, keys: Sequence[Any]) -> Awaitable[Any]:
        self._keys.update(dict.fromkeys(keys))
        return asyncio.shield(self._future)

    def _begin(self, pending: dict[Hashable, Gathering], identity: Hashable) -> None:
        del pending[identity]
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            found = await self._load(list(self._keys))
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            self._future.set_exception(error)
            self._future.exception()
        except BaseException:
            self._future.cancel()
            raise
        else:
            self._future.set_result(found)
