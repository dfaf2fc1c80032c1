"""Ids made from natural keys: all stores and installations agree without look-ups."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5


def _made(kind: str, *key: object) -> UUID:
    return uuid5(NAMESPACE_URL, "onchain-gateway:" + ":".join((kind, *map(str, key))))


def asset_id(chain_id: int, address: str | None) -> UUID:
    """Id of a token by its normalised contract address, or of the native coin when that is None."""
    return _made("asset", chain_id, address or "native")


def loose_asset_id(name: str) -> UUID:
    """Id of an asset that belongs to no known chain, by its lower-case ticker or name."""
    return _made("asset", name)


def protocol_id(slug: str) -> UUID:
    """Id of a protocol."""
    return _made("protocol", slug)


def deployment_id(slug: str, chain_id: int, address: str | None) -> UUID:
    """Id of a protocol's deployment on a chain, at a contract where one is known."""
    return _made("deployment", slug, chain_id, address or "")


def wallet_id(chain_id: int, address: str) -> UUID:
    """Id of an address on a chain."""
    return _made("wallet", chain_id, address)


def contract_id(chain_id: int, address: str) -> UUID:
    """Id of a contract that can be scanned and scored."""
    return _made("contract", chain_id, address)


def event_id(kind: str, chain_id: int, tx_hash: str, log_index: int, *more: object) -> UUID:
    """Id of a row about one log of a transaction; log index -1 is the transaction itself."""
    return _made(kind, chain_id, tx_hash, log_index, *more)


def row_id(kind: str, *key: object) -> UUID:
    """Id of any other row by its natural key."""
    return _made(kind, *key)


def user_id(email: str) -> UUID:
    """Id of a user that a demo file makes."""
    return _made("user", email.lower())


# Whom the demonstration signs in.
DEMO_USER_ID: Final = user_id("demo@example.org")
