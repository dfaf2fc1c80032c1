"""Who may call which mutation of accounts: a table that has to name every one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from resolvers.account.mutations import AccountMutation
from resolvers.account.types import ApiKey, ErasureRequest, Session
from resolvers.catalog.wallet import Wallet
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.permissions import scopes_of
from resolvers.reflection import entity_of
from tests.resolvers.account.conftest import PASSWORD, Desk, codes

PROOF: Final = {"message": "Let me in", "signature": "0x"}
# Selection and input of each mutation that somebody has to be signed in for.
SIGNED_IN: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "logout": ("endedCount", {}),
    "revokeSession": ("session { id }", {"id": encode_id(entity_of(Session), uuid4())}),
    "createApiKey": ("key", {"name": "x"}),
    "rotateApiKey": ("key", {"id": encode_id(entity_of(ApiKey), uuid4())}),
    "revokeApiKey": ("apiKey { id }", {"id": encode_id(entity_of(ApiKey), uuid4())}),
    "updateProfile": ("user { id }", {"displayName": "x"}),
    "updateSettings": ("user { id }", {"settings": {}}),
    "giveConsent": ("user { id }", {"version": "1"}),
    "withdrawConsent": ("user { id }", {"version": "1"}),
}
# Those that a person has to make: a limited credential is refused, whatever its scopes are.
IN_PERSON: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "beginSecondFactor": ("secret", {"password": PASSWORD}),
    "confirmSecondFactor": ("recoveryCodes", {"oneTimeCode": "123456"}),
    "replaceRecoveryCodes": ("recoveryCodes", {"password": PASSWORD, "oneTimeCode": "123456"}),
    "disableSecondFactor": ("disabled", {"password": PASSWORD, "oneTimeCode": "123456"}),
    "changePassword": ("endedCount", {"password": PASSWORD, "newPassword": "a new long password"}),
    "linkWallet": ("linkedWallet { label }", PROOF),
    "unlinkWallet": ("unlinked", {"walletId": encode_id(entity_of(Wallet), uuid4())}),
    "requestSubscriptionChange": ("subscriptionChange { id }", {"action": "CHANGE", "tier": "PRO"}),
    "requestDataExport": ("dataExport { id }", {"password": PASSWORD}),
    "requestErasure": ("erasureRequest { id }", {"password": PASSWORD}),
    "cancelErasure": (
        "calledOff",
        {"erasureRequestId": encode_id(entity_of(ErasureRequest), uuid4())},
    ),
}
EVERYBODY: Final = {
    *("signUp", "confirmSignUp", "login", "refreshSession"),
    *("createWalletNonce", "loginWithWallet", "signUpWithWallet"),
}
OWNED: Final = {**SIGNED_IN, **IN_PERSON}


def test_the_table_names_every_mutation() -> None:
    definition: Any = AccountMutation
    known = definition.__strawberry_definition__.fields
    names = set()
    for field in known:
        first, *rest = field.python_name.split("_")
        names.add(first + "".join(word.title() for word in rest))
    assert names == {*OWNED, *EVERYBODY}


@pytest.mark.parametrize("name", sorted(OWNED))
async def test_nobody_signed_in_changes_nothing(desk: Desk, name: str) -> None:
    selection, values = OWNED[name]
    answer = await desk.attempt(name, selection, Viewer(), **values)
    assert answer.codes == [(name, "UNAUTHENTICATED")]
    assert answer.data == {name: None}
    assert answer.statements == []


@pytest.mark.parametrize("name", sorted(OWNED))
async def test_a_key_that_reads_changes_nothing(desk: Desk, name: str) -> None:
    selection, values = OWNED[name]
    person = await desk.person()
    reader = replace(person.viewer, api_key_id=uuid4(), scopes=scopes_of(["read"]))
    answer = await desk.attempt(name, selection, reader, **values)
    assert answer.codes == [(name, "FORBIDDEN")]
    assert answer.data == {name: None}
    assert answer.statements == []


@pytest.mark.parametrize("name", sorted(IN_PERSON))
@pytest.mark.parametrize("key", [uuid4(), None], ids=["an API key", "a web token with a scope"])
async def test_what_a_thief_would_want_takes_a_person(
    desk: Desk, key: UUID | None, name: str
) -> None:
    selection, values = IN_PERSON[name]
    person = await desk.person()
    everything = scopes_of(["read", "write", "admin"])
    limited = replace(person.viewer, api_key_id=key, scopes=everything, role="admin")
    answer = await desk.attempt(name, selection, limited, **values)
    assert answer.errors == []
    assert ("", "NOT_ALLOWED") in codes(answer.data[name])
    assert answer.statements == []
    assert await desk.audit(actor=person.id) == []
