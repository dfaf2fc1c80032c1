"""News and the sentiment somebody measured in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.load.identity import row_id
from gateway.load.source import Source
from gateway.load.values import RowRejectedError

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row


def _news(row: Row, batch: Batch, _: Lookup) -> None:
    at = row.moment("published_at")
    # The source writes commas of its texts as bars.
    title = row.text("headline").replace("|", ",")
    content = row.optional_text("description")
    identity = row_id("mention", "news", at.isoformat(), title)
    record = {
        "id": identity,
        "source": "news",
        "platform_id": str(identity),
        "author": row.optional_text("author"),
        "title": title,
        "content": content.replace("|", ",") if content else None,
        "url": row.optional_text("url"),
        "sentiment_score": _sentiment(row),
        "engagement_metrics": {},
        "published_at": at,
    }
    batch.upsert("load_facts.upsert_mentions", identity, record)


def _sentiment(row: Row) -> str | None:
    """Sentiment from -1 to 1: as given, or from a model's probability that the text is positive."""
    given, positive = (row.optional_decimal(name) for name in ("sentiment", "finbert_p_positive"))
    score = given if positive is None else 2 * positive - 1
    if score is not None and not -1 <= score <= 1:
        raise RowRejectedError(f"sentiment: {score} is not between -1 and 1")
    return None if score is None else f"{score:.4f}"


SOURCES = (
    Source("news", "news/crypto_news_sentiment.csv", ("published_at", "headline"), _news),
    Source("mentions", "news/mentions.jsonl", (), _news),
)
