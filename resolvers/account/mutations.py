"""All changes of accounts, for the list of domains."""

from __future__ import annotations

import strawberry

from resolvers.account.credential_mutations import CredentialMutation
from resolvers.account.key_mutations import KeyMutation
from resolvers.account.login_mutations import LoginMutation
from resolvers.account.profile_mutations import ProfileMutation
from resolvers.account.request_mutations import RequestMutation
from resolvers.account.sign_up_mutations import SignUpMutation
from resolvers.account.wallet_mutations import WalletMutation


@strawberry.type(description="Changes of accounts.")
class AccountMutation(
    SignUpMutation,
    LoginMutation,
    CredentialMutation,
    KeyMutation,
    WalletMutation,
    ProfileMutation,
    RequestMutation,
):
    """Changes of accounts."""
