"""Who may read a field: declared on it, checked before anything is read, refusing when in doubt."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from strawberry.permission import BasePermission

from resolvers.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from strawberry import Info

    from resolvers.context import RequestContext, Viewer


class Access(Enum):
    """Who may use a field."""

    PUBLIC = "everybody"
    AUTHENTICATED = "whoever is signed in"
    OWNER = "whoever is signed in, and only rows of their own"
    ADMIN = "operators"


def require(viewer: Viewer, access: Access, scope: str | None = None) -> None:
    """Let the viewer pass or raise.

    Args:
        viewer: who asks.
        access: what the field declares.
        scope: what a limited credential must hold, such as `portfolio:read`.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the role or the scopes do not suffice.
    """
    if access is Access.PUBLIC:
        return
    if viewer.user_id is None:
        raise Unauthenticated
    if access is Access.ADMIN and viewer.role != "admin":
        raise Forbidden
    if scope is not None and viewer.scopes and scope not in viewer.scopes:
        raise Forbidden(f"This credential lacks the scope {scope}.")


class Authenticated(BasePermission):
    """For fields with a resolver of their own: somebody must be signed in."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        """Raise rather than answer, so that the error carries its code."""
        context: RequestContext = info.context
        require(context.viewer, Access.AUTHENTICATED)
        return True


class Admin(BasePermission):
    """For fields with a resolver of their own: operators only."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        """Raise rather than answer, so that the error carries its code."""
        context: RequestContext = info.context
        require(context.viewer, Access.ADMIN)
        return True
