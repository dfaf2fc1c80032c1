"""What a resolver knows of the request it works for."""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast
from uuid import UUID

from resolvers.errors import ErrorCode, UserError
from resolvers.loaders import Loaders
from resolvers.permissions import Tier
from stores.errors import StoreError
from stores.queries import Statement, load_queries
from stores.relational.conditions import Condition
from stores.relational.prepared import Bound, PreparedRead
from stores.relational.read import CHUNK, Read, Store, chunks, statement

if TYPE_CHECKING:
    from resolvers.account.service import Accounts
    from resolvers.downloads import DownloadLinks
    from resolvers.usage.limits import PriceList
    from stores.lifecycle import Stores

Role = Literal["anonymous", "user", "admin"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        user_id: None when nobody is signed in.
        role: what the viewer is allowed in general.
        scopes: what an API key or token is limited to, as `resolvers.permissions.scopes_of` makes
            them; None for everything the role allows.
        tier: what the viewer pays for.
        api_key_id: the key they came with, if they did.
        session_id: the session they came with, if they did.
        wallet: the address a token vouches for, in lower case, if it does.
    """

    user_id: UUID | None = None
    role: Role = "anonymous"
    scopes: frozenset[str] | None = None
    tier: Tier = Tier.FREE
    api_key_id: UUID | None = None
    session_id: UUID | None = None
    wallet: str | None = None

    @property
    def rights(self) -> Hashable:
        """Equal for viewers who may see the same fields."""
        return (self.user_id is None, self.role, self.scopes, self.tier)


class Client(Protocol):
    """Where a request came from; worked out when somebody asks."""

    @property
    def ip_address(self) -> str | None:
        """Address of the client, behind the proxies we trust; None when it is not known."""
        ...

    @property
    def user_agent(self) -> str | None:
        """What the program calls itself."""
        ...


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client of which everything is known, or nothing."""

    ip_address: str | None = None
    user_agent: str | None = None


class Embedder(Protocol):
    """Makes vectors of texts, for similarity; `gateway.embedding` has them."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the vectors of the same texts would."""
        ...

    def embed(self, texts: Sequence[str], dimensions: int) -> list[list[float]]:
        """Vectors of texts; computes, so it is called off the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class Embedding:
    """A text as a vector, and the model that made it: only vectors of one model compare."""

    vector: Sequence[float]
    model: str
    model_version: str


@dataclass(frozen=True, slots=True)
class StepTrace:
    """One call of a store, for plans and logs of slow operations.

    Attributes:
        step: place in the executor's plan of the field it was made for, such as `2.1`; empty when
            there is no plan.
        path: response keys that lead to that field.
        store: which store.
        name: name of the statement or command.
        text: the statement as sent; never values.
        keys: how many keys it asked for; 1 when it had none.
        rows: how many rows came back.
        ms: wall time in milliseconds.
        error: class of the error it ended with.
        detail: the store's own plan of the statement, when it was asked for: what Postgres says as
            JSON, lines of ClickHouse; or why there is none.
    """

    store: str
    name: str
    text: str
    keys: int
    rows: int
    ms: float
    error: str | None = None
    detail: object = None
    step: str = ""
    path: str = ""


# The step of the plan that runs now, in this task, and the path of its field.
STEP: Final[ContextVar[tuple[str, str]]] = ContextVar("step", default=("", ""))


@dataclass(frozen=True, slots=True)
class Executed:
    """How an operation ran.

    Attributes:
        executor: `compiled`; `exact` when something kept it from its shortest way; `plain`.
        cache_hit: its plan was made before.
    """

    executor: str
    cache_hit: bool


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class RequestContext:
    """One request, or one event of a subscription.

    Attributes:
        viewer: who asks.
        stores: the opened stores.
        request_id: appears in logs and errors.
        deadline: `time.monotonic()` value after which the answer is of no use; None for no limit.
        loaders: loaders of this scope; what they read is read once.
        clock: current time in UTC; fixed in tests.
        called: store and name of every store call.
        trace: every store call when tracing is on, else None.
        analyze: while tracing, have Postgres and ClickHouse explain every statement that reads,
            right after its call; Postgres runs it once more for that.
        embedder: makes vectors of texts; None where none is set up.
        executed: how the operation ran, said when tracing is on.
        client: where the request came from.
        accounts: what signing in needs; None where nobody can.
        downloads: makes links to files; None where none are handed out.
        price_list: limits of tiers as they were a moment ago; None to read them each time.
    """

    viewer: Viewer
    stores: Stores
    request_id: str = ""
    deadline: float | None = None
    loaders: Loaders = field(default_factory=Loaders)
    clock: Callable[[], datetime] = _now
    called: list[tuple[str, str]] = field(default_factory=list)
    trace: list[StepTrace] | None = None
    analyze: bool = False
    embedder: Embedder | None = None
    executed: Executed | None = None
    client: Client = KnownClient()
    accounts: Accounts | None = None
    downloads: DownloadLinks | None = None
    price_list: PriceList | None = None

    @property
    def calls(self) -> Counter[tuple[str, str]]:
        """Number of store calls by store and name."""
        return Counter(self.called)

    def only_reads(self) -> None:
        """Let reads go to copies that are a moment behind: a query, of somebody unknown.

        Whoever is signed in reads what they wrote a moment ago, and a mutation decides by what is
        true now, so neither may.
        """
        if self.viewer.user_id is None:
            self.stores = self.stores.for_anybody()

    def next_scope(self) -> RequestContext:
        """The context for the next event of a subscription: same viewer, nothing remembered."""
        trace: list[StepTrace] | None = None if self.trace is None else []
        return replace(self, loaders=Loaders(), called=[], trace=trace)

    async def read(self, read: Read, *, as_viewer: bool = False) -> list[Sequence[object]]:
        """Rows of a declared read, keys in portions.

        Args:
            read: what to read.
            as_viewer: the relation is under row level security; without it nobody's rows show.
        """
        calls = (statement(part) for part in chunks(read))
        return await self._rows(read.source.store, calls, len(read.keys), as_viewer)

    async def read_prepared(
        self,
        read: PreparedRead,
        keys: Sequence[object] = (),
        *,
        where: Condition | None = None,
        limit: int | None = None,
        as_viewer: bool = False,
    ) -> list[Sequence[object]]:
        """Rows of a read whose text was made before; otherwise as `read`."""
        if self.trace is None and len(keys) <= CHUNK and read.store == "postgres":
            built, values = read.bind(keys, where=where, limit=limit)
            self.called.append(("postgres", built.name))
            rows = await self.stores.postgres.fetch(
                built,
                *values,
                viewer_id=self.viewer.user_id if as_viewer else None,
                deadline=self.deadline,
            )
            return cast("list[Sequence[object]]", rows)
        calls = read.bind_all(keys, where=where, limit=limit)
        return await self._rows(read.store, calls, len(keys), as_viewer)

    async def _rows(
        self, store: Store, calls: Iterable[Bound], keys: int, as_viewer: bool
    ) -> list[Sequence[object]]:
        rows: list[Sequence[object]] = []
        for built, values in calls:
            part, keys = min(keys, CHUNK), keys - CHUNK
            if store == "postgres":
                found = await self.postgres(built, *values, keys=part, as_viewer=as_viewer)
            else:
                named = {f"p{number}": value for number, value in enumerate(values, 1)}
                found = await self.clickhouse(built, named, keys=part)
            if rows:
                rows += found
            else:
                rows = found
        return rows

    async def postgres(
        self, query: str | Statement, *values: object, keys: int = 0, as_viewer: bool = False
    ) -> list[Sequence[object]]:
        """Rows of a statement, or of a query named as `<domain>.<query>`.

        Args:
            query: the statement or its name.
            *values: its parameters, in order.
            keys: how many keys it asks for; for plans only.
            as_viewer: it reads relations under row level security.

        Raises:
            StoreError: in one of its kinds.
        """
        query = named_queries("postgres")[query] if isinstance(query, str) else query
        viewer_id = self.viewer.user_id if as_viewer else None
        store, deadline = self.stores.postgres, self.deadline
        if self.trace is None:
            self.called.append(("postgres", query.name))
            rows = await store.fetch(query, *values, viewer_id=viewer_id, deadline=deadline)
        else:
            with _Step(self, "postgres", query.name, query.text, keys) as step:
                rows = await store.fetch(query, *values, viewer_id=viewer_id, deadline=deadline)
                step.rows = len(rows)
            if self.analyze and query.reads_only:
                await self._explain(
                    store.explain(query, *values, viewer_id=viewer_id, deadline=deadline)
                )
        return cast("list[Sequence[object]]", rows)  # records are sequences in all but name

    async def clickhouse(
        self, query: str | Statement, values: Mapping[str, object], *, keys: int = 0
    ) -> list[Sequence[object]]:
        """Rows of a statement, or of a query named as `<domain>.<query>`.

        Raises:
            StoreError: in one of its kinds.
        """
        query = named_queries("clickhouse")[query] if isinstance(query, str) else query
        with _Step(self, "clickhouse", query.name, query.text, keys) as step:
            rows = await self.stores.clickhouse.fetch(query, values, deadline=self.deadline)
            step.rows = len(rows)
        if self.trace is not None and self.analyze and query.reads_only:
            explained = self.stores.clickhouse.explain(query, values, deadline=self.deadline)
            await self._explain(explained)
        return cast("list[Sequence[object]]", rows)

    async def _explain(self, explained: Awaitable[object]) -> None:
        """Give the last step the store's plan; that there is none is no error of the request."""
        assert self.trace is not None
        place = len(self.trace) - 1
        try:
            detail = await explained
        except StoreError as error:
            detail = f"not explained: {error.message}"
        self.trace[place] = replace(self.trace[place], detail=detail)

    async def embed(self, text: str, dimensions: int) -> Embedding:
        """The vector of a text, for `stores.qdrant.search`; all zeros for a text without words.

        Raises:
            UserError: this server makes no vectors.
        """
        embedder = self.embedder
        if embedder is None:
            raise UserError(
                "This server does not compare texts by meaning.",
                code=ErrorCode.STORE_UNAVAILABLE,
            )
        (vector,) = await asyncio.to_thread(embedder.embed, [text], dimensions)
        return Embedding(vector, embedder.name, embedder.version)

    def step(self, store: str, name: str, text: str = "", keys: int = 0) -> _Step:
        """Records a call that this class does not make itself, such as one to Redis or Qdrant.

        with context.step("redis", "price_current", keys=len(ids)) as step: … step.rows = len(found)
        """
        return _Step(self, store, name, text, keys)


class _Step:
    """Counts a call, and traces it when tracing is on."""

    __slots__ = ("_context", "_keys", "_name", "_start", "_store", "_text", "rows")

    def __init__(
        self, context: RequestContext, store: str, name: str, text: str, keys: int
    ) -> None:
        self._context, self._store, self._name = context, store, name
        self._text, self._keys = text, keys
        self.rows = 0

    def __enter__(self) -> _Step:
        self._context.called.append((self._store, self._name))
        self._start = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._context.trace is not None:
            ms = (time.perf_counter() - self._start) * 1000
            error = kind.__name__ if kind else None
            self._context.trace.append(
                StepTrace(
                    self._store,
                    self._name,
                    self._text,
                    self._keys or 1,
                    self.rows,
                    ms,
                    error,
                    None,
                    *STEP.get(),
                )
            )


@functools.cache
def named_queries(store: Literal["postgres", "clickhouse"]) -> Mapping[str, Statement]:
    """The packaged named queries of a store, read when first used."""
    return load_queries(store)
