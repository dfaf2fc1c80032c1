"""No relation of the graph asks more of the stores for a hundred parents than for one.

The sample is loaded once more than for other tests, and filled up to a hundred parents of each
type by `relation_rows`.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
import pytest_asyncio
from strawberry.dataloader import DataLoader

from gateway.encoding import encode
from gateway.load.identity import DEMO_USER_ID
from gateway.schema import EXECUTOR, GatewaySchema, build_schema
from resolvers import loaders
from resolvers.context import RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import Tier
from resolvers.reflection import Entity, entity_of
from stores.lifecycle import StoreOptions, Stores, open_stores
from stores.queries import Statement
from stores.urls import StoreUrls
from tests.gateway.executor.account_rows import write_account_rows
from tests.gateway.executor.relation_rows import write_rows
from tests.gateway.executor.relations import Relation, is_filled, relations
from tests.gateway.executor.research_rows import write_research_rows
from tests.gateway.executor.trading_rows import write_trading_rows
from tests.gateway.golden.recording import NOW
from tests.gateway.golden.rounds import in_rounds
from tests.gateway.golden.sample import loaded

Path = Literal["plain", "compiled"]

SCHEMA = build_schema()
RELATIONS, ALONE = relations(SCHEMA)
PATHS: tuple[Path, ...] = ("plain", "compiled")
SIZES = (1, 10, 100)
# Looked through for parents that lead on, one lot after another while there are too few.
LOTS = (100, 500)
# Lists of the root end earlier: `search` finds 50 at most, and so few assets moved.
MOST_OF_A_ROOT_LIST = {
    "SearchHit": 50,
    "Mover": 17,
    "ArbitrageOpportunity": 100,
    "MatchingMention": 100,
    "BridgeFee": 4,
    "DexVolume": 3,
    "RankedTrader": 100,
    "RankedWallet": 100,
    "TaxAssetHolding": 100,
}
# Statements of a relation beside those that found its parents; a page counts as well.
MOST_STATEMENTS = {"One": 1, "Many": 1, "Page": 2}

# Beyond those of the shared fixtures and the console, and not that of the golden files.
_REDIS_DATABASE = 42
_PATIENCE_S = 60.0

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("relations")]


@dataclass(frozen=True, slots=True)
class Answer:
    """Data as plain dicts, and the calls by store and name."""

    data: Any
    calls: Counter[tuple[str, str]]


class Sample:
    """The graph over the sample and the rows beside it."""

    def __init__(self, schema: GatewaySchema, gateway: Stores, worker: Stores) -> None:
        self._schema, self._gateway, self._worker = schema, in_rounds(gateway), worker
        self._ids: dict[str, list[str]] = {}

    async def ask(self, query: str, variables: dict[str, Any], path: Path) -> Answer:
        """Ask as the demo user, who owns every portfolio there is."""
        viewer = Viewer(DEMO_USER_ID, "user", tier=Tier.ENTERPRISE)
        context = RequestContext(viewer, self._gateway, clock=lambda: NOW)
        before = self._schema.engine.metrics.copy()
        result = await self._schema.execute(
            query,
            variable_values=variables,
            context_value=context,
            operation_extensions={EXECUTOR: path},
        )
        assert not result.errors
        ways = self._schema.engine.metrics - before
        assert set(ways) == ({"compiled"} if path == "compiled" else set())
        return Answer(json.loads(encode(result.data)), context.calls)

    async def variables(self, relation: Relation) -> dict[int, dict[str, Any]]:
        """Variables that ask for each number of parents, first those that lead on."""
        source = relation.way.source
        if source is None:
            most = MOST_OF_A_ROOT_LIST[relation.parent]
            return {size: {"first": min(size, most)} for size in SIZES}
        ids = await self.ids(source)
        enough = max(SIZES) if relation.declared == "One" else 1
        leading: list[str] = []
        others: list[str] = []
        for start, end in itertools.pairwise((0, *LOTS)):
            asked = ids[start:end]
            found = (await self.ask(relation.query, {"ids": asked}, "compiled")).data
            for id_, values in zip(asked, relation.values(found), strict=True):
                (leading if _leads(values) else others).append(id_)
            if len(leading) >= enough:
                break
        return {size: {"ids": (leading + others)[:size]} for size in SIZES}

    async def ids(self, name: str) -> list[str]:
        """Global ids of rows of a type."""
        if name not in self._ids:
            definition: Any = self._schema.get_type_by_name(name)
            entity = entity_of(definition.origin)
            self._ids[name] = [encode_id(entity, key) for key in await self._keys(entity)]
        return self._ids[name]

    async def _keys(self, entity: Entity) -> list[object]:
        table = entity.table
        text = f"SELECT {table.key} FROM {table.relation} ORDER BY 1 LIMIT {max(LOTS)}"
        rows: Sequence[Any]
        if table.store == "postgres":
            rows = await self._worker.postgres.fetch(Statement("keys", text))
        else:
            rows = await self._worker.clickhouse.fetch(Statement("keys", text), {})
        return [row[0] for row in rows]


def _leads(values: list[Any]) -> bool:
    return any(map(is_filled, values))


def _patient(options: StoreOptions) -> StoreOptions:
    """What is asked counts, not how long it takes on a busy machine."""
    return replace(
        options,
        postgres=replace(options.postgres, command_timeout_s=_PATIENCE_S),
        clickhouse=replace(options.clickhouse, command_timeout_s=_PATIENCE_S),
        redis=replace(options.redis, read_timeout_s=_PATIENCE_S),
        qdrant=replace(options.qdrant, command_timeout_s=_PATIENCE_S),
    )


@pytest_asyncio.fixture(scope="module")
async def sample(
    engine_urls: StoreUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Sample]:
    rejected = tmp_path_factory.mktemp("rejected")
    async with (
        loaded(engine_urls, rejected, redis_database=_REDIS_DATABASE) as options,
        await open_stores(_patient(options)) as gateway,
        await open_stores(replace(options, role="worker")) as worker,
    ):
        await write_rows(worker)
        await write_trading_rows(worker)
        await write_account_rows(worker)
        await write_research_rows(worker)
        yield Sample(SCHEMA, gateway, worker)


@pytest.mark.parametrize("relation", RELATIONS, ids=str)
async def test_a_hundred_parents_are_as_many_statements_as_one(
    relation: Relation, sample: Sample
) -> None:
    variables = await sample.variables(relation)

    for path in PATHS:
        answers = {n: await sample.ask(relation.query, variables[n], path) for n in SIZES}
        calls = {n: answer.calls for n, answer in answers.items()}
        assert calls == dict.fromkeys(SIZES, calls[1]), path
        _check_parents(relation, {n: relation.values(answers[n].data) for n in SIZES})
        parents = await sample.ask(relation.query_of_parents, variables[1], path)
        own = calls[1].total() - parents.calls.total()
        if relation.declared in MOST_STATEMENTS:
            # Where the parents are rows of a read, a joined one comes with them.
            fewest = 0 if relation.joined and path == "compiled" else 1
            assert fewest <= own <= MOST_STATEMENTS[relation.declared], (path, calls[1])


def _check_parents(relation: Relation, values: dict[int, list[list[Any]]]) -> None:
    """There are as many parents as asked for, and a relation by key leads on from each."""
    for size, starts in values.items():
        assert len(starts) == min(size, MOST_OF_A_ROOT_LIST.get(relation.parent, size))
        if relation.declared == "One":
            assert all(map(_leads, starts)), f"too few of {size} parents lead on"


DEEP = """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Protocol {
      token { chain { nativeAsset { chain { slug } } } }
      yieldPools(first: 3) {
        nodes { protocol { token { symbol } children { slug } } chain { head { blockNumber } } }
      }
    }
  }
}
"""


async def test_a_deep_question_is_a_statement_for_each_object_field(sample: Sample) -> None:
    ids = await sample.ids("Protocol")

    # The plain path may need more: rows it remembers are a step ahead of those it fetches.
    answer = await sample.ask(DEEP, {"ids": ids}, "compiled")

    assert len(ids) > 100
    assert answer.calls == {
        ("postgres", "read catalog.protocol_listing by id"): 2,
        ("postgres", "read catalog.protocol_listing by parent_id"): 1,
        # The innermost token and chain are joined to the rows that lead there.
        ("postgres", "read catalog.assets by id"): 2,
        ("postgres", "read catalog.chains by id"): 2,
        ("postgres", "read catalog.chain_heads by chain_id"): 1,
        ("postgres", "read catalog.yield_pools by protocol_id"): 1,
    }


def test_what_is_alone_in_an_answer_is_known() -> None:
    # The viewer and the state of the gateway are one each, so is the price an event is about, and
    # the figures of addresses, of the platform and of a deposit. Tests of their domains count the
    # statements of lists that stand only below one of these, or behind a root that searches.
    assert sorted(ALONE) == [
        "AddressPortfolio",
        "AgentHit",
        "AssetPriceTick",
        "LinkedWallet",
        "Meta",
        "ObservedHolding",
        "PlatformMetrics",
        "PrivacyDeposit",
        "Usage",
        "Viewer",
    ]


def test_no_relation_is_overlooked() -> None:
    kinds = Counter(relation.declared for relation in RELATIONS)

    assert set(kinds) == {"One", "Many", "Page", "Batch", "Computed", "NoneType"}
    assert kinds.total() >= 345


async def test_a_statement_for_each_parent_is_noticed(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    relation = next(each for each in RELATIONS if str(each) == "Portfolio.summary")
    variables = await sample.variables(relation)
    one_by_one = functools.partial(DataLoader, max_batch_size=1)
    monkeypatch.setattr(loaders, "DataLoader", one_by_one)

    calls = [(await sample.ask(relation.query, variables[n], "plain")).calls for n in (1, 10)]

    assert [each.total() for each in calls] == [2, 20]
