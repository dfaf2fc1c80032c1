"""Which chain an argument means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from resolvers.errors import BadInput
from resolvers.scalars import ChainId

if TYPE_CHECKING:
    from resolvers.context import RequestContext

ChainArgument = Annotated[
    ChainId | None,
    strawberry.argument(
        description="Only on this chain: a CAIP-2 id, an EVM chain id or a slug; all chains when "
        "not given."
    ),
]


async def chain_number(context: RequestContext, chain: ChainId) -> int:
    """The number by which the stores know the chain of an argument.

    All chains named in one level are one statement, and each is looked up once a request.

    Raises:
        BadInput: there is no such chain.
        StoreError: in one of its kinds.
    """

    async def load(names: list[str]) -> list[int | None]:
        rows = await context.postgres("chains.numbers", names, keys=len(names))
        found = {cast("str", name): cast("int", number) for name, number in rows}
        return [found.get(name) for name in names]

    number = await context.loaders.get(("chain numbers",), lambda: load).load(chain)
    if number is None:
        raise BadInput(
            f"There is no chain {chain!r}.",
            hint="The field `chains` lists those there are; use `caip2`, `evmChainId` or `slug`.",
        )
    return number


async def optional_chain_number(context: RequestContext, chain: ChainId | None) -> int | None:
    """The same for an argument that may be left out."""
    return None if chain is None else await chain_number(context, chain)
