"""The key registry: keys as declared, and nothing else."""

import pytest

from stores.redis.keys import KeyRegistryError, families, key, parse_registry, ttl_s


def test_keys_and_lives_are_as_declared() -> None:
    assert key("price_current", asset_id="a1") == "price:current:a1"
    assert ttl_s("price_current") == 60
    assert ttl_s("cache", requested_s=30) == 30
    assert ttl_s("price_history", period="24h") == 300


@pytest.mark.parametrize(
    ("placeholders", "words"),
    [
        ({}, "takes asset_id; got none"),
        ({"asset_id": 1, "chain": 2}, "takes asset_id; got asset_id, chain"),
        ({"asset_id": ""}, "cannot be part of key"),
        ({"asset_id": "a b"}, "cannot be part of key"),
        ({"asset_id": "*"}, "cannot be part of key"),
    ],
)
def test_wrong_placeholders_are_refused(placeholders: dict[str, object], words: str) -> None:
    with pytest.raises(KeyRegistryError, match="price") as caught:
        key("price_current", **placeholders)
    assert words in str(caught.value)


def test_unknown_family_is_refused() -> None:
    with pytest.raises(KeyRegistryError, match="unknown key family 'prices'"):
        key("prices")


def test_a_placeholder_with_few_values_takes_no_other() -> None:
    with pytest.raises(KeyRegistryError, match="period of 'price_history' is one of 1h, 24h, 7d"):
        key("price_history", asset_id="a", period="1y")


def test_a_life_left_to_the_caller_is_bounded() -> None:
    with pytest.raises(KeyRegistryError, match="needs requested_s"):
        ttl_s("cache")
    with pytest.raises(KeyRegistryError, match="lives at most 86400 s"):
        ttl_s("cache", requested_s=86401)
    with pytest.raises(KeyRegistryError, match="has its own time to live"):
        ttl_s("price_current", requested_s=5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[a]\ntemplate = "a:{x}"', "lacks structure"),
        (
            '[a]\ntemplate="a"\nstructure="heap"\nttl_s=1\nowner="o"\ndescription="d"',
            "unknown structure",
        ),
        (
            '[a]\ntemplate="a"\nstructure="hash"\nttl_s="often"\nowner="o"\ndescription="d"',
            "must be seconds",
        ),
        (
            '[a]\ntemplate="a:{x}"\nstructure="set"\nttl_s=1\nowner="o"\ndescription="d"\n'
            '[b]\ntemplate="a:{y}"\nstructure="set"\nttl_s=1\nowner="o"\ndescription="d"',
            "write the same keys",
        ),
    ],
)
def test_a_broken_registry_is_refused(text: str, words: str) -> None:
    with pytest.raises(KeyRegistryError, match=words):
        parse_registry(text)


def test_every_packaged_family_gives_a_key() -> None:
    for family in families().values():
        values = {name: family.values.get(name, ("x",))[0] for name in family.placeholders}
        assert family.key(**values)
