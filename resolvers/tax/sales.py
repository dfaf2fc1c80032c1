"""Sales as the lines of a report, by lots or by the section 104 pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from resolvers.tax.holding import CountryRules, is_long_term
from resolvers.tax.ledger import Account, Outcome
from resolvers.tax.lots import EXACT
from resolvers.tax.pooling import Pooled, PoolRule
from resolvers.tax.spans import Span


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of a report: the part of a sale that came out of one lot, or met one pool rule.

    Attributes:
        symbol: ticker.
        amount: whole units.
        acquired_at: when it was bought, UTC: a moment for a lot, a day where days are matched, and
            None for the pool, which has none.
        sold_at: when it was sold, UTC; a day where days are matched.
        proceeds: US dollars less fees; None when unknown.
        cost: US dollars with fees; None when unknown.
        is_long_term: None where the country draws no line.
        disallowed: the part of a loss a wash sale disallows; None when there is none.
        rule: how the pool matched it; None for lots.
    """

    symbol: str
    amount: Decimal
    acquired_at: date | None
    sold_at: date
    proceeds: Decimal | None
    cost: Decimal | None
    is_long_term: bool | None
    disallowed: Decimal | None = None
    rule: PoolRule | None = None

    @property
    def gain(self) -> Decimal | None:
        """Proceeds less cost; None when either is unknown."""
        if self.proceeds is None or self.cost is None:
            return None
        return EXACT.subtract(self.proceeds, self.cost)


def sales_of(outcomes: Iterable[Outcome], rules: CountryRules, span: Span) -> list[Sale]:
    """Sales out of lots within days, by time of sale, then of purchase; gifts at cost are none."""
    found = []
    for outcome in outcomes:
        symbols = symbols_of(outcome.account)
        washed = {id(wash.piece): wash.disallowed for wash in outcome.washes}
        found += [
            Sale(
                symbols[piece.disposal.id],
                piece.amount,
                piece.acquisition.at,
                piece.disposal.at,
                piece.proceeds,
                piece.cost,
                is_long_term(piece.acquisition.at, piece.disposal.at, rules),
                washed.get(id(piece)),
            )
            for piece in outcome.settlement.pieces
            if within(span, piece.disposal.at) and not piece.disposal.at_cost
        ]
    return sorted(found, key=_place)


def pool_sales_of(pooled: Iterable[tuple[Account, Pooled]], span: Span) -> list[Sale]:
    """Sales matched by the rules of the pool within days, by day, then by ticker."""
    found = [
        Sale(
            symbol,
            sale.amount,
            sale.bought_on,
            sale.sold_on,
            sale.proceeds,
            sale.cost,
            None,
            rule=sale.rule,
        )
        for account, pool in pooled
        for symbol in [next(iter(symbols_of(account).values()), "")]
        for sale in pool.sales
        if within(span, sale.sold_on)
    ]
    return sorted(found, key=lambda sale: (sale.sold_at, sale.symbol))


def symbols_of(account: Account) -> dict[object, str]:
    """What each event of an account called its asset."""
    return {
        meaning.event.id: side.asset.symbol
        for meaning in account.meanings
        for side in (meaning.event.came, meaning.event.went)
        if side is not None and side.asset.key == account.asset
    }


def within(span: Span, at: date) -> bool:
    """Whether a moment or day lies within days, both included, UTC."""
    day = at.date() if isinstance(at, datetime) else at
    return span.start <= day <= span.end


def _place(sale: Sale) -> tuple[date, date, str]:
    assert sale.acquired_at is not None
    return sale.sold_at, sale.acquired_at, sale.symbol
