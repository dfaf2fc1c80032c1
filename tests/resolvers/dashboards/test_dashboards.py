"""Dashboards: made and edited by their makers, looked at by others, and whose they are untold."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.account.opaque_tokens import new_token
from resolvers.context import RequestContext, Viewer
from resolvers.dashboards.types import PublicDashboard
from resolvers.ids import decode_id, encode_id
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.conftest import Answer
from tests.resolvers.graph import ask

WIDGETS = [
    {"id": "tvl", "type": "line", "title": "TVL", "query": "{ protocols { nodes { name } } }"},
    {"id": "note", "type": "text", "text": "Read me"},
]
LAYOUT = {"columns": 12, "items": [{"widget": "tvl", "x": 0, "y": 0, "w": 12, "h": 4}]}
FIELDS = "id name description isDefault isPublic layout widgets sharedUntil viewCount version"
CREATE = f"""mutation ($input: CreateDashboardInput!) {{ createDashboard(input: $input) {{
  dashboard {{ {FIELDS} }} replayed userErrors {{ field code }} }} }}"""
UPDATE = f"""mutation ($input: UpdateDashboardInput!) {{ updateDashboard(input: $input) {{
  dashboard {{ {FIELDS} }} userErrors {{ field code }} }} }}"""
DELETE = """mutation ($input: DeleteDashboardInput!) { deleteDashboard(input: $input) {
  deletedId userErrors { field code } } }"""
SHARE = """mutation ($input: ShareDashboardInput!) { shareDashboard(input: $input) {
  dashboard { sharedUntil } shareToken replayed userErrors { field code } } }"""
UNSHARE = """mutation ($input: UnshareDashboardInput!) { unshareDashboard(input: $input) {
  dashboard { sharedUntil } userErrors { field code } } }"""
OWN = f"query ($id: ID!) {{ dashboard(id: $id) {{ {FIELDS} updatedAt }} }}"
SHARED = """query ($token: String!) { sharedDashboard(token: $token) {
  name description layout widgets viewCount } }"""
OPEN = """query ($id: ID!) { publicDashboard(id: $id) {
  id name layout widgets viewCount updatedAt } }"""

Look = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own."""
    return await _user(worker_stores)


@pytest.fixture
async def bob(worker_stores: Stores) -> Viewer:
    """Somebody else."""
    return await _user(worker_stores)


async def _user(worker_stores: Stores) -> Viewer:
    user = uuid4()
    await worker_stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user")


@pytest.fixture
def look(worker_stores: Stores) -> Look:
    """Looks into the database as the worker, who sees everything."""

    async def run(text: str, *values: object) -> list[Any]:
        return list(await worker_stores.postgres.fetch(Statement("look", text), *values))

    return run


async def _change(stores: Stores, document: str, viewer: Viewer, **input: Any) -> Any:
    """The payload of a change that raises no error."""
    answer = await ask(stores, document, viewer=viewer, input=input)
    assert not answer.errors
    (payload,) = answer.data.values()
    return payload


async def _made(stores: Stores, viewer: Viewer, **input: Any) -> Any:
    payload = await _change(stores, CREATE, viewer, **{"name": "Board", **input})
    assert payload["userErrors"] == []
    return payload["dashboard"]


def _public_id(dashboard: Any) -> str:
    """The id under which everybody finds it."""
    return encode_id(entity_of(PublicDashboard), decode_id(dashboard["id"])[1])


async def test_a_dashboard_comes_back_as_it_was_made(stores: Stores, alice: Viewer) -> None:
    made = await _made(
        stores, alice, name=" Mine ", description="All", layout=LAYOUT, widgets=WIDGETS
    )
    expected = {
        "id": made["id"],
        "name": "Mine",
        "description": "All",
        "isDefault": False,
        "isPublic": False,
        "layout": LAYOUT,
        "widgets": WIDGETS,
        "sharedUntil": None,
        "viewCount": "0",
        "version": 1,
    }
    assert made == expected
    second = await _made(stores, alice, name="Other")
    assert (second["layout"], second["widgets"]) == ({}, [])
    answer = await ask(stores, f"{{ dashboards {{ nodes {{ {FIELDS} }} }} }}", viewer=alice)
    assert answer.data["dashboards"]["nodes"] == [second, expected]


async def test_a_request_sent_twice_makes_one(stores: Stores, alice: Viewer, look: Look) -> None:
    first = await _change(stores, CREATE, alice, name="Once", idempotencyKey="k")
    again = await _change(stores, CREATE, alice, name="Once", idempotencyKey="k")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["dashboard"] == first["dashboard"]
    rows = await look("SELECT 1 FROM account.dashboards WHERE user_id = $1", alice.user_id)
    assert len(rows) == 1


async def test_an_edit_changes_what_is_given_and_minds_other_editors(
    stores: Stores, alice: Viewer, look: Look
) -> None:
    made = await _made(stores, alice, description="Old", widgets=WIDGETS)
    edited = await _change(
        stores, UPDATE, alice, id=made["id"], name="New", isPublic=True, expectedVersion=1
    )
    assert edited["dashboard"] == {**made, "name": "New", "isPublic": True, "version": 2}
    late = await _change(stores, UPDATE, alice, id=made["id"], name="Late", expectedVersion=1)
    assert late == {
        "dashboard": None,
        "userErrors": [{"field": ["expectedVersion"], "code": "CONFLICT"}],
    }
    emptied = await _change(stores, UPDATE, alice, id=made["id"], description=None)
    assert emptied["dashboard"]["description"] is None
    changes = await look(
        "SELECT changes->'name' FROM ops.audit_log WHERE actor_user_id = $1 AND action = 'update'"
        " ORDER BY id",
        alice.user_id,
    )
    assert [row[0] for row in changes] == [{"before": "Board", "after": "New"}, None]


async def test_one_dashboard_opens_first(stores: Stores, alice: Viewer, bob: Viewer) -> None:
    his = await _made(stores, bob, isDefault=True)
    first = await _made(stores, alice, isDefault=True)
    second = await _made(stores, alice, isDefault=True)
    third = await _made(stores, alice)
    await _change(stores, UPDATE, alice, id=third["id"], isDefault=True)
    for made, viewer, is_default in (
        (first, alice, False),
        (second, alice, False),
        (third, alice, True),
        (his, bob, True),
    ):
        answer = await ask(stores, OWN, viewer=viewer, id=made["id"])
        assert answer.data["dashboard"]["isDefault"] is is_default


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ({"widgets": {}}, ["widgets"]),
        ({"widgets": [{"id": "A b", "type": "line"}]}, ["widgets.0.id"]),
        ({"widgets": [{"type": "cake"}]}, ["widgets.0.id", "widgets.0.type"]),
        ({"widgets": [{"id": "a", "type": "line"}]}, ["widgets.0.query"]),
        ({"widgets": [{**WIDGETS[0], "script": "x"}]}, ["widgets.0.script"]),
        ({"widgets": [{**WIDGETS[0], "refreshS": 1}]}, ["widgets.0.refreshS"]),
        ({"widgets": [{**WIDGETS[0], "refreshS": True}]}, ["widgets.0.refreshS"]),
        ({"widgets": [WIDGETS[0], WIDGETS[0]]}, ["widgets.1.id"]),
        ({"widgets": [{**WIDGETS[1], "id": f"w{n}"} for n in range(51)]}, ["widgets"]),
        ({"widgets": [{**WIDGETS[1], "options": {"a": "\0"}}]}, ["widgets.0.options.a"]),
        ({"widgets": [{**WIDGETS[1], "options": {"a": "x" * 100_000}}]}, ["widgets"]),
        ({"layout": []}, ["layout"]),
        ({"layout": {"columns": 25}}, ["layout.columns"]),
        ({"layout": LAYOUT}, ["layout.items.0.widget"]),
        (
            {
                "widgets": WIDGETS,
                "layout": {"items": [{"widget": "note", "x": 8, "y": 0, "w": 5, "h": 1}] * 2},
            },
            ["layout.items.0.w", "layout.items.1.widget", "layout.items.1.w"],
        ),
        ({"name": "x" * 201}, ["name"]),
    ],
)
async def test_content_that_is_not_as_the_schema_says_is_refused_by_path(
    stores: Stores, alice: Viewer, content: dict[str, Any], fields: list[str]
) -> None:
    answer = await ask(stores, CREATE, viewer=alice, input={"name": "Bad", **content})
    assert not answer.errors
    payload = answer.data["createDashboard"]
    assert payload["dashboard"] is None
    assert [".".join(error["field"]) for error in payload["userErrors"]] == fields
    assert answer.statements == []


async def test_the_schema_is_offered_to_clients(stores: Stores) -> None:
    answer = await ask(stores, "{ dashboardSchema }")
    assert not answer.errors
    schema = answer.data["dashboardSchema"]
    assert schema["properties"]["widgets"]["maxItems"] == 50
    assert schema["properties"]["layout"]["properties"]["columns"]["maximum"] == 24


async def test_nobody_has_more_than_a_hundred(
    stores: Stores, worker_stores: Stores, alice: Viewer
) -> None:
    await worker_stores.postgres.copy_rows(
        "account.dashboards", ("user_id", "name"), [(alice.user_id, "x")] * 100
    )
    payload = await _change(stores, CREATE, alice, name="One more")
    assert payload["userErrors"] == [{"field": [], "code": "LIMIT_REACHED"}]


async def test_a_published_dashboard_is_everybodys_to_open_and_counts_views(
    stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    made = await _made(stores, alice, isPublic=True, layout=LAYOUT, widgets=WIDGETS)
    before = (await ask(stores, OWN, viewer=alice, id=made["id"])).data["dashboard"]
    counts = []
    for viewer in (bob, Viewer(), alice):
        answer = await ask(stores, OPEN, viewer=viewer, id=_public_id(made))
        assert not answer.errors
        shown = answer.data["publicDashboard"]
        assert (shown["name"], shown["layout"], shown["widgets"]) == ("Board", LAYOUT, WIDGETS)
        counts.append(shown["viewCount"])
    assert counts == ["1", "2", "2"]  # its maker does not count
    after = (await ask(stores, OWN, viewer=alice, id=made["id"])).data["dashboard"]
    assert after == {**before, "viewCount": "2"}  # a view is no edit


async def test_the_public_list_names_no_maker(stores: Stores, alice: Viewer, bob: Viewer) -> None:
    public, private = await _made(stores, alice, isPublic=True), await _made(stores, alice)
    query = "{ publicDashboards(first: 1000) { nodes { id name viewCount } } }"
    for viewer in (Viewer(), bob):
        answer = await ask(stores, query, viewer=viewer)
        assert not answer.errors
        ids = {node["id"] for node in answer.data["publicDashboards"]["nodes"]}
        assert _public_id(public) in ids
        assert _public_id(private) not in ids
    fields = set(entity_of(PublicDashboard).columns)
    assert fields == {
        *("name", "description", "layout", "widgets", "view_count", "created_at", "updated_at")
    }
    for made in (public, private):
        answer = await ask(stores, OPEN, viewer=bob, id=_public_id(made))
        assert (answer.data["publicDashboard"] is None) == (made is private)


async def test_a_link_opens_one_dashboard_until_it_is_withdrawn(
    stores: Stores, alice: Viewer, bob: Viewer, look: Look
) -> None:
    made = await _made(stores, alice, widgets=WIDGETS)
    until = datetime.now(UTC) + timedelta(days=2)
    shared = await _change(
        stores, SHARE, alice, id=made["id"], expiresAt=until.isoformat(), idempotencyKey="s"
    )
    token = shared["shareToken"]
    assert datetime.fromisoformat(shared["dashboard"]["sharedUntil"]) == until
    replay = await _change(
        stores, SHARE, alice, id=made["id"], expiresAt=until.isoformat(), idempotencyKey="s"
    )
    assert (replay["shareToken"], replay["replayed"]) == (None, True)
    counts = []
    for viewer in (Viewer(), bob, alice):
        answer = await ask(stores, SHARED, viewer=viewer, token=token)
        assert not answer.errors
        assert answer.data["sharedDashboard"]["widgets"] == WIDGETS
        counts.append(answer.data["sharedDashboard"]["viewCount"])
    assert counts == ["1", "2", "2"]
    # Kept is the hash alone, in no log, and the gateway cannot even read that.
    digest = hashlib.sha256(token.encode()).digest()
    rows = await look(
        "SELECT share_token_hash FROM account.dashboards WHERE user_id = $1", alice.user_id
    )
    assert [bytes(row[0]) for row in rows] == [digest]
    for table in ("ops.audit_log", "ops.outbox", "ops.idempotency_keys"):
        for secret in (token, digest.hex()):
            text = f"SELECT 1 FROM {table} AS r WHERE r::text LIKE $1"
            assert not await look(text, f"%{secret}%")
    with pytest.raises(StoreRejected):
        await stores.postgres.fetch(
            Statement("peek", "SELECT share_token_hash FROM account.dashboards"),
            viewer_id=alice.user_id,
        )
    # A new link ends the one before.
    second = await _change(stores, SHARE, alice, id=made["id"])
    assert (await ask(stores, SHARED, token=token)).data == {"sharedDashboard": None}
    assert (await ask(stores, SHARED, token=second["shareToken"])).data["sharedDashboard"]
    withdrawn = await _change(stores, UNSHARE, alice, id=made["id"])
    assert withdrawn == {"dashboard": {"sharedUntil": None}, "userErrors": []}
    answer = await ask(stores, SHARED, token=second["shareToken"])
    assert (answer.errors, answer.data) == ([], {"sharedDashboard": None})


async def test_a_link_that_is_wrong_or_over_opens_nothing(
    stores: Stores, worker_stores: Stores, alice: Viewer, look: Look
) -> None:
    made = await _made(stores, alice)
    expired = new_token("dsh_")
    await worker_stores.postgres.execute(
        Statement(
            "expire",
            "UPDATE account.dashboards SET share_token_hash = $2, share_expires_at = now()"
            " WHERE user_id = $1",
            kind="exec",
        ),
        alice.user_id,
        expired.digest,
    )
    for token in (expired.text, new_token("dsh_").text, "dsh_nonsense", ""):
        answer = await ask(stores, SHARED, token=token)
        assert (answer.errors, answer.data) == ([], {"sharedDashboard": None})
    assert (await ask(stores, OWN, viewer=alice, id=made["id"])).data["dashboard"][
        "sharedUntil"
    ] is None
    far = (datetime.now(UTC) + timedelta(days=366)).isoformat()
    payload = await _change(stores, SHARE, alice, id=made["id"], expiresAt=far)
    assert payload["userErrors"] == [{"field": ["expiresAt"], "code": "INVALID"}]
    assert payload["shareToken"] is None


async def test_what_was_thrown_away_is_gone_for_everybody(stores: Stores, alice: Viewer) -> None:
    made = await _made(stores, alice, isPublic=True, isDefault=True)
    token = (await _change(stores, SHARE, alice, id=made["id"]))["shareToken"]
    gone = await _change(stores, DELETE, alice, id=made["id"])
    assert gone == {"deletedId": made["id"], "userErrors": []}
    assert (await ask(stores, OWN, viewer=alice, id=made["id"])).data == {"dashboard": None}
    assert (await ask(stores, OPEN, id=_public_id(made))).data == {"publicDashboard": None}
    assert (await ask(stores, SHARED, token=token)).data == {"sharedDashboard": None}
    again = await _change(stores, DELETE, alice, id=made["id"])
    assert again["userErrors"] == [{"field": ["id"], "code": "NOT_FOUND"}]
    assert (await _made(stores, alice, isDefault=True))["isDefault"]


@pytest.mark.parametrize("is_public", [False, True])
async def test_a_stranger_finds_nothing_to_edit(
    stores: Stores, alice: Viewer, bob: Viewer, is_public: bool
) -> None:
    made = await _made(stores, alice, isPublic=is_public)
    own = await ask(stores, OWN, viewer=bob, id=made["id"])
    assert (own.errors, own.data) == ([], {"dashboard": None})
    node = await ask(stores, "query ($id: ID!) { node(id: $id) { id } }", viewer=bob, id=made["id"])
    assert (node.errors, node.data) == ([], {"node": None})
    listed = await ask(stores, "{ dashboards { nodes { id } } }", viewer=bob)
    assert listed.data["dashboards"]["nodes"] == []
    for document, more in ((UPDATE, {"name": "Mine"}), (DELETE, {}), (SHARE, {}), (UNSHARE, {})):
        payload = await _change(stores, document, bob, id=made["id"], **more)
        assert payload["userErrors"] == [{"field": ["id"], "code": "NOT_FOUND"}]
    still = await ask(stores, OWN, viewer=alice, id=made["id"])
    assert still.data["dashboard"]["version"] == 1
    assert still.data["dashboard"]["sharedUntil"] is None


async def test_nobody_and_readers_change_nothing(stores: Stores, alice: Viewer) -> None:
    made = await _made(stores, alice)
    reader = Viewer(alice.user_id, "user", scopes_of(["read"]))
    for viewer, code in ((Viewer(), "UNAUTHENTICATED"), (reader, "FORBIDDEN")):
        for document, input in (
            (CREATE, {"name": "x"}),
            (UPDATE, {"id": made["id"], "name": "x"}),
            (DELETE, {"id": made["id"]}),
            (SHARE, {"id": made["id"]}),
            (UNSHARE, {"id": made["id"]}),
        ):
            answer: Answer = await ask(stores, document, viewer=viewer, input=input)
            assert [code for _, code in answer.codes] == [code]
            assert answer.statements == []
    answer = await ask(stores, "{ dashboards { nodes { id } } }")
    assert answer.codes == [("dashboards", "UNAUTHENTICATED")]


async def test_readers_cannot_write_a_view_count_by_the_store_either(
    stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    await _made(stores, alice, isPublic=True)
    context = RequestContext(bob, stores)
    for viewer in (alice, bob):
        with pytest.raises(StoreRejected):
            await context.stores.postgres.fetch(
                Statement(
                    "forge",
                    "UPDATE account.dashboards SET view_count = 99 WHERE is_public RETURNING id",
                    kind="exec",
                ),
                viewer_id=viewer.user_id,
            )
