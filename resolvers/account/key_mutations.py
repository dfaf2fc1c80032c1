"""API keys: made, replaced and revoked. No key makes one that may do more than itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import strawberry

from resolvers.account.api_keys import Network, new_api_key, parse_networks
from resolvers.account.enums import ApiKeyScope
from resolvers.account.signing_in import forget_afterwards
from resolvers.account.types import ApiKey
from resolvers.mutation import (
    Change,
    IdempotentInput,
    Payload,
    ReplayablePayload,
    UserErrorCode,
    changed,
    given,
    mutation,
    shown_once,
)
from resolvers.mutations.change import Row

KEYS: Final = "account.api_keys"
MOST_KEYS: Final = 50
_MOST_NETWORKS: Final = 50
_LONGEST: Final = timedelta(days=5 * 366)
_LIMIT: Final = 1_000_000_000


@strawberry.input(description="What a new key may do, and from where.")
class CreateApiKeyInput(IdempotentInput):
    """What a new key may do, and from where."""

    name: str = strawberry.field(description="What to call it, of at most 100 characters.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What it is for, of at most 500 characters."
    )
    scopes: list[ApiKeyScope] = strawberry.field(
        default_factory=lambda: [ApiKeyScope.READ],
        description="What it may do; no more than the credential of this request.",
    )
    allowed_networks: list[str] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Addresses and networks it works from, such as 203.0.113.0/24; null for any.",
    )
    rate_limit_per_hour: int | None = strawberry.field(
        default=strawberry.UNSET, description="Cost points an hour; null for those of the tier."
    )
    rate_limit_per_day: int | None = strawberry.field(
        default=strawberry.UNSET, description="Cost points a day; null for those of the tier."
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it stops working, at most five years from now; null for never.",
    )


@strawberry.type(description="What came of making a key.")
class CreateApiKeyPayload(ReplayablePayload):
    """What came of making a key."""

    api_key: ApiKey | None = changed("What is stored of the key.")
    key: str | None = shown_once("The key, shown now and never again; kept nowhere.")


@strawberry.input(description="Which key to replace.")
class RotateApiKeyInput(IdempotentInput):
    """Which key to replace."""

    id: strawberry.ID = strawberry.field(description="The key.")


@strawberry.type(description="What came of replacing a key.")
class RotateApiKeyPayload(ReplayablePayload):
    """What came of replacing a key."""

    api_key: ApiKey | None = changed("The new key, which may do what the old one might.")
    key: str | None = shown_once("The new key, shown now and never again; kept nowhere.")


@strawberry.input(description="Which key to revoke.")
class RevokeApiKeyInput:
    """Which key to revoke."""

    id: strawberry.ID = strawberry.field(description="The key.")
    reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why, of at most 200 characters."
    )


@strawberry.type(description="What came of revoking a key.")
class RevokeApiKeyPayload(Payload):
    """What came of revoking a key."""

    api_key: ApiKey | None = changed("The key; null when there is none.")


@strawberry.type(description="Changes of API keys.")
class KeyMutation:
    """Changes of API keys."""

    @mutation("Makes a key for programs. It is shown in the answer, once.")
    async def create_api_key(self, change: Change, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        """Stored as its SHA-256."""
        now = change.context.clock()
        values = {
            "name": change.text("name", input.name, longest=100),
            "description": change.text(
                "description", input.description, longest=500, required=False
            ),
            "scopes": sorted(
                {scope.value for scope in change.listed("scopes", input.scopes, least=1, most=3)}
            ),
            "allowed_ips": _networks(change, input.allowed_networks),
            "rate_limit_per_hour": change.whole(
                "rate_limit_per_hour", input.rate_limit_per_hour, least=0, most=_LIMIT
            ),
            "rate_limit_per_day": change.whole(
                "rate_limit_per_day", input.rate_limit_per_day, least=0, most=_LIMIT
            ),
            "expires_at": change.moment(
                "expires_at", input.expires_at, earliest=now, latest=now + _LONGEST
            ),
        }
        await _within_own(change, values)
        row, text = await _made(change, values)
        change.created(KEYS, row)
        return CreateApiKeyPayload(api_key=row["id"], key=text)

    @mutation("Replaces a key: a new one that may do the same; the old one stops working at once.")
    async def rotate_api_key(self, change: Change, input: RotateApiKeyInput) -> RotateApiKeyPayload:
        """A revoked or expired key is not brought back."""
        key = change.key("id", input.id, ApiKey)
        old = await change.found("id", "ApiKey", "account.api_key", id=key, user_id=change.user_id)
        if not old["is_active"] or (
            old["expires_at"] is not None and old["expires_at"] <= change.context.clock()
        ):
            change.refuse("id", UserErrorCode.NOT_ALLOWED, "It works no more. Make a new one.")
        values = {
            "name": old["name"],
            "description": old["description"],
            "scopes": list(old["scopes"]),
            "allowed_ips": old["allowed_networks"],
            "rate_limit_per_hour": old["rate_limit_per_hour"],
            "rate_limit_per_day": old["rate_limit_per_day"],
            "expires_at": old["expires_at"],
        }
        await _within_own(change, values)
        revoked = await change.found(
            "id",
            "ApiKey",
            "account.revoke_api_key",
            id=key,
            user_id=change.user_id,
            reason="rotated",
        )
        change.updated(KEYS, old, {**old, **revoked})
        row, text = await _made(change, values)
        change.created(KEYS, row)
        forget_afterwards(change)
        return RotateApiKeyPayload(api_key=row["id"], key=text)

    @mutation("Revokes a key: it works nowhere from now on.")
    async def revoke_api_key(self, change: Change, input: RevokeApiKeyInput) -> RevokeApiKeyPayload:
        """Nothing is written when it was revoked before."""
        key = change.key("id", input.id, ApiKey)
        reason = change.text("reason", input.reason, longest=200, required=False)
        before = await change.found(
            "id", "ApiKey", "account.api_key", id=key, user_id=change.user_id
        )
        if before["revoked_at"] is None:
            after = await change.found(
                "id",
                "ApiKey",
                "account.revoke_api_key",
                id=key,
                user_id=change.user_id,
                reason=reason,
            )
            change.updated(KEYS, before, {**before, **after})
            forget_afterwards(change)
        return RevokeApiKeyPayload(api_key=key)


async def _made(change: Change, values: dict[str, Any]) -> tuple[Row, str]:
    """The key's row and the key; of two made at once the second waits, so that both are counted."""
    await change.found("", "User", "account.user", user_id=change.user_id)
    made = new_api_key()
    row = await change.one(
        "account.create_api_key",
        user_id=change.user_id,
        key_prefix=made.prefix,
        key_hash=made.digest,
        most=MOST_KEYS,
        **values,
    )
    if row is None:
        message = f"There may be {MOST_KEYS} keys in use. Revoke one before."
        change.refuse("", UserErrorCode.LIMIT_REACHED, message)
        change.stop()
    assert row is not None
    return row, made.text


def _networks(change: Change, value: Any) -> list[str] | None:
    if not given(value) or value is None:
        return None
    found: list[str] = []
    for number, text in enumerate(
        change.listed("allowed_networks", value, least=1, most=_MOST_NETWORKS)
    ):
        try:
            found += map(str, parse_networks([text]))
        except ValueError:
            change.refuse(
                ("allowed_networks", number),
                UserErrorCode.INVALID,
                "Give an address or a network such as 203.0.113.0/24, with no bits behind its "
                "length.",
            )
    return found


async def _within_own(change: Change, values: dict[str, Any]) -> None:
    """Note what a new key would be allowed beyond the credential of this request."""
    viewer = change.context.viewer
    mine = viewer.scopes
    if mine is None:
        mine = frozenset({"read", "write", *(("admin",) if viewer.role == "admin" else ())})
    beyond = sorted(set(values["scopes"]) - mine)
    if beyond:
        change.refuse(
            "scopes",
            UserErrorCode.NOT_ALLOWED,
            f"The credential of this request has no scope {', '.join(beyond)} to give away. Leave "
            "it out, or sign in as somebody who has it.",
        )
    if viewer.api_key_id is None:
        return
    own = await change.found(
        "", "ApiKey", "account.api_key", id=viewer.api_key_id, user_id=change.user_id
    )
    if own["expires_at"] is not None and (
        values["expires_at"] is None or values["expires_at"] > own["expires_at"]
    ):
        change.refuse(
            "expires_at",
            UserErrorCode.NOT_ALLOWED,
            "It may not outlive the key of this request. Give a time not after "
            f"{own['expires_at'].isoformat()}.",
        )
    if not _inside(values["allowed_ips"], own["allowed_networks"]):
        change.refuse(
            "allowed_networks",
            UserErrorCode.NOT_ALLOWED,
            "It may not be used from where the key of this request may not. Give networks inside "
            "those of that key.",
        )


def _inside(inner: Sequence[str] | None, outer: Sequence[str] | None) -> bool:
    if outer is None:
        return True
    if inner is None:
        return False
    wide = parse_networks(outer)
    return all(any(_covers(one, other) for one in wide) for other in parse_networks(inner))


def _covers(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network):
        return isinstance(inner, ipaddress.IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, ipaddress.IPv6Network) and inner.subnet_of(outer)
