"""Questions about dashboards, and short ways to ask them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from resolvers.context import Viewer
from resolvers.dashboards.types import PublicDashboard
from resolvers.ids import decode_id, encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
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


async def change(stores: Stores, document: str, viewer: Viewer, **input: Any) -> Any:
    """The payload of a change that raises no error."""
    answer = await ask(stores, document, viewer=viewer, input=input)
    assert not answer.errors
    (payload,) = answer.data.values()
    return payload


async def new_board(stores: Stores, viewer: Viewer, **input: Any) -> Any:
    """A dashboard just made."""
    payload = await change(stores, CREATE, viewer, **{"name": "Board", **input})
    assert payload["userErrors"] == []
    return payload["dashboard"]


def public_id(dashboard: Any) -> str:
    """The id under which everybody finds it."""
    return encode_id(entity_of(PublicDashboard), decode_id(dashboard["id"])[1])
