"""Who asks, and what a resolver knows of the request: the edge's side of `resolvers.context`."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from gateway.execution import Caller
from resolvers.context import Embedder, RequestContext, Viewer
from stores.lifecycle import Stores

_EXPLAIN: Final = "x-explain"
# What a step says only when there is something to say.
_RARE: Final = ("error", "detail")


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
        """The plan: each call of a store in the order they ended, when it was asked for."""
        assert isinstance(context, RequestContext)
        if context.trace is None:
            return {}
        return {
            "plan": [
                _step(number, asdict(step)) for number, step in enumerate(context.trace, start=1)
            ]
        }


def _step(number: int, step: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "step": str(number),
        **step,
        "statement": step["text"] or None,
        "ms": round(step["ms"], 3),
    }
    del shown["text"]
    return {name: value for name, value in shown.items() if name not in _RARE or value}
