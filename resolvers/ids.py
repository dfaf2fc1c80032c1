"""Global ids: what tells rows of all types apart."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from resolvers.errors import BadInput
from resolvers.reflection import Entity

_HINT = "Take ids from a field `id`, unchanged."


def encode_id(entity: Entity, key: object) -> str:
    """The global id of a row: base64url of `Type:key`, unpadded."""
    return named_id(entity.name, key)


def named_id(name: str, key: object) -> str:
    """The global id of a row of the type with a name, which may be another domain's."""
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).rstrip(b"=").decode()


def decode_id(given: str) -> tuple[str, str]:
    """Type name and key of a global id.

    Raises:
        BadInput: it is none.
    """
    try:
        padded = given.encode("ascii") + b"=" * (-len(given) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        text = ""
    name, _, key = text.partition(":")
    if not name.isidentifier() or not key or len(given) > 1024:
        raise BadInput(f"{shown(given)} is not a global id.", hint=_HINT)
    return name, key


def key_of(entity: Entity, given: str) -> object:
    """The key a global id of a certain type holds; the bare key is taken as well.

    Raises:
        BadInput: it is the id of another type, or none at all.
    """
    if entity.table.key_kind == "uuid":
        try:
            return UUID(given)
        except ValueError:
            pass
    name, key = decode_id(given)
    if name != entity.name:
        raise BadInput(f"{shown(given)} is the id of a {name}, not of a {entity.name}.")
    return parse_key(entity, key, given)


def uuid_of(name: str, given: str) -> UUID:
    """The UUID a global id of the type with a name holds; the bare UUID is taken as well.

    Raises:
        BadInput: it is the id of another type, or none at all.
    """
    try:
        return UUID(given)
    except ValueError:
        pass
    found, key = decode_id(given)
    try:
        if found == name:
            return UUID(key)
    except ValueError:
        pass
    raise BadInput(f"{shown(given)} is not the id of a {name}.")


def parse_key(entity: Entity, key: str, given: str) -> object:
    """The key in a decoded global id; `given` is for the error."""
    try:
        match entity.table.key_kind:
            case "uuid":
                return UUID(key)
            case "int":
                number = int(key)
                if not -(2**63) <= number < 2**63:
                    raise ValueError(key)
                return number
            case _:
                return checked_text("id", key)
    except ValueError:
        raise BadInput(f"{shown(given)} is not a global id.", hint=_HINT) from None


def shown(given: str) -> str:
    """An id in an error message."""
    return repr(given if len(given) <= 60 else given[:60] + "…")


def checked_text(name: str, value: str) -> str:
    """Text that can be stored: UTF-8 without NUL.

    Raises:
        BadInput: it is not.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadInput(f"`{name}` holds half of a surrogate pair, which is not text.") from None
    if "\0" in value:
        raise BadInput(f"`{name}` holds a NUL character, which no stored text has.")
    return value
