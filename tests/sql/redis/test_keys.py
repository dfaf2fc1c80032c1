"""The registry of Redis keys is complete, consistent and free of secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sql.redis.keys import families, scripts

STRUCTURES = {
    "string", "counter", "hash", "list", "sorted_set", "set", "stream", "channel",
}  # fmt: skip
DOMAINS = {
    "account", "catalog", "portfolio", "trading", "alerts", "risk", "research", "agents",
    "privacy", "ops",
}  # fmt: skip
ENCODINGS = {"json", "text", "integer"}
KNOWN = {
    "template", "structure", "ttl_s", "ttl", "ttl_by", "encoding", "fields", "values", "scripts",
    "owner", "description", "replaces", "max_length", "consumer_group",
}  # fmt: skip
SECRET_WORDS = {"token", "key", "secret", "password", "nonce", "signature", "email"}

FAMILIES = families()


def placeholders(family: dict[str, Any]) -> list[str]:
    return re.findall(r"\{([a-z0-9_]+)\}", family["template"])


@pytest.mark.parametrize("name", FAMILIES)
def test_family_says_all_that_is_asked(name: str) -> None:
    family = FAMILIES[name]
    assert set(family) <= KNOWN
    assert family["structure"] in STRUCTURES
    assert family["owner"] in DOMAINS
    assert family["description"].endswith(".")
    assert isinstance(family["ttl_s"], int)
    assert family["ttl_s"] >= 0
    assert isinstance(family["replaces"], list)
    if family["structure"] in {"hash", "stream"}:
        assert set(family["fields"].values()) <= ENCODINGS
    else:
        assert family["encoding"] in ENCODINGS
    if family["structure"] == "stream":
        assert family["max_length"] > 0
        assert family["consumer_group"]


@pytest.mark.parametrize("name", FAMILIES)
def test_value_lists_and_times_belong_to_placeholders(name: str) -> None:
    family = FAMILIES[name]
    assert set(family.get("values", {})) <= set(placeholders(family))
    for placeholder, times in family.get("ttl_by", {}).items():
        assert set(times) == set(family["values"][placeholder])
        assert max(times.values()) == family["ttl_s"]


def test_no_two_families_can_build_the_same_key() -> None:
    patterns = {
        name: re.sub(r"\\\{[a-z0-9_]+\\\}", "[^:]+", re.escape(family["template"]))
        for name, family in FAMILIES.items()
    }
    for name, family in FAMILIES.items():
        sample = re.sub(r"\{[a-z0-9_]+\}", "0f", family["template"])
        fitting = [other for other, pattern in patterns.items() if re.fullmatch(pattern, sample)]
        assert fitting == [name]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_key_without_end_says_what_bounds_it(name: str) -> None:
    family = FAMILIES[name]
    if family["ttl_s"] or family["structure"] in {"channel", "stream"}:
        return
    assert re.search(
        r"bounded|trimmed|emptied|one key", family["description"], flags=re.IGNORECASE
    ), "a family without a TTL must state what keeps it small"


@pytest.mark.parametrize("name", FAMILIES)
def test_001_38_and_004_21_no_secret_in_a_key_name(name: str) -> None:
    for placeholder in placeholders(FAMILIES[name]):
        if placeholder.endswith(("_sha256", "_id")):
            continue
        assert not set(placeholder.split("_")) & SECRET_WORDS


def test_004_22_members_of_the_arbitrage_ranking_expire_one_by_one() -> None:
    assert FAMILIES["arbitrage_ranking"]["ttl_s"] == 0
    assert FAMILIES["arbitrage_opportunity"]["ttl_s"] == 30
    assert placeholders(FAMILIES["arbitrage_opportunity"]) == ["opportunity_id"]


def test_004_23_alerts_are_streams_with_a_consumer_group() -> None:
    for name in ("alerts_high", "alerts_out"):
        assert FAMILIES[name]["structure"] == "stream"
        assert FAMILIES[name]["consumer_group"] == "delivery"


def test_004_24_history_lives_as_long_as_its_points_stay_new() -> None:
    times = FAMILIES["price_history"]["ttl_by"]["period"]
    assert times == {"1h": 60, "24h": 300, "7d": 3600}


def test_every_script_is_declared_and_every_declared_script_exists() -> None:
    declared = {script for family in FAMILIES.values() for script in family.get("scripts", [])}
    assert declared == set(scripts())
