"""Switching agents on and off, and saying what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import strawberry
from strawberry.scalars import JSON

from resolvers.agents.activation import AgentActivation
from resolvers.agents.limits import AgentLimitsInput, checked_limits, find_assets
from resolvers.agents.types import Agent
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
    taken,
)
from resolvers.scalars import Hash

TABLE: Final = "agents.activations"
_MAX_SETTINGS: Final = 16_384
_ID: Final = "The activation, one of the viewer's own."
_CHANGED: Final = "The activation; null when nothing was changed."
_SETTINGS: Final = "Settings, by name, as the agent's manual says; at most 16 KiB. No secrets."
# A trigger and two constraints of agents.activations.
_FULL: Final = clash(
    "agent_id",
    UserErrorCode.LIMIT_REACHED,
    "The agent serves as many users as it can. Try again later, or choose another one.",
)
_FULL_NOW: Final = clash(
    "id",
    UserErrorCode.LIMIT_REACHED,
    "Your place was taken while it was paused, and the agent serves as many users as it can. Try "
    "again later.",
)
_NO_PORTFOLIO: Final = clash("portfolio_id", UserErrorCode.NOT_FOUND, not_found("Portfolio"))
_ON_ALREADY: Final = taken("agent_id", "Configure, resume or stop your activation of this agent.")


@strawberry.input(description="Which agent to switch on, and what it may do.")
class ActivateAgentInput(IdempotentInput):
    """Which agent to switch on, and what it may do."""

    agent_id: strawberry.ID = strawberry.field(description="The agent.")
    portfolio_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The portfolio it works for, one of the viewer's own."
    )
    configuration: JSON | None = strawberry.field(default=strawberry.UNSET, description=_SETTINGS)
    limits: AgentLimitsInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="How much it may do; without limits it may do anything.",
    )
    activation_tx_hash: Hash | None = strawberry.field(
        default=strawberry.UNSET,
        description="Transaction that switched it on, where the agent lives on chain.",
    )


@strawberry.input(description="What an activated agent may do from now on.")
class ConfigureAgentActivationInput(VersionedInput):
    """What an activated agent may do from now on; what is left out stays as it is."""

    id: strawberry.ID = strawberry.field(description=_ID)
    portfolio_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The portfolio it works for; null for none in particular.",
    )
    configuration: JSON | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SETTINGS} Replaces all of them; null for none."
    )
    limits: AgentLimitsInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="How much it may do. Replaces all limits; null lifts them.",
    )


@strawberry.input(description="Which activation to pause.")
class PauseAgentActivationInput(VersionedInput):
    """Which activation to pause."""

    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="Which activation to resume.")
class ResumeAgentActivationInput(VersionedInput):
    """Which activation to resume."""

    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="Which activation to stop.")
class StopAgentActivationInput(VersionedInput):
    """Which activation to stop."""

    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.type(description="What came of switching an agent on.")
class ActivateAgentPayload(ReplayablePayload):
    """What came of switching an agent on."""

    activation: AgentActivation | None = changed("The activation; null when it was refused.")


@strawberry.type(description="What came of configuring an activation.")
class ConfigureAgentActivationPayload(Payload):
    """What came of configuring an activation."""

    activation: AgentActivation | None = changed(_CHANGED)


@strawberry.type(description="What came of pausing an activation.")
class PauseAgentActivationPayload(Payload):
    """What came of pausing an activation."""

    activation: AgentActivation | None = changed(_CHANGED)


@strawberry.type(description="What came of resuming an activation.")
class ResumeAgentActivationPayload(Payload):
    """What came of resuming an activation."""

    activation: AgentActivation | None = changed(_CHANGED)


@strawberry.type(description="What came of stopping an activation.")
class StopAgentActivationPayload(Payload):
    """What came of stopping an activation."""

    activation: AgentActivation | None = changed(_CHANGED)
    cancelled_tasks: int | None = outcome("How many of its tasks were taken back.")


@strawberry.type(description="Changes of activations.")
class ActivationMutation:
    """Changes of activations."""

    @mutation(
        "Switches an agent on for the viewer. A user has an agent switched on once at a time, and "
        "an agent serves so many users at once.",
        clashes={
            "activations_within_places": _FULL,
            "activations_one_current_key": _ON_ALREADY,
            "activations_portfolio_id_user_id_fkey": _NO_PORTFOLIO,
        },
    )
    async def activate_agent(
        self, change: Change, input: ActivateAgentInput
    ) -> ActivateAgentPayload:
        """Switches an agent on."""
        agent = change.key("agent_id", input.agent_id, Agent)
        portfolio = change.key("portfolio_id", input.portfolio_id, "Portfolio", required=False)
        settings = change.json("configuration", input.configuration, most_bytes=_MAX_SETTINGS)
        limits = input.limits or AgentLimitsInput()
        allocation, risk = checked_limits(change.at("limits"), limits)
        offer = await change.found(
            "agent_id", "Agent", "agents.offered", agent_id=agent, user_id=change.user_id
        )
        _check_offer(change, offer)
        await find_assets(change, "limits", limits)
        row = await change.one(
            "agents.activate",
            user_id=change.user_id,
            agent_id=agent,
            portfolio_id=portfolio,
            tx_hash=input.activation_tx_hash or None,
            configuration=settings or {},
            risk=risk,
            allocation=allocation,
        )
        assert row is not None
        change.created(TABLE, row)
        return ActivateAgentPayload(activation=row["id"])

    @mutation(
        "Says anew what an activated agent may do.",
        clashes={"activations_portfolio_id_user_id_fkey": _NO_PORTFOLIO},
    )
    async def configure_agent_activation(
        self, change: Change, input: ConfigureAgentActivationInput
    ) -> ConfigureAgentActivationPayload:
        """Replaces settings and limits of an activation."""
        portfolio = change.key("portfolio_id", input.portfolio_id, "Portfolio", required=False)
        settings = change.json("configuration", input.configuration, most_bytes=_MAX_SETTINGS)
        limits = (input.limits if given(input.limits) else None) or AgentLimitsInput()
        allocation, risk = checked_limits(change.at("limits"), limits)
        before = await _locked(change, input)
        if before["status"] not in _CURRENT:
            change.refuse("id", UserErrorCode.NOT_ALLOWED, "It is over. Activate the agent anew.")
        await find_assets(change, "limits", limits)
        keeps_limits = not given(input.limits)
        after = await change.one(
            "agents.configure_activation",
            id=before["id"],
            user_id=change.user_id,
            portfolio_id=portfolio if given(input.portfolio_id) else before["portfolio_id"],
            configuration=(settings or {})
            if given(input.configuration)
            else before["configuration"],
            risk=before["risk_parameters"] if keeps_limits else risk,
            allocation=before["allocation_limits"] if keeps_limits else allocation,
        )
        assert after is not None
        change.updated(TABLE, before, after)
        return ConfigureAgentActivationPayload(activation=after["id"])

    @mutation("Has an activated agent wait. Its place may be taken by others meanwhile.")
    async def pause_agent_activation(
        self, change: Change, input: PauseAgentActivationInput
    ) -> PauseAgentActivationPayload:
        """Pauses an activation."""
        row = await _moved(change, input, "paused")
        return PauseAgentActivationPayload(activation=row["id"])

    @mutation(
        "Has a paused agent work again, when it has a place.",
        clashes={"activations_within_places": _FULL_NOW},
    )
    async def resume_agent_activation(
        self, change: Change, input: ResumeAgentActivationInput
    ) -> ResumeAgentActivationPayload:
        """Resumes an activation."""
        row = await _moved(change, input, "active")
        return ResumeAgentActivationPayload(activation=row["id"])

    @mutation("Switches an agent off for good and takes back what it still had to do.")
    async def stop_agent_activation(
        self, change: Change, input: StopAgentActivationInput
    ) -> StopAgentActivationPayload:
        """Stops an activation and cancels its open tasks."""
        row = await _moved(change, input, "stopped")
        owner = change.user_id
        tasks = await change.all("agents.lock_open_tasks", activation_id=row["id"], user_id=owner)
        if tasks:
            before = {task["id"]: task for task in tasks}
            for task in await change.all("agents.cancel_tasks", ids=list(before), user_id=owner):
                change.updated("agents.tasks", before[task["id"]], task)
        return StopAgentActivationPayload(activation=row["id"], cancelled_tasks=len(tasks))


_CURRENT: Final = frozenset({"active", "paused", "error"})
# Which states an activation may leave for another one.
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "paused": frozenset({"active", "error"}),
    "active": frozenset({"paused", "error"}),
    "stopped": _CURRENT,
}


def _check_offer(change: Change, offer: Mapping[str, Any]) -> None:
    if offer["is_on"]:
        change.refuse(*_ON_ALREADY)
    if offer["maintenance_mode"]:
        message = "The agent is being maintained. Try again later."
        change.refuse("agent_id", UserErrorCode.NOT_ALLOWED, message)
    if offer["verification_status"] == "blacklisted":
        message = "The platform found the agent harmful. Choose another one."
        change.refuse("agent_id", UserErrorCode.NOT_ALLOWED, message)


async def _locked(change: Change, input: Any) -> Mapping[str, Any]:
    """The activation an input names, kept from other editors, at the version it expects."""
    key = change.key("id", input.id, AgentActivation)
    row = await change.found(
        "id", "AgentActivation", "agents.lock_activation", id=key, user_id=change.user_id
    )
    change.expect(row)
    return row


async def _moved(change: Change, input: Any, status: str) -> Mapping[str, Any]:
    """The activation in another state.

    Raises:
        Refused: it cannot get there from where it is.
    """
    before = await _locked(change, input)
    if before["status"] not in _FROM[status]:
        message = f"It is {before['status']}, so it cannot become {status}."
        change.refuse("id", UserErrorCode.NOT_ALLOWED, message)
    after = await change.one(
        "agents.set_activation_status", id=before["id"], user_id=change.user_id, status=status
    )
    assert after is not None
    change.updated(TABLE, before, after)
    return after
