"""How dangerous a protocol is, from its health, audits, incidents and size; 0 safe to 1 dangerous.

What is not known has no score, and counts in none: the overall score is the weighted mean of the
scores that are known, where these are half of the weights, and says which share they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from resolvers.risk.enums import ProtocolHealthStatus, RiskDimension

_OF_STATUS: Final[Mapping[str, float]] = {
    str(ProtocolHealthStatus.HEALTHY.value): 0.0,
    str(ProtocolHealthStatus.DEGRADED.value): 0.5,
    str(ProtocolHealthStatus.UNHEALTHY.value): 1.0,
}
# Each audit halves what is left of the danger.
_LEFT_BY_AUDIT: Final = 0.5
# An incident weighs half as much a year later; a loss of a billion weighs all.
_FORGOTTEN_DAYS: Final = 365.0
_WORST_LOSS_LOG: Final = 9.0
_UNKNOWN_LOSS: Final = 0.5
_LEAST_KNOWN: Final = 0.5
# From a hundred thousand dollars, all danger, to a billion, none.
_SMALL_LOG: Final = 5.0
_LARGE_LOG: Final = 9.0


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: when, and what was lost, US dollars; None when nobody said."""

    on: date
    loss_usd: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a protocol.

    Attributes:
        health: status and value locked on each chain; the value is None when unknown.
        audits: published audits; None when nobody looked.
        incidents: it suffered.
        tvl_usd: value locked; None when unknown.
    """

    health: Sequence[tuple[str, float | None]]
    audits: int | None
    incidents: Sequence[Incident]
    tvl_usd: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """One score with its reasons.

    Attributes:
        value: 0 to 1.
        confidence: how much of what it is made from was known, 0 to 1; None when that says nothing.
        inputs: figures it was made from, by name.
        reasons: what speaks for danger, in words.
    """

    value: float
    confidence: float | None = None
    inputs: Mapping[str, object] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def protocol_scores(
    facts: Facts, weights: Mapping[RiskDimension, float], today: date
) -> dict[RiskDimension, Score]:
    """The scores that can be told; the overall one needs others of half of the weights.

    Args:
        facts: what is known.
        weights: how much each danger counts.
        today: day the incidents are looked back from.
    """
    found = {
        RiskDimension.PROTOCOL: health_score(facts.health),
        RiskDimension.SMART_CONTRACT: audit_score(facts.audits),
        RiskDimension.SECURITY: incident_score(facts.incidents, today),
        RiskDimension.LIQUIDITY: liquidity_score(facts.tvl_usd),
    }
    scores = {danger: score for danger, score in found.items() if score is not None}
    overall = overall_score(scores, weights)
    return scores if overall is None else {RiskDimension.OVERALL: overall, **scores}


def overall_score(
    scores: Mapping[RiskDimension, Score], weights: Mapping[RiskDimension, float]
) -> Score | None:
    """The weighted mean; its confidence is the share of all weights that is known.

    None when less than half of the weights are: that nothing happened yet would look safe.
    """
    whole = sum(weights.values())
    known = sum(weight for danger, weight in weights.items() if danger in scores)
    if not known or known < whole * _LEAST_KNOWN:
        return None
    counted = {danger.value: weights[danger] for danger in scores if weights.get(danger)}
    value = sum(weights.get(danger, 0.0) * score.value for danger, score in scores.items()) / known
    worst = max(
        (danger for danger in scores if weights.get(danger)),
        key=lambda danger: weights[danger] * scores[danger].value,
    )
    return Score(
        value,
        known / whole,
        {
            "scores": {danger.value: round(score.value, 4) for danger, score in scores.items()},
            "weights": counted,
        },
        scores[worst].reasons,
    )


def health_score(health: Sequence[tuple[str, float | None]]) -> Score | None:
    """The mean over chains of known status, by value locked; the worst where none is locked."""
    known = [(_OF_STATUS[status], tvl) for status, tvl in health if status in _OF_STATUS]
    if not known:
        return None
    locked = sum(tvl or 0.0 for _, tvl in known)
    if locked > 0:
        value = sum(score * (tvl or 0.0) for score, tvl in known) / locked
    else:
        value = max(score for score, _ in known)
    troubled = sum(score > 0 for score, _ in known)
    reasons = (f"in trouble on {troubled} of {len(known)} chains",) if troubled else ()
    inputs = {"chains": len(health), "chains_known": len(known), "chains_troubled": troubled}
    return Score(value, len(known) / len(health), inputs, reasons)


def audit_score(audits: int | None) -> Score | None:
    """Half of what is left with every audit: 1 without any, then 0.5, 0.25 and so on."""
    if audits is None:
        return None
    reasons = () if audits else ("no audit is known",)
    return Score(_LEFT_BY_AUDIT**audits, None, {"audits": audits}, reasons)


def incident_score(incidents: Sequence[Incident], today: date) -> Score:
    """One less the product of what each incident leaves; without any it is 0.

    An incident weighs by the logarithm of its loss, and half of that each year later.
    """
    left = 1.0
    for incident in incidents:
        age = max(0, (today - incident.on).days)
        left *= 1.0 - _severity(incident.loss_usd) * 0.5 ** (age / _FORGOTTEN_DAYS)
    inputs: dict[str, object] = {"incidents": len(incidents)}
    if not incidents:
        return Score(0.0, None, inputs)
    newest = max(incident.on for incident in incidents).isoformat()
    losses = [incident.loss_usd for incident in incidents if incident.loss_usd is not None]
    inputs |= {"newest": newest, "losses_usd": sum(losses), "losses_known": len(losses)}
    counted = "an incident" if len(incidents) == 1 else f"{len(incidents)} incidents"
    return Score(1.0 - left, None, inputs, (f"{counted}, the last on {newest}",))


def liquidity_score(tvl_usd: float | None) -> Score | None:
    """By the logarithm of the value locked: 1 up to 100,000 dollars, 0 from a billion on."""
    if tvl_usd is None:
        return None
    size = math.log10(tvl_usd) if tvl_usd > 1 else 0.0
    value = min(1.0, max(0.0, (_LARGE_LOG - size) / (_LARGE_LOG - _SMALL_LOG)))
    reasons = ("little is locked in it",) if value >= 0.5 else ()
    return Score(value, None, {"tvl_usd": tvl_usd}, reasons)


def _severity(loss_usd: float | None) -> float:
    if loss_usd is None:
        return _UNKNOWN_LOSS
    return min(1.0, math.log10(1.0 + max(loss_usd, 0.0)) / _WORST_LOSS_LOG)
