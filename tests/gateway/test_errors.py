"""What users are told when something fails, and what is kept from them."""

from __future__ import annotations

import json
import logging

import pytest

from tests.gateway.conftest import Gateway, code_of
from tests.gateway.graph import SECRET


@pytest.mark.parametrize(
    ("field", "extensions"),
    [
        (
            "storeDown",
            {"code": "STORE_UNAVAILABLE", "store": "clickhouse", "retryable": True},
        ),
        ("storeSlow", {"code": "DEADLINE_EXCEEDED", "store": "postgres", "retryable": True}),
        ("missing", {"code": "NOT_FOUND"}),
    ],
)
async def test_known_failure_nulls_its_field_with_a_code(
    gateway: Gateway, field: str, extensions: dict[str, object]
) -> None:
    response = await gateway.post(f"{{ hello {field} }}")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", field: None}
    (error,) = response.json()["errors"]
    assert error["path"] == [field]
    assert error["extensions"] == extensions
    assert SECRET not in response.text


async def test_message_for_users_is_shown_with_its_hint(gateway: Gateway) -> None:
    response = await gateway.post("{ missing }")
    assert response.json()["errors"][0]["message"] == "No protocol has this slug. See protocols."


@pytest.mark.parametrize("field", ["bug", "storeRefuses", "requiredBug"])
async def test_fault_of_ours_is_masked_with_an_id_that_the_log_knows(
    gateway: Gateway, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = await gateway.post(f"{{ {field} }}")
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "hunter2" not in response.text
    assert "Traceback" not in response.text
    (record,) = caplog.records
    assert error["extensions"]["id"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[2] is not None


async def test_each_fault_has_an_id_of_its_own(gateway: Gateway) -> None:
    response = await gateway.post("{ a: bug b: bug }")
    ids = {error["extensions"]["id"] for error in response.json()["errors"]}
    assert len(ids) == 2


async def test_scalars_own_exception_text_is_not_shown_for_a_literal(gateway: Gateway) -> None:
    response = await gateway.post('{ token(token: "bad") }')
    assert response.status_code == 400
    assert code_of(response) == "BAD_USER_INPUT"
    assert "hunter2" not in response.text
    assert "Token" in response.json()["errors"][0]["message"]


async def test_scalars_own_exception_text_is_not_shown_for_a_variable(gateway: Gateway) -> None:
    query = "query ($token: Token!) { token(token: $token) }"
    response = await gateway.post(query, variables={"token": "bad"})
    assert response.status_code == 400
    assert code_of(response) == "BAD_USER_INPUT"
    assert "hunter2" not in response.text
    assert "$token" in response.json()["errors"][0]["message"]


async def test_very_many_bad_values_are_not_our_fault(gateway: Gateway) -> None:
    query = "query ($tokens: [Token!]!) { tokens(tokens: $tokens) }"
    response = await gateway.post(query, variables={"tokens": ["bad"] * 1_000})
    assert response.status_code == 400
    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert len(errors) < 100


async def test_long_values_are_not_echoed_in_full(gateway: Gateway) -> None:
    literal = json.dumps("x" * 50_000)
    response = await gateway.post(f"{{ half(of: {literal}) }}")
    assert code_of(response) == "GRAPHQL_VALIDATION_FAILED"
    assert len(response.content) < 2_000


async def test_refused_document_is_logged_by_nobody(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "strawberry"), caplog.at_level(logging.INFO, "gateway"):
        await gateway.post("{ nothing }")
        await gateway.post("{ missing storeDown }")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
