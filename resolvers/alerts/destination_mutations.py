"""Destinations are added, renamed, switched off and removed; none is ever shown again."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
import strawberry

from resolvers.account.service import secret_keys
from resolvers.alerts.destination import LONGEST, MAX_DESTINATIONS, PURPOSE, fault_of, masked
from resolvers.alerts.enums import AlertChannel
from resolvers.alerts.types import AlertDestination
from resolvers.ids import encode_id
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
    shown_once,
)
from resolvers.reflection import entity_of

LONGEST_LABEL: Final = 100
_DESTINATIONS: Final = "alerts.destinations"
_LABEL: Final = f"What to call it, at most {LONGEST_LABEL} characters."


@strawberry.input(description="Where to be told.")
class AddAlertDestinationInput(IdempotentInput):
    """Where to be told."""

    channel: AlertChannel = strawberry.field(description="Which way leads there.")
    label: str = strawberry.field(description=_LABEL)
    destination: str = strawberry.field(
        description="An e-mail address, an https URL, a chat of Telegram, the URL of a webhook of "
        "Discord, a telephone number with its country, or the token of a device."
    )


@strawberry.type(description="What came of adding a destination.")
class AddAlertDestinationPayload(ReplayablePayload):
    """What came of adding a destination."""

    alert_destination: AlertDestination | None = changed(
        "The destination; null when it was not added."
    )
    signing_secret: str | None = shown_once(
        "What requests to a webhook are signed with, HMAC-SHA-256; shown this once. Null for other "
        "channels."
    )


@strawberry.input(description="What to change of a destination; what is left out stays.")
class UpdateAlertDestinationInput(VersionedInput):
    """What to change of a destination; what is left out stays."""

    id: strawberry.ID = strawberry.field(description="The destination.")
    label: str | None = strawberry.field(default=strawberry.UNSET, description=_LABEL)
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether notifications go there."
    )


@strawberry.type(description="What came of changing a destination.")
class UpdateAlertDestinationPayload(Payload):
    """What came of changing a destination."""

    alert_destination: AlertDestination | None = changed(
        "The destination as it is now; null when there is none."
    )


@strawberry.input(description="Which destination to remove.")
class RemoveAlertDestinationInput(VersionedInput):
    """Which destination to remove."""

    id: strawberry.ID = strawberry.field(description="The destination.")


@strawberry.type(description="What came of removing a destination.")
class RemoveAlertDestinationPayload(Payload):
    """What came of removing a destination."""

    removed_id: strawberry.ID | None = outcome(
        "Global id the destination had; null when there is none."
    )


@strawberry.type(description="Changes of where the viewer is told.")
class AlertDestinationMutation:
    """Changes of where the viewer is told."""

    @mutation(
        "Adds a destination, which is encrypted at once and never shown again but for its last "
        f"characters. A user has at most {MAX_DESTINATIONS}."
    )
    async def add_alert_destination(
        self, change: Change, input: AddAlertDestinationInput
    ) -> AddAlertDestinationPayload:
        """What is sealed is bound to the row and its owner."""
        keys = secret_keys(change.context)
        label = change.text("label", input.label, longest=LONGEST_LABEL)
        address = change.text("destination", input.destination, longest=LONGEST)
        fault = None if address is None else fault_of(input.channel, address)
        if fault is not None:
            change.refuse("destination", UserErrorCode.INVALID, fault)
        known = await change.one(
            "alerts.count_destinations", user_id=change.user_id, most=MAX_DESTINATIONS
        )
        if known is not None and known["destination_count"] >= MAX_DESTINATIONS:
            message = f"You have {MAX_DESTINATIONS} destinations. Remove some first."
            change.refuse("", UserErrorCode.LIMIT_REACHED, message)
        change.stop()
        assert address is not None
        key, signing = uuid4(), None
        if input.channel is AlertChannel.WEBHOOK:
            # In the alphabet that libraries of Standard Webhooks read.
            signing = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        sealed = keys.seal(
            orjson.dumps({"to": address, "signing_secret": signing}),
            purpose=PURPOSE,
            owner=owner_of(key, change.user_id),
        )
        row = await change.found(
            "",
            "AlertDestination",
            "alerts.create_destination",
            id=key,
            user_id=change.user_id,
            channel=input.channel.value,
            label=label,
            masked=masked(address),
            ciphertext=sealed.ciphertext,
            key_version=sealed.key_version,
        )
        change.created(_DESTINATIONS, row)
        return AddAlertDestinationPayload(alert_destination=row["id"], signing_secret=signing)

    @mutation("Renames a destination of the viewer's, or switches it on or off.")
    async def update_alert_destination(
        self, change: Change, input: UpdateAlertDestinationInput
    ) -> UpdateAlertDestinationPayload:
        """Where it leads cannot be changed: add another one."""
        label = None
        if given(input.label) and input.label is not None:
            label = change.text("label", input.label, longest=LONGEST_LABEL)
        before = await _locked(change, input)
        after = await change.found(
            "id",
            "AlertDestination",
            "alerts.update_destination",
            id=before["id"],
            user_id=change.user_id,
            label=label,
            is_active=input.is_active if given(input.is_active) else None,
        )
        change.updated(_DESTINATIONS, before, after)
        return UpdateAlertDestinationPayload(alert_destination=before["id"])

    @mutation("Removes a destination of the viewer's for good.")
    async def remove_alert_destination(
        self, change: Change, input: RemoveAlertDestinationInput
    ) -> RemoveAlertDestinationPayload:
        """Nothing of it is left but what was sent, with its last characters."""
        before = await _locked(change, input)
        await change.found(
            "id",
            "AlertDestination",
            "alerts.remove_destination",
            id=before["id"],
            user_id=change.user_id,
        )
        change.deleted(_DESTINATIONS, before)
        shown = encode_id(entity_of(AlertDestination), before["id"])
        return RemoveAlertDestinationPayload(removed_id=strawberry.ID(shown))


def owner_of(destination: UUID, user: UUID) -> str:
    """What a sealed destination is bound to: in another row it does not open."""
    return f"{user}/{destination}"


async def _locked(change: Change, input: Any) -> Mapping[str, Any]:
    """A destination of the viewer's, in the version the caller read, held until the end."""
    key = change.key("id", input.id, AlertDestination)
    before = await change.found(
        "id", "AlertDestination", "alerts.lock_destination", id=key, user_id=change.user_id
    )
    change.expect(before)
    return before
