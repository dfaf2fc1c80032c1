"""Vectors of protocols, mentions, trading patterns and agents, under the ids of their rows."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from gateway.embedding.lexical import project
from gateway.load.writing import as_json
from stores.qdrant.client import Point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from gateway.embedding import Embedder
    from gateway.load.coins import Coins
    from stores.lifecycle import Stores
    from stores.postgres.client import Row
    from stores.queries import Statement

_NIL: Final = UUID(int=0)
_PAGE: Final = 256
_MIN_TRADES: Final = 3
_AGENT_FIELDS: Final = ("slug", "kind", "agent_type")
PATTERN_MODEL: Final = "swap-features"
PATTERN_VERSION: Final = "1"


SIZES: Final = {"protocol_analysis": 768, "market_sentiment": 384, "agent_profiles": 384}
"""Numbers of a vector, by alias of the collections whose points are rows of Postgres."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a point is made of.

    Attributes:
        id: the row, and the point.
        text: what the vector is made of.
        payload: what the point says beside it.
    """

    id: UUID
    text: str
    payload: dict[str, Any]


class Vectors:
    """Embeds what the stores hold, a page at a time."""

    def __init__(
        self,
        stores: Stores,
        queries: Mapping[str, Statement],
        series: Mapping[str, Statement],
        *,
        embedder: Embedder,
        coins: Coins,
    ) -> None:
        self._stores = stores
        self._queries = queries
        self._series = series
        self._embedder = embedder
        self._mentioned = MentionedAssets(coins)

    async def embed_protocols(self) -> int:
        """Vectors of active protocols by what they are and where they run."""
        return await self.embed("protocol_analysis")

    async def embed_mentions(self) -> int:
        """Vectors of news and posts, and which assets they name."""
        return await self.embed("market_sentiment")

    async def embed_agents(self) -> int:
        """Vectors of agents that are offered, by what they say they do."""
        return await self.embed("agent_profiles")

    async def embed(self, alias: str, ids: Sequence[UUID] | None = None) -> int:
        """Store the points of a collection, all or those of some rows; how many.

        Those of the given rows that have no vector any more lose their point.
        """
        stored: set[UUID] = set()
        async for page in self.described(alias, ids):
            if alias == "market_sentiment":
                await self._name_assets(page)
            vectors = await self.vectors(alias, [each.text for each in page])
            points = [
                Point(str(each.id), vector, each.payload)
                for each, vector in zip(page, vectors, strict=True)
                if any(vector)
            ]
            await self._stores.qdrant.upsert(alias, points)
            stored.update(UUID(point.id) for point in points)
        if gone := set(ids or ()) - stored:
            await self._stores.qdrant.delete(alias, sorted(map(str, gone)))
        return len(stored)

    async def described(
        self, alias: str, ids: Sequence[UUID] | None = None
    ) -> AsyncIterator[list[Described]]:
        """What the points of a collection are made of, page by page in the order of their ids."""
        query, describe = {
            "protocol_analysis": ("protocols_to_embed", self._protocol),
            "market_sentiment": ("mentions_to_embed", self._mention),
            "agent_profiles": ("agents_to_embed", _agent),
        }[alias]
        model = {"model": self._embedder.name, "model_version": self._embedder.version}
        async for rows in self._pages(query, ids):
            yield [
                Described(row["id"], text, payload | model)
                for row in rows
                for text, payload in [describe(row)]
            ]

    async def vectors(self, alias: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """The vectors of texts; one of zeros for a text that says nothing."""
        return await asyncio.to_thread(self._embedder.embed, texts, SIZES[alias])

    async def embed_trading(self) -> int:
        """Vectors of how wallets trade, for wallets with at least three swaps."""
        after, count = _NIL, 0
        statement = self._series["load_series.trading_features"]
        while rows := await self._stores.clickhouse.fetch(
            statement, {"after": after, "count": _PAGE, "trades": _MIN_TRADES}
        ):
            points = await asyncio.to_thread(_trading_points, rows)
            await self._stores.qdrant.upsert("trading_patterns", points)
            after, count = UUID(str(rows[-1][0])), count + len(rows)
        return count

    async def _pages(self, name: str, ids: Sequence[UUID] | None) -> AsyncIterator[Sequence[Row]]:
        """Rows of a query in the order of their ids, all or those of some ids."""
        statement, after = self._queries[f"load_state.{name}"], _NIL
        wanted = None if ids is None else list(ids)
        while True:
            values = statement.arguments(after=after, ids=wanted, count=_PAGE)
            rows = await self._stores.postgres.fetch(statement, *values)
            if not rows:
                return
            yield rows
            after = rows[-1]["id"]

    async def _name_assets(self, page: Sequence[Described]) -> None:
        records = [{"id": each.id, "asset_ids": each.payload["asset_ids"]} for each in page]
        statement = self._queries["load_state.name_assets"]
        await self._stores.postgres.execute(statement, as_json(records))

    def _protocol(self, row: Row) -> tuple[str, dict[str, Any]]:
        payload = {
            "protocol_id": str(row["id"]),
            "protocol_name": row["name"],
            "slug": row["slug"],
            "category": row["category"],
            "chain_id": list(row["chain_ids"]),
            "tvl": row["tvl_usd"],
            "audit_status": _audit_status(row["audit_count"]),
            "summary": row["description"],
        }
        return protocol_text(row), _known(payload)

    def _mention(self, row: Row) -> tuple[str, dict[str, Any]]:
        text = mention_text(row)
        return text, _mention_payload(row, text, self._mentioned.find(text))


class MentionedAssets:
    """Finds the assets that a text names: by any name of the coin, or by a ticker in capitals."""

    __slots__ = ("_coins", "_names", "_tickers")

    def __init__(self, coins: Coins) -> None:
        self._coins: dict[str, tuple[UUID, str]] = {}
        names, tickers = set(), set()
        for coin, spellings in coins.all():
            for name in spellings:
                if len(name) > 3:  # shorter ones are words of the language
                    names.add(name)
                    self._coins[name] = (coin.id, coin.symbol)
            if len(coin.symbol) >= 3 and coin.symbol.isupper():
                tickers.add(coin.symbol)
                self._coins[coin.symbol] = (coin.id, coin.symbol)
        self._names = re.compile(_alternatives(names), re.IGNORECASE)
        self._tickers = re.compile(_alternatives(tickers))

    def find(self, text: str) -> list[tuple[UUID, str]]:
        """Id and symbol of each asset, in the order of their ids."""
        found = {self._coins[match.lower()] for match in self._names.findall(text)}
        found |= {self._coins[match] for match in self._tickers.findall(text)}
        return sorted(found)


def _alternatives(words: set[str]) -> str:
    """Pattern of whole words, the longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return r"(?<!\w)(?:" + "|".join(map(re.escape, ordered)) + r")(?!\w)"


def protocol_text(row: Row) -> str:
    """What a protocol's vector is made of."""
    chains = " ".join(row["chain_names"])
    return f"{row['name']}. {row['category']}. {row['description'] or ''} {chains}"


def mention_text(row: Row) -> str:
    """What a mention's vector is made of."""
    return f"{row['title'] or ''}. {row['content'] or ''}"


def agent_text(row: Row) -> str:
    """What an agent's vector is made of."""
    abilities = " ".join(str(word).replace("_", " ") for word in row["capabilities"])
    return f"{row['name']}. {row['agent_type'].replace('_', ' ')}. {row['description']} {abilities}"


def _mention_payload(row: Row, text: str, assets: list[tuple[UUID, str]]) -> dict[str, Any]:
    at = row["published_at"]
    payload = {
        "mention_id": str(row["id"]),
        "project_id": row["project_id"],
        "source": row["source"],
        "published_at": at.isoformat() if at else None,
        "timestamp": int(at.timestamp()) if at else None,
        "sentiment_score": row["sentiment"],
        "asset_ids": [str(identity) for identity, _ in assets],
        "asset_mentioned": [symbol for _, symbol in assets],
        "content_hash": hashlib.sha256(text.encode()).hexdigest(),
        "title": row["title"],
        "url": row["url"],
    }
    return _known(payload)


def _agent(row: Row) -> tuple[str, dict[str, Any]]:
    payload = {"agent_id": str(row["id"])} | {name: row[name] for name in _AGENT_FIELDS}
    return agent_text(row), payload


def _known(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value is not None}


def _audit_status(count: int | None) -> str | None:
    return None if count is None else "audited" if count else "none"


def _trading_points(rows: Sequence[Sequence[Any]]) -> list[Point]:
    return [_trading_point(row) for row in rows]


def _trading_point(row: Sequence[Any]) -> Point:
    (wallet, chain_id, trades, pairs, mean_size, spread, buys, span_s, hours, pools, *rest) = row
    first_tokens, second_tokens, newest = rest
    features = {
        "trades": math.log1p(trades) - 2,
        "pairs": math.log1p(pairs) - 1,
        "mean_size": (mean_size - 7) / 2,
        "size_spread": spread - 1,
        "buys_second": 2 * (buys - 0.5),
        "pace": (math.log1p(span_s / trades) - 6) / 3,
    }
    # Shares against an even spread, so that unlike habits point apart and not only less together.
    features |= {
        f"hour:{hour}": 2 * (count / trades - 1 / 24)
        for hour, count in zip(hours[0], hours[1], strict=True)
    }
    features |= {
        f"pool:{pool}": count / trades for pool, count in zip(pools[0], pools[1], strict=True)
    }
    assets = sorted({str(token) for token in (*first_tokens, *second_tokens) if token != _NIL})
    payload = {
        "subject_type": "wallet",
        "wallet_id": str(wallet),
        "pattern_type": "swaps",
        "chain_id": chain_id,
        "asset_ids": assets,
        "computed_at": newest.isoformat(),
        "model": PATTERN_MODEL,
        "model_version": PATTERN_VERSION,
        "features": {name: round(value, 6) for name, value in features.items()},
    }
    return Point(str(wallet), project(features, 512).tolist(), payload)
