"""Scores of protocols by hand."""

from __future__ import annotations

from datetime import date

import pytest

from resolvers.risk.enums import RiskDimension as Danger
from resolvers.risk.protocol_score import (
    Facts,
    Incident,
    audit_score,
    health_score,
    incident_score,
    liquidity_score,
    protocol_scores,
)

TODAY = date(2025, 6, 1)
WEIGHTS = {
    Danger.SECURITY: 0.3,
    Danger.SMART_CONTRACT: 0.25,
    Danger.PROTOCOL: 0.25,
    Danger.LIQUIDITY: 0.2,
}


@pytest.mark.parametrize(
    ("health", "value", "confidence"),
    [
        ([("healthy", 10.0)], 0, 1),
        ([("healthy", 30.0), ("unhealthy", 10.0)], 0.25, 1),
        ([("degraded", 10.0), ("unknown", 90.0)], 0.5, 0.5),
        ([("healthy", None), ("degraded", None)], 0.5, 1),
        ([("healthy", 0.0), ("unhealthy", 0.0)], 1, 1),
    ],
)
def test_health_counts_by_value_locked(
    health: list[tuple[str, float | None]], value: float, confidence: float
) -> None:
    score = health_score(health)
    assert score is not None
    assert (score.value, score.confidence) == (value, confidence)


def test_every_audit_halves_the_danger_and_nobody_looked_is_unknown() -> None:
    found = [audit_score(count) for count in (0, 1, 3)]
    assert [score and score.value for score in found] == [1, 0.5, 0.125]
    assert audit_score(None) is None


def test_incidents_weigh_by_loss_and_are_forgotten() -> None:
    assert incident_score([], TODAY).value == 0
    now = Incident(TODAY, 10**9 - 1.0)
    assert incident_score([now], TODAY).value == pytest.approx(1)
    year_ago = Incident(date(2024, 6, 1), 10**9 - 1.0)
    assert incident_score([year_ago], TODAY).value == pytest.approx(0.5)
    small, unknown = Incident(TODAY, 999.0), Incident(TODAY, None)
    assert incident_score([small], TODAY).value == pytest.approx(1 / 3)
    # A third, then half of what is left.
    assert incident_score([small, unknown], TODAY).value == pytest.approx(2 / 3)
    assert incident_score([small, unknown], TODAY).inputs == {
        "incidents": 2, "newest": "2025-06-01", "losses_usd": 999.0, "losses_known": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tvl", "value"), [(0, 1), (1e5, 1), (1e7, 0.5), (1e8, 0.25), (1e9, 0), (1e12, 0)]
)
def test_size_counts_by_its_logarithm(tvl: float, value: float) -> None:
    score = liquidity_score(tvl)
    assert score is not None
    assert score.value == pytest.approx(value)


def test_the_overall_score_is_the_mean_of_what_is_known() -> None:
    facts = Facts([("healthy", 1.0)], 1, [Incident(TODAY, 999.0)], 1e7)
    scores = protocol_scores(facts, WEIGHTS, TODAY)
    overall = scores[Danger.OVERALL]
    assert overall.value == pytest.approx(0.3 / 3 + 0.25 * 0.5 + 0.25 * 0 + 0.2 * 0.5)
    assert overall.confidence == pytest.approx(1)
    assert overall.inputs["weights"] == {danger.value: w for danger, w in WEIGHTS.items()}

    scores = protocol_scores(Facts([("unknown", 1.0)], None, [], 1e7), WEIGHTS, TODAY)
    assert set(scores) == {Danger.OVERALL, Danger.SECURITY, Danger.LIQUIDITY}
    assert scores[Danger.OVERALL].value == pytest.approx(0.2 * 0.5 / 0.5)
    assert scores[Danger.OVERALL].confidence == pytest.approx(0.5)
    assert scores[Danger.OVERALL].reasons == ("little is locked in it",)


def test_of_little_that_is_known_nothing_is_told_overall() -> None:
    # Nothing but that no incident is known.
    assert set(protocol_scores(Facts([], None, [], None), WEIGHTS, TODAY)) == {Danger.SECURITY}
    scores = protocol_scores(Facts([], 2, [], None), {Danger.LIQUIDITY: 1.0}, TODAY)
    assert set(scores) == {Danger.SECURITY, Danger.SMART_CONTRACT}
