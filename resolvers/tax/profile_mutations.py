"""By which rules the viewer's purchases and sales are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import strawberry

from resolvers.mutation import Change, Payload, UserErrorCode, changed, given, mutation
from resolvers.permissions import Tier
from resolvers.tax.enums import CostBasisMethod
from resolvers.tax.holding import COUNTRIES, US, CountryRules, rules_of
from resolvers.tax.types import TaxProfile

_RESOURCE: Final = "portfolio.tax_profiles"


@strawberry.input(description="By which rules to keep purchases and sales; what is left out stays.")
class UpdateTaxProfileInput:
    """By which rules to keep purchases and sales."""

    country_code: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Country whose rules apply, ISO 3166-1 alpha-2: US, GB or DE.",
    )
    cost_basis_method: CostBasisMethod | None = strawberry.field(
        default=strawberry.UNSET, description="Which purchases sales are set against."
    )
    marks_wash_sales: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether losses are marked that a wash sale would disallow; for US only.",
    )


@strawberry.type(description="What came of changing the tax profile.")
class UpdateTaxProfilePayload(Payload):
    """What came of changing the tax profile."""

    profile: TaxProfile | None = changed("The profile as it is now.")


@strawberry.type(description="Changes of the tax profile.")
class TaxProfileMutation:
    """Changes of the tax profile."""

    @mutation(
        "Says by which rules the viewer's purchases and sales are kept. They are settled anew in "
        "the background; reports have rules of their own.",
        tier=Tier.BASIC,
    )
    async def update_tax_profile(
        self, change: Change, input: UpdateTaxProfileInput
    ) -> UpdateTaxProfilePayload:
        """One row for each user; its trigger puts the settling into the queue of jobs."""
        said: dict[str, Any] = {
            name: getattr(input, name)
            for name in ("country_code", "cost_basis_method", "marks_wash_sales")
            if given(getattr(input, name)) and getattr(input, name) is not None
        }
        before = await change.one("tax.lock_profile", user_id=change.user_id)
        held: Mapping[str, Any] = before or {
            "country_code": US.country,
            "cost_basis_method": "fifo",
        }
        rules = known_rules(change, said.get("country_code", held["country_code"]))
        moved = before is not None and rules.country != before["country_code"]
        kept = before is not None and bool(before["marks_wash_sales"]) and not moved
        method = said.get("cost_basis_method")
        row = await change.one(
            "tax.set_profile",
            user_id=change.user_id,
            country_code=rules.country,
            method=held["cost_basis_method"] if method is None else method.value,
            marks_wash_sales=known_marks(change, said.get("marks_wash_sales", kept) is True, rules),
        )
        assert row is not None
        if before is None:
            change.created(_RESOURCE, row)
        else:
            change.updated(_RESOURCE, before, row)
        return UpdateTaxProfilePayload(profile=row["id"])


def known_rules(change: Change, country: str) -> CountryRules:
    """The rules of a country; one that is not known is noted, and those of the US stand in."""
    rules = rules_of(country.strip())
    if rules is None:
        message = f"Give a country whose rules are known: {', '.join(COUNTRIES)}."
        change.refuse("country_code", UserErrorCode.INVALID, message)
    return rules or US


def known_marks(change: Change, wanted: bool, rules: CountryRules) -> bool:
    """Whether to mark wash sales, which only some countries have."""
    if wanted and not rules.has_wash_sales:
        message = f"There are no wash sales in the rules of {rules.name}. Leave it out."
        change.refuse("marks_wash_sales", UserErrorCode.INVALID, message)
    return wanted
