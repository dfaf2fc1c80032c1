"""Stealth addresses: what is announced in public, and keys users publish or keep to themselves."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry

from resolvers.fields import column, entity, one
from resolvers.node import Node
from resolvers.plan import Owner, Table
from resolvers.scalars import Address, Hash

if TYPE_CHECKING:
    from resolvers.catalog.chain import Chain
    from resolvers.catalog.wallet import Wallet
    from resolvers.context import RequestContext

ANNOUNCEMENTS = Table(
    "postgres",
    "privacy.stealth_announcements",
    order=("indexed_at",),
    kinds={"chain_id": "int"},
)
META_ADDRESSES = Table(
    "postgres",
    "privacy.stealth_meta_addresses",
    order=("created_at",),
    owner=Owner("user_id"),
    kinds={"chain_id": "int"},
)
SECP256K1_SCHEME: Final = 1
LONGEST_META_ADDRESS: Final = 512
_META_ADDRESS: Final = re.compile(r"st:([a-z0-9-]{1,32}):0x((?:[0-9a-f]{66}){1,2})")
_FIELD_PRIME: Final = 2**256 - 2**32 - 977

_Chain = Annotated["Chain", strawberry.lazy("resolvers.catalog.chain")]


@entity(
    ANNOUNCEMENTS,
    description="A payment to a stealth address, announced on chain as ERC-5564 says. Everybody "
    "reads them all; only the receiver finds their own.",
)
class StealthAnnouncement(Node):
    """A payment to a stealth address, announced on chain."""

    scheme_id: int = column("Scheme by ERC-5564; 1 is secp256k1 with view tags.")
    stealth_address: Address = column("The address that was paid.")
    ephemeral_public_key: str = column(
        "Key with which the receiver finds out that the payment is theirs.", filterable=False
    )
    view_tag: int | None = column(
        "First byte of the hash of the shared secret, 0 to 255: compare it first and skip 255 of "
        "256 payments of others. Null where the scheme has none."
    )
    tx_hash: Hash = column("Transaction of the announcement.")
    log_index: int = column("Place of the event in its block; -1 when unknown.")
    announced_at: datetime = column("Time of the announcement's block.")
    indexed_at: datetime = column("When it arrived here; the order to scan in.")
    chain: _Chain | None = one("The chain it was announced on.", local="chain_id")


@entity(
    META_ADDRESSES,
    description="Public keys from which others derive stealth addresses for the viewer. That they "
    "are the viewer's nobody else is told, unless they are published.",
)
class StealthMetaAddress(Node):
    """Public keys from which others derive stealth addresses for the viewer."""

    scheme_id: int = column("Scheme by ERC-5564; 1 is secp256k1 with view tags.")
    meta_address: str = column("The keys, as ERC-5564 writes them: st:<chain>:0x….")
    created_at: datetime = column("When it was entered.")
    updated_at: datetime = column("When it last changed.")
    chain: _Chain | None = one("The chain it is for.", local="chain_id")
    registrant: Annotated[Wallet, strawberry.lazy("resolvers.catalog.wallet")] | None = one(
        "Wallet of the viewer under which everybody finds it; null when it is not published.",
        local="registrant_wallet_id",
    )


@strawberry.type(
    description="A meta-address under the address of its registrant: what ERC-6538 publishes, and "
    "nothing else."
)
class PublishedMetaAddress:
    """A meta-address under the address of its registrant."""

    registrant: Address = strawberry.field(description="Address it is published under.")
    scheme_id: int = strawberry.field(description="Scheme by ERC-5564.")
    meta_address: str = strawberry.field(
        description="Public spending and viewing keys, as ERC-5564 writes them."
    )


async def published(
    context: RequestContext, chain_id: int, address: str, scheme_id: int
) -> PublishedMetaAddress | None:
    """The meta-address published under an address; None when there is none."""
    rows: list[Any] = await context.postgres(
        "privacy.published_meta_address", chain_id, address, scheme_id
    )
    if not rows:
        return None
    registrant, scheme, meta_address = rows[0]
    return PublishedMetaAddress(registrant=registrant, scheme_id=scheme, meta_address=meta_address)


def meta_address_of(given: str, scheme_id: int) -> str | None:
    """A meta-address as it is kept, in lower case; None when it cannot be one.

    With a mistyped key nobody could ever spend what is sent, so the keys of scheme 1 must be points
    of its curve.
    """
    matched = _META_ADDRESS.fullmatch(given.strip().lower())
    if matched is None:
        return None
    keys = matched[2]
    if scheme_id == SECP256K1_SCHEME:
        points = [keys[start : start + 66] for start in range(0, len(keys), 66)]
        if not all(map(_is_point, points)):
            return None
    return matched[0]


def _is_point(compressed: str) -> bool:
    """Whether 33 bytes are a point of secp256k1: some y squared is x cubed plus 7."""
    x = int(compressed[2:], 16)
    if compressed[:2] not in ("02", "03") or x >= _FIELD_PRIME:
        return False
    square = (pow(x, 3, _FIELD_PRIME) + 7) % _FIELD_PRIME
    return pow(square, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) == 1
