"""Who sees what: every owned type and every mutation of the schema, for everybody who may ask.

Types, root fields and mutations are those of the schema, rows those of the catalogue: a new one is
tested without a line here, or fails asking for what it needs. Answers are searched as bytes for
what only their owner may see.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.config import Settings
from gateway.schema import build_schema
from resolvers.audit import entities
from resolvers.ids import encode_id
from resolvers.node import Node
from resolvers.permissions import Access
from resolvers.plan import EXEC
from resolvers.reflection import Entity
from stores.lifecycle import StoreOptions, Stores
from tests.gateway.auth.conftest import People
from tests.gateway.estates import Estate, checksums, found_estate, ids_of, public_ids
from tests.gateway.questions import Asking, Override, Things

GRAPH: Final = build_schema()
OWNED: Final = {each.name: each for each in entities(GRAPH) if each.table.owner is not None}
NODES: Final = sorted(name for name, each in OWNED.items() if issubclass(each.cls, Node))
PUBLIC: Final = {
    each.name: each
    for each in entities(GRAPH)
    if each.table.owner is None and each.table.store == "postgres" and issubclass(each.cls, Node)
}
ROOTS: Final = sorted(GRAPH.graphql_schema.query_type.fields)  # type: ignore[union-attr]
MUTATIONS: Final = sorted(GRAPH.graphql_schema.mutation_type.fields)  # type: ignore[union-attr]
# The generator of secp256k1, which is a public key like any other.
POINT: Final = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
# Inputs that a made-up value would stop before the row is looked for.
OVERRIDES: Final[Mapping[str, Override]] = {
    "_entities.representations": lambda things: [
        {"__typename": name, "id": given} for name, given in things.ids.items()
    ],
    "createAlertRule.alertType": lambda things: "PORTFOLIO_VALUE",
    "createAlertRule.targetId": lambda things: things.ids["Portfolio"],
    "importPositions.csv": lambda things: "asset,quantity\nETH,1\n",
    "registerPrivacyDeposit.commitment": lambda things: "0x" + "ab" * 32,
    "setStealthMetaAddress.metaAddress": lambda things: f"st:eth:0x{2 * POINT}",
}
# What a mutation says of a thing that is somebody else's. Work on a task is held, or it is not.
UNKNOWN: Final = {"NOT_FOUND"}
NOT_HELD: Final = {"renewAgentTask", "failAgentTask", "completeAgentTask"}
# Whom the edge refuses whatever they ask.
REFUSED: Final = ("expired", "banned")
STRANGERS: Final = ("nobody", "stranger", "scopeless", *REFUSED, "admin")


@dataclass(frozen=True)
class House:
    """The gateway, a user with an estate, and everybody else."""

    client: httpx2.AsyncClient
    estate: Estate
    ids: Mapping[str, list[str]]
    public: Mapping[str, str]
    credentials: dict[str, str | None]
    people: People
    sql: asyncpg.Connection

    async def newcomer(self, role: str) -> str:
        """Somebody just come: a mutation may end the session it came with."""
        user_id = await self.people.user(role=role)
        await self.people.tier(user_id, "enterprise")
        self.credentials["newcomer"] = (await self.people.session(user_id))[0]
        return "newcomer"

    def asking(self) -> Asking:
        things = {name: found[0] for name, found in self.ids.items() if found}
        return Asking(GRAPH.graphql_schema, Things({**things, **self.public}), OVERRIDES)

    async def ask(
        self, viewer: str, query: str, variables: Mapping[str, Any] | None = None
    ) -> httpx2.Response:
        credential = self.credentials[viewer]
        headers = {} if credential is None else {"authorization": f"Bearer {credential}"}
        body = {"query": query, "variables": dict(variables or {})}
        response = await self.client.post("/graphql", json=body, headers=headers)
        assert '"code":"INTERNAL"' not in response.text, response.text
        return response


@asynccontextmanager
async def client_of(options: StoreOptions) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the whole application, without a socket in between."""
    settings = Settings(
        console=False,
        qdrant_prefix=options.qdrant_prefix,
        max_tokens=20_000,
        max_depth=30,
        max_root_fields=100,
        max_aliases=5000,
        cost_limit="measure",
        request_deadline_s=30,
        secret_keys=SecretStr(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"),
    )
    app = create_app(settings, urls=options.urls)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://test", timeout=60
        ) as client,
    ):
        yield client


@pytest.fixture(scope="module")
async def house(store_options: StoreOptions, worker_stores: Stores) -> AsyncIterator[House]:
    sql = await asyncpg.connect(store_options.urls.postgres_worker)
    gateway = await asyncpg.connect(store_options.urls.postgres)
    people = People(sql)
    try:
        estate = await found_estate(sql, worker_stores)
        bystander, banned = [await found_estate(sql, worker_stores) for _ in range(2)]
        operator = await people.user(role="admin")
        credentials: dict[str, str | None] = {
            "nobody": None,
            "owner": (await people.session(estate.owner))[0],
            "stranger": (await people.session(bystander.owner))[0],
            "scopeless": (await people.key(estate.owner, scopes=[]))[0],
            "reader": (await people.key(estate.owner, scopes=["read"]))[0],
            "expired": (await people.session(estate.owner, lifetime_s=-1))[0],
            "banned": (await people.session(banned.owner))[0],
            "admin": (await people.session(operator))[0],
        }
        await sql.execute(
            "UPDATE account.users SET is_banned = true, banned_at = now() WHERE id = $1",
            banned.owner,
        )
        ids = {name: await ids_of(gateway, each, estate) for name, each in OWNED.items()}
        async with client_of(store_options) as client:
            estate.marks.update(each for name in NODES for each in ids[name])
            public = await public_ids(sql, PUBLIC)
            wallet_id = estate.rows["account.user_wallets"]["wallet_id"]
            public["Wallet"] = encode_id(PUBLIC["Wallet"], wallet_id)
            yield House(client, estate, ids, public, credentials, people, sql)
    finally:
        await gateway.close()
        await sql.close()


def sees(viewer: str, entity: Entity) -> bool:
    """Whether a viewer may read the estate's rows of a type."""
    assert entity.table.owner is not None
    return viewer in ("owner", "reader") or (viewer == "admin" and entity.table.owner.operators)


@pytest.mark.parametrize("name", NODES)
async def test_a_row_is_its_owner_s_alone(name: str, house: House) -> None:
    found = house.ids[name]
    assert found, f"{name}: the estate has no row of it; teach tests/gateway/estates.py one"
    leaves = house.asking().leaves(name)
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {leaves} }} }} }}"
    for viewer in ("owner", "reader", *STRANGERS):
        response = await house.ask(viewer, query, {"ids": found})
        traces = house.estate.traces_in(response.content, told=found)
        if viewer in REFUSED:
            assert response.status_code == 401, (viewer, response.text)
            assert traces == set(), viewer
            continue
        nodes: Any = (response.json().get("data") or {}).get("nodes")
        if sees(viewer, OWNED[name]):
            assert all(nodes), (viewer, response.text)
        else:
            assert nodes in ([None] * len(found), None), (viewer, response.text)
            assert traces == set(), viewer


async def test_the_questions_reach_every_owned_type_and_show_it_to_its_owner(house: House) -> None:
    """Or that strangers are shown nothing would prove little."""
    asking = house.asking()
    shown: set[str] = set()
    for name in ROOTS:
        query, variables = asking.query(name)
        response = await house.ask("owner", query, variables)
        traces = house.estate.traces_in(response.content)
        assert traces or name not in ("_entities", "node", "nodes"), response.text[-2500:]
        shown.update(traces)
    assert set(OWNED) - asking.reached == set()
    assert {house.estate.marker, str(house.estate.owner)} <= shown


@pytest.mark.parametrize("root", ROOTS)
async def test_no_root_field_shows_a_stranger_anything(root: str, house: House) -> None:
    query, variables = house.asking().query(root)
    for viewer in STRANGERS:
        response = await house.ask(viewer, query, variables)
        if viewer in REFUSED:
            assert response.status_code == 401
        else:
            assert "data" in response.json(), response.text
        traces = house.estate.traces_in(response.content, told=variables)
        if viewer == "admin" and root == "auditLog":
            continue
        # The key without scopes is the owner's, who is told whose it is.
        if (root, viewer) == ("viewer", "scopeless"):
            traces -= {str(house.estate.owner), *house.ids["User"]}
        assert traces == set(), (viewer, response.text[:2000])


def access_of(name: str) -> Access:
    """What a mutation declares."""
    definition: Any = GRAPH.get_type_by_name("Mutation")
    (field,) = [
        each
        for each in definition.fields
        if GRAPH.config.name_converter.get_graphql_name(each) == name
    ]
    found: Access = field.metadata[EXEC].access
    return found


@pytest.mark.parametrize("name", MUTATIONS)
async def test_no_mutation_changes_what_is_somebody_else_s(name: str, house: House) -> None:
    query, variables = house.asking().mutation(name)
    before = await checksums(house.sql)
    mine = await checksums(house.sql, house.estate.owner)
    public = access_of(name) is Access.PUBLIC
    for viewer, code in (
        ("nobody", "UNAUTHENTICATED"),
        ("expired", "UNAUTHENTICATED"),
        ("banned", "UNAUTHENTICATED"),
        ("scopeless", "FORBIDDEN"),
        ("reader", "FORBIDDEN"),
    ):
        if public and viewer not in REFUSED:
            continue
        response = await house.ask(viewer, query, variables)
        errors = response.json().get("errors", [])
        assert [each["extensions"]["code"] for each in errors] == [code], (viewer, response.text)
        assert house.estate.traces_in(response.content, told=variables) == set()
    assert await checksums(house.sql) == before
    for role in ("user", "admin", *(["anonymous"] if public else [])):
        viewer = "nobody" if role == "anonymous" else await house.newcomer(role)
        response = await house.ask(viewer, query, variables)
        answer = response.json()
        assert all(each["extensions"]["code"] != "INTERNAL" for each in answer.get("errors", []))
        told = house.estate.traces_in(response.content, told=variables)
        assert told == set(), (viewer, response.text)
        assert await checksums(house.sql, house.estate.owner) == mine, viewer
        if house.asking().names(name, [each for found in house.ids.values() for each in found]):
            codes = {each["code"] for each in answer["data"][name]["userErrors"]}
            assert codes == ({"CONFLICT"} if name in NOT_HELD else UNKNOWN), response.text
