"""What a search found leads to: a hit holds a key, and a field of it the row."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import strawberry
from strawberry import Info

from resolvers.resolve import load_one


def leads_to(description: str, name: str, *, module: str, key: str) -> Any:
    """A field that leads to the row whose key the hit holds; all of a level are one statement.

    Args:
        description: for users of the graph.
        name: type of the graph it leads to, which may be of another domain.
        module: where that type is; imported with the first hit.
        key: attribute of the hit that holds the row's key.
    """

    async def resolver(self: Any, info: Info) -> Any:
        cls = getattr(importlib.import_module(module), name)
        return await load_one(info, cls, getattr(self, key))

    target = Annotated[name, strawberry.lazy(module)]  # type: ignore[valid-type]
    resolver.__annotations__ = {"info": Info, "return": target | None}
    return strawberry.field(resolver=resolver, description=description)
