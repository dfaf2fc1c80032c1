"""The way into the compiled executor: keeps plans, runs them, and knows when not to."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from graphql import ExecutionResult, GraphQLError, OperationType

from gateway.executor import exact
from gateway.executor.asked import Unplannable, flags, is_guarded
from gateway.executor.complete import complete
from gateway.executor.data import Data
from gateway.executor.leaves import Surprise
from gateway.executor.plan import Plan
from gateway.executor.planner import plan_of
from gateway.executor.run import Run
from resolvers.context import Executed, RequestContext, Viewer

if TYPE_CHECKING:
    from graphql.execution import Executor
    from graphql.execution.values import VariableValues

    from gateway.executor.frames import Frame

_LOG: Final = logging.getLogger(__name__)
MOST_VARIANTS: Final = 16
_MOST_TEXTS: Final = 128


class Plans:
    """The plans of one operation: one for each combination of its flags' values, and rights.

    Attributes:
        flags: variables of `@skip` and `@include`; None until known.
        guarded: it names fields of rows that not everybody may see, so its plans are for viewers of
            the same rights.
        reason: why graphql-core runs it, None while it does not.
        bytes: estimate of what the plans take.
    """

    __slots__ = ("_variants", "bytes", "flags", "guarded", "reason")

    def __init__(self) -> None:
        self.flags: tuple[str, ...] | None = None
        self.guarded = False
        self.reason: str | None = None
        self.bytes = 0
        # None for values of the flags with which graphql-core runs it, such as a null.
        self._variants: dict[tuple[Any, ...], Plan | None] = {}

    def held(self, variables: Mapping[str, Any], context: Any) -> Plan | None:
        """The plan for some coerced variables and the viewer, if it was made before."""
        if self.flags is None:
            return None
        return self._variants.get(self._variant(variables, context))

    def _variant(self, variables: Mapping[str, Any], context: Any) -> tuple[Any, ...]:
        variant = tuple(map(variables.get, self.flags or ()))
        return (*variant, _viewer_of(context).rights) if self.guarded else variant

    def get(self, executor: Executor[Any]) -> Plan | None:
        """The plan for an executor's variables, made when it is not there; None for plain."""
        if self.reason is not None:
            return None
        try:
            if self.flags is None:
                found = flags(executor)
                self.guarded = is_guarded(executor)
                self.flags = found
        except Unplannable as error:
            self.reason = str(error)
            return None
        variant = self._variant(executor.variable_values.coerced, executor.context_value)
        if variant in self._variants:
            return self._variants[variant]
        if len(self._variants) >= MOST_VARIANTS:
            # The oldest goes, or whoever came first would keep the plans from everybody else.
            dropped = self._variants.pop(next(iter(self._variants)))
            self.bytes -= dropped.bytes if dropped else 0
        plan = self._variants[variant] = self._made(executor)
        self.bytes += plan.bytes if plan else 0
        return plan

    def __len__(self) -> int:
        return len(self._variants)

    def _made(self, executor: Executor[Any]) -> Plan | None:
        try:
            return plan_of(executor, _viewer_of(executor.context_value) if self.guarded else None)
        except Unplannable as error:
            # One caller's flags must not keep the plan of all others from being made.
            if not self.flags and not self.guarded:
                self.reason = str(error)
            return None

    def pin(self, reason: str) -> None:
        """Never plan it again."""
        self.reason = reason
        self._variants.clear()
        self.bytes = 0


class Engine:
    """Runs operations of one schema.

    Attributes:
        metrics: number of operations by the way they went: `compiled`, `exact`, `plain`; and of
            `bugs`, each of which is logged.
    """

    def __init__(self) -> None:
        self.metrics: Counter[str] = Counter()
        self._texts: OrderedDict[tuple[str, str | None], Plans] = OrderedDict()

    def execute(
        self,
        executor: Executor[Any],
        plans: Plans | None,
        plain: Callable[[], Any],
    ) -> Any:
        """The result of an operation, or something to await for it.

        Args:
            executor: built for the operation, its variables coerced.
            plans: where the operation's plans are kept; by its text when not given.
            plain: runs it on graphql-core.
        """
        if not _can_wait(executor):
            self.metrics["plain"] += 1
            return plain()
        kept = self._kept(executor) if plans is None else plans
        held = kept.held(executor.variable_values.coerced, executor.context_value)
        plan = held or self._planned(executor, kept)
        if plan is None:
            self.metrics["plain"] += 1
            return plain()
        return self._run_or(executor, plan, kept, plain, cached=held is not None)

    async def execute_lean(
        self,
        make_executor: Callable[[], Executor[Any]],
        plans: Plans,
        variables: VariableValues,
        context: Any,
    ) -> ExecutionResult | None:
        """The result of a query or mutation straight from its plan; None when there is none.

        Args:
            make_executor: builds the executor, which is only needed to plan and by resolvers.
            plans: where the operation's plans are kept.
            variables: coerced values.
            context: what resolvers find as `info.context`.
        """
        once = _Once(make_executor)
        held = plans.held(variables.coerced, context)
        plan = held or self._planned(once(), plans)
        if plan is None:
            return None
        run = Run(plan, context, None, variables, once, traced=_is_traced(context))
        return await self._run(run, plans, cached=held is not None)

    def _planned(self, executor: Executor[Any], plans: Plans) -> Plan | None:
        try:
            return plans.get(executor)
        except Exception:  # noqa: BLE001 - what cannot be planned must still be answered
            self._bug(executor, plans, "planning")
            return None

    async def _run_or(
        self,
        executor: Executor[Any],
        plan: Plan,
        kept: Plans,
        plain: Callable[[], Any],
        *,
        cached: bool,
    ) -> ExecutionResult:
        run = Run(
            plan,
            executor.context_value,
            executor.root_value,
            executor.variable_values,
            lambda: executor,
            traced=_is_traced(executor.context_value),
        )
        result: Any = await self._run(run, kept, cached=cached)
        if result is None:
            self.metrics["plain"] += 1
            result = plain()
            if isinstance(result, Awaitable):
                result = await result
        found: ExecutionResult = result
        return found

    async def _run(self, run: Run, kept: Plans, *, cached: bool) -> ExecutionResult | None:
        """The result; None when a query has to run again, because we failed."""
        try:
            root = await run.frames()
            result = self._completed(run, root, kept)
            root.release()
            if run.traced:
                way = "compiled" if isinstance(result.data, Data) else "exact"
                run.context.executed = Executed(way, cached)
            return result
        except Exception as error:  # noqa: BLE001 - ours, so it must not be the caller's
            executor = run.executor()
            self._bug(executor, kept, "running")
            if executor.operation.operation is OperationType.QUERY:
                return None
            # It may have changed something, so it is not run again.
            path = [run.plan.root.fields[0].key]
            failure = GraphQLError(str(error), path=path, original_error=error)
            return ExecutionResult(None, [failure])

    def _completed(self, run: Run, root: Frame, kept: Plans) -> ExecutionResult:
        if not run.surprised:
            try:
                (data,) = complete(root)
                self.metrics["compiled"] += 1
                return ExecutionResult(Data(data), None)  # type: ignore[arg-type]
            except Surprise:
                pass
            except Exception:  # noqa: BLE001 - ours, so it must not be the caller's
                self._bug(run.executor(), kept, "completing")
        made, errors = exact.complete(root)
        self.metrics["exact"] += 1
        return ExecutionResult(made, errors or None)

    def _bug(self, executor: Executor[Any], kept: Plans, doing: str) -> None:
        """Log what should not happen, and keep the document away from this path."""
        self.metrics["bugs"] += 1
        location = executor.operation.loc
        text = location.source.body if location else ""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        _LOG.exception("executor: %s document %s failed; it runs plain from now on", doing, digest)
        kept.pin("a failure of the compiled path")

    def _kept(self, executor: Executor[Any]) -> Plans:
        """Plans by text, for documents that no cache of the edge holds."""
        operation = executor.operation
        if operation.loc is None:
            return Plans()
        key = (operation.loc.source.body, operation.name.value if operation.name else None)
        plans = self._texts.get(key)
        if plans is None:
            plans = self._texts[key] = Plans()
            if len(self._texts) > _MOST_TEXTS:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return plans


class _Once:
    """Makes an executor when it is first asked for."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Executor[Any]]) -> None:
        self._make = make
        self._made: Executor[Any] | None = None

    def __call__(self) -> Executor[Any]:
        if self._made is None:
            self._made = self._make()
        return self._made


def _viewer_of(context: Any) -> Viewer:
    """Who asks; nobody, in a context that does not say."""
    return context.viewer if isinstance(context, RequestContext) else Viewer()


def _is_traced(context: Any) -> bool:
    """Whether the caller wants to know what was sent."""
    return isinstance(context, RequestContext) and context.trace is not None


def _can_wait(executor: Executor[Any]) -> bool:
    """Whether it runs on a loop, with nothing wrapped around every field."""
    if executor.middleware_manager is not None and executor.middleware_manager.middlewares:
        return False
    if executor.abort_signal is not None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
