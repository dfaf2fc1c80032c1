"""Names of users as they may be stored."""

from __future__ import annotations

import re
from typing import Any, Final

from resolvers.mutation import Change, UserErrorCode

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,39}")


def email(change: Change, value: str) -> str | None:
    """An e-mail address, with the letters as they were typed."""
    text = change.text("email", value, longest=320)
    if text is not None and not _EMAIL.fullmatch(text):
        change.refuse("email", UserErrorCode.INVALID, "Give an address such as mary@example.org.")
        return None
    return text


def username(change: Change, value: Any) -> str | None:
    """A user name; it can never look like an e-mail address, which signs in as well."""
    text = change.text("username", value, longest=40, required=False)
    if text is not None and not _USERNAME.fullmatch(text):
        change.refuse(
            "username",
            UserErrorCode.INVALID,
            "Use 3 to 40 letters, digits, dots, hyphens and underscores, the first a letter or "
            "digit.",
        )
        return None
    return text
