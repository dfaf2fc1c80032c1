"""Runs a plan: level by level, the fields of a level at once, root fields of a mutation in turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.executor import exact, objects
from gateway.executor.frames import Always, Frame, PagePlace, Resolved
from gateway.executor.plan import Plan, PlannedField
from gateway.executor.relations import ones
from gateway.executor.waiting import Gathering, together
from resolvers.context import STEP

if TYPE_CHECKING:
    from graphql.execution import Executor
    from graphql.execution.values import VariableValues

# A coroutine is made where it is awaited, or one that is called off would complain.
_Begin = Callable[[], Resolved | Coroutine[Any, Any, Any]]


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
        traced: store calls say for which step of the plan they were made.
    """

    plan: Plan
    context: Any
    root_value: Any
    variables: VariableValues
    executor: Callable[[], Executor[Any]]
    surprised: bool = False
    traced: bool = False
    _pending: dict[Hashable, Gathering] = field(default_factory=dict)

    async def frames(self) -> Frame:
        """Everything the operation needs, fetched."""
        root = Frame(self.plan.root, [self.root_value], [()])
        await (self._in_turn(root) if self.plan.serial else self.resolve(root))
        return root

    async def _in_turn(self, root: Frame) -> None:
        """Fetch root fields one after the other, until one fails that leaves nothing to answer."""
        fetches = root.selection.fetches
        for each in fetches:
            resolved = await objects.finished(self._start(root, [each]))
            root.fields.append(resolved)
            if each is not fetches[-1] and exact.nulls_all(root, each, resolved):
                self.surprised = True
                break
        root.fields += [Resolved(Always(None))] * (len(fetches) - len(root.fields))

    async def resolve(self, frame: Frame) -> None:
        """Fetch what stands below the sources of a frame."""
        selection = frame.selection
        if len(selection.reads) == 1:
            ((_, fields),) = selection.reads
            started = self._start(frame, fields)
            found = started if isinstance(started, Resolved) else await started
            frame.fields = [found] if isinstance(found, Resolved) else found
            return
        frame.fields = [None] * len(selection.fetches)  # type: ignore[list-item]  # filled below
        waiting = self._started(frame)
        results = await together([each for _, each in waiting])
        for (places, _), result in zip(waiting, results, strict=True):
            each_result = [result] if isinstance(result, Resolved) else result
            for place, each in zip(places, each_result, strict=True):
                frame.fields[place] = each

    def _started(self, frame: Frame) -> list[tuple[tuple[int, ...], Coroutine[Any, Any, Any]]]:
        """Put what needs no waiting in its place; the rest is returned with its places."""
        waiting: list[tuple[tuple[int, ...], Coroutine[Any, Any, Any]]] = []
        try:
            for places, fields in frame.selection.reads:
                started = self._start(frame, fields)
                if isinstance(started, Resolved):
                    frame.fields[places[0]] = started
                else:
                    waiting.append((places, started))
        except BaseException:
            for _, each in waiting:
                each.close()
            raise
        return waiting

    def _start(
        self, frame: Frame, fields: Sequence[PlannedField]
    ) -> Resolved | Coroutine[Any, Any, Any]:
        each = fields[0]
        if self.traced and each.step:
            return _in_step(each, partial(self._begin, frame, fields))
        return self._begin(frame, fields)

    def _begin(
        self, frame: Frame, fields: Sequence[PlannedField]
    ) -> Resolved | Coroutine[Any, Any, Any]:
        fetch = fields[0].fetch
        if fetch is None:
            return ones(self, frame, fields)
        started: Resolved | Coroutine[Any, Any, Any] = fetch(self, frame, fields[0])
        return started

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
        resolved = Resolved(entries, dense=dense)
        child = Frame(selection, rows, rows, (frame, each, resolved), page=page or frame.page)
        resolved.frames[selection.object_type.name] = child
        return self.completed(resolved)

    def completed(self, resolved: Resolved) -> Resolved | Coroutine[Any, Any, Resolved]:
        """The same once everything below it is fetched; below no object there is nothing."""
        frames = [
            child for child in resolved.frames.values() if child.rows and child.selection.fetches
        ]
        return self._descend(resolved, frames) if frames else resolved

    async def _descend(self, resolved: Resolved, frames: list[Frame]) -> Resolved:
        await together([self.resolve(child) for child in frames])
        return resolved

    def shared(
        self, identity: Hashable, keys: Sequence[Any], load: Callable[[list[Any]], Awaitable[Any]]
    ) -> Awaitable[Any]:
        """What equal fetches of this turn of the loop load together."""
        gathering = self._pending.get(identity)
        if gathering is None:
            gathering = self._pending[identity] = Gathering(self._pending, identity, load)
        return gathering.add(keys)


async def _in_step(field: PlannedField, fetch: _Begin) -> Any:
    """Run a fetch whose store calls, and those of tasks it starts, bear the field's step."""
    token = STEP.set((field.step, field.path))
    try:
        return await objects.finished(fetch())
    finally:
        STEP.reset(token)
