"""Wallets of tests: keys that sign messages as a browser wallet does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from coincurve import PrivateKey
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address


@dataclass(frozen=True)
class TestWallet:
    """A private key and its address."""

    __test__ = False
    key: PrivateKey

    @classmethod
    def new(cls) -> TestWallet:
        return cls(PrivateKey())

    @property
    def address(self) -> str:
        point = self.key.public_key.format(compressed=False)
        return to_checksum_address(keccak(point[1:])[-20:])

    def sign(self, text: str) -> str:
        body = text.encode()
        digest = keccak(b"\x19Ethereum Signed Message:\n%d" % len(body) + body)
        raw = self.key.sign_recoverable(digest, hasher=None)
        return "0x" + raw[:64].hex() + bytes((raw[64] + 27,)).hex()


def siwe_text(
    address: str,
    nonce: str,
    *,
    domain: str = "app.example.org",
    issued_at: datetime | None = None,
    chain_id: int = 1,
    lines: str = "",
) -> str:
    """A message without a statement; `lines` follow the issue time, each beginning with a feed."""
    issued = (issued_at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"{domain} wants you to sign in with your Ethereum account:\n{address}\n\n\n"
        f"URI: https://{domain}/login\nVersion: 1\nChain ID: {chain_id}\nNonce: {nonce}\n"
        f"Issued At: {issued}{lines}"
    )
