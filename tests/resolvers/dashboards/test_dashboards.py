"""Dashboards are made, edited and thrown away by their makers, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.context import Viewer
from resolvers.permissions import scopes_of
from stores.lifecycle import Stores
from tests.resolvers.conftest import Answer
from tests.resolvers.dashboards.boards import (
    CREATE,
    DELETE,
    FIELDS,
    LAYOUT,
    OPEN,
    OWN,
    SHARE,
    SHARED,
    UNSHARE,
    UPDATE,
    WIDGETS,
    Look,
    change,
    new_board,
    public_id,
)
from tests.resolvers.graph import ask


async def test_a_dashboard_comes_back_as_it_was_made(stores: Stores, alice: Viewer) -> None:
    made = await new_board(
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
    second = await new_board(stores, alice, name="Other")
    assert (second["layout"], second["widgets"]) == ({}, [])
    answer = await ask(stores, f"{{ dashboards {{ nodes {{ {FIELDS} }} }} }}", viewer=alice)
    assert answer.data["dashboards"]["nodes"] == [second, expected]


async def test_a_request_sent_twice_makes_one(stores: Stores, alice: Viewer, look: Look) -> None:
    first = await change(stores, CREATE, alice, name="Once", idempotencyKey="k")
    again = await change(stores, CREATE, alice, name="Once", idempotencyKey="k")
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["dashboard"] == first["dashboard"]
    rows = await look("SELECT 1 FROM account.dashboards WHERE user_id = $1", alice.user_id)
    assert len(rows) == 1


async def test_an_edit_changes_what_is_given_and_minds_other_editors(
    stores: Stores, alice: Viewer, look: Look
) -> None:
    made = await new_board(stores, alice, description="Old", widgets=WIDGETS)
    edited = await change(
        stores, UPDATE, alice, id=made["id"], name="New", isPublic=True, expectedVersion=1
    )
    assert edited["dashboard"] == {**made, "name": "New", "isPublic": True, "version": 2}
    late = await change(stores, UPDATE, alice, id=made["id"], name="Late", expectedVersion=1)
    assert late == {
        "dashboard": None,
        "userErrors": [{"field": ["expectedVersion"], "code": "CONFLICT"}],
    }
    emptied = await change(stores, UPDATE, alice, id=made["id"], description=None)
    assert emptied["dashboard"]["description"] is None
    changes = await look(
        "SELECT changes->'name' FROM ops.audit_log WHERE actor_user_id = $1 AND action = 'update'"
        " ORDER BY id",
        alice.user_id,
    )
    assert [row[0] for row in changes] == [{"before": "Board", "after": "New"}, None]


async def test_one_dashboard_opens_first(stores: Stores, alice: Viewer, bob: Viewer) -> None:
    his = await new_board(stores, bob, isDefault=True)
    first = await new_board(stores, alice, isDefault=True)
    second = await new_board(stores, alice, isDefault=True)
    third = await new_board(stores, alice)
    await change(stores, UPDATE, alice, id=third["id"], isDefault=True)
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
    payload = await change(stores, CREATE, alice, name="One more")
    assert payload["userErrors"] == [{"field": [], "code": "LIMIT_REACHED"}]


async def test_what_was_thrown_away_is_gone_for_everybody(stores: Stores, alice: Viewer) -> None:
    made = await new_board(stores, alice, isPublic=True, isDefault=True)
    token = (await change(stores, SHARE, alice, id=made["id"]))["shareToken"]
    gone = await change(stores, DELETE, alice, id=made["id"])
    assert gone == {"deletedId": made["id"], "userErrors": []}
    assert (await ask(stores, OWN, viewer=alice, id=made["id"])).data == {"dashboard": None}
    assert (await ask(stores, OPEN, id=public_id(made))).data == {"publicDashboard": None}
    assert (await ask(stores, SHARED, token=token)).data == {"sharedDashboard": None}
    again = await change(stores, DELETE, alice, id=made["id"])
    assert again["userErrors"] == [{"field": ["id"], "code": "NOT_FOUND"}]
    assert (await new_board(stores, alice, isDefault=True))["isDefault"]


@pytest.mark.parametrize("is_public", [False, True])
async def test_a_stranger_finds_nothing_to_edit(
    stores: Stores, alice: Viewer, bob: Viewer, is_public: bool
) -> None:
    made = await new_board(stores, alice, isPublic=is_public)
    own = await ask(stores, OWN, viewer=bob, id=made["id"])
    assert (own.errors, own.data) == ([], {"dashboard": None})
    node = await ask(stores, "query ($id: ID!) { node(id: $id) { id } }", viewer=bob, id=made["id"])
    assert (node.errors, node.data) == ([], {"node": None})
    listed = await ask(stores, "{ dashboards { nodes { id } } }", viewer=bob)
    assert listed.data["dashboards"]["nodes"] == []
    for document, more in ((UPDATE, {"name": "Mine"}), (DELETE, {}), (SHARE, {}), (UNSHARE, {})):
        payload = await change(stores, document, bob, id=made["id"], **more)
        assert payload["userErrors"] == [{"field": ["id"], "code": "NOT_FOUND"}]
    still = await ask(stores, OWN, viewer=alice, id=made["id"])
    assert still.data["dashboard"]["version"] == 1
    assert still.data["dashboard"]["sharedUntil"] is None


async def test_nobody_and_readers_change_nothing(stores: Stores, alice: Viewer) -> None:
    made = await new_board(stores, alice)
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
