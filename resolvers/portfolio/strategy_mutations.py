"""Strategies made, edited and removed."""

from __future__ import annotations

from typing import Any, Final

import strawberry
from strawberry.scalars import JSON

from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    VersionedInput,
    changed,
    clash,
    given,
    mutation,
    not_found,
    outcome,
)
from resolvers.portfolio.enums import StrategyType
from resolvers.portfolio.types import Portfolio, Strategy

_RESOURCE: Final = "portfolio.strategies"
_LONGEST_NAME: Final = 200
_MOST_BYTES: Final = 16_384


@strawberry.input(description="A new strategy of a portfolio.")
class CreateStrategyInput(IdempotentInput):
    """A new strategy of a portfolio."""

    portfolio_id: strawberry.ID = strawberry.field(description="The portfolio it works on.")
    strategy_type: StrategyType = strawberry.field(description="What it does.")
    name: str = strawberry.field(description="Its name, of at most 200 characters.")
    agent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The agent that carries it out."
    )
    parameters: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="Settings by name, at most 16 KiB of JSON."
    )
    is_active: bool = strawberry.field(default=True, description="Whether it runs.")


@strawberry.input(description="What to change of a strategy. What is left out stays as it is.")
class UpdateStrategyInput(VersionedInput):
    """What to change of a strategy."""

    id: strawberry.ID = strawberry.field(description="Which strategy.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its name, of at most 200 characters."
    )
    agent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The agent that carries it out; null for none.",
    )
    parameters: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="Settings by name, at most 16 KiB of JSON; replaces those before.",
    )
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether it runs."
    )


@strawberry.input(description="Which strategy to remove.")
class DeleteStrategyInput(VersionedInput):
    """Which strategy to remove."""

    id: strawberry.ID = strawberry.field(description="Which strategy.")


@strawberry.type(description="What came of making a strategy.")
class CreateStrategyPayload(ReplayablePayload):
    """What came of making a strategy."""

    strategy: Strategy | None = changed("The strategy; null when it was not made.")


@strawberry.type(description="What came of changing a strategy.")
class UpdateStrategyPayload(Payload):
    """What came of changing a strategy."""

    strategy: Strategy | None = changed("The strategy; null when it was not changed.")


@strawberry.type(description="What came of removing a strategy.")
class DeleteStrategyPayload(Payload):
    """What came of removing a strategy."""

    deleted_id: strawberry.ID | None = outcome("The id of what is gone; null when it is not.")


_CLASHES: Final = {
    "strategies_agent_id_fkey": clash("agent_id", UserErrorCode.NOT_FOUND, not_found("Agent"))
}


@strawberry.type(description="Changes of strategies.")
class StrategyMutation:
    """Changes of strategies."""

    @mutation("Makes a strategy for a portfolio of the viewer's.", clashes=_CLASHES)
    async def create_strategy(
        self, change: Change, input: CreateStrategyInput
    ) -> CreateStrategyPayload:
        """One row."""
        row = await change.found(
            "portfolio_id",
            "Portfolio",
            "portfolio_changes.create_strategy",
            portfolio_id=change.key("portfolio_id", input.portfolio_id, Portfolio),
            user_id=change.user_id,
            agent_id=_agent(change, input.agent_id),
            strategy_type=input.strategy_type.value,
            name=change.text("name", input.name, longest=_LONGEST_NAME),
            parameters=change.json("parameters", input.parameters, most_bytes=_MOST_BYTES) or {},
            is_active=input.is_active,
        )
        change.created(_RESOURCE, row, portfolio_id=row["portfolio_id"])
        return CreateStrategyPayload(strategy=row["id"])

    @mutation("Changes a strategy of the viewer's.", clashes=_CLASHES)
    async def update_strategy(
        self, change: Change, input: UpdateStrategyInput
    ) -> UpdateStrategyPayload:
        """The row as it is, with what was given put over it."""
        mine = {"id": change.key("id", input.id, Strategy), "user_id": change.user_id}
        values: dict[str, Any] = {}
        if given(input.name):
            values["name"] = change.text("name", input.name, longest=_LONGEST_NAME)
        if given(input.agent_id):
            values["agent_id"] = _agent(change, input.agent_id)
        if given(input.parameters):
            values["parameters"] = (
                change.json("parameters", input.parameters, most_bytes=_MOST_BYTES) or {}
            )
        if given(input.is_active) and input.is_active is not None:
            values["is_active"] = input.is_active
        before = await change.found("id", "Strategy", "portfolio_changes.lock_strategy", **mine)
        change.expect(before)
        stays = {name: before[name] for name in ("name", "agent_id", "parameters", "is_active")}
        after = await change.one("portfolio_changes.update_strategy", **mine, **{**stays, **values})
        assert after is not None
        change.updated(_RESOURCE, before, after, portfolio_id=after["portfolio_id"])
        return UpdateStrategyPayload(strategy=after["id"])

    @mutation(
        "Removes a strategy of the viewer's. One that the ledger names stays: set `isActive` to "
        "false instead."
    )
    async def delete_strategy(
        self, change: Change, input: DeleteStrategyInput
    ) -> DeleteStrategyPayload:
        """What refers to it decides whether it may go."""
        mine = {"id": change.key("id", input.id, Strategy), "user_id": change.user_id}
        before = await change.found("id", "Strategy", "portfolio_changes.lock_strategy", **mine)
        change.expect(before)
        await change.one("portfolio_changes.delete_strategy", **mine)
        change.deleted(_RESOURCE, before, portfolio_id=before["portfolio_id"])
        return DeleteStrategyPayload(deleted_id=input.id)


def _agent(change: Change, value: Any) -> Any:
    return change.key("agent_id", value, "Agent", required=False)
