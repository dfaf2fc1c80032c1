"""What becomes of credentials that do not let their bearer in."""

from __future__ import annotations

from typing import Final

UNDECIDED: Final = "Your credentials cannot be checked now. Try again soon."


class Denied(Exception):
    """The caller's credentials are not accepted; the text is shown to them."""


class Undecided(Exception):
    """Credentials are given, and the stores that know them are away: neither good nor bad."""
