"""The vocabulary a field says its source with. Data only: nothing here reads anything.

A type names its table once and its plain fields are columns; a relation says which key leads
where. From that come the resolver, the loader, the pruned columns, `where` and `orderBy`, cursors,
counts and permissions. A domain writes:

    PROTOCOLS = Table("postgres", "catalog.protocols", order=("name",))

    @entity(PROTOCOLS, description="A DeFi protocol, over all chains it runs on.")
    class Protocol(Node):
        slug: str = column("Readable key in lower case, such as aave-v3.")
        listed_on: date | None = column("Day the protocol was first listed by the source.")
        token: Annotated["Asset", strawberry.lazy("resolvers.catalog.asset")] | None = one(
            "Its governance token.", local="token_asset_id")
        pools: Connection[Annotated["YieldPool", strawberry.lazy("resolvers.catalog.pool")]] = page(
            "Pools that earn yield with it.", remote="protocol_id", order=("-tvl_usd",))
        tvl_usd: Decimal | None = batch("Value locked, US dollars; null when unknown.", latest_tvl)

        @computed("Page about the protocol.", requires=("slug",))
        def url(self) -> str:
            return f"https://example.org/{self.slug}"

    @strawberry.type(description="…")
    class CatalogQuery:
        protocol: Protocol | None = root_one("One protocol.", by=("id", "slug"),
            access=Access.PUBLIC)
        protocols: Connection[Protocol] = root_page("All protocols.", access=Access.PUBLIC)

`latest_tvl` is `async def latest_tvl(context, keys, *, chain: ChainId | None = None) ->
Mapping[UUID, Decimal]`: all keys of a level at once; its keyword-only parameters become the
field's arguments. Columns are always named as in the store; `-column` means greatest first. A
computed field may use the columns it requires, nothing else.

`access=Access.ADMIN` or `tier=Tier.PRO` on any of these keeps the field to operators, or to that
tier and those above; `readers=` and `tier=` of a table do so for its rows, whichever field leads
to them. Whoever may not see a field gets null and an error, and no store is asked for it.

The declaration hangs on the Strawberry field as `metadata["exec"]`; an executor of its own reads
it from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from resolvers.permissions import Access, Tier
from stores.relational.conditions import Condition, Kind
from stores.relational.read import Source, Store

EXEC: Final = "exec"
DEFAULT_PAGE: Final = 20
MAX_PAGE: Final = 1000
COUNT_LIMIT: Final = 10_000

BatchFunction = Callable[..., Awaitable[Mapping[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose row it is.

    Attributes:
        column: holds the user's id, or the id of a row of `through`, which has a `user_id`.
        through: relation that belongs to users.
        operators: operators read everybody's rows; a policy of the relation lets them.
    """

    column: str
    through: str | None = None
    operators: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Where the rows of a type are.

    Attributes:
        store: `postgres` or `clickhouse`.
        relation: table or view, `schema.table` or `table`.
        key: column that tells rows apart; makes the global id.
        key_kind: kind of its values.
        order: default ordering of lists.
        tie: columns that make any ordering total, never null; the key when not given.
        owner: set for rows of one user: every read is limited to the viewer's own, twice.
        final: ClickHouse only: merge replaced rows while reading.
        kinds: kinds of columns that no field shows; UUID when not given.
        readers: who may read rows that nobody owns, whichever way leads to them.
        tier: the least tier that includes its rows, whichever way leads to them.
    """

    store: Store
    relation: str
    key: str = "id"
    key_kind: Kind = "uuid"
    order: tuple[str, ...] = ()
    tie: tuple[str, ...] = ()
    owner: Owner | None = None
    final: bool = False
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    readers: Access = Access.PUBLIC
    tier: Tier = Tier.FREE

    @property
    def source(self) -> Source:
        """What a read needs to know of it."""
        return Source(self.store, self.relation, self.final)

    @property
    def access(self) -> Access:
        """Who may read it unless a field is stricter."""
        return Access.OWNER if self.owner else self.readers


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The field is a column.

    Attributes:
        column: its name when it differs from the field's.
        kind: kind of values when the annotation does not say it, such as a BigInt kept as numeric.
        orderable: may appear in `orderBy`.
        filterable: may appear in `where`.
        access: who may read it, when stricter than the type. A column that not every reader of the
            type may see is in no `where` and no `orderBy`, which would tell it by and by.
        tier: the least tier it is part of.
    """

    column: str | None = None
    kind: Kind | None = None
    orderable: bool = True
    filterable: bool = True
    access: Access | None = None
    tier: Tier = Tier.FREE

    @property
    def guarded(self) -> bool:
        """Whether not every reader of the type may see it."""
        return self.access not in (None, Access.PUBLIC) or self.tier is not Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class GlobalId:
    """The field is the global id of the row, made from its type and key."""


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """The field has a resolver of its own.

    Attributes:
        requires: columns of its row that it uses.
        access: who may read it, when stricter than the type; a root field says it.
        tier: the least tier it is part of.
        write: it changes something: a mutation.
    """

    requires: tuple[str, ...] = ()
    access: Access | None = None
    tier: Tier = Tier.FREE
    write: bool = False

    @property
    def guarded(self) -> bool:
        """Whether not every reader of the type may see it."""
        return self.access not in (None, Access.PUBLIC) or self.tier is not Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """The field is one row of another type, or none.

    Attributes:
        local: column of this row that holds the key; null means none.
        remote: column of the other table; its key when not given.
        access: who may follow it, when stricter than the type it leads to.
        tier: the least tier it is part of.
        joined: where nothing but plain fields of it is asked, the compiled executor may read it in
            the statement of this row. For tables of Postgres that anybody may read, by their key.
    """

    local: str
    remote: str | None = None
    access: Access | None = None
    joined: bool = False
    tier: Tier = Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class Many:
    """The field is a short list of rows of another type.

    Attributes:
        local: column of this row; its key when not given.
        remote: column of the other table that holds it.
        order: ordering; the table's when not given.
        limit: rows at most.
        where: which rows.
        access: who may follow it, when stricter than the type it leads to.
        tier: the least tier it is part of.
    """

    remote: str
    local: str | None = None
    order: tuple[str, ...] = ()
    limit: int = 100
    where: Condition | None = None
    access: Access | None = None
    tier: Tier = Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """The field is a Relay connection over rows of another type.

    Attributes:
        remote: column of the other table; None on a root field, which pages over the whole table.
        local: column of this row; its key when not given.
        order: ordering when the caller gives none; the table's when not given.
        where: which rows, besides what the caller asks.
        default: rows when the caller says no number.
        maximum: the largest number the caller may say.
        access: who may ask for it, when stricter than the type it leads to.
        tier: the least tier it is part of.
    """

    remote: str | None = None
    local: str | None = None
    order: tuple[str, ...] = ()
    where: Condition | None = None
    default: int = DEFAULT_PAGE
    maximum: int = MAX_PAGE
    access: Access | None = None
    tier: Tier = Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """The root field is one row, found by one of some unique columns.

    Attributes:
        by: columns that may be given as arguments, exactly one at a time; the key takes a global
            id.
        access: who may ask for it.
        tier: the least tier it is part of.
    """

    by: tuple[str, ...]
    access: Access
    tier: Tier = Tier.FREE


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The field is what a function finds for all parents of a level at once.

    Attributes:
        function: `async (context, keys, *, arguments…) -> Mapping[key, value]`.
        local: columns of this row that make the key (a tuple when there are several).
        missing: value of keys that are not in the answer.
        store: what it mainly reads; fields not fed by Postgres must be nullable.
        access: who may read it, when stricter than the type.
        tier: the least tier it is part of.
    """

    function: BatchFunction
    local: tuple[str, ...] = ()
    missing: Any = None
    store: str = "postgres"
    access: Access | None = None
    tier: Tier = Tier.FREE


Declaration = Column | GlobalId | Computed | One | Many | Page | Root | Batch
