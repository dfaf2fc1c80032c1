"""Who asks, and what a resolver knows of the request: the edge's side of `resolvers.context`."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from gateway.auth.admission import Admission, Standing
from gateway.auth.grants import Grants
from gateway.auth.usage import Usage
from gateway.auth.web_tokens import WebTokens
from gateway.cost.figures import Cost
from gateway.documents import Entry
from gateway.execution import Caller
from gateway.usage import UsageCounts
from resolvers.account.service import Accounts
from resolvers.context import Embedder, Executed, RequestContext, StepTrace, Viewer
from resolvers.downloads import DownloadLinks
from resolvers.permissions import Tier
from resolvers.usage.limits import PriceList
from stores.lifecycle import Stores

_EXPLAIN: Final = "x-explain"
_COUNTED_S: Final = 1.0
# What a step says only when there is something to say.
_RARE: Final = ("error", "detail", "path")


class StoreContexts:
    """Contexts over the opened stores, which the application attaches when it starts."""

    def __init__(
        self,
        *,
        demo_user: UUID | None,
        explain: bool,
        embedder: Embedder | None = None,
        web_tokens: WebTokens | None = None,
        credentials_kept_s: float = 5.0,
        accounts: Accounts | None = None,
        downloads: DownloadLinks | None = None,
    ) -> None:
        self._stores: Stores | None = None
        self._admission: Admission | None = None
        self._usage: UsageCounts | None = None
        self._price_list = PriceList()
        self._embedder = embedder
        self._accounts = accounts
        self._downloads = downloads
        # The demo shows everything that can be bought.
        self._nobody = Viewer(demo_user, "user", tier=Tier.ENTERPRISE) if demo_user else Viewer()
        self._web_tokens = web_tokens
        self._kept_s = credentials_kept_s
        self._explain = explain
        self._process = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    def attach(self, stores: Stores) -> None:
        """Use these stores from now on."""
        self._stores = stores
        self._usage = UsageCounts(stores.redis)
        self._admission = Admission(
            Grants(stores, self._web_tokens),
            stores.topics,
            Usage(stores.postgres),
            nobody=self._nobody,
            keep_s=self._kept_s,
        )

    async def listen(self) -> None:
        """Hear of credentials that change and write down what is used; runs beside the serving."""
        assert self._usage is not None
        async with asyncio.TaskGroup() as both:  # on leaving, each writes what it holds
            both.create_task(self._admitting.listen())
            both.create_task(self._usage.send_every(_COUNTED_S))

    async def admit(self, caller: Caller) -> Standing:
        """Who is behind a caller's credentials."""
        return await self._admitting.admit(caller)

    async def ended(self, identity: object) -> str:
        """Return, with the reason, when a caller's credentials are no longer good."""
        assert isinstance(identity, Standing)
        return await self._admitting.ended(identity)

    def count(self, identity: object, entry: Entry, cost: Cost) -> None:
        """One operation that an admitted caller asked for."""
        assert isinstance(identity, Standing)
        assert self._usage is not None
        self._usage.note(identity.viewer, entry.kind, max(cost.result, 1))

    @property
    def _admitting(self) -> Admission:
        assert self._admission is not None
        return self._admission

    def open(self, identity: object, caller: Caller, deadline: float) -> RequestContext:
        """A context for one request or event, with loaders of its own."""
        assert isinstance(identity, Standing)
        assert self._stores is not None
        wish = caller.says(_EXPLAIN) if self._explain else None
        return RequestContext(
            viewer=identity.viewer,
            stores=self._stores,
            request_id=f"{self._process}{next(self._numbers):08x}",
            deadline=deadline,
            trace=[] if wish in ("plan", "analyze") else None,
            analyze=wish == "analyze",
            embedder=self._embedder,
            client=caller,
            accounts=self._accounts,
            downloads=self._downloads,
            price_list=self._price_list,
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
