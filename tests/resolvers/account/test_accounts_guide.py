"""The examples of docs/accounts.md work as they stand, and its figures are those of the code."""

from __future__ import annotations

import json
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from resolvers.account import api_keys, service, session_tokens
from resolvers.account.attempts import BY_ACCOUNT, BY_ADDRESS
from resolvers.account.totp import RECOVERY_CODES
from resolvers.context import Viewer
from stores.redis.keys import ttl_s
from tests.resolvers.account.conftest import Desk
from tests.resolvers.graph import graph

GUIDE: Final = (Path(__file__).parents[3] / "docs" / "accounts.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"```graphql\n(.+?)```\n\n```json\n(.+?)```", re.DOTALL)


async def test_the_examples_work(desk: Desk) -> None:
    email = f"{secrets.token_hex(6)}@example.org"
    viewer = Viewer()
    answers: list[Any] = []
    for query, variables in EXAMPLE.findall(GUIDE):
        answer = await desk.ask(query, viewer, **json.loads(variables.replace("$email", email)))
        assert answer.errors == []
        (payload,) = answer.data.values()
        assert payload["userErrors"] == []
        answers.append(payload)
        ((user_id,),) = await desk.rows("SELECT id FROM account.users WHERE email = $1", email)
        viewer = Viewer(user_id, "user")
    signed_up, signed_in, made = answers
    assert signed_up["accepted"] is True
    assert signed_in["sessionToken"].startswith(session_tokens.SESSION_PREFIX)
    assert made["key"].startswith(api_keys.PREFIX)


def test_its_figures_are_those_of_the_code() -> None:
    assert timedelta(seconds=service.SESSION_S) == timedelta(hours=1)
    assert timedelta(seconds=service.REFRESH_S) == timedelta(days=30)
    assert (BY_ACCOUNT.attempts, BY_ACCOUNT.window_s) == (10, 15 * 60)
    assert (BY_ADDRESS.attempts, BY_ADDRESS.window_s) == (60, 15 * 60)
    assert (RECOVERY_CODES, ttl_s("siwe_nonce")) == (10, 5 * 60)
    for prefix in (session_tokens.SESSION_PREFIX, api_keys.PREFIX):
        assert f"`{prefix}`" in GUIDE


def test_it_names_mutations_that_exist() -> None:
    known = graph()._schema.mutation_type
    assert known is not None
    named = set(re.findall(r"`([a-z]+[A-Z]\w*)[`(]", GUIDE))
    inputs = {"secondFactorRequired", "oneTimeCode"}
    assert named - inputs <= set(known.fields)
