"""Wishes that somebody else fulfils: the payment provider, or a job over all stores."""

from __future__ import annotations

from typing import Final

import strawberry

from resolvers.account.enums import BillingCycle, SubscriptionAction, SubscriptionTier
from resolvers.account.identity import confirm_identity, in_person
from resolvers.account.types import DataExport, ErasureRequest, SubscriptionChange
from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    clash,
    given,
    mutation,
    outcome,
)
from resolvers.mutations.change import Row

_ONE_OPEN: Final = (
    "There is such a request already, which is not settled yet. Wait for it; `viewer` lists it."
)

_BEGUN: Final = "It has begun, and what is gone does not come back."


@strawberry.input(description="What is wished for the subscription.")
class RequestSubscriptionChangeInput(IdempotentInput):
    """What is wished for the subscription."""

    action: SubscriptionAction = strawberry.field(description="What is wished.")
    tier: SubscriptionTier | None = strawberry.field(
        default=strawberry.UNSET, description="The tier, when it is a change."
    )
    billing_cycle: BillingCycle | None = strawberry.field(
        default=strawberry.UNSET,
        description="How often to be charged, when it is a change; null for as now.",
    )


@strawberry.type(description="What came of a wish for the subscription.")
class RequestSubscriptionChangePayload(ReplayablePayload):
    """What came of a wish for the subscription."""

    subscription_change: SubscriptionChange | None = changed(
        "The wish. The payment provider settles it, then the subscription is another."
    )


@strawberry.input(description="That a copy of all data is wanted.")
class RequestDataExportInput(IdempotentInput):
    """That a copy of all data is wanted."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
    )


@strawberry.type(description="What came of asking for a copy of all data.")
class RequestDataExportPayload(ReplayablePayload):
    """What came of asking for a copy of all data."""

    data_export: DataExport | None = changed("The copy that will be made.")


@strawberry.input(description="That the viewer wants to be erased.")
class RequestErasureInput(IdempotentInput):
    """That the viewer wants to be erased."""

    password: str | None = strawberry.field(
        default=strawberry.UNSET, description="The viewer's password, if they have one."
    )


@strawberry.type(description="What came of asking to be erased.")
class RequestErasurePayload(ReplayablePayload):
    """What came of asking to be erased."""

    erasure_request: ErasureRequest | None = changed("The wish, and until when it is fulfilled.")


@strawberry.input(description="Which wish to be erased to call off.")
class CancelErasureInput:
    """Which wish to be erased to call off."""

    erasure_request_id: strawberry.ID = strawberry.field(description="The wish.")


@strawberry.type(description="What came of calling an erasure off.")
class CancelErasurePayload(Payload):
    """What came of calling an erasure off."""

    called_off: bool | None = outcome("True when the viewer stays.")


@strawberry.type(description="Wishes of the viewer.")
class RequestMutation:
    """Wishes of the viewer."""

    @mutation(
        "Asks for another tier, for the end of the subscription, or to go on with it.",
        clashes={"subscription_changes_one_open_key": clash("", UserErrorCode.CONFLICT, _ONE_OPEN)},
    )
    async def request_subscription_change(
        self, change: Change, input: RequestSubscriptionChangeInput
    ) -> RequestSubscriptionChangePayload:
        """Nothing changes before the provider says so."""
        in_person(change)
        is_change = input.action is SubscriptionAction.CHANGE
        tier = input.tier if given(input.tier) else None
        cycle = input.billing_cycle if given(input.billing_cycle) else None
        if is_change:
            change.required("tier", tier)
        elif tier is not None or cycle is not None:
            change.refuse("tier", UserErrorCode.INVALID, "Leave it out, or ask for a change.")
        if tier is SubscriptionTier.FREE:
            change.refuse("tier", UserErrorCode.INVALID, "Cancel to have the free tier.")
        current = await change.one("account.current_subscription", user_id=change.user_id)
        _fitting(change, input.action, current)
        row = await change.one(
            "account.request_subscription_change",
            user_id=change.user_id,
            action=input.action.value,
            tier=None if tier is None else tier.value,
            billing_cycle=None if cycle is None else cycle.value,
        )
        assert row is not None
        change.created("account.subscription_changes", row)
        return RequestSubscriptionChangePayload(subscription_change=row["id"])

    @mutation(
        "Asks for a copy of all that is stored about the viewer.",
        clashes={"export_requests_open_key": clash("", UserErrorCode.CONFLICT, _ONE_OPEN)},
    )
    async def request_data_export(
        self, change: Change, input: RequestDataExportInput
    ) -> RequestDataExportPayload:
        """A job makes it."""
        await confirm_identity(change, input.password)
        row = await change.one("account.request_export", user_id=change.user_id)
        assert row is not None
        change.created("ops.export_requests", row)
        return RequestDataExportPayload(data_export=row["id"])

    @mutation(
        "Asks to be erased from all stores, which is done within thirty days. It waits some days "
        "before it begins; until then `cancelErasure` calls it off.",
        clashes={"erasure_requests_open_key": clash("", UserErrorCode.CONFLICT, _ONE_OPEN)},
    )
    async def request_erasure(
        self, change: Change, input: RequestErasureInput
    ) -> RequestErasurePayload:
        """A job does it; until then the account works."""
        await confirm_identity(change, input.password)
        row = await change.one("account.request_erasure", user_id=change.user_id)
        assert row is not None
        change.created("ops.erasure_requests", row)
        return RequestErasurePayload(erasure_request=row["id"])

    @mutation("Calls off an erasure that has not begun; the wish is forgotten.")
    async def cancel_erasure(
        self, change: Change, input: CancelErasureInput
    ) -> CancelErasurePayload:
        """What has begun cannot be called off: part of it is gone."""
        in_person(change)
        path = "erasure_request_id"
        key = change.key(path, input.erasure_request_id, ErasureRequest)
        change.stop()
        owned = {"id": key, "user_id": change.user_id}
        row = await change.one("account.cancel_erasure", **owned)
        if row is None:
            await change.found(path, "ErasureRequest", "account.erasure_request", **owned)
            change.refuse(path, UserErrorCode.NOT_ALLOWED, _BEGUN)
            change.stop()
            return CancelErasurePayload()
        change.deleted("ops.erasure_requests", row)
        return CancelErasurePayload(called_off=True)


def _fitting(change: Change, action: SubscriptionAction, current: Row | None) -> None:
    """Note a refusal when there is nothing to cancel or to resume."""
    if action is SubscriptionAction.CANCEL and (current is None or not current["auto_renew"]):
        change.refuse(
            "action",
            UserErrorCode.NOT_ALLOWED,
            "There is no subscription that would go on, so nothing has to be cancelled.",
        )
    if action is SubscriptionAction.RESUME and (current is None or current["auto_renew"]):
        change.refuse(
            "action",
            UserErrorCode.NOT_ALLOWED,
            "There is no subscription that would end. Ask for a change to have one.",
        )
