"""What a viewer may not see: refused by both executors alike, and no store is asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import strawberry

from gateway.encoding import encode
from gateway.schema import GatewaySchema, make_schema
from resolvers.connection import Connection
from resolvers.context import RequestContext, Viewer
from resolvers.errors import Forbidden, Unauthenticated
from resolvers.fields import (
    batch,
    column,
    computed,
    entity,
    many,
    one,
    page,
    root_field,
    root_one,
    root_page,
)
from resolvers.node import Node, NodeQuery
from resolvers.permissions import Access, Tier, require, scopes_of
from resolvers.plan import Table
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.urls import StoreUrls

SCHEMA = f"perm_{uuid4().hex[:8]}"
FARM, GOAT, HEN = (UUID(int=number) for number in (1, 2, 3))
USER = UUID(int=9)

FARMS = Table("postgres", f"{SCHEMA}.farms", order=("name",), kinds={"rating": "int"})
ANIMALS = Table("postgres", f"{SCHEMA}.animals", order=("name",))
VAULTS = Table("postgres", f"{SCHEMA}.vaults", order=("name",), tier=Tier.ENTERPRISE)
LEDGERS = Table("postgres", f"{SCHEMA}.ledgers", order=("name",), readers=Access.ADMIN)


async def weigh(context: RequestContext, keys: list[UUID]) -> dict[UUID, int]:
    context.called.append(("function", "weigh"))
    return dict.fromkeys(keys, 7)


@entity(ANIMALS, description="An animal.")
class Animal(Node):
    name: str = column("Its name.")


@entity(VAULTS, description="A vault.")
class Vault(Node):
    name: str = column("Its name.")


@entity(LEDGERS, description="A ledger.")
class Ledger(Node):
    name: str = column("Its name.")


@entity(FARMS, description="A farm.")
class Farm(Node):
    name: str = column("Its name.")
    yield_usd: Decimal | None = column("Its yield.", tier=Tier.PRO)
    debt: int | None = column("What it owes.", access=Access.ADMIN)
    animals: list[Annotated[Animal, strawberry.lazy(__name__)]] | None = many(
        "Its animals.", remote="farm_id", tier=Tier.BASIC
    )
    herd: Connection[Annotated[Animal, strawberry.lazy(__name__)]] | None = page(
        "Its animals, page by page.", remote="farm_id", tier=Tier.BASIC
    )
    best: Annotated[Animal, strawberry.lazy(__name__)] | None = one(
        "Its best animal.", local="best_id", tier=Tier.BASIC
    )
    vault: Annotated[Vault, strawberry.lazy(__name__)] | None = one("Its vault.", local="vault_id")
    ledger: Annotated[Ledger, strawberry.lazy(__name__)] | None = one(
        "Its ledger.", local="ledger_id", access=Access.PUBLIC
    )
    weight: int | None = batch("Its weight.", weigh, tier=Tier.BASIC)

    @computed("Its rating.", requires=("rating",), tier=Tier.PRO)
    def stars(self) -> str | None:
        """Its rating."""
        return "*" * int(self.__dict__["rating"])

    @computed("Its rating, as often.", requires=("rating",), tier=Tier.PRO)
    def stars_times(self, times: int) -> str | None:
        """Its rating, as often."""
        return "*" * int(self.__dict__["rating"]) * times


@strawberry.type
class Query(NodeQuery):
    farm: Farm | None = root_one("A farm.", by=("name",), access=Access.PUBLIC)
    farms: Connection[Farm] | None = root_page("Farms.", access=Access.PUBLIC)
    paid: Connection[Farm] | None = root_page("Farms.", access=Access.PUBLIC, tier=Tier.PRO)
    paid_one: Farm | None = root_one(
        "A farm.", by=("name",), access=Access.AUTHENTICATED, tier=Tier.PRO
    )
    vaults: Connection[Vault] | None = root_page("Vaults.", access=Access.PUBLIC)

    @root_field("A number.", access=Access.PUBLIC, tier=Tier.PRO)
    def number(self) -> int | None:
        """A number."""
        return 1

    @root_field("Operators' number.", access=Access.ADMIN)
    def secret(self) -> int | None:
        """A number."""
        return 2


@strawberry.type
class Mutation:
    @root_field("Changes.", access=Access.AUTHENTICATED, write=True)
    def change(self) -> int | None:
        """Changes."""
        return 3


@pytest.fixture(scope="module")
def graph() -> GatewaySchema:
    return make_schema(Query, mutation=Mutation, types=(Vault, Ledger))


@pytest.fixture(scope="module", autouse=True)
async def rows(store_urls: StoreUrls) -> AsyncIterator[None]:
    server = await asyncpg.connect(store_urls.postgres_migrator)
    try:
        await server.execute(f"""
            CREATE SCHEMA {SCHEMA};
            GRANT USAGE ON SCHEMA {SCHEMA} TO gateway;
            CREATE TABLE {SCHEMA}.farms (id uuid PRIMARY KEY, name text, yield_usd numeric,
                debt int, rating int, best_id uuid, vault_id uuid, ledger_id uuid);
            CREATE TABLE {SCHEMA}.animals (id uuid PRIMARY KEY, name text, farm_id uuid);
            CREATE TABLE {SCHEMA}.vaults (id uuid PRIMARY KEY, name text);
            CREATE TABLE {SCHEMA}.ledgers (id uuid PRIMARY KEY, name text);
            INSERT INTO {SCHEMA}.farms VALUES
                ('{FARM}', 'Hill', 12.5, 99, 4, '{GOAT}', '{GOAT}', '{GOAT}');
            INSERT INTO {SCHEMA}.animals VALUES
                ('{GOAT}', 'Goat', '{FARM}'), ('{HEN}', 'Hen', '{FARM}');
            INSERT INTO {SCHEMA}.vaults VALUES ('{GOAT}', 'Deep');
            INSERT INTO {SCHEMA}.ledgers VALUES ('{GOAT}', 'Thick');
            GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO gateway;
        """)
        yield
        await server.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    finally:
        await server.close()


NOBODY = Viewer()
FREE = Viewer(USER, "user")
BASIC = Viewer(USER, "user", tier=Tier.BASIC)
PRO = Viewer(USER, "user", tier=Tier.PRO)
TOP = Viewer(USER, "user", tier=Tier.ENTERPRISE)
ADMIN = Viewer(USER, "admin")
READING_ADMIN = Viewer(USER, "admin", frozenset({"read"}))
UNABLE = Viewer(USER, "user", frozenset(), Tier.ENTERPRISE)


class Asked:
    """What both executors answered, which is the same."""

    def __init__(self, data: Any, errors: list[Any], sent: list[str]) -> None:
        self.data = data
        self.sent = " ".join(sent)
        self.errors = {
            ".".join(map(str, error.path)): (error.extensions["code"], error.message)
            for error in errors
        }


async def ask(stores: Stores, graph: GatewaySchema, viewer: Viewer, query: str) -> Asked:
    found = []
    for executor in ("plain", "compiled"):
        context = RequestContext(viewer, stores, trace=[])
        result = await graph.execute(
            query, context_value=context, operation_extensions={"gateway.executor": executor}
        )
        assert context.trace is not None
        sent = [call.text for call in context.trace]
        sent += [f"{store}:{name}" for store, name in context.calls]
        found.append((encode({"data": result.data}), Asked(result.data, result.errors or [], sent)))
    (plain_bytes, plain), (compiled_bytes, compiled) = found
    assert plain_bytes == compiled_bytes
    assert plain.errors == compiled.errors
    for column_name in ("yield_usd", "debt", "rating"):
        assert (column_name in plain.sent) == (column_name in compiled.sent)
    assert not graph.engine.metrics["bugs"]
    return compiled


BASIC_NEEDED = ("FORBIDDEN", "This is part of the tier basic; yours is free.")
PRO_NEEDED = ("FORBIDDEN", "This is part of the tier pro; yours is basic.")


@pytest.mark.parametrize(
    ("field", "column_name", "value"),
    [
        ("yieldUsd", "yield_usd", "12.5"),
        ("stars", "rating", "****"),
        ("starsTimes(times: 2)", "rating", "********"),
    ],
)
@pytest.mark.parametrize("root", ["farm", "farms"])
async def test_a_plain_or_computed_field_of_a_tier_is_not_read_for_others(
    root: str, field: str, column_name: str, value: str, stores: Stores, graph: GatewaySchema
) -> None:
    body = f"name seen: {field}"
    query = (
        f'{{ farm(name: "Hill") {{ {body} }} }}'
        if root == "farm"
        else f"{{ farms {{ nodes {{ {body} }} }} }}"
    )
    path = "farm.seen" if root == "farm" else "farms.nodes.0.seen"

    def row(asked: Asked) -> Any:
        return asked.data["farm"] if root == "farm" else asked.data["farms"]["nodes"][0]

    refused = await ask(stores, graph, BASIC, query)
    assert dict(row(refused)) == {"name": "Hill", "seen": None}
    assert refused.errors == {path: PRO_NEEDED}
    assert column_name not in refused.sent
    # Plans are kept by document: whoever asks next is not answered by what they may see.
    for viewer in (PRO, ADMIN):
        allowed = await ask(stores, graph, viewer, query)
        assert dict(row(allowed)) == {"name": "Hill", "seen": value}
        assert allowed.errors == {}
    again = await ask(stores, graph, BASIC, query)
    assert (dict(row(again)), again.errors) == (dict(row(refused)), refused.errors)
    nobody = await ask(stores, graph, NOBODY, query)
    assert nobody.errors == {
        path: ("UNAUTHENTICATED", "Sign in to read this: it is part of the tier pro.")
    }


@pytest.mark.parametrize(
    ("field", "relation"),
    [
        ("animals { name }", "animals"),
        ("herd { nodes { name } totalCount { value } }", "animals"),
        ("best { name }", "animals"),
        ("weight", "weigh"),
    ],
)
async def test_a_relation_of_a_tier_is_not_followed_for_others(
    field: str, relation: str, stores: Stores, graph: GatewaySchema
) -> None:
    query = f"{{ farms {{ nodes {{ name seen: {field} }} }} }}"
    refused = await ask(stores, graph, FREE, query)
    assert dict(refused.data["farms"]["nodes"][0]) == {"name": "Hill", "seen": None}
    assert refused.errors == {"farms.nodes.0.seen": BASIC_NEEDED}
    assert relation not in refused.sent
    allowed = await ask(stores, graph, BASIC, query)
    assert allowed.data["farms"]["nodes"][0]["seen"] is not None
    assert relation in allowed.sent


@pytest.mark.parametrize(
    ("query", "tier"),
    [
        ("{ paid { nodes { name } } }", "pro"),
        ('{ paidOne(name: "Hill") { name } }', "pro"),
        ("{ number }", "pro"),
        ("{ vaults { nodes { name } } }", "enterprise"),
    ],
)
async def test_a_root_field_of_a_tier(
    query: str, tier: str, stores: Stores, graph: GatewaySchema
) -> None:
    refused = await ask(stores, graph, FREE, query)
    (error,) = refused.errors.values()
    assert error == ("FORBIDDEN", f"This is part of the tier {tier}; yours is free.")
    assert refused.sent == ""
    assert list(refused.data.values()) == [None]
    assert (await ask(stores, graph, TOP, query)).errors == {}
    (unknown,) = (await ask(stores, graph, NOBODY, query)).errors.values()
    assert unknown[0] == "UNAUTHENTICATED"
    (unable,) = (await ask(stores, graph, UNABLE, query)).errors.values()
    assert unable == ("FORBIDDEN", "This credential lacks the scope read.")


async def test_a_table_of_a_tier_is_closed_whichever_way_leads_there(
    stores: Stores, graph: GatewaySchema
) -> None:
    from resolvers.ids import encode_id

    vault_id = encode_id(entity_of(Vault), GOAT)
    for query in (
        "{ farms { nodes { vault { name } } } }",
        f'{{ node(id: "{vault_id}") {{ ... on Vault {{ name }} }} }}',
    ):
        refused = await ask(stores, graph, PRO, query)
        assert [code for code, _ in refused.errors.values()] == ["FORBIDDEN"]
        assert "vaults" not in refused.sent
        assert (await ask(stores, graph, TOP, query)).errors == {}


async def test_what_only_operators_read_no_field_opens(
    stores: Stores, graph: GatewaySchema
) -> None:
    from resolvers.ids import encode_id

    ledger_id = encode_id(entity_of(Ledger), GOAT)
    for query in (
        "{ farms { nodes { ledger { name } } } }",
        "{ farms { nodes { debt } } }",
        f'{{ node(id: "{ledger_id}") {{ ... on Ledger {{ name }} }} }}',
        "{ secret }",
    ):
        for viewer in (TOP, READING_ADMIN):
            refused = await ask(stores, graph, viewer, query)
            assert [code for code, _ in refused.errors.values()] == ["FORBIDDEN"]
            assert "ledgers" not in refused.sent
            assert "debt" not in refused.sent
        assert (await ask(stores, graph, ADMIN, query)).errors == {}


def test_a_guarded_column_cannot_be_guessed_by_filters_and_orderings(graph: GatewaySchema) -> None:
    types = graph.graphql_schema.type_map
    where: Any = types["FarmWhere"]
    order: Any = types["FarmOrderField"]
    assert "name" in where.fields
    assert {"yieldUsd", "debt"}.isdisjoint(where.fields)
    assert set(order.values) == {"NAME"}
    with pytest.raises(TypeError, match="not every reader"):
        entity_of(Farm).sorts(("-yield_usd",))


async def test_a_mutation_needs_the_scope_to_write(stores: Stores, graph: GatewaySchema) -> None:
    reader = Viewer(USER, "user", scopes_of(["read"]))
    writer = Viewer(USER, "user", scopes_of(["write"]))
    refused = await ask(stores, graph, reader, "mutation { change }")
    assert refused.errors == {"change": ("FORBIDDEN", "This credential lacks the scope write.")}
    assert (await ask(stores, graph, writer, "mutation { change }")).data == {"change": 3}


@pytest.mark.parametrize(
    ("granted", "held"),
    [
        ([], set()),
        (["read"], {"read"}),
        (["write"], {"read", "write"}),
        (["admin"], {"read", "write", "admin"}),
        (["owner", "*"], set()),
    ],
)
def test_scopes_include_those_below(granted: list[str], held: set[str]) -> None:
    assert scopes_of(granted) == held


@pytest.mark.parametrize(
    ("viewer", "access", "write", "error"),
    [
        (NOBODY, Access.PUBLIC, False, None),
        (UNABLE, Access.PUBLIC, True, None),
        (NOBODY, Access.AUTHENTICATED, False, Unauthenticated),
        (FREE, Access.OWNER, True, None),
        (UNABLE, Access.OWNER, False, Forbidden),
        (FREE, Access.ADMIN, False, Forbidden),
        (ADMIN, Access.ADMIN, False, None),
        (READING_ADMIN, Access.ADMIN, False, Forbidden),
        (READING_ADMIN, Access.OWNER, True, Forbidden),
    ],
)
def test_who_may_what(
    viewer: Viewer, access: Access, write: bool, error: type[Exception] | None
) -> None:
    if error is None:
        require(viewer, access, write=write)
        return
    with pytest.raises(error):
        require(viewer, access, write=write)
