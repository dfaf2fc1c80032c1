"""What Strawberry wraps around resolvers of the synthetic graph: permissions and extensions."""

from __future__ import annotations

import asyncio
from typing import Any

from strawberry import Info
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from resolvers.errors import BadInput
from tests.gateway.executor.oracle.faults import context_of


class MayNot(BasePermission):
    """Refuses some, by their number."""

    message = "This one is not shown."

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        return not context_of(info).struck("permission", getattr(source, "number", 0))


class MayNotLater(BasePermission):
    """The same, after waiting; raises of its own accord."""

    message = "Not now."

    async def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        await asyncio.sleep(0)
        if context_of(info).struck("permission", f"later {getattr(source, 'number', 0)}"):
            raise BadInput("Not even asked.")
        return True


class Louder(FieldExtension):
    """Changes the value of the field it is on."""

    def resolve(self, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
        found = next_(source, info, **kwargs)
        return f"{found}!" if isinstance(found, str) else found


class LouderLater(FieldExtension):
    """The same for resolvers that wait."""

    async def resolve_async(self, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
        return f"{await next_(source, info, **kwargs)}!"
