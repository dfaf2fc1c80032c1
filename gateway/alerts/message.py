"""What is said: of one event, or of many in a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from gateway.alerts.outcome import Message
from resolvers.alerts.firing import in_words

# Events that the text of a digest names; its facts hold all.
_NAMED: Final = 20
_NUMBERS: Final = ("triggered_value", "baseline_value", "threshold_value")


def message_of(row: Mapping[str, Any]) -> Message:
    """What is sent about one event, from a claimed delivery."""
    kind = "alert.test" if row["is_test"] else "alert.triggered"
    return Message(row["id"], row["title"], row["message"], row["triggered_at"], kind, _facts(row))


def digest_of(id_: UUID, rows: Sequence[Mapping[str, Any]]) -> Message:
    """What is sent about several events, the oldest first, under the key of one delivery.

    Args:
        id_: the delivery that carries them.
        rows: the events, each with the delivery it is carried for; one at least.
    """
    if len(rows) == 1:
        return message_of(rows[0])
    lines = [
        f"{row['triggered_at']:%Y-%m-%d %H:%M:%S} UTC {row['title']}: {row['message']}"
        for row in rows[:_NAMED]
    ]
    if len(rows) > _NAMED:
        lines.append(f"And {len(rows) - _NAMED:,} more.")
    alerts = [
        {
            "delivery_id": str(row["id"]),
            "timestamp": row["triggered_at"],
            "title": row["title"],
            "message": row["message"],
            "is_test": row["is_test"],
            **_facts(row),
        }
        for row in rows
    ]
    title = f"{len(rows):,} alerts"
    facts = {"count": len(rows), "alerts": alerts}
    return Message(id_, title, "\n".join(lines), rows[-1]["triggered_at"], "alert.digest", facts)


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "event_id": str(row["event_id"]),
        "rule_id": str(row["rule_id"]),
        "alert_type": row["alert_type"],
        "severity": row["severity"],
        "condition_met": row["condition_met"],
    }
    return facts | {n: None if row[n] is None else in_words(row[n]) for n in _NUMBERS}
