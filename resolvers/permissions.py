"""Who may read a field: declared on it, checked before anything is read, refusing when in doubt.

A field declares two things. Its `access` says who may use it at all, its `tier` what they have to
pay for. Both executors ask `require` before they read: what a viewer may not see is null with an
error of its own, and no store is asked for it.

A limited credential (an API key) holds scopes besides. What is not public needs `read`, a mutation
`write`, what is for operators `admin`; `write` includes `read`, and `admin` both.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Final

from strawberry.permission import BasePermission

from resolvers.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strawberry import Info

    from resolvers.context import RequestContext, Viewer


class Access(Enum):
    """Who may use a field."""

    PUBLIC = "everybody"
    AUTHENTICATED = "whoever is signed in"
    OWNER = "whoever is signed in, and only rows of their own"
    ADMIN = "operators"


class Tier(IntEnum):
    """What a user pays for; a tier includes all below it."""

    FREE = 0
    BASIC = 1
    PRO = 2
    ENTERPRISE = 3

    @property
    def word(self) -> str:
        """As Postgres and messages write it, such as `pro`."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str | None) -> Tier:
        """The tier of a word; none is free."""
        return cls[word.upper()] if word else cls.FREE


READ: Final = "read"
WRITE: Final = "write"
ADMIN: Final = "admin"
_INCLUDED: Final = {
    READ: frozenset({READ}),
    WRITE: frozenset({READ, WRITE}),
    ADMIN: frozenset({READ, WRITE, ADMIN}),
}


def scopes_of(granted: Iterable[str]) -> frozenset[str]:
    """The scopes of a credential with those they include; words that are none give nothing."""
    return frozenset().union(*(_INCLUDED.get(scope, frozenset()) for scope in granted))


def require(viewer: Viewer, access: Access, tier: Tier = Tier.FREE, *, write: bool = False) -> None:
    """Let the viewer pass or raise.

    Args:
        viewer: who asks.
        access: what the field declares.
        tier: the least tier it is part of; above free somebody has to be signed in. Operators
            have every tier.
        write: it changes something.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the role, the scopes of the credential or the tier do not suffice.
    """
    if access is Access.PUBLIC and tier is Tier.FREE:
        return
    if viewer.user_id is None:
        if tier is Tier.FREE:
            raise Unauthenticated
        raise Unauthenticated(f"Sign in to read this: it is part of the tier {tier.word}.")
    if access is Access.ADMIN and viewer.role != "admin":
        raise Forbidden
    if viewer.scopes is not None:
        scope = ADMIN if access is Access.ADMIN else WRITE if write else READ
        if scope not in viewer.scopes:
            raise Forbidden(f"This credential lacks the scope {scope}.")
    if viewer.tier < tier and viewer.role != "admin":
        raise Forbidden(f"This is part of the tier {tier.word}; yours is {viewer.tier.word}.")


def admits(viewer: Viewer, access: Access, tier: Tier = Tier.FREE) -> bool:
    """Whether `require` lets the viewer pass."""
    try:
        require(viewer, access, tier)
    except (Unauthenticated, Forbidden):
        return False
    return True


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
