"""What the holder of a deposit's note may ask: how a commitment stands, is a nullifier spent.

Neither question leads to the other, and no answer says who made a deposit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import Info

from resolvers.errors import BadInput
from resolvers.privacy.enums import DepositPrivacyLevel, DepositProofStatus, DepositStatus
from resolvers.privacy.pools import PrivacyPool
from resolvers.resolve import load_one

if TYPE_CHECKING:
    from resolvers.catalog.asset import Asset
    from resolvers.context import RequestContext

MAX_HASHES: Final = 100
_HASH: Final = re.compile(r"0x[0-9a-f]{1,126}")


@strawberry.type(
    description="A deposit into a shielded pool. It names no person, wallet or transaction, and "
    "nothing of its withdrawal."
)
class PrivacyDeposit:
    """A deposit into a shielded pool."""

    pool_id: strawberry.Private[UUID]
    asset_id: strawberry.Private[UUID]
    commitment: str = strawberry.field(description="Its commitment in the pool's tree.")
    denomination: Decimal = strawberry.field(description="Amount, in whole units of the asset.")
    privacy_level: DepositPrivacyLevel = strawberry.field(description="How much mixing it asked.")
    status: DepositStatus = strawberry.field(description="Where it stands.")
    proof_status: DepositProofStatus = strawberry.field(description="Whether its proof holds.")
    anonymity_set: int | None = strawberry.field(
        description="Deposits it hides among; null when they are fewer than the pool's "
        "`minimumGroupSize`."
    )
    mixing_rounds: int = strawberry.field(description="Rounds of mixing.")
    confirmed_at: datetime | None = strawberry.field(
        description="When it was final on chain; null until then."
    )
    mixing_started_at: datetime | None = strawberry.field(
        description="When mixing began; null until then."
    )
    mixing_completed_at: datetime | None = strawberry.field(
        description="When mixing ended; null until then."
    )
    withdrawal_available_at: datetime | None = strawberry.field(
        description="From when it may be withdrawn; null when not known yet."
    )
    privacy_score: Decimal | None = strawberry.field(
        description="How well it hides, 0 to 1; null when not computed yet."
    )
    mixing_efficiency: Decimal | None = strawberry.field(
        description="Share of the mixing asked for that was reached, 0 to 1; null when not "
        "computed."
    )

    @strawberry.field(description="The pool it is in.")  # type: ignore[untyped-decorator]
    async def pool(self, info: Info) -> PrivacyPool | None:
        """All pools of a level are one statement."""
        found: PrivacyPool | None = await load_one(info, PrivacyPool, self.pool_id)
        return found

    @strawberry.field(description="The asset.")  # type: ignore[untyped-decorator]
    async def asset(
        self, info: Info
    ) -> Annotated[Asset, strawberry.lazy("resolvers.catalog.asset")] | None:
        """All assets of a level are one statement."""
        from resolvers.catalog.asset import Asset

        found: Asset | None = await load_one(info, Asset, self.asset_id)
        return found


@strawberry.type(description="Whether a withdrawal with a nullifier would be refused.")
class NullifierState:
    """Whether a withdrawal with a nullifier would be refused."""

    nullifier: str = strawberry.field(description="The nullifier's hash, in lower case.")
    is_spent: bool = strawberry.field(
        description="Whether it was used. False also for one that no deposit has."
    )


def hash_of(given: str) -> str | None:
    """A commitment or nullifier as the stores keep it; None when it cannot be one."""
    lowered = given.strip().lower()
    return lowered if _HASH.fullmatch(lowered) else None


async def deposits_of(
    context: RequestContext, commitments: Sequence[str]
) -> list[PrivacyDeposit | None]:
    """Deposits by commitment, in order; None for one that nobody registered. One statement.

    Raises:
        BadInput: there are too many, or one cannot be a commitment. It is not repeated.
    """
    wanted = _hashes("commitments", commitments)
    rows: list[Any] = await context.postgres(
        "privacy.deposits", list(dict.fromkeys(wanted)), keys=len(wanted)
    )
    found = {
        row[0]: PrivacyDeposit(
            commitment=row[0],
            pool_id=row[1],
            asset_id=row[2],
            denomination=row[3],
            privacy_level=DepositPrivacyLevel(row[4]),
            status=DepositStatus(row[5]),
            proof_status=DepositProofStatus(row[6]),
            anonymity_set=row[7],
            mixing_rounds=row[8],
            confirmed_at=row[9],
            mixing_started_at=row[10],
            mixing_completed_at=row[11],
            withdrawal_available_at=row[12],
            privacy_score=row[13],
            mixing_efficiency=row[14],
        )
        for row in rows
    }
    return [found.get(each) for each in wanted]


async def nullifiers(context: RequestContext, hashes: Sequence[str]) -> list[NullifierState]:
    """Whether each nullifier is spent, in order; one statement whatever the answer.

    Raises:
        BadInput: as `deposits_of`.
    """
    wanted = _hashes("hashes", hashes)
    rows = await context.postgres("privacy.spent", list(dict.fromkeys(wanted)), keys=len(wanted))
    spent = {row[0] for row in rows}
    return [NullifierState(nullifier=each, is_spent=each in spent) for each in wanted]


def _hashes(argument: str, given: Sequence[str]) -> list[str]:
    if len(given) > MAX_HASHES:
        raise BadInput(f"`{argument}` has {len(given)} entries, above the maximum of {MAX_HASHES}.")
    found = []
    for place, value in enumerate(given):
        parsed = hash_of(value)
        if parsed is None:
            # The value stays out of the message: messages are logged.
            raise BadInput(
                f"Entry {place} of `{argument}` is no hash.",
                hint="Write 0x and hexadecimal digits.",
            )
        found.append(parsed)
    return found
