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
    positive = row.optional_decimal("finbert_p_positive")
    if positive is not None and not 0 <= positive <= 1:
        raise RowRejectedError(f"finbert_p_positive: {positive} is no probability")
    identity = row_id("mention", "news", at.isoformat(), title)
    record = {
        "id": identity,
        "source": "news",
        "platform_id": str(identity),
        "author": row.optional_text("author"),
        "title": title,
        "content": content.replace("|", ",") if content else None,
        "url": row.optional_text("url"),
        # The model tells how likely the text is positive; 0 to 1 becomes -1 to 1.
        "sentiment_score": None if positive is None else f"{2 * positive - 1:.4f}",
        "engagement_metrics": {},
        "published_at": at,
    }
    batch.upsert("load_facts.upsert_mentions", identity, record)


SOURCES = (
    Source("news", "news/crypto_news_sentiment.csv", ("published_at", "headline"), _news),
    Source("mentions", "news/mentions.jsonl", (), _news),
)
