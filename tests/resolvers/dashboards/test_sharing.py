"""Dashboards looked at by others: published or by a link, counted, and whose they are untold."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from resolvers.account.opaque_tokens import new_token
from resolvers.context import RequestContext, Viewer
from resolvers.dashboards.types import PublicDashboard
from resolvers.reflection import entity_of
from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.dashboards.boards import (
    LAYOUT,
    OPEN,
    OWN,
    SHARE,
    SHARED,
    UNSHARE,
    WIDGETS,
    Look,
    change,
    new_board,
    public_id,
)
from tests.resolvers.graph import ask


async def test_a_published_dashboard_is_everybodys_to_open_and_counts_views(
    stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    made = await new_board(stores, alice, isPublic=True, layout=LAYOUT, widgets=WIDGETS)
    before = (await ask(stores, OWN, viewer=alice, id=made["id"])).data["dashboard"]
    counts = []
    for viewer in (bob, Viewer(), alice):
        answer = await ask(stores, OPEN, viewer=viewer, id=public_id(made))
        assert not answer.errors
        shown = answer.data["publicDashboard"]
        assert (shown["name"], shown["layout"], shown["widgets"]) == ("Board", LAYOUT, WIDGETS)
        counts.append(shown["viewCount"])
    assert counts == ["1", "2", "2"]  # its maker does not count
    after = (await ask(stores, OWN, viewer=alice, id=made["id"])).data["dashboard"]
    assert after == {**before, "viewCount": "2"}  # a view is no edit


async def test_the_public_list_names_no_maker(stores: Stores, alice: Viewer, bob: Viewer) -> None:
    public, private = await new_board(stores, alice, isPublic=True), await new_board(stores, alice)
    query = "{ publicDashboards(first: 1000) { nodes { id name viewCount } } }"
    for viewer in (Viewer(), bob):
        answer = await ask(stores, query, viewer=viewer)
        assert not answer.errors
        ids = {node["id"] for node in answer.data["publicDashboards"]["nodes"]}
        assert public_id(public) in ids
        assert public_id(private) not in ids
    fields = set(entity_of(PublicDashboard).columns)
    assert fields == {
        *("name", "description", "layout", "widgets", "view_count", "created_at", "updated_at")
    }
    for made in (public, private):
        answer = await ask(stores, OPEN, viewer=bob, id=public_id(made))
        assert (answer.data["publicDashboard"] is None) == (made is private)


async def test_a_link_opens_one_dashboard_until_it_is_withdrawn(
    stores: Stores, alice: Viewer, bob: Viewer, look: Look
) -> None:
    made = await new_board(stores, alice, widgets=WIDGETS)
    until = datetime.now(UTC) + timedelta(days=2)
    shared = await change(
        stores, SHARE, alice, id=made["id"], expiresAt=until.isoformat(), idempotencyKey="s"
    )
    token = shared["shareToken"]
    assert datetime.fromisoformat(shared["dashboard"]["sharedUntil"]) == until
    replay = await change(
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
    second = await change(stores, SHARE, alice, id=made["id"])
    assert (await ask(stores, SHARED, token=token)).data == {"sharedDashboard": None}
    assert (await ask(stores, SHARED, token=second["shareToken"])).data["sharedDashboard"]
    withdrawn = await change(stores, UNSHARE, alice, id=made["id"])
    assert withdrawn == {"dashboard": {"sharedUntil": None}, "userErrors": []}
    answer = await ask(stores, SHARED, token=second["shareToken"])
    assert (answer.errors, answer.data) == ([], {"sharedDashboard": None})


async def test_a_link_that_is_wrong_or_over_opens_nothing(
    stores: Stores, worker_stores: Stores, alice: Viewer, look: Look
) -> None:
    made = await new_board(stores, alice)
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
    payload = await change(stores, SHARE, alice, id=made["id"], expiresAt=far)
    assert payload["userErrors"] == [{"field": ["expiresAt"], "code": "INVALID"}]
    assert payload["shareToken"] is None


async def test_readers_cannot_write_a_view_count_by_the_store_either(
    stores: Stores, alice: Viewer, bob: Viewer
) -> None:
    await new_board(stores, alice, isPublic=True)
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
