"""Root fields of shielded pools and stealth addresses."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.chains import chain_number
from resolvers.connection import Connection
from resolvers.fields import root_field, root_one, root_page
from resolvers.permissions import Access
from resolvers.privacy.notes import NullifierState, PrivacyDeposit, deposits_of, nullifiers
from resolvers.privacy.pools import PrivacyPool
from resolvers.privacy.stealth import (
    SECP256K1_SCHEME,
    PublishedMetaAddress,
    StealthAnnouncement,
    StealthMetaAddress,
    published,
)
from resolvers.scalars import Address, ChainId


@strawberry.type(description="Shielded pools and stealth addresses.")
class PrivacyQuery:
    """Root fields of shielded pools and stealth addresses."""

    privacy_pool: PrivacyPool | None = root_one(
        "One shielded pool; null when there is none.", by=("id",), access=Access.PUBLIC
    )
    privacy_pools: Connection[PrivacyPool] | None = root_page(
        "Shielded pools, those that hide best first.", access=Access.PUBLIC
    )
    stealth_announcements: Connection[StealthAnnouncement] | None = root_page(
        "Payments to stealth addresses in the order in which they arrived here. To scan, page "
        "forward and keep the last cursor: whatever arrives later, however old, comes after it. "
        "`where: {viewTag: {eq: …}}` narrows it down.",
        access=Access.PUBLIC,
    )
    stealth_meta_addresses: Connection[StealthMetaAddress] | None = root_page(
        "The viewer's own meta-addresses, oldest first.", access=Access.OWNER
    )

    @root_field(
        "Deposits by commitment, in the same order; null for one that nobody registered. Nobody, "
        "this server included, knows whose they are: keep your commitments, and ask with them.",
        access=Access.AUTHENTICATED,
    )
    async def privacy_deposits(
        self,
        info: Info,
        commitments: Annotated[
            list[str],
            strawberry.argument(
                description="Commitments, 0x and hexadecimal digits; at most 100. Pass them as a "
                "variable, so that no log of documents holds them."
            ),
        ],
    ) -> list[PrivacyDeposit | None] | None:
        """One statement."""
        return await deposits_of(info.context, commitments)

    @root_field(
        "Whether nullifiers are spent, in the same order; the answer has the same shape for one "
        "that no deposit has. Ask without signing in: nothing is gained by being known.",
        access=Access.PUBLIC,
    )
    async def nullifiers(
        self,
        info: Info,
        hashes: Annotated[
            list[str],
            strawberry.argument(
                description="Hashes of nullifiers, 0x and hexadecimal digits; at most 100. Pass "
                "them as a variable, so that no log of documents holds them."
            ),
        ],
    ) -> list[NullifierState] | None:
        """One statement."""
        return await nullifiers(info.context, hashes)

    @root_field(
        "The meta-address somebody published under an address, as the registry of ERC-6538 has it; "
        "null when there is none.",
        access=Access.PUBLIC,
    )
    async def published_meta_address(
        self,
        info: Info,
        chain: Annotated[
            ChainId, strawberry.argument(description="A CAIP-2 id, an EVM chain id or a slug.")
        ],
        address: Annotated[Address, strawberry.argument(description="Address of the registrant.")],
        scheme_id: Annotated[
            int, strawberry.argument(description="Scheme by ERC-5564.")
        ] = SECP256K1_SCHEME,
    ) -> PublishedMetaAddress | None:
        """One statement beside that for the chain."""
        number = await chain_number(info.context, chain)
        return await published(info.context, number, address, scheme_id)
