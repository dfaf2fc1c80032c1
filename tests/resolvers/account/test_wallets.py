"""Wallets: linked and signed in with by a signature that works once."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from resolvers.account.totp import code_at, step_of
from resolvers.catalog.wallet import Wallet
from resolvers.context import Viewer
from resolvers.ids import encode_id
from resolvers.reflection import entity_of
from stores.lifecycle import Stores
from tests.resolvers.account.conftest import LOGIN, PASSWORD, Desk, Person, codes
from tests.resolvers.account.test_second_factor import enabled
from tests.resolvers.account.wallets import TestWallet, siwe_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHAIN = secrets.randbelow(2**40) + 1_000_000
LINKED = "linkedWallet { label isPrimary verifiedAt wallet { address } }"


@pytest.fixture(scope="module", autouse=True)
async def chain(worker_stores: Stores) -> None:
    await worker_stores.postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [(CHAIN, f"eip155:{CHAIN}", f"chain-{CHAIN}", "Test chain", True)],
    )


async def nonce(desk: Desk, purpose: str, viewer: Viewer | None = None) -> str:
    found = await desk.change("createWalletNonce", "nonce expiresAt", viewer, purpose=purpose)
    assert found["userErrors"] == []
    text: str = found["nonce"]
    return text


async def signed(
    desk: Desk, wallet: TestWallet, purpose: str, viewer: Viewer | None = None, **more: Any
) -> dict[str, str]:
    """Message and signature with a nonce of ours."""
    given = await nonce(desk, purpose, viewer)
    issued_at = desk.now or datetime.now(UTC)
    text = siwe_text(wallet.address, given, **{"chain_id": CHAIN, "issued_at": issued_at, **more})
    return {"message": text, "signature": wallet.sign(text)}


async def linked(desk: Desk, person: Person, wallet: TestWallet) -> None:
    proof = await signed(desk, wallet, "LINK", person.viewer)
    found = await desk.change(
        "linkWallet", LINKED, person.viewer, **proof, password=PASSWORD, label="Cold"
    )
    assert found["userErrors"] == []


async def owners(desk: Desk, wallet: TestWallet) -> list[Any]:
    rows = await desk.rows(
        "SELECT l.user_id FROM account.user_wallets l JOIN catalog.wallets w ON w.id = l.wallet_id"
        " WHERE w.address = $1",
        wallet.address.lower(),
    )
    return [row[0] for row in rows]


async def test_a_linked_wallet_signs_in(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, "LINK", person.viewer)
    found = await desk.change(
        "linkWallet", LINKED, person.viewer, **proof, password=PASSWORD, label="Cold"
    )
    assert found["userErrors"] == []
    link = found["linkedWallet"]
    assert (link["label"], link["isPrimary"]) == ("Cold", True)
    assert link["wallet"] == {"address": wallet.address}
    assert link["verifiedAt"] is not None
    answer = await desk.ask("{ viewer { wallets { nodes { label } } } }", person.viewer)
    assert answer.data["viewer"]["wallets"]["nodes"] == [{"label": "Cold"}]
    login = await signed(desk, wallet, "LOGIN")
    signed_in = await desk.change("loginWithWallet", LOGIN, **login)
    assert signed_in["userErrors"] == []
    assert signed_in["sessionToken"].startswith("ogs_")
    assert [row[0] for row in await desk.audit(actor=person.id)] == ["link", "login"]
    await desk.leaves_no_trace_of(proof["signature"], login["signature"])


async def test_an_account_is_made_with_a_wallet_alone(desk: Desk) -> None:
    wallet, name = TestWallet.new(), f"whale-{secrets.token_hex(4)}"
    proof = await signed(desk, wallet, "LOGIN")
    made = await desk.change("signUpWithWallet", LOGIN, None, **proof, username=name)
    assert made["userErrors"] == []
    assert made["sessionToken"].startswith("ogs_")
    again = await desk.change("signUpWithWallet", LOGIN, None, **proof)
    assert codes(again) == [("message", "EXPIRED")]
    (user_id,) = await owners(desk, wallet)
    rows = await desk.rows(
        "SELECT email, username, password_hash FROM account.users WHERE id = $1", user_id
    )
    assert [tuple(row) for row in rows] == [(None, name, None)]
    assert [row[0] for row in await desk.audit(actor=user_id)] == ["login", "sign_up"]
    login = await desk.change("loginWithWallet", LOGIN, **await signed(desk, wallet, "LOGIN"))
    assert login["userErrors"] == []
    twice = await desk.change("signUpWithWallet", LOGIN, **await signed(desk, wallet, "LOGIN"))
    assert codes(twice) == [("message", "NOT_ALLOWED")]
    other = await signed(desk, TestWallet.new(), "LOGIN")
    named = await desk.change("signUpWithWallet", LOGIN, **other, username=name.upper())
    assert codes(named) == [("username", "TAKEN")]
    assert await owners(desk, wallet) == [user_id]
    users = await desk.rows("SELECT 1 FROM account.users WHERE lower(username) = $1", name)
    assert len(users) == 1


async def test_a_proof_works_once(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, "LINK", person.viewer)
    first = await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    assert codes(first) == []
    second = await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    assert codes(second) == [("message", "EXPIRED")]
    login = await signed(desk, wallet, "LOGIN")
    assert codes(await desk.change("loginWithWallet", LOGIN, **login)) == []
    again = await desk.change("loginWithWallet", LOGIN, **login)
    assert codes(again) == [("message", "EXPIRED")]
    assert again["sessionToken"] is None


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("another site", "INVALID"),
        ("another wallet's signature", "INVALID"),
        ("a changed message", "INVALID"),
        ("expired", "INVALID"),
        ("not valid yet", "INVALID"),
        ("a nonce of nobody", "EXPIRED"),
        ("a nonce for linking", "EXPIRED"),
        ("a nonce that ran out", "EXPIRED"),
        ("no message", "INVALID"),
    ],
)
async def test_what_proves_nothing_is_refused(desk: Desk, case: str, code: str) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    await linked(desk, person, wallet)
    desk.now = datetime.now(UTC)
    earlier = (desk.now - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = (desk.now + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    more: dict[str, Any] = {}
    if case == "another site":
        more = {"domain": "evil.example.org"}
    elif case == "expired":
        more = {"lines": f"\nExpiration Time: {earlier}"}
    elif case == "not valid yet":
        more = {"lines": f"\nNot Before: {later}"}
    purpose, viewer = ("LINK", person.viewer) if "linking" in case else ("LOGIN", None)
    proof = await signed(desk, wallet, purpose, viewer, **more)
    if case == "another wallet's signature":
        proof["signature"] = TestWallet.new().sign(proof["message"])
    elif case == "a changed message":
        proof["message"] = proof["message"].replace("Version: 1", "Version: 1", 1) + "\nResources:"
    elif case == "a nonce of nobody":
        text = siwe_text(wallet.address, "abcdefgh1234", chain_id=CHAIN)
        proof = {"message": text, "signature": wallet.sign(text)}
    elif case == "a nonce that ran out":
        for key in await desk.stores.redis.commands.keys("siwe:nonce:*"):
            assert 0 < await desk.stores.redis.commands.ttl(key) <= 300
            await desk.stores.redis.commands.delete(key)
    elif case == "no message":
        proof["message"] = "Let me in"
    found = await desk.change("loginWithWallet", LOGIN, **proof)
    assert codes(found) == [("message", code)]
    assert found["sessionToken"] is None
    sessions = await desk.rows("SELECT 1 FROM account.sessions WHERE user_id = $1", person.id)
    assert sessions == []


async def test_a_nonce_for_linking_is_one_persons(desk: Desk) -> None:
    person, thief, wallet = await desk.person(), await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, "LINK", person.viewer)
    refused = await desk.change("linkWallet", LINKED, thief.viewer, **proof, password=PASSWORD)
    assert codes(refused) == [("message", "EXPIRED")]
    assert await owners(desk, wallet) == []
    nobody = await desk.change("createWalletNonce", "nonce", None, purpose="LINK")
    assert codes(nobody) == [("purpose", "NOT_ALLOWED")]


async def test_unknown_wallets_and_banned_users_look_alike(desk: Desk) -> None:
    person, wallet, unknown = await desk.person(), TestWallet.new(), TestWallet.new()
    await linked(desk, person, wallet)
    await desk.execute(
        "UPDATE account.users SET is_banned = true, banned_at = now() WHERE id = $1", person.id
    )
    answers = [
        await desk.attempt("loginWithWallet", LOGIN, **await signed(desk, each, "LOGIN"))
        for each in (wallet, unknown)
    ]
    assert answers[0].data == answers[1].data
    assert answers[0].statements == answers[1].statements
    assert codes(answers[0].data["loginWithWallet"]) == [("", "INVALID")]
    assert ("login", "failure") in await desk.audit(resource=person.id)


async def test_a_taken_wallet_says_what_to_do_and_nothing_of_its_owner(desk: Desk) -> None:
    owner, other, wallet = await desk.person(), await desk.person(), TestWallet.new()
    await linked(desk, owner, wallet)
    signing_up = await desk.attempt(
        "signUpWithWallet", LOGIN, **await signed(desk, wallet, "LOGIN")
    )
    proof = await signed(desk, wallet, "LINK", other.viewer)
    linking = await desk.attempt("linkWallet", LINKED, other.viewer, **proof, password=PASSWORD)
    for answer, advice in ((signing_up, "sign in by `loginWithWallet`"), (linking, "unlink it")):
        (found,) = answer.data.values()
        assert codes(found) == [("message", "NOT_ALLOWED")]
        assert advice in found["userErrors"][0]["message"]
        body = str(answer.data)
        assert str(owner.id) not in body
        assert owner.email not in body
    # The account that was begun is gone with it, and the one there was signs in as before.
    assert await owners(desk, wallet) == [owner.id]
    assert (
        codes(await desk.change("loginWithWallet", LOGIN, **await signed(desk, wallet, "LOGIN")))
        == []
    )


async def primary(desk: Desk, person: Person) -> list[tuple[str, bool]]:
    answer = await desk.ask("{ viewer { wallets { nodes { label isPrimary } } } }", person.viewer)
    nodes = answer.data["viewer"]["wallets"]["nodes"]
    return [(node["label"], node["isPrimary"]) for node in nodes]


async def test_the_first_wallet_is_primary_and_the_next_one_after_it(desk: Desk) -> None:
    person = await desk.person()
    for label in ("first", "second", "third"):
        proof = await signed(desk, TestWallet.new(), "LINK", person.viewer)
        found = await desk.change(
            "linkWallet",
            "linkedWallet { wallet { id } }",
            person.viewer,
            **proof,
            password=PASSWORD,
            label=label,
        )
        if label == "first":
            first = found["linkedWallet"]["wallet"]["id"]
    assert await primary(desk, person) == [("first", True), ("second", False), ("third", False)]
    found = await desk.change("unlinkWallet", "unlinked", person.viewer, walletId=first)
    assert codes(found) == []
    assert await primary(desk, person) == [("second", True), ("third", False)]


async def test_of_two_first_wallets_at_once_one_is_primary(desk: Desk) -> None:
    person = await desk.person()
    proofs = [await signed(desk, TestWallet.new(), "LINK", person.viewer) for _ in range(4)]
    found = await asyncio.gather(
        *(
            desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
            for proof in proofs
        )
    )
    assert [codes(each) for each in found] == [[]] * 4
    assert sorted(each["linkedWallet"]["isPrimary"] for each in found) == [False] * 3 + [True]


async def test_of_two_who_link_a_wallet_at_once_one_has_it(desk: Desk) -> None:
    wallet = TestWallet.new()
    people = [await desk.person() for _ in range(4)]
    proofs = [await signed(desk, wallet, "LINK", person.viewer) for person in people]
    found = await asyncio.gather(
        *(
            desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
            for person, proof in zip(people, proofs, strict=True)
        )
    )
    assert sorted(map(codes, found)) == [[]] + [[("message", "NOT_ALLOWED")]] * 3
    assert len(await owners(desk, wallet)) == 1


async def test_wallets_are_linked_on_known_chains(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    proof = await signed(desk, wallet, "LINK", person.viewer, chain_id=999_999_999_999_999)
    found = await desk.change("linkWallet", LINKED, person.viewer, **proof, password=PASSWORD)
    assert codes(found) == [("message", "NOT_FOUND")]
    assert await owners(desk, wallet) == []


async def test_the_second_factor_holds_for_wallets_too(desk: Desk) -> None:
    desk.now = datetime.now(UTC)
    person, wallet = await desk.person(), TestWallet.new()
    await linked(desk, person, wallet)
    seed, _ = await enabled(desk, person)
    proof = await signed(desk, wallet, "LOGIN")
    asked = await desk.change("loginWithWallet", LOGIN, **proof)
    assert (asked["secondFactorRequired"], asked["sessionToken"]) == (True, None)
    code = code_at(seed, step_of(desk.now) + 1)
    good = await desk.change("loginWithWallet", LOGIN, **proof, oneTimeCode=code)
    assert good["userErrors"] == []


async def test_an_unlinked_wallet_signs_nobody_in(desk: Desk) -> None:
    person, stranger, wallet = await desk.person(), await desk.person(), TestWallet.new()
    await linked(desk, person, wallet)
    ((wallet_id,),) = await desk.rows(
        "SELECT id FROM catalog.wallets WHERE address = $1", wallet.address.lower()
    )
    global_id = encode_id(entity_of(Wallet), wallet_id)
    nothing = encode_id(entity_of(Wallet), uuid4())
    for key in (global_id, nothing):
        found = await desk.change("unlinkWallet", "unlinked", stranger.viewer, walletId=key)
        assert codes(found) == [("walletId", "NOT_FOUND")]
    assert await owners(desk, wallet) == [person.id]
    found = await desk.change("unlinkWallet", "unlinked", person.viewer, walletId=global_id)
    assert (found["unlinked"], found["userErrors"]) == (True, [])
    proof = await signed(desk, wallet, "LOGIN")
    assert codes(await desk.change("loginWithWallet", LOGIN, **proof)) == [("", "INVALID")]
    await linked(desk, stranger, wallet)
    assert await owners(desk, wallet) == [stranger.id]


async def test_the_last_way_to_sign_in_stays(desk: Desk) -> None:
    wallet = TestWallet.new()
    proof = await signed(desk, wallet, "LOGIN")
    tokens = await desk.change("signUpWithWallet", LOGIN, None, **proof)
    assert tokens["userErrors"] == []
    (user_id,) = await owners(desk, wallet)
    person = Person(user_id, "")
    ((wallet_id,),) = await desk.rows(
        "SELECT id FROM catalog.wallets WHERE address = $1", wallet.address.lower()
    )
    global_id = encode_id(entity_of(Wallet), wallet_id)
    found = await desk.change("unlinkWallet", "unlinked", person.viewer, walletId=global_id)
    assert codes(found) == [("walletId", "IN_USE")]
    assert await owners(desk, wallet) == [person.id]
    # Whoever has no password yet shows who they are by a session opened minutes ago.
    ((session_id,),) = await desk.rows(
        "SELECT id FROM account.sessions WHERE user_id = $1", person.id
    )
    viewer = replace(person.viewer, session_id=session_id)
    wish = {"newPassword": "correct horse battery"}
    old = await desk.change("changePassword", "endedCount", person.viewer, **wish)
    assert codes(old) == [("", "NOT_ALLOWED")]
    desk.now = datetime.now(UTC) + timedelta(minutes=11)
    late = await desk.change("changePassword", "endedCount", viewer, **wish)
    assert codes(late) == [("", "NOT_ALLOWED")]
    desk.now = None
    assert codes(await desk.change("changePassword", "endedCount", viewer, **wish)) == []
    found = await desk.change("unlinkWallet", "unlinked", person.viewer, walletId=global_id)
    assert codes(found) == []


async def test_a_session_alone_links_nothing(desk: Desk) -> None:
    person, wallet = await desk.person(), TestWallet.new()
    key = replace(person.viewer, api_key_id=uuid4())
    proof = {"message": siwe_text(wallet.address, "abcdefgh1234"), "signature": "0x"}
    assert codes(await desk.change("linkWallet", LINKED, key, **proof)) == [("", "NOT_ALLOWED")]
    for given, expected in (
        ({}, [("password", "REQUIRED")]),
        ({"password": "wrong password"}, [("password", "INVALID")]),
    ):
        found = await desk.change("linkWallet", LINKED, person.viewer, **proof, **given)
        assert codes(found) == expected
    assert await owners(desk, wallet) == []
