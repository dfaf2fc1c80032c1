"""What the audit log and the outbox keep of a change; the one list of what they never keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal

# Names of columns and inputs whose values are secret, whole or with something before or behind.
SECRET: Final = re.compile(
    r"(^|_)(passwords?|passphrase|secrets?|tokens?|otp|totp|pin|cvc|signature|seed|mnemonic|nonce|"
    r"ciphertext|encrypted|private_key|viewing_key|spending_key|api_key|key_hash|recovery_codes?|"
    r"backup_codes?|proof|credentials?|destinations?|webhook_url|commitment|nullifier)(_|$)"
)
# The same for what tells who somebody is.
PERSONAL: Final = re.compile(
    r"(^|_)(email|e_mail|phone|full_name|first_name|last_name|ip|ip_address|ip_addresses|allowed_ips|"
    r"user_agent|birth_date|street|postal_code|tax_id)(_|$)"
)
# Keys of other rows are no secrets, whatever they are called.
_REFERENCE: Final = re.compile(r"_ids?$")
# Nor are coins, which are called tokens too, and where a transfer goes. A request for other coins
# is another request, so they count in what an idempotency key stands for.
_PUBLIC: Final = re.compile(r"(^|_)(tokens?_(in|out|symbol|address)|destination_chain)(?=_|$)")
REDACTED: Final = "[redacted]"

Status = Literal["success", "failure", "error"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one thing.

    Attributes:
        action: what was done: create, update, delete, or a domain's own word.
        resource: what kind of thing, by table.
        resource_id: which one.
        before: its columns before; None for a new one.
        after: its columns after; None for one that is gone.
        event: what the outbox calls it, such as `created`; None when nobody has to hear of it.
        payload: what subscribers need to know; never secrets.
        metadata: further facts for the log.
        status: how it ended.
        error: why it did not succeed.
    """

    action: str
    resource: str
    resource_id: str | None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    event: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    status: Status = "success"
    error: str | None = None

    def row(self) -> dict[str, Any]:
        """As the statement takes it."""
        return {
            "action": self.action,
            "resource_type": self.resource,
            "resource_id": self.resource_id,
            "changes": changes(self.before, self.after),
            "metadata": redacted(self.metadata),
            "status": self.status,
            "error_message": self.error,
            "event": self.event,
            "payload": redacted(self.payload),
        }


def changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, dict[str, Any]]:
    """Columns that differ, with their old and new values, redacted."""
    old, new = before or {}, after or {}
    return {
        name: {
            side: _shown(name, values[name])
            for side, values in (("before", old), ("after", new))
            if name in values
        }
        for name in dict.fromkeys((*old, *new))
        if name not in old or name not in new or old[name] != new[name]
    }


def redacted(value: Any) -> Any:
    """A value without what is secret or personal, at any depth."""
    if isinstance(value, Mapping):
        return {str(name): _shown(str(name), item) for name, item in value.items()}
    match value:
        case list() | tuple() | set() | frozenset():
            return [redacted(item) for item in value]
        case bytes() | memoryview():
            return REDACTED
        case Enum():
            return value.value
        case None | str() | bool() | int() | float() | Decimal():
            return value
    return value.isoformat() if isinstance(value, date) else str(value)


def is_secret(name: str) -> bool:
    """Whether values of this name stay out of logs."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if _REFERENCE.search(name):
        return False
    name = _PUBLIC.sub("", name)
    return bool(SECRET.search(name) or PERSONAL.search(name))


def _shown(name: str, value: Any) -> Any:
    return REDACTED if value is not None and is_secret(name) else redacted(value)
