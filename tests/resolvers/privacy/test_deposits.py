"""Who holds a commitment learns its deposit's state, and nobody whose it is or where it goes."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type

from gateway.errors import present
from gateway.schema import GatewaySchema, build_schema
from resolvers.catalog.asset import Asset
from resolvers.context import KnownClient, RequestContext, Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.privacy.pools import PrivacyPool
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask
from tests.sql.postgres.catalogue import SCHEMAS, TABLES

CHAIN = 961_003
ALICE, BOB = uuid4(), uuid4()
POOL, SHUT, ETHER = uuid4(), uuid4(), uuid4()
SIGNED_IN, STRANGER = Viewer(ALICE, "user"), Viewer(BOB, "user")
AT = datetime(2025, 5, 5, 12, tzinfo=UTC)
LATER = datetime(2025, 5, 6, 12, tzinfo=UTC)

REGISTER = """mutation ($input: RegisterPrivacyDepositInput!) {
  registerPrivacyDeposit(input: $input) {
  deposit { commitment denomination privacyLevel status proofStatus anonymitySet mixingRounds
    confirmedAt pool { name } asset { symbol } }
  replayed userErrors { field code message } } }"""
STATES = """query ($commitments: [String!]!) { privacyDeposits(commitments: $commitments) {
  commitment denomination privacyLevel status proofStatus anonymitySet mixingRounds confirmedAt
  mixingStartedAt mixingCompletedAt withdrawalAvailableAt privacyScore mixingEfficiency
  pool { name } asset { symbol } } }"""
SPENT = "query ($hashes: [String!]!) { nullifiers(hashes: $hashes) { nullifier isSpent } }"

Look = Callable[..., Awaitable[list[Any]]]


def commitment() -> str:
    """A commitment nobody used."""
    return "0x" + uuid4().hex * 2


def wish(**changed: Any) -> dict[str, Any]:
    """A good input, changed here and there."""
    return {
        "poolId": encode_id(entity_of(PrivacyPool), POOL),
        "assetId": encode_id(entity_of(Asset), ETHER),
        "denomination": "10",
        "privacyLevel": "ADVANCED",
        "ownerCiphertext": base64.b64encode(b"sealed by Alice").decode(),
        **changed,
    }


@pytest.fixture(scope="module", autouse=True)
async def pools(worker_stores: Stores) -> AsyncIterator[None]:
    """A pool that takes deposits and one that does not."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )
    await postgres.copy_rows("catalog.assets", ("id", "symbol", "name"), [(ETHER, "PETH", "Ether")])
    await postgres.copy_rows(
        "privacy.pools",
        ("id", "pool_type", "chain_id", "pool_name", "is_active"),
        [(POOL, "main", CHAIN, "Open", True), (SHUT, "high_volume", CHAIN, "Shut", False)],
    )
    yield
    for table in ("deposits", "deposits_archive", "pools"):
        text = f"DELETE FROM privacy.{table} WHERE chain_id = $1"
        await postgres.execute(Statement("tidy", text, ("chain",), "exec"), CHAIN)


@pytest.fixture
def look(worker_stores: Stores) -> Look:
    """Looks into the database as the worker, who sees everything."""

    async def run(text: str, *values: object) -> list[Any]:
        return list(await worker_stores.postgres.fetch(Statement("look", text), *values))

    return run


async def _rows_with(look: Look, text: str) -> set[str]:
    """Tables of the whole model in which some row shows a text, in whatever column."""
    found = set()
    for (table,) in await look(TABLES, SCHEMAS):
        if await look(f"SELECT 1 FROM {table} AS r WHERE r::text ILIKE $1 LIMIT 1", f"%{text}%"):
            found.add(table)
    return found


async def test_a_registered_deposit_is_found_by_its_commitment(stores: Stores) -> None:
    note = commitment()
    made = await ask(stores, REGISTER, viewer=SIGNED_IN, input=wish(commitment=note.upper()))
    assert not made.errors
    assert made.data["registerPrivacyDeposit"] == {
        "deposit": {
            "commitment": note,
            "denomination": "10.000000000000000000",
            "privacyLevel": "ADVANCED",
            "status": "PENDING",
            "proofStatus": "PENDING",
            "anonymitySet": None,
            "mixingRounds": 1,
            "confirmedAt": None,
            "pool": {"name": "Open"},
            "asset": {"symbol": "PETH"},
        },
        "replayed": False,
        "userErrors": [],
    }
    unknown = commitment()
    for viewer in (SIGNED_IN, STRANGER):
        answer = await ask(stores, STATES, viewer=viewer, commitments=[unknown, note, note])
        assert not answer.errors
        states = answer.data["privacyDeposits"]
        assert states[0] is None
        assert states[1] == states[2]
        assert states[1]["commitment"] == note
    assert answer.statements.count(("postgres", "privacy.deposits")) == 1


async def test_many_deposits_are_as_many_statements_as_one(stores: Stores) -> None:
    notes = [commitment() for _ in range(3)]
    for note in notes:
        await ask(stores, REGISTER, viewer=SIGNED_IN, input=wish(commitment=note))
    calls = [
        (await ask(stores, STATES, viewer=SIGNED_IN, commitments=some)).statements
        for some in (notes[:1], notes)
    ]
    assert calls[0] == calls[1]
    assert len(calls[0]) == 3  # deposits, pools, assets


async def test_a_second_registration_changes_nothing(stores: Stores, look: Look) -> None:
    note = commitment()
    first = wish(commitment=note)
    await ask(stores, REGISTER, viewer=SIGNED_IN, input=first)
    again = await ask(stores, REGISTER, viewer=SIGNED_IN, input=first)
    assert again.data["registerPrivacyDeposit"]["replayed"]
    assert again.data["registerPrivacyDeposit"]["deposit"]["commitment"] == note
    # Whoever reads the commitment on chain cannot make it theirs.
    stolen = {**first, "ownerCiphertext": base64.b64encode(b"sealed by Bob").decode()}
    for viewer in (STRANGER, SIGNED_IN):
        answer = await ask(stores, REGISTER, viewer=viewer, input=stolen)
        made = answer.data["registerPrivacyDeposit"]
        assert (made["deposit"], made["replayed"]) == (None, False)
        (error,) = made["userErrors"]
        assert (error["field"], error["code"]) == (["commitment"], "TAKEN")
        assert note not in error["message"]
    rows = await look(
        "SELECT o.owner_ciphertext FROM privacy.deposits d"
        " JOIN privacy.deposit_owners o ON o.deposit_id = d.id WHERE d.commitment_hash = $1",
        note,
    )
    assert [bytes(row[0]) for row in rows] == [b"sealed by Alice"]


async def test_what_is_wrong_is_told_by_field_and_not_repeated(stores: Stores) -> None:
    wrong = wish(
        poolId=encode_id(entity_of(PrivacyPool), uuid4()),
        denomination="10.5",
        commitment="0xsecretnote",
        ownerCiphertext="***",
    )
    answer = await ask(stores, REGISTER, viewer=SIGNED_IN, input=wrong)
    errors = answer.data["registerPrivacyDeposit"]["userErrors"]
    assert [(error["field"], error["code"]) for error in errors] == [
        (["denomination"], "INVALID"),
        (["commitment"], "INVALID"),
        (["ownerCiphertext"], "INVALID"),
    ]
    assert "secretnote" not in str(errors)
    assert answer.statements == []
    # Its length is looked at before it is decoded: this is no base64 either.
    much = wish(commitment=commitment(), ownerCiphertext="*" * 1369)
    long = await ask(stores, REGISTER, viewer=SIGNED_IN, input=much)
    (error,) = long.data["registerPrivacyDeposit"]["userErrors"]
    assert (error["field"], error["code"]) == (["ownerCiphertext"], "TOO_LONG")
    for change, field in (
        ({"poolId": wrong["poolId"]}, "poolId"),
        ({"poolId": encode_id(entity_of(PrivacyPool), SHUT)}, "poolId"),
        ({"assetId": encode_id(entity_of(Asset), uuid4())}, "assetId"),
    ):
        answer = await ask(
            stores, REGISTER, viewer=SIGNED_IN, input=wish(commitment=commitment(), **change)
        )
        (error,) = answer.data["registerPrivacyDeposit"]["userErrors"]
        assert (error["field"], error["code"]) == ([field], "NOT_FOUND")


async def test_only_who_is_signed_in_registers_and_asks(stores: Stores, look: Look) -> None:
    note = commitment()
    reader = Viewer(ALICE, "user", scopes_of(["read"]))
    for viewer, code in ((Viewer(), "UNAUTHENTICATED"), (reader, "FORBIDDEN")):
        answer = await ask(stores, REGISTER, viewer=viewer, input=wish(commitment=note))
        assert answer.codes == [("registerPrivacyDeposit", code)]
    assert not await look("SELECT 1 FROM privacy.deposits WHERE commitment_hash = $1", note)
    answer = await ask(stores, STATES, commitments=[note])
    assert answer.codes == [("privacyDeposits", "UNAUTHENTICATED")]


async def test_a_withdrawn_deposit_reads_as_it_did_before(
    stores: Stores, worker_stores: Stores
) -> None:
    taken_out, still_in, archived = commitment(), commitment(), commitment()
    columns = (
        *("id", "pool_id", "chain_id", "asset_id", "denomination", "commitment_hash", "status"),
        *("verification_status", "anonymity_set", "deposit_confirmed_at", "mixing_completed_at"),
        *("processed_at", "total_fees_usd", "unlinkability_score", "privacy_score"),
    )

    def row(note: str, status: str, *out: Any) -> tuple[Any, ...]:
        ours = (uuid4(), POOL, CHAIN, ETHER, Decimal(1), note, status, "verified", 12, AT, AT)
        return (*ours, *out, Decimal("0.9"))

    withdrawn = (LATER, Decimal(3), Decimal("0.7"))
    await worker_stores.postgres.copy_rows(
        "privacy.deposits",
        columns,
        [row(taken_out, "withdrawn", *withdrawn), row(still_in, "completed", None, None, None)],
    )
    await worker_stores.postgres.copy_rows(
        "privacy.deposits_archive",
        (*columns, "created_at", "updated_at", "archived_at"),
        [(*row(archived, "withdrawn", *withdrawn), AT, LATER, LATER)],
    )
    answer = await ask(
        stores, STATES, viewer=SIGNED_IN, commitments=[taken_out, still_in, archived]
    )
    assert not answer.errors
    states = answer.data["privacyDeposits"]
    for state, note in zip(states, (taken_out, still_in, archived), strict=True):
        assert state.pop("commitment") == note
    assert states[0] == states[1] == states[2]
    assert states[0]["status"] == "COMPLETED"
    assert states[0]["anonymitySet"] == 12
    # An archived commitment is not free again.
    again = await ask(stores, REGISTER, viewer=SIGNED_IN, input=wish(commitment=archived))
    (error,) = again.data["registerPrivacyDeposit"]["userErrors"]
    assert error["code"] == "TAKEN"


async def test_a_nullifier_is_spent_or_not_in_one_shape(
    stores: Stores, worker_stores: Stores
) -> None:
    spent, free = commitment(), commitment()
    await worker_stores.postgres.copy_rows(
        "privacy.nullifiers", ("nullifier_hash", "chain_id", "spent_at_block"), [(spent, CHAIN, 7)]
    )
    for viewer in (Viewer(), SIGNED_IN, STRANGER):
        answer = await ask(stores, SPENT, viewer=viewer, hashes=[free, spent.upper(), free])
        assert not answer.errors
        assert answer.data["nullifiers"] == [
            {"nullifier": free, "isSpent": False},
            {"nullifier": spent, "isSpent": True},
            {"nullifier": free, "isSpent": False},
        ]
        assert answer.statements == [("postgres", "privacy.spent")]
    answer = await ask(stores, SPENT, hashes=["0x1"] * 101)
    assert answer.codes == [("nullifiers", "BAD_USER_INPUT")]


async def test_nothing_that_is_kept_joins_a_person_to_a_deposit_or_to_its_withdrawal(
    stores: Stores,
    worker_stores: Stores,
    look: Look,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    note, nullifier, sealed = commitment(), commitment(), uuid4().hex
    ciphertext = base64.b64encode(sealed.encode()).decode()
    audited = len(await look(_AUDITED))
    told: list[Any] = []
    with caplog.at_level(logging.DEBUG):
        for document, variables in (
            (REGISTER, {"input": wish(commitment=note, ownerCiphertext=ciphertext)}),
            (REGISTER, {"input": wish(commitment=note)}),
            (STATES, {"commitments": [note]}),
            (STATES, {"commitments": [f"{note}?"]}),
            (SPENT, {"hashes": [nullifier]}),
            (SPENT, {"hashes": [f"{nullifier}?"]}),
        ):
            context = RequestContext(
                SIGNED_IN, stores, f"of-{ALICE}", client=KnownClient("192.0.2.9", "tests/1.0")
            )
            answer = await ask(stores, document, context=context, **variables)
            told += present(answer.errors)
        rows = await look(
            "SELECT id, created_at, updated_at FROM privacy.deposits WHERE commitment_hash = $1",
            note,
        )
        ((deposit_id, created_at, updated_at),) = rows
        await worker_stores.postgres.copy_rows(
            "privacy.nullifiers",
            ("nullifier_hash", "chain_id", "spent_at_block"),
            [(nullifier, CHAIN, 9)],
        )
    # Errors and logs.
    assert len(told) == 2
    printed = capfd.readouterr()
    said = f"{told} {caplog.text} {printed.out} {printed.err}".lower()
    for secret in (note[2:], nullifier[2:], sealed, ciphertext.lower()):
        assert secret not in said
    # Every table of the model: where each value is, and that no row has two of them.
    assert await _rows_with(look, note[2:]) == {"privacy.deposits"}
    assert await _rows_with(look, str(deposit_id)) == {"privacy.deposits", "privacy.deposit_owners"}
    assert await _rows_with(look, sealed.encode().hex()) == {"privacy.deposit_owners"}
    assert await _rows_with(look, nullifier[2:]) == {"privacy.nullifiers"}
    assert await _rows_with(look, str(ALICE)) <= {"account.users"}
    # Times are too coarse to join rows by, and the audit row names nobody and nothing.
    assert created_at == updated_at == created_at.replace(minute=0, second=0, microsecond=0)
    entries = await look(_AUDITED)
    assert len(entries) > audited
    for occurred_at, id_, *who, resource_id, changes, metadata in entries:
        assert who == ["anonymous", None, None, None, None, None]
        assert (resource_id, changes, metadata) == (None, {}, {})
        assert occurred_at == occurred_at.replace(minute=0, second=0, microsecond=0)
        assert UUID(str(id_)).version == 4  # version 7 would hold the time
    assert not await look("SELECT 1 FROM ops.outbox WHERE aggregate LIKE 'privacy.deposit%'")


_AUDITED = """SELECT occurred_at, id, actor_role, actor_user_id, api_key_id, ip_address, user_agent,
    request_id, resource_id, changes, metadata
FROM ops.audit_log WHERE resource_type = 'privacy.deposits'"""


@pytest.fixture(scope="module")
def schema() -> GatewaySchema:
    return build_schema()


def test_no_type_of_the_graph_leads_from_a_deposit_to_a_person(schema: GatewaySchema) -> None:
    types = schema.graphql_schema.type_map
    deposit = types["PrivacyDeposit"]
    assert isinstance(deposit, GraphQLObjectType)
    assert set(deposit.fields) == {
        *("commitment", "denomination", "privacyLevel", "status", "proofStatus", "anonymitySet"),
        *("mixingRounds", "confirmedAt", "mixingStartedAt", "mixingCompletedAt", "pool", "asset"),
        *("withdrawalAvailableAt", "privacyScore", "mixingEfficiency"),
    }
    leading = {
        f"{name}.{field}"
        for name, type_ in types.items()
        if isinstance(type_, GraphQLObjectType)
        for field, definition in type_.fields.items()
        if get_named_type(definition.type).name in ("PrivacyDeposit", "NullifierState")
    }
    assert leading == {
        "Query.privacyDeposits",
        "Query.nullifiers",
        "RegisterPrivacyDepositPayload.deposit",
    }
    statuses = types["DepositStatus"]
    assert isinstance(statuses, GraphQLEnumType)
    assert "WITHDRAWN" not in statuses.values


async def test_the_gateways_role_reaches_deposits_by_those_questions_only(stores: Stores) -> None:
    text = """
    SELECT p.oid::regprocedure::text FROM pg_proc AS p
    WHERE p.pronamespace = 'privacy'::regnamespace
        AND has_function_privilege('gateway', p.oid, 'EXECUTE') ORDER BY 1
    """
    rows = await stores.postgres.fetch(Statement("functions", text))
    assert [row[0].partition("(")[0] for row in rows] == [
        "privacy.deposit_states",
        "privacy.published_meta_address",
        "privacy.register_deposit",
        "privacy.spent_nullifiers",
    ]
