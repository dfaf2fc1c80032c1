"""Root fields that find what is at an address."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.catalog.chains import chain_number
from resolvers.catalog.place import Contract
from resolvers.catalog.wallet import LISTED, Wallet
from resolvers.fields import root_field
from resolvers.permissions import Access
from resolvers.resolve import find_one
from resolvers.scalars import Address, ChainId
from stores.relational.conditions import All, Compare

_Chain = Annotated[
    ChainId, strawberry.argument(description="A CAIP-2 id, an EVM chain id or a slug.")
]
_Address = Annotated[Address, strawberry.argument(description="The address, in any case.")]


@strawberry.type(description="What is at an address.")
class AddressQuery:
    """Root fields that find what is at an address."""

    @root_field(
        "The wallet at an address; null when nothing was observed there.", access=Access.PUBLIC
    )
    async def wallet(self, info: Info, chain: _Chain, address: _Address) -> Wallet | None:
        """One row by its natural key."""
        here = All((await _at(info, chain, address), LISTED))
        found: Wallet | None = await find_one(info, Wallet, here)
        return found

    @root_field("The contract at an address; null when it is not known.", access=Access.PUBLIC)
    async def contract(self, info: Info, chain: _Chain, address: _Address) -> Contract | None:
        """One row by its natural key."""
        found: Contract | None = await find_one(info, Contract, await _at(info, chain, address))
        return found


async def _at(info: Info, chain: ChainId, address: Address) -> All:
    number = await chain_number(info.context, chain)
    return All(
        (Compare("chain_id", "int", "eq", number), Compare("address", "text", "eq", address))
    )
