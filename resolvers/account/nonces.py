"""Nonces of Sign-In with Ethereum: handed out for one purpose, good once, for five minutes."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import strawberry

from resolvers.account.siwe import new_nonce
from stores.redis.keys import key, ttl_s

if TYPE_CHECKING:
    from resolvers.context import RequestContext


@strawberry.enum(description="What a wallet's signature is to be used for.")
class WalletProofPurpose(enum.Enum):
    """What a wallet's signature is to be used for."""

    LOGIN = strawberry.enum_value("login", description="Signing in, or signing up.")
    LINK = strawberry.enum_value("link", description="Linking the wallet to the viewer.")


async def hand_out(context: RequestContext, purpose: WalletProofPurpose) -> tuple[str, datetime]:
    """A nonce, and when it stops working.

    Raises:
        StoreError: Redis is away.
    """
    nonce, seconds = new_nonce(), ttl_s("siwe_nonce")
    with context.step("redis", "siwe_nonce"):
        commands = context.stores.redis.commands
        await commands.set(_name(nonce), _text(context, purpose), ex=seconds, nx=True)
    return nonce, context.clock() + timedelta(seconds=seconds)


async def is_good(context: RequestContext, nonce: str, purpose: WalletProofPurpose) -> bool:
    """Whether a nonce was handed out for this and not used yet; it stays as it is."""
    with context.step("redis", "siwe_nonce"):
        found = await context.stores.redis.commands.get(_name(nonce))
    return bool(found == _text(context, purpose))


async def use(context: RequestContext, nonce: str, purpose: WalletProofPurpose) -> bool:
    """Whether a nonce was handed out for this and not used yet; from now on it is used."""
    with context.step("redis", "siwe_nonce"):
        found = await context.stores.redis.commands.getdel(_name(nonce))
    return bool(found == _text(context, purpose))


def _name(nonce: str) -> str:
    return key("siwe_nonce", nonce_sha256=hashlib.sha256(nonce.encode()).hexdigest())


def _text(context: RequestContext, purpose: WalletProofPurpose) -> str:
    """A nonce for linking works for the user who asked for it, nobody else."""
    if purpose is WalletProofPurpose.LINK:
        return f"{purpose.value}:{context.viewer.user_id}"
    return str(purpose.value)
