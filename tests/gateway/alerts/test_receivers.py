"""What the documentation tells receivers of webhooks holds for what is sent."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path
from typing import Any

import orjson

from gateway.alerts.outcome import Destination
from gateway.alerts.posting import Poster
from gateway.alerts.webhook import Webhook
from tests.gateway.alerts.conftest import MESSAGE, Provider

PAGE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_example_tells_ours_from_others(provider: Provider, poster: Poster) -> None:
    page: dict[str, Any] = {}
    exec(block("python"), page)
    now = time.time()
    await Webhook(poster).send(MESSAGE, Destination(provider.url, SECRET))
    await Webhook(poster, lambda: now - 600).send(MESSAGE, Destination(provider.url, SECRET))
    got, old = provider.received
    assert page["is_ours"](SECRET, got.headers, got.body)
    assert not page["is_ours"](SECRET, old.headers, old.body)
    assert not page["is_ours"](SECRET, got.headers, got.body + b" ")
    assert not page["is_ours"]("whsec_" + "A" * 44, got.headers, got.body)
    two = {**got.headers, "webhook-signature": f"v1,AAAA {got.headers['webhook-signature']}"}
    assert page["is_ours"](SECRET, two, got.body)


async def test_the_example_of_a_body_has_the_fields_of_one(
    provider: Provider, poster: Poster
) -> None:
    shown = orjson.loads(block("json"))
    await Webhook(poster).send(MESSAGE, Destination(provider.url, SECRET))
    (got,) = provider.received
    assert shown.keys() == got.json.keys()
    assert got.json["data"].keys() <= shown["data"].keys()
