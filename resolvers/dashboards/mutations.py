"""Dashboards made, edited and thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import strawberry
from strawberry.scalars import JSON

from resolvers.dashboards.content import check_content
from resolvers.dashboards.sharing import RESOURCE
from resolvers.dashboards.types import Dashboard
from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    outcome,
    taken,
)

MAX_DASHBOARDS: Final = 100
_LONGEST_NAME: Final = 200
_CLASHES: Final = {"dashboards_default_key": taken("is_default", "Send it once more.")}


@strawberry.input(description="What a dashboard is. What is left out stays as it is.")
class DashboardFields:
    """Base of what a dashboard may be made or edited with."""

    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What it shows, in at most 2,000 characters."
    )
    layout: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where the widgets sit; `dashboardSchema` says how that is written.",
    )
    widgets: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="What they show, at most 50; `dashboardSchema` says how that is written.",
    )
    is_default: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether it opens first; the one that did before steps back.",
    )
    is_public: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether everybody may look at it, and find it in `publicDashboards`. Its "
        "widgets are shown as they are: what they name, everybody reads.",
    )


@strawberry.input(description="A new dashboard.")
class CreateDashboardInput(DashboardFields, IdempotentInput):
    """A new dashboard."""

    name: str = strawberry.field(description="Its title, of at most 200 characters.")


@strawberry.input(description="What to change of a dashboard. What is left out stays as it is.")
class UpdateDashboardInput(DashboardFields, VersionedInput):
    """What to change of a dashboard."""

    id: strawberry.ID = strawberry.field(description="One of the viewer's own.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its title, of at most 200 characters."
    )


@strawberry.input(description="Which dashboard to throw away.")
class DeleteDashboardInput(VersionedInput):
    """Which dashboard to throw away."""

    id: strawberry.ID = strawberry.field(description="One of the viewer's own.")


@strawberry.type(description="What came of making a dashboard.")
class CreateDashboardPayload(ReplayablePayload):
    """What came of making a dashboard."""

    dashboard: Dashboard | None = changed("The dashboard; null when it was not made.")


@strawberry.type(description="What came of editing a dashboard.")
class UpdateDashboardPayload(Payload):
    """What came of editing a dashboard."""

    dashboard: Dashboard | None = changed("The dashboard; null when it was not edited.")


@strawberry.type(description="What came of throwing a dashboard away.")
class DeleteDashboardPayload(Payload):
    """What came of throwing a dashboard away."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")


@strawberry.type(description="Changes of dashboards.")
class DashboardMutation:
    """Changes of dashboards."""

    @mutation("Makes a dashboard of the viewer's.", clashes=_CLASHES)
    async def create_dashboard(
        self, change: Change, input: CreateDashboardInput
    ) -> CreateDashboardPayload:
        """One row, and the default before it steps back."""
        values = _values(change, input, _FIRST)
        count = await change.one("dashboards.count", user_id=change.user_id)
        if count is None or count["count"] >= MAX_DASHBOARDS:
            change.refuse(
                "",
                UserErrorCode.LIMIT_REACHED,
                f"There are {MAX_DASHBOARDS} already. Throw one away first.",
            )
        if values["is_default"]:
            await _yield_default(change, None)
        row = await change.one("dashboards.create", user_id=change.user_id, **values)
        assert row is not None
        change.created(RESOURCE, row)
        return CreateDashboardPayload(dashboard=row["id"])

    @mutation("Edits a dashboard of the viewer's.", clashes=_CLASHES)
    async def update_dashboard(
        self, change: Change, input: UpdateDashboardInput
    ) -> UpdateDashboardPayload:
        """The row as it is, with what was given put over it."""
        mine = {"id": change.key("id", input.id, Dashboard), "user_id": change.user_id}
        before = await change.found("id", "Dashboard", "dashboards.lock", **mine)
        change.expect(before)
        values = _values(change, input, before)
        if values["is_default"] and not before["is_default"]:
            await _yield_default(change, before["id"])
        after = await change.one("dashboards.update", **mine, **values)
        assert after is not None
        change.updated(RESOURCE, before, after)
        return UpdateDashboardPayload(dashboard=after["id"])

    @mutation("Throws a dashboard of the viewer's away; links to it end at once.")
    async def delete_dashboard(
        self, change: Change, input: DeleteDashboardInput
    ) -> DeleteDashboardPayload:
        """It is put out of everybody's sight, its maker's too."""
        mine = {"id": change.key("id", input.id, Dashboard), "user_id": change.user_id}
        before = await change.found("id", "Dashboard", "dashboards.lock", **mine)
        change.expect(before)
        await change.one("dashboards.delete", **mine)
        change.deleted(RESOURCE, before)
        return DeleteDashboardPayload(deleted_id=input.id)


_FIRST: Final[Mapping[str, Any]] = {
    "name": None,
    "description": None,
    "layout": {},
    "widgets": [],
    "is_default": False,
    "is_public": False,
}


def _values(
    change: Change, input: CreateDashboardInput | UpdateDashboardInput, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Columns as they shall be; what is not given stays as before."""
    values = {name: before[name] for name in _FIRST}
    if given(input.name):
        values["name"] = change.text("name", input.name, longest=_LONGEST_NAME)
    if given(input.description):
        values["description"] = change.text(
            "description", input.description, longest=2000, required=False
        )
    for name in ("layout", "widgets", "is_default", "is_public"):
        value = getattr(input, name)
        if given(value):
            values[name] = _FIRST[name] if value is None else value
    if given(input.layout) or given(input.widgets):
        check_content(change, values["layout"], values["widgets"])
    return values


async def _yield_default(change: Change, key: object) -> None:
    """The dashboard that opened first until now does so no more."""
    for row in await change.all("dashboards.yield_default", user_id=change.user_id, id=key):
        change.updated(RESOURCE, {**row, "is_default": True}, row)
