"""A copy of somebody's data holds all that the stores have of them, and no secret."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import httpx2

from resolvers.lifecycle.holdings import holdings
from tests.gateway.auth.conftest import People
from tests.gateway.lifecycle.conftest import Person, Town, client_of

ASK: Final = """{ viewer { dataExports { nodes {
    status fileUrl fileSizeBytes fileSha256 completedAt } } } }"""
#: What no copy holds; a new secret column has to appear here.
LEFT_OUT: Final = {
    "account.api_keys": ["key_hash"],
    "account.dashboards": ["share_token_hash"],
    "account.recovery_codes": ["code_hash"],
    "account.refresh_tokens": ["token_hash"],
    "account.sessions": ["token_hash"],
    "account.user_secrets": ["ciphertext"],
    "account.users": ["password_hash"],
    "alerts.destinations": ["ciphertext"],
    "alerts.mail_bounces": ["email_sha256"],
}


async def exports(client: httpx2.AsyncClient, token: str) -> list[Any]:
    headers = {"authorization": f"Bearer {token}"}
    answer = await client.post("/graphql", json={"query": ASK}, headers=headers)
    body = answer.json()
    assert "errors" not in body, body
    found: list[Any] = body["data"]["viewer"]["dataExports"]["nodes"]
    return found


async def test_a_copy_holds_everything_but_secrets_and_only_its_owner_gets_it(town: Town) -> None:
    owner, other = await town.settle(), await town.settle()
    await town.sql.execute(
        "UPDATE account.users SET password_hash = 'salted-hash', email = 'me@example.org'"
        " WHERE id = $1",
        owner.id,
    )
    people = People(town.sql)
    tokens = [(await people.session(each.id))[0] for each in (owner, other)]
    await town.sql.execute("DELETE FROM ops.export_requests WHERE user_id = $1", other.id)

    assert (await town.job("export_user_data"))[0] == 1
    async with client_of(town) as client:
        (shown,), none = [await exports(client, token) for token in tokens]
        assert none == []
        assert shown["status"] == "COMPLETED"
        answer = await client.get(shown["fileUrl"])
        stranger = {"authorization": f"Bearer {tokens[1]}"}
        assert (await client.get(shown["fileUrl"], headers=stranger)).status_code == 404
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="data-export-')
    assert shown["fileSizeBytes"] == str(len(answer.content))
    assert shown["fileSha256"] == hashlib.sha256(answer.content).hexdigest()

    copy = json.loads(answer.content)
    _holds_everything(copy, owner)
    text = answer.text
    assert "salted-hash" not in text
    for row in owner.estate.rows.values():
        for value in row.values():
            assert not isinstance(value, bytes) or value.hex() not in text
    strange = {mark for mark in other.estate.marks if mark in text}
    assert strange == set()

    await town.sql.execute("UPDATE ops.export_requests SET expires_at = now()")
    assert (await town.job("export_user_data"))[1] == {"thrown_away": 1}
    assert [each.key async for each in town.objects.list(f"data-exports/{owner.id}")] == [
        owner.file
    ]
    async with client_of(town) as client:
        ((gone,),) = [await exports(client, token) for token in tokens[:1]]
    assert gone["fileUrl"] is None


def _holds_everything(copy: Any, owner: Person) -> None:
    assert copy["leftOut"] == LEFT_OUT
    empty = {name for name in holdings().tables if not copy["postgres"][name]}
    assert empty == set(), "a table was forgotten"
    (user,) = copy["postgres"]["account.users"]
    assert (user["id"], user["email"]) == (str(owner.id), "me@example.org")
    (wallet,) = copy["postgres"]["lifecycle.linked_wallets"]
    assert wallet["id"] == copy["postgres"]["account.user_wallets"][0]["wallet_id"]
    assert {name: len(rows) for name, rows in copy["clickhouse"].items()} == {
        each.name: 1 for each in holdings().clickhouse
    }
    (point,) = copy["qdrant"]["trading_patterns"]
    assert (point["id"], point["features"]) == (owner.point, owner.estate.marker)
    session = owner.estate.rows["account.sessions"]["token_hash"].hex()
    assert copy["redis"].keys() == {
        each for each in owner.keys if session not in each and not each.endswith(":sessions")
    }
    assert set(copy["unknown"]) == set(holdings().unknown)
