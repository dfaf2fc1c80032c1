"""The synthetic graph as a subject of the oracle: who asks, which rows, which faults."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from graphql import OperationType

from gateway.documents import Documents
from gateway.limits import Limits
from gateway.schema import EXECUTOR, GatewaySchema
from resolvers.context import Viewer
from tests.gateway.executor.oracle import nasty
from tests.gateway.executor.oracle.compare import ENTRANCES, Case
from tests.gateway.executor.oracle.faults import KINDS, NastyContext
from tests.gateway.executor.oracle.generator import Generated, Generator
from tests.gateway.executor.oracle.harvest import found_cursors, found_ids
from tests.gateway.executor.oracle.inputs import Pools
from tests.gateway.executor.oracle.tables import ALICE, BOB, NAMES, DataSet

NOW: Final = datetime(2024, 6, 1, tzinfo=UTC)
LIMITS: Final = Limits(depth=200, aliases=1000, tokens=20_000, directives=1000)
_VIEWERS: Final = {
    "nobody": Viewer(),
    "alice": Viewer(ALICE, "user"),
    "bob": Viewer(BOB, "user"),
    "operator": Viewer(ALICE, "admin"),
}
_TEXTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "slug": ("m-0", "m-1", "m-3", "m-4", "m-9", "nobody"),
    "number": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 23, 38),
    "numbers": (0, 1, 2, 3, 7, 8),
    "start": (0, 1, 5, 9, 20, 38),
    "scale": (1, 2, 3, 1000),
}
# Fields that show a fault, by kind of fault; where nothing is wrong, those that could be mixed up.
SHOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "clean": ("labels", "totalCount", "pageInfo", "edges", "wish", "slowBump", "journal"),
    "nulls": ("name", "kind", "place", "quantity", "text", "amount", "nodes"),
    "numbers": ("score", "worth", "price", "weight", "nodes"),
    "ranges": ("rank", "place", "quantity", "units", "supply", "nodes"),
    "dangling": ("boss", "best", "friend", "owner", "maker", "item", "parent", "lastSale", "peers"),
    "words": ("kind", "secondKind", "contract", "createdAt", "founded", "tags", "nodes"),
    "slow": ("items", "topItems", "best", "spare", "cheap"),
    "no_postgres": ("sales", "item", "maker", "nodes", "node"),
    "no_clickhouse": ("items", "lastSale", "sales", "nodes", "node"),
    "too_late": (),
    "null": ("must", "box", "creature", "creatures", "name", "mustText", "mustInt", "leaves"),
    "nan": ("aFloat", "mustFloat", "grams", "lives", "leaves", "allLeaves", "moreLeaves", "things"),
    "range": ("anInt", "heat", "lives", "grid", "leaves", "allLeaves", "cat", "creatures"),
    "type": ("rival", "mustInt", "text", "flag", "key", "strictGrid", "many", "heat", "box"),
    "item": ("young", "labels", "boxes", "strictGrid", "creatures", "box"),
    "raise": ("fragile", "generated", "creatures", "box", "mustFail", "kin"),
    "late_raise": ("mate", "brittle", "waitingItems", "grafts", "box", "trees"),
    "abstract": ("creature", "creatures", "things", "mascot", "pet", "crowd"),
    "enum": ("shade", "mustShade", "leaves", "allLeaves", "moreLeaves"),
    "scalar": ("amount", "big", "at", "day", "uid", "anything", "address", "hash", "allLeaves"),
    "store": ("dead", "late", "heat", "box", "boxes"),
    "missing": ("heat", "labels", "nodes"),
    "permission": ("bone", "ball", "robot", "dog", "creatures"),
}
_KINDS: Final = ("query",) * 17 + ("mutation", "mutation", "subscription")


@dataclass(slots=True)
class Synthetic:
    """The graph over all data sets."""

    schema: GatewaySchema
    documents: Documents
    sets: Mapping[str, DataSet]
    generator: Generator
    steady: bool = True
    # Its faults are on purpose.
    sound: bool = False

    def context(self, case: Case) -> NastyContext:
        """A fresh context for a setting of `setting`."""
        given = case.setting
        data_set = self.sets[given["rows"]]
        return NastyContext(
            _VIEWERS[given["viewer"]],
            data_set.stores,
            deadline=time.monotonic() - 1 if data_set.late else None,
            clock=lambda: NOW,
            faults=frozenset(given["faults"]),
        )

    def case(self, seed: str) -> Case:
        """The case that follows from a seed."""
        rng = random.Random(seed)
        kind, asked = OperationType(rng.choice(_KINDS)), setting(rng)
        favoured = {name for fault in (asked["rows"], *asked["faults"]) for name in SHOWN[fault]}
        return self._made(seed, rng, kind, asked, favoured)

    def pointed(self, seed: str, rows: str, faults: Sequence[str], favoured: Sequence[str]) -> Case:
        """A case that follows from a seed, about certain rows, faults and fields."""
        rng = random.Random(seed)
        asked = setting(rng) | {"rows": rows, "faults": sorted(faults)}
        return self._made(seed, rng, OperationType.QUERY, asked, favoured)

    def _made(
        self,
        seed: str,
        rng: random.Random,
        kind: OperationType,
        asked: Mapping[str, Any],
        favoured: Collection[str],
    ) -> Case:
        made = self.generator.make(rng, kind, favoured)
        origin = f"own generator, synthetic graph, seed {seed}"
        return Case(made.text, made.variables, rng.choice(ENTRANCES), asked, origin)

    def of(self, made: Generated, rng: random.Random, origin: str) -> Case:
        """A document with a setting."""
        return Case(made.text, made.variables, rng.choice(ENTRANCES), setting(rng), origin)


def setting(rng: random.Random) -> dict[str, Any]:
    """Who asks what data: rows with faults of one kind, or objects with one or two, or neither."""
    rows, faults = "clean", []
    match rng.choice(("rows", "rows", "objects", "objects", "objects", "both", "neither")):
        case "rows":
            rows = rng.choice(NAMES)
        case "objects":
            faults = rng.sample(KINDS, rng.choice((1, 1, 2)))
        case "both":
            rows, faults = rng.choice(NAMES), [rng.choice(KINDS)]
    viewer = rng.choice(("nobody", "alice", "alice", "bob", "operator"))
    return {"rows": rows, "faults": sorted(faults), "viewer": viewer}


async def synthetic(sets: Mapping[str, DataSet]) -> Synthetic:
    """The subject over opened data sets."""
    schema = nasty.build()
    core = schema.graphql_schema

    async def ask(text: str) -> Any:
        context = NastyContext(_VIEWERS["operator"], sets["clean"].stores, clock=lambda: NOW)
        result = await schema.execute(
            text, context_value=context, operation_extensions={EXECUTOR: "plain"}
        )
        return result.data

    pools = Pools(await found_ids(core, ask), _TEXTS, await found_cursors(core, ask))
    documents = Documents(core, LIMITS)
    return Synthetic(schema, documents, sets, Generator(core, pools))
