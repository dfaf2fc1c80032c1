"""What the viewer says about themselves: profile, settings, consent."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import strawberry
from strawberry.scalars import JSON

from resolvers.account import names
from resolvers.account.types import User
from resolvers.mutation import (
    Change,
    Entry,
    Payload,
    UserErrorCode,
    VersionedInput,
    changed,
    given,
    mutation,
    taken,
)

USERS: Final = "account.users"
_SETTINGS_BYTES: Final = 32_768
_SHOWN: Final = ("first_name", "last_name", "display_name")


@strawberry.input(description="What to change of the profile; what is left out stays.")
class UpdateProfileInput(VersionedInput):
    """What to change of the profile; what is left out stays."""

    username: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Name to sign in with, of 3 to 40 letters, digits, dots, hyphens and "
        "underscores; null for none.",
    )
    first_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Given name, of at most 100 characters."
    )
    last_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Family name, of at most 100 characters."
    )
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Name to be called by, of at most 100 characters."
    )
    avatar_url: str | None = strawberry.field(
        default=strawberry.UNSET, description="Address of a picture, https, or null for none."
    )
    data_retention_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="Days to keep the activity for, 1 to 3,650."
    )


@strawberry.type(description="What came of changing the profile.")
class UpdateProfilePayload(Payload):
    """What came of changing the profile."""

    user: User | None = changed("The account as it is now.")


@strawberry.input(description="Settings of applications.")
class UpdateSettingsInput(VersionedInput):
    """Settings of applications."""

    settings: JSON = strawberry.field(
        description="An object of at most 32 KiB that takes the place of all settings."
    )


@strawberry.type(description="What came of changing settings.")
class UpdateSettingsPayload(Payload):
    """What came of changing settings."""

    user: User | None = changed("The account as it is now.")


@strawberry.input(description="Which terms are agreed to.")
class GiveConsentInput:
    """Which terms are agreed to."""

    version: str = strawberry.field(description="Version of the terms.")


@strawberry.type(description="What came of agreeing to terms.")
class GiveConsentPayload(Payload):
    """What came of agreeing to terms."""

    user: User | None = changed("The account as it is now.")


@strawberry.input(description="Which consent is taken back.")
class WithdrawConsentInput:
    """Which consent is taken back."""

    version: str = strawberry.field(description="Version of the terms that were agreed to.")


@strawberry.type(description="What came of taking consent back.")
class WithdrawConsentPayload(Payload):
    """What came of taking consent back."""

    user: User | None = changed("The account as it is now.")


@strawberry.type(description="Changes of the viewer's profile.")
class ProfileMutation:
    """Changes of the viewer's profile."""

    @mutation(
        "Changes the viewer's profile.",
        clashes={"users_lower_username_key": taken("username", "Choose another.")},
    )
    async def update_profile(
        self, change: Change, input: UpdateProfileInput
    ) -> UpdateProfilePayload:
        """Whatever the input does not name stays."""
        wished: dict[str, Any] = {}
        if given(input.username):
            wished["username"] = names.username(change, input.username)
        for name in _SHOWN:
            value = getattr(input, name)
            if given(value):
                wished[name] = change.text(name, value, longest=100, required=False)
        if given(input.avatar_url):
            wished["avatar_url"] = _picture(change, input.avatar_url)
        if given(input.data_retention_days):
            days = change.required("data_retention_days", input.data_retention_days)
            wished["data_retention_days"] = change.whole(
                "data_retention_days", days, least=1, most=3650
            )
        before = await change.found("", "User", "account.user", user_id=change.user_id)
        change.expect(before)
        columns = (*_SHOWN, "username", "avatar_url", "data_retention_days")
        values = {name: wished.get(name, before[name]) for name in columns}
        after = await change.found(
            "", "User", "account.set_profile", user_id=change.user_id, **values
        )
        change.updated(USERS, _only(before, after), after)
        return UpdateProfilePayload(user=_key(change))

    @mutation("Replaces the settings that applications keep for the viewer.")
    async def update_settings(
        self, change: Change, input: UpdateSettingsInput
    ) -> UpdateSettingsPayload:
        """The audit log keeps the names of settings only."""
        settings = change.json("settings", input.settings, most_bytes=_SETTINGS_BYTES)
        if settings is None:
            change.required("settings", input.settings)
        before = await change.found("", "User", "account.user", user_id=change.user_id)
        change.expect(before)
        after = await change.found(
            "", "User", "account.set_settings", user_id=change.user_id, settings=settings
        )
        change.record(
            Entry(
                "update_settings",
                USERS,
                str(change.user_id),
                before={"settings": sorted(before["settings"])},
                after={"settings": sorted(after["settings"])},
                event="updated",
                payload={"user_id": change.user_id},
            )
        )
        return UpdateSettingsPayload(user=_key(change))

    @mutation("Agrees to terms.")
    async def give_consent(self, change: Change, input: GiveConsentInput) -> GiveConsentPayload:
        """The audit log keeps which, and when."""
        version = change.text("version", input.version, longest=50)
        await _consent(change, "give_consent", version)
        return GiveConsentPayload(user=_key(change))

    @mutation("Takes consent back.")
    async def withdraw_consent(
        self, change: Change, input: WithdrawConsentInput
    ) -> WithdrawConsentPayload:
        """It names the terms, so that nobody takes back what they did not mean."""
        version = change.text("version", input.version, longest=50)
        before = await change.found("", "User", "account.user", user_id=change.user_id)
        if before["consent_version"] != version:
            message = (
                "You have not agreed to these terms. Name those in `viewer.user.consentVersion`."
            )
            change.refuse("version", UserErrorCode.NOT_ALLOWED, message)
        await _consent(change, "withdraw_consent", None)
        return WithdrawConsentPayload(user=_key(change))


async def _consent(change: Change, action: str, version: str | None) -> None:
    before = await change.found("", "User", "account.user", user_id=change.user_id)
    after = await change.found(
        "", "User", "account.set_consent", user_id=change.user_id, consent_version=version
    )
    change.record(
        Entry(
            action,
            USERS,
            str(change.user_id),
            _only(before, after),
            dict(after.items()),
            event="updated",
            payload={"user_id": change.user_id},
        )
    )


def _only(before: Any, after: Any) -> dict[str, Any]:
    """The columns before that are known after."""
    return {name: before[name] for name in after.keys()}  # noqa: SIM118 (a record has no other way)


def _picture(change: Change, value: str | None) -> str | None:
    text = change.text("avatar_url", value, longest=2000, required=False)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or " " in text:
        change.refuse(
            "avatar_url",
            UserErrorCode.INVALID,
            "Give an address with https, such as https://example.org/me.png.",
        )
        return None
    return text


def _key(change: Change) -> Any:
    """What leads a payload to the account."""
    return change.user_id
