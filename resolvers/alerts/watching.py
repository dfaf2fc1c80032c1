"""Rules about prices and gas, kept in memory and met by ticks as they arrive.

    watcher = Watcher(stores)
    await watcher.load()
    watcher.take(tick_of_price(message), now)       # for each message
    fired = await watcher.fire()                    # as soon as something is due

A tick costs two bisections a kind of comparison, whatever the number of rules. What a price was
before is read ahead of the ticks and kept, a minute old at most. Ticks of the present only count: a
file that is loaded publishes prices of years ago.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from resolvers.alerts.conditions import Observation
from resolvers.alerts.enums import AlertTargetType, AlertType
from resolvers.alerts.firing import Fired, Reaction, fire, load_rules, reload_rules
from resolvers.alerts.index import NOW, RuleIndex, Topic
from resolvers.alerts.sources.asking import Then, thens
from resolvers.alerts.sources.market import FRESH, prices_before
from resolvers.catalog.live import moment, number
from resolvers.catalog.price import quote_of
from stores.errors import StoreError
from stores.lifecycle import Stores
from stores.queries import load_queries

# What ticks tell of.
KINDS: Final = (AlertType.PRICE_CHANGE, AlertType.GAS_PRICE)

_PAGE: Final = 10_000
_NOBODY: Final = UUID(int=0)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
# A change may show later than its time says, by as long as its transaction lasted.
_OVERLAP: Final = timedelta(seconds=30)
# A rule that reacted is not met again until it is known what came of it.
_HELD: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A price that arrived.

    Attributes:
        topic: what it is of.
        price: US dollars, or gwei.
        at: when it held (UTC).
        source: who says so.
    """

    topic: Topic
    price: Decimal
    at: datetime
    source: str


class Watcher:
    """The rules of one process that ticks make react. One event loop owns it."""

    def __init__(self, stores: Stores) -> None:
        self.index: Final = RuleIndex()
        self._stores = stores
        self._queries = load_queries("postgres")
        self._since = _EVER
        self._checked: dict[UUID, int] = {}
        self._before: dict[tuple[Topic, int], dict[str, Decimal]] = {}
        self._reacted: dict[UUID, Reaction] = {}
        self._due = asyncio.Event()

    async def load(self) -> int:
        """Read every rule, and what prices were; how many rules.

        Raises:
            StoreError: Postgres does not answer.
        """
        row = await self._stores.postgres.fetch_one(self._queries["alert_engine.last_change"])
        self._since = _EVER if row is None or row["at"] is None else row["at"]
        return await load_rules(self._stores, self.index, KINDS)

    async def refresh(self) -> int:
        """Read the rules that changed since; how many are in memory in another version now.

        Raises:
            StoreError: Postgres does not answer.
        """
        query = self._queries["alert_engine.changed_rules"]
        since, after = self._since - _OVERLAP, _NOBODY
        checked: dict[UUID, int] = {}
        changed: set[UUID] = set()
        while True:
            values = query.arguments(since=since, after=after, most=_PAGE)
            rows = await self._stores.postgres.fetch(query, *values)
            for row in rows:
                checked[row["id"]] = row["version"]
                if self._is_news(row["id"], row["version"]):
                    changed.add(row["id"])
            if rows:
                since, after = rows[-1]["updated_at"], rows[-1]["id"]
                self._since = max(self._since, since)
            if len(rows) < _PAGE:
                break
        if changed:
            await reload_rules(self._stores, self.index, changed, KINDS)
            await self._look_back(changed)
        self._checked = checked
        return len(changed)

    async def look_back(self) -> None:
        """Read what prices were, as far as rules ask for it.

        Raises:
            StoreError: ClickHouse does not answer; what was read before is kept.
        """
        self._before = await self._read_back(self.index.topics())

    def take(self, tick: Tick | None, now: datetime) -> int:
        """Meet the rules about what a tick is of; how many react, and wait for `fire`."""
        if tick is None or tick.at < now - FRESH:
            return 0
        self.index.wake(now)
        timeframes = self.index.timeframes(tick.topic)
        if not timeframes:
            return 0
        seen = {
            minutes: Observation(tick.price, self._then(tick, minutes)) for minutes in timeframes
        }
        reacting = self.index.reacting(tick.topic, seen)
        if not reacting:
            return 0
        self.index.sleep([rule.id for rule in reacting], now + _HELD)
        at = min(tick.at, now)
        self._reacted |= {rule.id: Reaction(rule, seen[rule.timeframe], at) for rule in reacting}
        self._due.set()
        return len(reacting)

    async def fire(self) -> list[Fired]:
        """Let those fire that reacted, once there are any.

        Raises:
            StoreError: Postgres does not answer; they react again at the next tick.
        """
        await self._due.wait()
        self._due.clear()
        reacted, self._reacted = self._reacted, {}
        try:
            return await fire(self._stores, self.index, list(reacted.values()))
        except StoreError:
            self.index.sleep(reacted, datetime.now(UTC))
            raise

    def _is_news(self, rule_id: UUID, version: int) -> bool:
        """Whether a rule is in memory in another version, or may have come into being."""
        known = self.index.get(rule_id)
        if known is not None:
            return known.version != version
        return self._checked.get(rule_id) != version

    def _then(self, tick: Tick, minutes: int) -> Decimal | None:
        if minutes == NOW:
            return None
        return self._before.get((tick.topic, minutes), {}).get(tick.source)

    async def _look_back(self, rule_ids: Iterable[UUID]) -> None:
        """Read what new rules look back at."""
        rules = [rule for each in rule_ids if (rule := self.index.get(each)) is not None]
        lacking = {
            rule.topic
            for rule in rules
            if rule.timeframe != NOW and (rule.topic, rule.timeframe) not in self._before
        }
        if lacking:
            self._before |= await self._read_back(lacking)

    async def _read_back(
        self, topics: Iterable[Topic]
    ) -> dict[tuple[Topic, int], dict[str, Decimal]]:
        now = datetime.now(UTC)
        asked: dict[AlertType, list[Then]] = {kind: [] for kind in KINDS}
        for topic in topics:
            asked[topic.alert_type] += thens(topic, self.index.timeframes(topic), now)
        found: dict[tuple[Topic, int], dict[str, Decimal]] = {}
        for kind, questions in asked.items():
            if questions:
                found |= await prices_before(self._stores, kind, questions)
        return found


def tick_of_price(message: Mapping[str, Any]) -> Tick | None:
    """The tick in a message of the topic `asset_prices`; None when it makes no sense."""
    quote = quote_of(message)
    try:
        asset = UUID(str(message["asset_id"]))
    except (KeyError, ValueError):
        return None
    if quote is None:
        return None
    topic = Topic(AlertType.PRICE_CHANGE, AlertTargetType.ASSET, asset)
    return Tick(topic, quote.usd, quote.at, quote.source)


def tick_of_gas(message: Mapping[str, Any]) -> Tick | None:
    """The tick in a message of the topic `gas`; None when it makes no sense."""
    price, at, chain = (
        number(message.get("medium")),
        moment(message.get("ts")),
        message.get("chain_id"),
    )
    if price is None or not price.is_finite() or at is None or not isinstance(chain, int):
        return None
    topic = Topic(AlertType.GAS_PRICE, AlertTargetType.CHAIN, chain)
    return Tick(topic, price, at, str(message.get("source", "")))
