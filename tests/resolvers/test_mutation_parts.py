"""Parts of mutations that need no store: hashes of inputs, redaction, the shape of the schema."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.schema_lint import undescribed
from resolvers.audit import unguarded
from resolvers.mutation import Change, ReplayablePayload, mutation
from resolvers.mutations.records import is_secret, redacted
from resolvers.mutations.replay import input_hash
from resolvers.permissions import Access
from tests.resolvers import ledger
from tests.resolvers.ledger import CreateFolderInput, TagInput


def test_the_schema_of_mutations_is_whole() -> None:
    graph = ledger.make_schema()
    ours = ("Mutation", "Folder", "UserError", "Tag")
    assert [name for name in undescribed(graph._schema) if any(word in name for word in ours)] == []
    assert [name for name in unguarded(graph) if name.startswith("Mutation")] == []


def test_a_replay_needs_a_user() -> None:
    with pytest.raises(TypeError, match="a replay belongs to a user"):

        @mutation("Anybody.", access=Access.PUBLIC)
        async def anybody(self: Any, change: Change, input: CreateFolderInput) -> ReplayablePayload:
            return ReplayablePayload()


def test_equal_wishes_have_equal_hashes() -> None:
    one = CreateFolderInput(
        name="a", password="x", idempotency_key="1", tag_list=[TagInput(word="b")]
    )
    two = CreateFolderInput(
        name="a", password="y", idempotency_key="2", tag_list=[TagInput(word="b")]
    )
    assert input_hash(one) == input_hash(two)
    assert input_hash(one) != input_hash(CreateFolderInput(name="a", tag_list=[TagInput(word="c")]))


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password_hash", True),
        ("totp_secret", True),
        ("encrypted_config", True),
        ("email", True),
        ("apiKey", True),
        ("access_token", True),
        ("share_token_hash", True),
        ("token_id", False),
        ("token_in", False),
        ("tokenOut", False),
        ("token_in_address", False),
        ("token_symbol", False),
        ("destination_chain", False),
        ("destination", True),
        ("tx_hash", False),
        ("name", False),
        ("country_code", False),
    ],
)
def test_secrets_are_known_by_their_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret
    shown = redacted({"outer": [{name: "value"}]})
    assert ("value" in str(shown)) is not secret
