"""Who asks, and what a resolver knows of the request: the edge's side of `resolvers.context`."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from gateway.execution import Caller
from resolvers.context import Embedder, Executed, RequestContext, StepTrace, Viewer
from stores.lifecycle import Stores

_EXPLAIN: Final = "x-explain"
# What a step says only when there is something to say.
_RARE: Final = ("error", "detail", "path")


class StoreContexts:
    """Contexts over the opened stores, which the application attaches when it starts.

    There are no credentials yet: every caller is the demo user, or nobody.
    """

    def __init__(
        self, *, demo_user: UUID | None, explain: bool, embedder: Embedder | None = None
    ) -> None:
        self._stores: Stores | None = None
        self._embedder = embedder
        self._viewer = Viewer(user_id=demo_user, role="user") if demo_user else Viewer()
        self._explain = explain
        self._process = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    def attach(self, stores: Stores) -> None:
        """Use these stores from now on."""
        self._stores = stores

    async def admit(self, caller: Caller) -> Viewer:
        """The viewer behind a caller's credentials."""
        return self._viewer

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        """A context for one request or event, with loaders of its own."""
        assert isinstance(identity, Viewer)
        assert self._stores is not None
        wish = caller.says(_EXPLAIN) if self._explain else None
        return RequestContext(
            viewer=identity,
            stores=self._stores,
            request_id=f"{self._process}{next(self._numbers):08x}",
            deadline=deadline,
            trace=[] if wish in ("plan", "analyze") else None,
            analyze=wish == "analyze",
            embedder=self._embedder,
        )

    def extensions(self, context: object) -> dict[str, Any]:
        """The plan: each call of a store, in the order of the plan's steps, and how it ran."""
        assert isinstance(context, RequestContext)
        if context.trace is None:
            return {}
        calls = sorted(context.trace, key=_place)
        executed = context.executed or Executed("plain", cache_hit=False)
        return {
            "executor": executed.executor,
            "plan": [
                _step(number, asdict(call), cache_hit=executed.cache_hit)
                for number, call in enumerate(calls, start=1)
            ],
        }


def _place(call: StepTrace) -> tuple[int, ...]:
    """Sorts calls by step, those of one step by when they ended."""
    return tuple(map(int, call.step.split("."))) if call.step else ()


def _step(number: int, call: dict[str, Any], *, cache_hit: bool) -> dict[str, Any]:
    shown = {
        **call,
        "step": call["step"] or str(number),
        "statement": call["text"] or None,
        "ms": round(call["ms"], 3),
        "cacheHit": cache_hit,
    }
    del shown["text"]
    return {name: value for name, value in shown.items() if name not in _RARE or value}
