"""What enumerations and rules are called on a printed tax report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from resolvers.tax.enums import CostBasisMethod, TaxTransactionType
from resolvers.tax.lots import Reason
from resolvers.tax.pooling import PoolRule
from resolvers.tax.report import Report

METHODS: Final[Mapping[CostBasisMethod, str]] = {
    CostBasisMethod.FIFO: "First in, first out (FIFO)",
    CostBasisMethod.LIFO: "Last in, first out (LIFO)",
    CostBasisMethod.HIFO: "Highest cost first (HIFO)",
    CostBasisMethod.SPECIFIC: "Specific identification",
}
KINDS: Final[Mapping[TaxTransactionType, str]] = {
    TaxTransactionType.BUY: "purchase",
    TaxTransactionType.SELL: "sale",
    TaxTransactionType.SWAP: "exchange",
    TaxTransactionType.TRANSFER_IN: "transfer in",
    TaxTransactionType.TRANSFER_OUT: "transfer out",
    TaxTransactionType.STAKING_REWARD: "staking reward",
    TaxTransactionType.MINING_REWARD: "mining reward",
    TaxTransactionType.AIRDROP: "airdrop",
    TaxTransactionType.GIFT: "gift",
    TaxTransactionType.INCOME: "other income",
    TaxTransactionType.EXPENSE: "other expense",
    TaxTransactionType.FEE: "network fee",
}
REASONS: Final[Mapping[Reason, str]] = {
    Reason.MISSING_PRICE: "Price at that time",
    Reason.MISSING_FEE_PRICE: "Price of the coin of the fee",
    Reason.MISSING_AMOUNT: "Amount",
    Reason.NO_LOT: "A purchase that this was sold from",
    Reason.UNKNOWN_LOT: "The purchase that was named",
}
RULES: Final[Mapping[PoolRule, str]] = {
    PoolRule.SAME_DAY: "Matched with purchases of the same day",
    PoolRule.THIRTY_DAYS: "Matched with purchases of the next 30 days",
    PoolRule.POOL: "Out of the section 104 holding",
}
_FIRST_YEAR_OF_DIGITAL_BOXES: Final = 2025  # Form 8949 has boxes of its own for digital assets


def notes(report: Report) -> Iterator[str]:
    """By which rules the figures were made, one paragraph each."""
    wish = report.wish
    rules = wish.terms.rules
    if rules.has_pool:
        yield (
            "Disposals are matched with purchases of the same day, then with those of the next 30 "
            "days, and the rest with the section 104 holding of the asset."
        )
        yield (
            "All amounts are in US dollars. Returns in the United Kingdom are in pounds sterling: "
            "convert each line at the rate of its day."
        )
    else:
        yield (
            f"Disposals are set against purchases by this method: {METHODS[wish.terms.method]}. "
            f"What was held for more than {rules.long_term_days} days is long-term."
        )
    yield (
        "Fees lower the proceeds of what was given up; where nothing but money was given up, they "
        "add to the cost of what was received. Moving assets between wallets of one's own is no "
        "disposal. Staking, mining, airdrops and other income count at their value on receipt, "
        "which is the cost of what was received."
    )
    if rules.gifts_at_cost:
        yield "Gifts that were given leave at cost, without gain or loss, and are not listed."
    else:
        yield "Gifts that were given count as disposals at their value on that day."
    if rules.country == "US":
        boxes = "I and L" if wish.tax_year >= _FIRST_YEAR_OF_DIGITAL_BOXES else "C and F"
        yield (
            f"For Form 8949: short-term and long-term disposals belong under boxes {boxes} where "
            "no Form 1099 reported them."
        )
    if wish.terms.marks_wash_sales:
        yield (
            "Losses are marked as disallowed where the same asset was bought within 30 days before "
            "or after. Whether section 1091 covers crypto-assets is open, so the marks change "
            "neither gains nor the cost of replacements."
        )
    yield (
        "Amounts are shown to eight decimals and sums to the cent; the CSV report has every digit. "
        "The report is made from the transactions recorded in the account and is no tax advice."
    )
