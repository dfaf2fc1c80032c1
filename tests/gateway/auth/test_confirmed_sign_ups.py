"""Signing up where addresses are confirmed: nobody learns which ones are known, not by signing in
afterwards either."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from gateway.alerts.mail import Mail
from gateway.alerts.mail_server import MailServer
from gateway.auth.sign_up_mail import MOST_FOR_ADDRESS, SignUpMail
from gateway.config import load_settings
from gateway.worker.service import ServiceContext
from gateway.worker.services.mail_sign_ups import mail_sign_ups
from resolvers.account.passwords import Passwords
from resolvers.account.service import Accounts
from resolvers.account.sign_up_mutations import code_digest, new_code
from stores.errors import StoreRejected
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.gateway.alerts.conftest import MailHost
from tests.resolvers.account.conftest import CHEAP, LOGIN, PASSWORD, Desk, codes

# One mailer takes what is due of all tests.
pytestmark = pytest.mark.xdist_group("sign_ups")


@pytest.fixture
def desk(stores: Stores, worker_stores: Stores) -> Iterator[Desk]:
    passwords = Passwords(CHEAP)
    yield Desk(stores, worker_stores, Accounts(passwords, confirms_sign_ups=True))
    passwords.close()


@pytest.fixture
async def host() -> AsyncIterator[MailHost]:
    """A mail server on this machine."""
    made = MailHost()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
def mailer(worker_stores: Stores, host: MailHost) -> SignUpMail:
    server = MailServer("127.0.0.1", host.port, is_tls=False)
    return SignUpMail(worker_stores, Mail(server, "Gateway <hello@example.org>"))


def fresh_email() -> str:
    return f"new.{secrets.token_hex(6)}@example.org"


def mails_to(host: MailHost, email: str) -> list[Any]:
    mails = [message_from_bytes(each, policy=default) for each in host.mails]
    return [mail for mail in mails if mail["to"] == email]


def code_in(mail: Any) -> str:
    found = re.search(r"\bogc_\w+\b", mail.get_content())
    assert found is not None
    return found[0]


async def sign_up(desk: Desk, email: str, password: str = PASSWORD, **more: str) -> None:
    selection = "accepted confirmationRequired"
    found = await desk.change("signUp", selection, email=email, password=password, **more)
    assert found == {"accepted": True, "confirmationRequired": True, "userErrors": []}


async def confirm(desk: Desk, code: str, password: str = PASSWORD) -> dict[str, Any]:
    return await desk.change("confirmSignUp", LOGIN, code=code, password=password)


async def test_signing_up_and_in_looks_alike_for_known_and_new_addresses(desk: Desk) -> None:
    person, new = await desk.person(), fresh_email()
    seen = []
    for email in (person.email, new):
        wish = {"email": email, "password": "another long password"}
        up = await desk.attempt("signUp", "accepted confirmationRequired", **wish)
        login = {"name": email, "password": "another long password"}
        into = await desk.attempt("login", LOGIN, **login)
        seen.append((up.data, up.statements, into.data, into.statements))
    assert seen[0] == seen[1]
    assert codes(seen[0][2]["login"]) == [("", "INVALID")]
    assert await desk.rows("SELECT 1 FROM account.users WHERE email = $1", new) == []
    # The log does not tell them apart either.
    rows = await desk.rows(
        "SELECT l.action, l.status::text FROM ops.audit_log l JOIN account.sign_ups s"
        " ON l.resource_id = s.id::text WHERE s.email = ANY (ARRAY[$1, $2])",
        person.email,
        new,
    )
    assert [tuple(row) for row in rows] == [("sign_up", "success")] * 2


async def test_the_mailed_code_and_the_password_make_the_account(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    email, name = fresh_email(), f"mary-{secrets.token_hex(4)}"
    await sign_up(desk, email, username=name, consentVersion="2026-01")
    await mailer.send_due()
    (mail,) = mails_to(host, email)
    code = code_in(mail)
    for wrong in ((code, "not the password"), (new_code().text, PASSWORD), ("ogc_x", PASSWORD)):
        assert codes(await confirm(desk, *wrong)) == [("", "INVALID")]
    made = await confirm(desk, f" {code}\n")
    assert made["userErrors"] == []
    assert made["sessionToken"].startswith("ogs_")
    assert made["secondFactorRequired"] is False
    ((user_id, username, verified, consent),) = await desk.rows(
        "SELECT id, username, email_verified_at IS NOT NULL, consent_version FROM account.users"
        " WHERE email = $1",
        email,
    )
    assert (username, verified, consent) == (name, True, "2026-01")
    assert [row[0] for row in await desk.audit(actor=user_id)] == ["login", "sign_up"]
    assert codes(await confirm(desk, code)) == [("", "INVALID")]
    assert codes(await desk.change("login", LOGIN, name=email, password=PASSWORD)) == []
    await mailer.send_due()
    assert len(mails_to(host, email)) == 1
    await desk.leaves_no_trace_of(code, email, PASSWORD)


async def test_the_owner_of_a_known_address_is_told_and_gets_no_code(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    person = await desk.person()
    await sign_up(desk, person.email.lower(), "another long password")
    await mailer.send_due()
    (mail,) = mails_to(host, person.email.lower())
    assert mail["subject"] == "You have an account already"
    assert "ogc_" not in mail.get_content()
    assert codes(await desk.change("login", LOGIN, name=person.email, password=PASSWORD)) == []


async def test_whoever_signs_up_with_a_strangers_address_gets_nothing(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    """The stranger who is mailed does not know the password, the thief does not have the mail."""
    email = fresh_email()
    await sign_up(desk, email, "password of the thief")
    await sign_up(desk, email)
    await mailer.send_due()
    mails = mails_to(host, email)
    outcomes = [codes(await confirm(desk, code_in(mail))) for mail in mails]
    assert sorted(outcomes) == [[], [("", "INVALID")]]
    # The thief's wish is gone with it, should the mail ever be found.
    for mail in mails:
        assert codes(await confirm(desk, code_in(mail), "password of the thief")) == [
            ("", "INVALID")
        ]
    assert codes(await desk.change("login", LOGIN, name=email, password=PASSWORD)) == []


async def test_of_two_confirmations_at_once_one_makes_the_account(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    email = fresh_email()
    await sign_up(desk, email)
    await mailer.send_due()
    code = code_in(mails_to(host, email)[0])
    found = await asyncio.gather(*(confirm(desk, code) for _ in range(3)))
    assert sorted(codes(each) for each in found) == [[], [("", "INVALID")], [("", "INVALID")]]


async def test_a_name_taken_meanwhile_is_left_out(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    email, name = fresh_email(), f"mary-{secrets.token_hex(4)}"
    await sign_up(desk, email, username=name)
    await desk.person(username=name.upper())
    again = await desk.change(
        "signUp", "accepted", email=fresh_email(), password=PASSWORD, username=name
    )
    assert codes(again) == [("username", "TAKEN")]
    await mailer.send_due()
    assert codes(await confirm(desk, code_in(mails_to(host, email)[0]))) == []
    rows = await desk.rows("SELECT username FROM account.users WHERE email = $1", email)
    assert [row[0] for row in rows] == [None]


async def test_a_code_is_good_for_a_day(desk: Desk, mailer: SignUpMail, host: MailHost) -> None:
    email = fresh_email()
    await sign_up(desk, email)
    await mailer.send_due()
    text = "UPDATE account.sign_ups SET expires_at = now() WHERE email = $1"
    await desk.execute(text, email)
    assert codes(await confirm(desk, code_in(mails_to(host, email)[0]))) == [("", "INVALID")]


async def test_a_mail_that_was_not_taken_is_sent_again_with_the_code_that_counts(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    email = fresh_email()
    await sign_up(desk, email)
    host.data = "451 later"
    await mailer.send_due()
    await mailer.send_due()
    assert len(mails_to(host, email)) <= 1  # the next try is a minute away
    host.data = "250 taken"
    host.mails.clear()
    await desk.execute("UPDATE account.sign_ups SET next_mail_at = now() WHERE email = $1", email)
    await mailer.send_due()
    assert codes(await confirm(desk, code_in(mails_to(host, email)[0]))) == []


async def test_a_mailbox_that_is_not_there_is_not_tried_again(
    desk: Desk, mailer: SignUpMail, host: MailHost
) -> None:
    email = fresh_email()
    await sign_up(desk, email)
    host.rcpt = "550 nobody"
    await mailer.send_due()
    rows = await desk.rows(
        "SELECT next_mail_at, mailed_at FROM account.sign_ups WHERE email = $1", email
    )
    assert [tuple(row) for row in rows] == [(None, None)]


async def test_nobodys_mailbox_is_filled(desk: Desk, mailer: SignUpMail, host: MailHost) -> None:
    email = fresh_email()
    for _ in range(MOST_FOR_ADDRESS):
        await sign_up(desk, email)
        await mailer.send_due()
    await sign_up(desk, email.upper())
    await mailer.send_due()
    assert len(mails_to(host, email)) == MOST_FOR_ADDRESS
    assert mails_to(host, email.upper()) == []


async def test_a_worker_sends_the_mails(desk: Desk, worker_stores: Stores) -> None:
    host, stop = MailHost(), asyncio.Event()
    arrived: asyncio.Queue[None] = asyncio.Queue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await host.talk(reader, writer)
        arrived.put_nowait(None)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = load_settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="hello@example.org")
    email = fresh_email()
    await sign_up(desk, email)
    async with server:
        context = ServiceContext(worker_stores, settings, "one")
        task = asyncio.ensure_future(mail_sign_ups(context, stop))
        while not mails_to(host, email):
            await asyncio.wait_for(arrived.get(), 20)
        stop.set()
        await asyncio.wait_for(task, 20)
    assert codes(await confirm(desk, code_in(mails_to(host, email)[0]))) == []


@pytest.mark.parametrize(
    ("given", "confirms"),
    [
        ({}, False),
        ({"smtp_url": "smtp://127.0.0.1:25", "mail_from": "a@example.org"}, True),
        (
            {
                "smtp_url": "smtp://127.0.0.1:25",
                "mail_from": "a@example.org",
                "confirm_sign_ups": False,
            },
            False,
        ),
        ({"confirm_sign_ups": True}, True),
    ],
)
def test_addresses_are_confirmed_where_mail_is_sent_or_it_is_asked_for(
    given: dict[str, Any], confirms: bool
) -> None:
    assert load_settings(**given).accounts().confirms_sign_ups is confirms


async def test_where_nothing_is_confirmed_it_says_so(desk: Desk) -> None:
    plain = replace(desk, accounts=replace(desk.accounts, confirms_sign_ups=False))
    found = await plain.change(
        "signUp", "accepted confirmationRequired", email=fresh_email(), password=PASSWORD
    )
    assert found == {"accepted": True, "confirmationRequired": False, "userErrors": []}


async def test_the_gateway_reads_no_wish(stores: Stores) -> None:
    with pytest.raises(StoreRejected):
        await stores.postgres.fetch(Statement("look", "SELECT * FROM account.sign_ups", (), "many"))


def test_codes_are_told_from_other_tokens() -> None:
    code = new_code()
    assert code_digest(code.text) == code.digest
    assert code_digest("ogs_" + code.text[4:]) is None
