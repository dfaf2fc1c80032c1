"""What each receiver gets, and what its answers mean."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from email import message_from_bytes
from email.policy import default

import pytest
from aiohttp import web

from gateway.alerts.chats import Discord, Telegram
from gateway.alerts.mail import Mail
from gateway.alerts.mail_server import MailServer
from gateway.alerts.outcome import Channel, Destination, Refused, TryAgain
from gateway.alerts.posting import Poster
from gateway.alerts.short_messages import ShortMessages
from gateway.alerts.webhook import Webhook, signed
from tests.gateway.alerts.conftest import HERE, MESSAGE, MailHost, Provider

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def test_a_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_webhook_is_signed_and_repeats_its_id(provider: Provider, poster: Poster) -> None:
    times = iter([1_700_000_000.9, 1_700_000_060.0])
    channel = Webhook(poster, lambda: next(times))
    to = Destination(f"{provider.url}/hook?a=b", SECRET)
    assert await channel.send(MESSAGE, to) == str(MESSAGE.id)
    await channel.send(MESSAGE, to)
    first, second = provider.received
    assert first.path == "/hook?a=b"
    assert first.headers["content-type"] == "application/json"
    assert first.json == {
        "type": "alert.triggered",
        "timestamp": "2026-05-01T12:00:00+00:00",
        "data": {
            "alert_type": "price_change",
            "triggered_value": "110",
            "title": "Up @everyone",
            "message": "price_change > 5 %: 110.",
        },
    }
    signed_text = f"{MESSAGE.id}.1700000000.".encode() + first.body
    digest = hmac.new(bytes(range(32)), signed_text, hashlib.sha256).digest()
    assert first.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert first.headers["webhook-timestamp"] == "1700000000"
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == str(MESSAGE.id)
    assert first.body == second.body
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500, 502])
async def test_a_webhook_that_does_not_say_yes_is_tried_again(
    provider: Provider, poster: Poster, status: int
) -> None:
    provider.will_answer(status, headers={"location": f"{provider.url}/other"})
    with pytest.raises(TryAgain, match=f"status {status}"):
        await Webhook(poster).send(MESSAGE, Destination(provider.url, SECRET))
    assert len(provider.received) == 1


async def test_a_webhook_may_say_that_it_is_gone_or_wants_to_rest(
    provider: Provider, poster: Poster
) -> None:
    provider.will_answer(410)
    provider.will_answer(429, headers={"retry-after": "120"})
    provider.will_answer(503, headers={"retry-after": "999999999"})
    to = Destination(provider.url, SECRET)
    with pytest.raises(Refused) as gone:
        await Webhook(poster).send(MESSAGE, to)
    assert gone.value.is_gone
    for after_s in (120, 86_400):
        with pytest.raises(TryAgain) as caught:
            await Webhook(poster).send(MESSAGE, to)
        assert caught.value.after_s == after_s


async def test_a_receiver_that_says_nothing_is_left(provider: Provider) -> None:
    left = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await left.wait()
        return web.Response()

    provider.answers.append(silent)
    async with Poster(HERE, total_s=0.2) as poster:
        with pytest.raises(TryAgain, match="no answer in time"):
            await Webhook(poster).send(MESSAGE, Destination(provider.url, SECRET))
    left.set()


async def test_an_endless_answer_is_not_read(provider: Provider, poster: Poster) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    provider.answers.append(endless)
    answer = await poster.post(provider.url, b"{}", {})
    assert (answer.status, len(answer.body)) == (200, 16 * 1024)


async def test_telegram(provider: Provider, poster: Poster) -> None:
    channel = Telegram(poster, "1:token", provider.url)
    provider.will_answer(200, {"ok": True, "result": {"message_id": 77}})
    assert await channel.send(MESSAGE, Destination("-100")) == "77"
    (got,) = provider.received
    assert got.path == "/bot1:token/sendMessage"
    text = f"Up @everyone\nprice_change > 5 %: 110.\n({MESSAGE.id})"
    assert got.json == {"chat_id": "-100", "text": text}
    provider.will_answer(429, {"ok": False, "parameters": {"retry_after": 31}})
    with pytest.raises(TryAgain) as caught:
        await channel.send(MESSAGE, Destination("-100"))
    assert caught.value.after_s == 31


async def test_discord(provider: Provider, poster: Poster) -> None:
    channel = Discord(poster)
    to = Destination(f"{provider.url}/api/webhooks/1/t")
    provider.will_answer(200, {"id": "42"})
    assert await channel.send(MESSAGE, to) == "42"
    (got,) = provider.received
    assert got.path == "/api/webhooks/1/t?wait=true"
    assert got.json["allowed_mentions"] == {"parse": []}
    assert got.json["content"].startswith("Up @everyone\n")
    provider.will_answer(429, {"retry_after": 0.65})
    with pytest.raises(TryAgain) as caught:
        await channel.send(MESSAGE, to)
    assert caught.value.after_s == 0.65


async def test_short_messages(provider: Provider, poster: Poster) -> None:
    channel = ShortMessages(poster, "texter", f"{provider.url}/send", "t0ken")
    provider.will_answer(202, {"id": "s-1"})
    assert await channel.send(MESSAGE, Destination("+4930123456")) == "s-1"
    (got,) = provider.received
    assert got.headers["authorization"] == "Bearer t0ken"
    assert got.headers["idempotency-key"] == str(MESSAGE.id)
    assert got.json == {"to": "+4930123456", "title": MESSAGE.title, "text": MESSAGE.text}


@pytest.mark.parametrize(
    ("name", "status", "said", "refused", "gone"),
    [
        ("telegram", 400, "message is too long", True, False),
        ("telegram", 400, "Bad Request: chat not found", True, True),
        ("telegram", 403, "bot was blocked by the user", True, True),
        # The token of the operator is wrong, which is no fault of the receiver.
        ("telegram", 404, "Not Found", False, False),
        ("discord", 400, "no", True, False),
        ("discord", 404, "Unknown Webhook", True, True),
        ("short", 400, "no", True, False),
        ("short", 404, "no", True, True),
        ("short", 410, "no", True, True),
        *((name, 500, "no", False, False) for name in ("telegram", "discord", "short")),
    ],
)
async def test_what_providers_say_no_by(
    provider: Provider, poster: Poster, name: str, status: int, said: str, refused: bool, gone: bool
) -> None:
    channels: dict[str, Channel] = {
        "telegram": Telegram(poster, "1:t", provider.url),
        "discord": Discord(poster),
        "short": ShortMessages(poster, "p", provider.url, "t"),
    }
    provider.will_answer(status, {"description": said})
    with pytest.raises(Refused if refused else TryAgain) as caught:
        await channels[name].send(MESSAGE, Destination(provider.url))
    assert getattr(caught.value, "is_gone", False) is gone


def mail_to(host: MailHost) -> Mail:
    server = MailServer("127.0.0.1", host.port, is_tls=False)
    return Mail(server, "Gateway <alerts@example.org>")


async def test_a_mail_carries_the_delivery_as_its_id(mail_host: MailHost) -> None:
    key = await mail_to(mail_host).send(MESSAGE, Destination("a@example.org"))
    assert key == f"<{MESSAGE.id}@example.org>"
    assert mail_host.recipients == ["RCPT TO:<a@example.org>"]
    mail = message_from_bytes(mail_host.mails[0], policy=default)
    assert (mail["subject"], mail["message-id"]) == ("Up @everyone", key)
    assert mail.get_content().startswith("price_change > 5 %: 110.")


@pytest.mark.parametrize(
    ("rcpt", "data", "refused", "gone"),
    [
        ("550 nobody", "250 ok", True, True),
        ("552 full for good", "250 ok", True, True),
        ("250 ok", "550 nobody", True, True),
        ("450 full", "250 ok", False, False),
        ("250 ok", "554 spam", True, False),
        ("250 ok", "451 later", False, False),
    ],
)
async def test_replies_of_a_mail_server(
    mail_host: MailHost, rcpt: str, data: str, refused: bool, gone: bool
) -> None:
    mail_host.rcpt, mail_host.data = rcpt, data
    with pytest.raises(Refused if refused else TryAgain) as caught:
        await mail_to(mail_host).send(MESSAGE, Destination("a@example.org"))
    assert getattr(caught.value, "is_gone", False) is gone


async def test_mail_goes_over_tls_or_not_at_all(mail_host: MailHost) -> None:
    server = MailServer.parse(f"smtp://u:p%40@127.0.0.1:{mail_host.port}")
    assert (server.user, server.password, server.is_tls) == ("u", "p@", False)
    with pytest.raises(TryAgain):
        await Mail(server, "a@example.org").send(MESSAGE, Destination("b@example.org"))
    assert mail_host.mails == []
