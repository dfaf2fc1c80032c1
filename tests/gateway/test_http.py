"""GraphQL over HTTP by the specification."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.config import load_settings
from resolvers.portfolio.position_file import MAX_BYTES
from tests.gateway.conftest import Gateway, code_of, serving

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, GRAPHQL),
        ("*/*", GRAPHQL),
        ("application/*", GRAPHQL),
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("application/json; charset=utf-8", JSON),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{JSON}, text/event-stream", JSON),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"{GRAPHQL};q=0, */*;q=0.1", JSON),
        (f"{GRAPHQL}, {JSON};q=0.9, multipart/mixed;q=0.8", GRAPHQL),
        (URQL, GRAPHQL),
        ("text/html, */*;q=0.8", GRAPHQL),
        ("*/*, text/event-stream", GRAPHQL),
        (f"{JSON};q=banana, {GRAPHQL};q=0.1", GRAPHQL),
        ("text/event-stream", "text/event-stream"),
        (f"text/event-stream, {JSON};q=0.5", "text/event-stream"),
    ],
)
async def test_answer_has_the_form_the_client_prefers(
    gateway: Gateway, accept: str | None, media: str
) -> None:
    async with gateway.client() as client:
        client.headers.pop("accept")
        headers = {} if accept is None else {"accept": accept}
        response = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


async def test_client_that_accepts_nothing_of_ours_gets_406(gateway: Gateway) -> None:
    response = await gateway.post("{ hello }", headers={"accept": "text/html"})
    assert response.status_code == 406
    assert code_of(response) == "BAD_USER_INPUT"


@pytest.mark.parametrize("name", ["post", "get"])
async def test_variables_and_operation_name_reach_the_query(gateway: Gateway, name: str) -> None:
    parameters: dict[str, Any] = {
        "query": "query A { hello } query B($name: String!) { hello(name: $name) }",
        "operationName": "B",
        "variables": {"name": "Ada 🦉"},
    }
    async with gateway.client() as client:
        if name == "post":
            response = await client.post("/graphql", json=parameters)
        else:
            parameters["variables"] = json.dumps(parameters["variables"])
            response = await client.get("/graphql", params=parameters)
    assert response.json() == {"data": {"hello": "hello Ada 🦉"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "BAD_USER_INPUT"),
        ("query ($of: Int!) { half(of: $of) }", "BAD_USER_INPUT"),
    ],
)
@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_status_of_a_request_error_follows_the_media_type(
    gateway: Gateway, query: str, code: str, accept: str, status: int
) -> None:
    response = await gateway.post(query, headers={"accept": accept})
    assert response.status_code == status
    assert "data" not in response.json()
    assert code_of(response) == code


async def test_field_error_leaves_status_and_data(gateway: Gateway) -> None:
    response = await gateway.post("{ hello missing }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", "missing": None}


async def test_validation_errors_are_shown_in_full(gateway: Gateway) -> None:
    response = await gateway.post("{ helo }")
    (error,) = response.json()["errors"]
    assert error["message"].startswith(
        "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'"
    )
    assert error["locations"] == [{"line": 1, "column": 3}]


BODIES = {
    "null": b"null",
    "a number": b"1",
    "a string": b'"x"',
    "a list": b"[]",
    "a batch": b'[{"query":"{hello}"}]',
    "nothing": b"",
    "no query": b"{}",
    "a blank query": b'{"query":"  "}',
    "a query of another kind": b'{"query":1}',
    "variables of another kind": b'{"query":"{hello}","variables":[]}',
    "variables as text": b'{"query":"{hello}","variables":"{}"}',
    "operationName of another kind": b'{"query":"{hello}","operationName":1}',
    "an endless operationName": b'{"query":"{hello}","operationName":"%s"}' % (b"x" * 300),
    "extensions of another kind": b'{"query":"{hello}","extensions":1}',
    "invalid UTF-8": b'{"query":"{hello}\xff"}',
    "a lone surrogate": b'{"query":"{hello}","variables":{"a":"\\ud800"}}',
    "half JSON": b'{"query":',
    "NaN": b'{"query":"{hello}","variables":{"a":NaN}}',
    "an infinite number": b'{"query":"{hello}","variables":{"a":1e999}}',
    "thousands of digits": b'{"query":"{hello}","variables":{"a":%s}}' % (b"9" * 5000),
    "thousands of digits in a list": b"[%s]" % (b"9" * 300_000),
    "deep lists": b'{"query":"{hello}","variables":{"a":%s%s}}' % (b"[" * 500, b"]" * 500),
    "very deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 900 + b"1" + b"}" * 900,
    "a byte order mark": b'\xef\xbb\xbf{"query":"{hello}"}',
    "UTF-16": '{"query":"{hello}"}'.encode("utf-16"),
    "a compressed body": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("name", BODIES)
async def test_malformed_body_is_a_coded_400(gateway: Gateway, name: str) -> None:
    response = await gateway.send(BODIES[name])
    assert response.status_code == 400
    assert code_of(response) == "BAD_USER_INPUT"
    assert "data" not in response.json()


@pytest.mark.parametrize(
    "variables",
    ['{"value": 340282366920938463463374607431768211456}', f'{{"value": {"7" * 4000}}}'],
)
async def test_integers_of_any_length_pass_exactly(gateway: Gateway, variables: str) -> None:
    query = "query ($value: JSON!) { echo(value: $value) }"
    body = f'{{"query": "{query}", "variables": {variables}}}'
    response = await gateway.send(body.encode())
    assert response.json()["data"]["echo"] == json.loads(variables)["value"]


async def test_unknown_members_of_a_request_are_ignored(gateway: Gateway) -> None:
    response = await gateway.send(b'{"query":"{hello}","future":1,"variables":null}')
    assert response.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_other_methods_get_405_with_allow(gateway: Gateway, method: str) -> None:
    async with gateway.client() as client:
        response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_mutation_by_get_is_refused_and_not_run(gateway: Gateway) -> None:
    response = await gateway.get("/graphql?query=mutation{change}")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert gateway.journal.changes == 0


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%ff",
        "query={hello}&query={hello}",
        "query={hello}&variables=1",
        "query={hello}&variables={",
        "query={hello}&extensions=[]",
        "&".join(["a=1"] * 100),
    ],
)
async def test_malformed_query_string_is_a_coded_400(gateway: Gateway, query_string: str) -> None:
    response = await gateway.get(f"/graphql?{query_string}")
    assert response.status_code == 400
    assert code_of(response) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin-1",
    ],
)
async def test_other_content_types_get_415_and_run_nothing(
    gateway: Gateway, content_type: str
) -> None:
    body = b'{"query":"mutation { change }"}'
    response = await gateway.send(body, content_type=content_type)
    assert response.status_code == 415
    assert gateway.journal.changes == 0


async def test_multipart_mutation_of_a_foreign_form_is_not_run(gateway: Gateway) -> None:
    fields = {"operations": '{"query":"mutation { change }"}', "map": "{}"}
    async with gateway.client() as client:
        response = await client.post("/graphql", files={k: (None, v) for k, v in fields.items()})
    assert response.status_code == 415
    assert gateway.journal.changes == 0


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
async def test_compressed_bodies_get_415(gateway: Gateway, encoding: str) -> None:
    response = await gateway.send(b"\x1f\x8b", content_encoding=encoding)
    assert response.status_code == 415
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("announced", [True, False])
async def test_body_beyond_the_limit_gets_413(gateway: Gateway, announced: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    async with gateway.client() as client:
        response = await client.post(
            "/graphql",
            content=b" " * 2_000_000 if announced else chunks(),
            headers={"content-type": "application/json"},
        )
    assert response.status_code == 413
    assert code_of(response) == "BAD_USER_INPUT"
    # Whoever meant to import a file is told the way that takes it.
    assert "gateway load FILE --user USER" in response.json()["errors"][0]["message"]


async def test_a_client_that_asks_before_it_sends_too_much_sends_nothing(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
    try:
        writer.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 2000000\r\nexpect: 100-continue\r\n\r\n"
        )
        answer = await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_request_holds_the_longest_import_and_little_more() -> None:
    assert load_settings().max_body_bytes - MAX_BYTES == 128 * 1024


async def test_refused_credentials_get_401(gateway: Gateway) -> None:
    response = await gateway.post("{ hello }", headers={"authorization": "wrong"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert code_of(response) == "UNAUTHENTICATED"


async def test_credentials_reach_resolvers(gateway: Gateway) -> None:
    response = await gateway.post("{ identity }", headers={"authorization": "ada"})
    assert response.json() == {"data": {"identity": "ada"}}


async def test_answers_are_not_cached_and_vary_by_accept(gateway: Gateway) -> None:
    response = await gateway.post("{ hello }")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "Accept"


async def test_subscription_over_plain_json_gets_406(gateway: Gateway) -> None:
    response = await gateway.post("subscription { count(to: 1) }", headers={"accept": JSON})
    assert response.status_code == 406


async def test_pages_of_allowed_origins_may_ask() -> None:
    async with serving(allowed_origins="https://app.example") as gateway:
        named = {"origin": "https://app.example"}
        response = await gateway.post("{ hello }", headers=named)
        assert response.json() == {"data": {"hello": "hello world"}}
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        async with gateway.client() as client:
            asked = {**named, "access-control-request-method": "POST"}
            asked["access-control-request-headers"] = "content-type"
            preflight = await client.options("/graphql", headers=asked)
        assert preflight.status_code == 200


async def test_pages_of_other_origins_are_told_nothing(gateway: Gateway) -> None:
    response = await gateway.post("{ hello }", headers={"origin": "https://app.example"})
    assert "access-control-allow-origin" not in response.headers


async def test_header_bytes_of_an_answer(gateway: Gateway) -> None:
    response = await gateway.post("{ hello }")
    sent = [(name, value) for name, value in response.headers.raw if name.lower() != b"date"]
    assert sent == [
        (b"content-type", b"application/graphql-response+json; charset=utf-8"),
        (b"content-length", b"32"),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept"),
        (b"x-content-type-options", b"nosniff"),
    ]


@pytest.mark.parametrize(
    ("accepts", "media"), [([JSON, GRAPHQL], JSON), (["text/html", GRAPHQL], GRAPHQL)]
)
async def test_accept_may_come_in_several_headers(
    gateway: Gateway, accepts: list[str], media: str
) -> None:
    async with gateway.client() as client:
        client.headers.pop("accept")
        headers = [("accept", accept) for accept in accepts]
        response = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


async def test_body_in_pieces_is_put_together(gateway: Gateway) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in b'{"query": "{ hello }"}':
            yield bytes([byte])

    async with gateway.client() as client:
        headers = {"content-type": "Application/JSON ; charset=UTF-8"}
        response = await client.post("/graphql", content=pieces(), headers=headers)
    assert response.json() == {"data": {"hello": "hello world"}}
