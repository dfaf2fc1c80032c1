"""What is sent and answered when somebody signs up, in or out."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers.account.nonces import WalletProofPurpose
from resolvers.account.types import Session
from resolvers.mutation import Payload, changed, outcome, shown_once


@strawberry.input(description="Who wants an account.")
class SignUpInput:
    """Who wants an account."""

    email: str = strawberry.field(description="E-mail address.")
    password: str = strawberry.field(
        description="Password of 12 to 256 characters; a few words are easy to remember."
    )
    username: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Name to sign in with, of 3 to 40 letters, digits, dots, hyphens and "
        "underscores.",
    )
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Name to be called by."
    )
    consent_version: str | None = strawberry.field(
        default=strawberry.UNSET, description="Version of the terms that are agreed to."
    )


@strawberry.type(description="What came of asking for an account.")
class SignUpPayload(Payload):
    """What came of asking for an account."""

    accepted: bool | None = outcome(
        "True when the wish was good: its owner can sign in, or, where addresses are confirmed, is "
        "mailed a code. When the address has an account already nothing happens, and its owner is "
        "told; whoever asks is not."
    )
    confirmation_required: bool | None = outcome(
        "Whether the account is made only by `confirmSignUp`, with the code that was mailed."
    )


@strawberry.input(description="Proof that the address of a sign-up belongs to who signed up.")
class ConfirmSignUpInput:
    """Proof that the address of a sign-up belongs to who signed up."""

    code: str = strawberry.field(
        description="The code that was mailed; it is good for a day and works once."
    )
    password: str = strawberry.field(description="The password chosen when signing up.")


@strawberry.input(description="How somebody proves who they are.")
class LoginInput:
    """How somebody proves who they are."""

    name: str = strawberry.field(description="E-mail address or user name.")
    password: str = strawberry.field(description="Password.")
    one_time_code: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Code of the authenticator, or a recovery code; only with a second factor.",
    )


@strawberry.input(description="A message signed by a wallet, to sign in with.")
class LoginWithWalletInput:
    """A message signed by a wallet, to sign in with."""

    message: str = strawberry.field(
        description="The message by EIP-4361, with a nonce from `createWalletNonce`."
    )
    signature: str = strawberry.field(
        description="65 bytes in hexadecimal, as `personal_sign` gives them."
    )
    one_time_code: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Code of the authenticator, or a recovery code; only with a second factor.",
    )


@strawberry.input(description="Which session to go on with.")
class RefreshSessionInput:
    """Which session to go on with."""

    refresh_token: str = strawberry.field(
        description="The refresh token that came last; it works once. Shown again it ends the "
        "session, because two must have it."
    )


@strawberry.type(description="What came of signing in.")
class LoginPayload(Payload):
    """What came of signing in."""

    session_token: str | None = shown_once(
        "To be sent as `Authorization: Bearer …`; shown now and never again."
    )
    refresh_token: str | None = shown_once(
        "Exchanged for the next pair by `refreshSession`; shown now and never again."
    )
    expires_at: datetime | None = outcome("Until when the session token works.")
    refresh_expires_at: datetime | None = outcome("Until when the refresh token works.")
    second_factor_required: bool | None = outcome(
        "True when everything was right and a `oneTimeCode` is needed as well; false when the "
        "viewer is signed in, null when they were refused."
    )


@strawberry.input(description="What a wallet is to sign for.")
class CreateWalletNonceInput:
    """What a wallet is to sign for."""

    purpose: WalletProofPurpose = strawberry.field(description="What the proof will be used for.")


@strawberry.type(description="What came of asking for a nonce.")
class CreateWalletNoncePayload(Payload):
    """What came of asking for a nonce."""

    nonce: str | None = shown_once("To be put into the message; it works once.")
    expires_at: datetime | None = outcome("Until when it works.")


@strawberry.input(description="Where to sign out.")
class LogoutInput:
    """Where to sign out."""

    everywhere: bool = strawberry.field(
        default=False, description="Whether to end all sessions of the viewer, not this one only."
    )


@strawberry.type(description="What came of signing out.")
class LogoutPayload(Payload):
    """What came of signing out."""

    ended_count: int | None = outcome("Sessions that were ended.")


@strawberry.input(description="Which session to end.")
class RevokeSessionInput:
    """Which session to end."""

    id: strawberry.ID = strawberry.field(description="The session.")


@strawberry.type(description="What came of ending a session.")
class RevokeSessionPayload(Payload):
    """What came of ending a session."""

    session: Session | None = changed("The session; null when there is none.")
