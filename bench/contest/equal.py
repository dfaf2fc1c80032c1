"""The check before any timing: all contestants give the same values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from bench.contest import load
from bench.contest.contestants import Server
from bench.contest.queries import Question

_TIMES: Final = frozenset({"occurredAt", "updatedAt", "firstSeenAt"})
_SAMPLES: Final = 5


class Unequal(Exception):
    """Two contestants answer differently; the text says who, to what and where."""


async def check(servers: Sequence[Server], questions: Sequence[Question]) -> dict[str, int]:
    """Compare the answers of all servers with those of the first, a few for each question.

    Returns:
        Values that were compared, by question.

    Raises:
        Unequal: somebody's answer differs.
    """
    compared: dict[str, int] = {}
    for question in questions:
        places = range(0, question.distinct, max(1, question.distinct // _SAMPLES))
        for place in places:
            answers = {server.name: await _answer(server, question, place) for server in servers}
            reference_name, reference = next(iter(answers.items()))
            if None in reference.values():
                raise Unequal(f"{question.name}: {reference_name} finds nothing")
            for name, answer in answers.items():
                if where := difference(reference, answer, "data"):
                    raise Unequal(f"{question.name}: {reference_name} and {name} differ at {where}")
            compared[question.name] = compared.get(question.name, 0) + _leaves(reference)
    return compared


def difference(one: Any, other: Any, path: str) -> str | None:
    """Where two answers differ and how; None when they do not. Times compare as instants."""
    if isinstance(one, dict) and isinstance(other, dict):
        if set(one) != set(other):
            return f"{path}: fields {sorted(one)} and {sorted(other)}"
        found = (difference(one[name], other[name], f"{path}.{name}") for name in one)
        return next(filter(None, found), None)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} entries"
        found = (
            difference(one[place], other[place], f"{path}[{place}]") for place in range(len(one))
        )
        return next(filter(None, found), None)
    if path.rpartition(".")[2] in _TIMES:
        one, other = _instant(one), _instant(other)
    if one != other or type(one) is not type(other):
        return f"{path}: {one!r} and {other!r}"
    return None


async def _answer(server: Server, question: Question, place: int) -> Any:
    body = question.bodies(server.contestant.queries)[place]
    try:
        answer = orjson.loads(await load.ask(server.port, body))
    except load.WrongAnswer as error:
        raise Unequal(f"{question.name}: {server.name} fails: {error}") from error
    return answer["data"]


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else f"{value} without a zone"


def _leaves(answer: object) -> int:
    if isinstance(answer, dict):
        return sum(map(_leaves, answer.values()))
    return sum(map(_leaves, answer)) if isinstance(answer, list) else 1
