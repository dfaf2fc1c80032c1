"""Who is let in over HTTP: keys and sessions that are good, and all the ways they are not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from resolvers.account.standing import forget
from stores.lifecycle import Stores
from stores.redis.keys import key as redis_key
from stores.urls import StoreUrls
from tests.gateway.auth.conftest import Edge, People, serving

PAST = datetime.now(UTC) - timedelta(minutes=1)
REFUSED = (401, "UNAUTHENTICATED")


def bearer(text: str) -> str:
    return f"Bearer {text}"


async def test_nobody_is_let_in_as_nobody(edge: Edge) -> None:
    who = await edge.who(user_agent="curl/8")
    assert who == {
        "userId": None,
        "role": "anonymous",
        "tier": "free",
        "scopes": None,
        "wallet": None,
        "address": "127.0.0.1",
        "agent": "curl/8",
    }


@pytest.mark.parametrize("header", ["x_api_key", "authorization"])
async def test_an_api_key_opens_what_its_scopes_say(
    header: str, edge: Edge, people: People
) -> None:
    user_id = await people.user()
    await people.tier(user_id, "pro")
    text, _ = await people.key(user_id, scopes=["write"])
    value = text if header == "x_api_key" else bearer(text)
    who = await edge.who(**{header: value})
    assert who["userId"] == str(user_id)
    assert (who["role"], who["tier"], who["scopes"]) == ("user", "pro", ["read", "write"])


async def test_a_session_opens_everything_its_user_may(edge: Edge, people: People) -> None:
    user_id = await people.user(role="admin")
    token, _ = await people.session(user_id)
    who = await edge.who(authorization=bearer(token))
    assert (who["userId"], who["role"], who["scopes"]) == (str(user_id), "admin", None)


@pytest.mark.parametrize(
    ("status", "tier"),
    [("trial", "basic"), ("past_due", "basic"), ("unpaid", "free"), ("cancelled", "free")],
)
async def test_a_tier_lasts_as_long_as_its_subscription_gives_access(
    status: str, tier: str, edge: Edge, people: People
) -> None:
    user_id = await people.user()
    await people.tier(user_id, "basic", status)
    token, _ = await people.session(user_id)
    assert (await edge.who(authorization=bearer(token)))["tier"] == tier


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer nonsense",
        "Bearer ogk_0000000000000000000000000000000000000000000000000",
        "Bearer ogs_0000000000000000000000000000000000000000000000000",
        "Bearer a.b.c",
        "Bearer " + "x" * 9000,
    ],
)
async def test_what_is_no_credential_is_refused(value: str, edge: Edge) -> None:
    response = await edge.ask(authorization=value)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"].startswith("application/")
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "data" not in response.json()


async def test_a_well_formed_key_that_nobody_has_is_refused(edge: Edge) -> None:
    from resolvers.account.api_keys import new_api_key
    from resolvers.account.session_tokens import new_session_tokens

    assert await edge.code(x_api_key=new_api_key().text) == REFUSED
    assert await edge.code(authorization=bearer(new_session_tokens().session.text)) == REFUSED


async def test_two_different_credentials_are_one_too_many(edge: Edge, people: People) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    token, _ = await people.session(user_id)
    assert await edge.code(x_api_key=text, authorization=bearer(token)) == REFUSED


@pytest.mark.parametrize(
    "columns", [{"expires_at": PAST}, {"revoked_at": PAST}, {"is_active": False}]
)
async def test_a_key_that_is_over_is_refused(
    columns: dict[str, Any], edge: Edge, people: People
) -> None:
    text, _ = await people.key(await people.user(), **columns)
    assert await edge.code(x_api_key=text) == REFUSED


async def test_a_session_that_is_over_is_refused(edge: Edge, people: People) -> None:
    token, _ = await people.session(await people.user(), lifetime_s=-1)
    assert await edge.code(authorization=bearer(token)) == REFUSED


async def ban(people: People, user_id: UUID) -> None:
    await people.sql.execute(
        "UPDATE account.users SET is_banned = true, banned_at = now() WHERE id = $1", user_id
    )


@pytest.mark.parametrize("how", ["banned", "inactive", "deleted"])
@pytest.mark.parametrize("kind", ["key", "session"])
async def test_whoever_may_not_sign_in_is_refused_without_a_reason(
    how: str, kind: str, edge: Edge, people: People
) -> None:
    user_id = await people.user()
    text, _ = await (people.key(user_id) if kind == "key" else people.session(user_id))
    if how == "banned":
        await ban(people, user_id)
    elif how == "inactive":
        await people.sql.execute(
            "UPDATE account.users SET is_active = false WHERE id = $1", user_id
        )
    else:
        await people.sql.execute(
            "UPDATE account.users SET deleted_at = now() WHERE id = $1", user_id
        )
    response = await edge.ask(authorization=bearer(text))
    assert response.status_code == 401
    (error,) = response.json()["errors"]
    assert error["message"] == (
        "The credential is not known, has expired or was revoked: sign in again."
    )


async def test_a_key_is_good_from_its_addresses_only(edge: Edge, people: People) -> None:
    user_id = await people.user()
    here, _ = await people.key(user_id, allowed_ips=["127.0.0.0/8"])
    there, _ = await people.key(user_id, allowed_ips=["203.0.113.7", "2001:db8::/32"])
    nowhere, _ = await people.key(user_id, allowed_ips=[])
    assert (await edge.who(x_api_key=here))["userId"] == str(user_id)
    assert await edge.code(x_api_key=there) == REFUSED
    assert await edge.code(x_api_key=nowhere) == REFUSED
    # Nobody asked the proxy's word.
    assert await edge.code(x_api_key=there, x_forwarded_for="203.0.113.7") == REFUSED


async def test_behind_a_trusted_proxy_the_client_counts(
    store_urls: StoreUrls, people: People
) -> None:
    text, _ = await people.key(await people.user(), allowed_ips=["203.0.113.7"])
    async with serving(store_urls, trusted_proxies="127.0.0.1") as edge:
        who = await edge.who(x_api_key=text, x_forwarded_for="10.9.9.9, 203.0.113.7")
        assert who["address"] == "203.0.113.7"
        # What the client itself claims stands further left and does not count.
        assert await edge.code(x_api_key=text, x_forwarded_for="203.0.113.7, 10.9.9.9") == REFUSED


@pytest.mark.parametrize("kind", ["key", "session"])
async def test_a_revocation_acts_at_once_in_every_process(
    kind: str, store_urls: StoreUrls, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    text, credential_id = await (people.key(user_id) if kind == "key" else people.session(user_id))
    table = "api_keys" if kind == "key" else "sessions"
    async with (
        serving(store_urls, credentials_kept_s=60) as one,
        serving(store_urls, credentials_kept_s=60) as other,
    ):
        for edge in (one, other):
            assert (await edge.who(authorization=bearer(text)))["userId"] == str(user_id)
        await people.sql.execute(
            f"UPDATE account.{table} SET revoked_at = now() WHERE id = $1", credential_id
        )
        await forget(stores.redis, user_id)
        for edge in (one, other):
            assert await edge.code(authorization=bearer(text)) == REFUSED


async def test_another_tier_acts_at_once(
    store_urls: StoreUrls, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    token, _ = await people.session(user_id)
    async with serving(store_urls, credentials_kept_s=60) as edge:
        assert (await edge.who(authorization=bearer(token)))["tier"] == "free"
        await people.tier(user_id, "enterprise")
        await forget(stores.redis, user_id)
        assert (await edge.who(authorization=bearer(token)))["tier"] == "enterprise"


async def test_a_ban_by_sql_acts_once_the_answer_is_old(
    store_urls: StoreUrls, people: People
) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    async with serving(store_urls, credentials_kept_s=0) as edge:
        assert (await edge.who(x_api_key=text))["userId"] == str(user_id)
        await ban(people, user_id)
        assert await edge.code(x_api_key=text) == REFUSED


async def test_a_session_that_redis_lost_is_found_in_postgres(
    store_urls: StoreUrls, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    token, _ = await people.session(user_id)
    async with serving(store_urls, credentials_kept_s=0) as edge:
        assert (await edge.who(authorization=bearer(token)))["userId"] == str(user_id)
        (digest,) = await stores.redis.commands.smembers(
            redis_key("user_sessions", user_id=user_id)
        )
        name = redis_key("session", token_sha256=digest)
        assert (await stores.redis.commands.hgetall(name))["user_id"] == str(user_id)
        await stores.redis.commands.delete(name)
        assert (await edge.who(authorization=bearer(token)))["userId"] == str(user_id)
        assert await stores.redis.commands.exists(name) == 1


async def test_the_record_in_redis_holds_no_secret(
    edge: Edge, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    token, session_id = await people.session(user_id)
    await edge.who(authorization=bearer(token))
    (digest,) = await stores.redis.commands.smembers(redis_key("user_sessions", user_id=user_id))
    record = await stores.redis.commands.hgetall(redis_key("session", token_sha256=digest))
    assert record["session_id"] == str(session_id)
    assert token not in str(record)
    assert 0 < await stores.redis.commands.ttl(redis_key("session", token_sha256=digest)) <= 3600


async def test_uses_are_counted_and_written_together(
    store_urls: StoreUrls, stores: Stores, people: People
) -> None:
    user_id = await people.user()
    text, key_id = await people.key(user_id)
    token, session_id = await people.session(user_id)
    before = await people.sql.fetchval("SELECT now()")
    async with serving(store_urls) as edge:
        for _ in range(3):
            await edge.who(x_api_key=text)
        await edge.who(authorization=bearer(token))
    # Leaving, a process writes what it has noted.
    row = await people.sql.fetchrow(
        "SELECT usage_count, last_used_at FROM account.api_keys WHERE id = $1", key_id
    )
    assert row is not None
    assert row["usage_count"] == 3
    assert row["last_used_at"] >= before
    counted = await stores.redis.commands.hgetall(redis_key("usage_pending"))
    kinds = [(key_id, "3"), ("", "1")]
    for key, requests in kinds:
        assert counted[f"requests|{user_id}|{key}|query|graphql"] == requests
    assert before <= await people.sql.fetchval(
        "SELECT last_activity_at FROM account.sessions WHERE id = $1", session_id
    )


async def test_one_question_is_asked_for_many_requests_at_once(
    store_urls: StoreUrls, people: People
) -> None:
    user_id = await people.user()
    text, _ = await people.key(user_id)
    async with serving(store_urls) as edge:
        found = await asyncio.gather(*(edge.who(x_api_key=text) for _ in range(20)))
    assert {each["userId"] for each in found} == {str(user_id)}


async def test_the_demo_user_is_only_for_those_who_show_nothing(
    store_urls: StoreUrls, people: People
) -> None:
    demo, other = await people.user(), await people.user()
    text, _ = await people.key(other)
    async with serving(store_urls, demo_user=demo) as edge:
        assert (await edge.who())["userId"] == str(demo)
        assert (await edge.who())["tier"] == "enterprise"
        assert (await edge.who(x_api_key=text))["userId"] == str(other)
        assert await edge.code(x_api_key="ogk_wrong") == REFUSED
