"""The real graph over the repository's sample as a subject of the oracle."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.documents import Documents
from gateway.embedding import LexicalEmbedder
from gateway.load.identity import DEMO_USER_ID
from gateway.schema import EXECUTOR, GatewaySchema, build_schema
from resolvers.context import RequestContext, Viewer
from resolvers.permissions import Tier
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.urls import StoreUrls
from tests.gateway.executor.oracle.compare import ENTRANCES, Case
from tests.gateway.executor.oracle.generator import Generated, Generator, Weights
from tests.gateway.executor.oracle.harvest import found_cursors, found_ids, found_texts
from tests.gateway.executor.oracle.inputs import Pools
from tests.gateway.executor.oracle.synthetic import LIMITS
from tests.gateway.executor.oracle.tables import nobody_at
from tests.gateway.golden.recording import NOW

_VIEWERS: Final = {
    "nobody": Viewer(),
    "the demo user": Viewer(DEMO_USER_ID, "user", tier=Tier.ENTERPRISE),
}
# Most of the time everything is there.
_AWAY: Final = ("",) * 9 + ("postgres", "clickhouse", "redis", "qdrant")


@dataclass(slots=True)
class Real:
    """The graph over the sample, with all stores or without one.

    Attributes:
        stores: by the name of the one that is away, "" for none.
    """

    schema: GatewaySchema
    documents: Documents
    stores: Mapping[str, Stores]
    generator: Generator
    # ClickHouse adds up floats in several threads.
    steady: bool = False
    sound: bool = True

    def context(self, case: Case) -> RequestContext:
        """A fresh context, at the time the sample ends."""
        return _context(case.setting["viewer"], self.stores[case.setting["away"]])

    def case(self, seed: str) -> Case:
        """The case that follows from a seed; only queries, the live prices never end."""
        rng = random.Random(seed)
        return self.of(self.generator.make(rng), rng, f"own generator, real graph, seed {seed}")

    def of(self, made: Generated, rng: random.Random, origin: str) -> Case:
        """A document with a setting."""
        setting = {"away": rng.choice(_AWAY), "viewer": rng.choice(list(_VIEWERS))}
        return Case(made.text, made.variables, rng.choice(ENTRANCES), setting, origin)


def _context(viewer: str, stores: Stores) -> RequestContext:
    return RequestContext(_VIEWERS[viewer], stores, clock=lambda: NOW, embedder=LexicalEmbedder())


@asynccontextmanager
async def real(urls: StoreUrls, sample: Stores, prefix: str) -> AsyncIterator[Real]:
    """The subject over a loaded sample.

    Args:
        urls: of the servers.
        sample: its opened stores.
        prefix: of its Qdrant collections.
    """
    schema = build_schema()
    core = schema.graphql_schema

    async def ask(text: str) -> Any:
        result = await schema.execute(
            text,
            context_value=_context("the demo user", sample),
            operation_extensions={EXECUTOR: "plain"},
        )
        return result.data

    pools = Pools(
        await found_ids(core, ask), await found_texts(core, ask), await found_cursors(core, ask)
    )
    generator = Generator(core, pools, Weights(argument=0.35))
    async with AsyncExitStack() as stack:
        away = stack.enter_context(nobody_at(urls))
        dead = await stack.enter_async_context(
            await open_stores(StoreOptions(away, qdrant_prefix=prefix))
        )
        stores = {"": sample}
        for name in ("postgres", "clickhouse", "redis", "qdrant"):
            stores[name] = replace(sample, **{name: getattr(dead, name)})
        yield Real(schema, Documents(core, LIMITS), stores, generator)
