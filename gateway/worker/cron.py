"""When something is due, in the syntax of cron. All times are UTC, which knows no summer time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

_RANGES: Final = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: Final = ("second", "minute", "hour", "day of month", "month", "day of week")
_FARTHEST: Final = timedelta(days=366 * 8)  # 29 February may be eight years away
_WINDOWS: Final = tuple(timedelta(days=days) for days in (1 / 24, 1, 32, 366, 366 * 8))
_FIVE: Final = 5
_SUNDAY: Final = 7


class CronError(ValueError):
    """A schedule cannot be read; the text says which field and why."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule of five fields, or six with the seconds in front.

    A field is `*`, a number, a range `a-b`, either with a step `/n`, or a list of those. When the
    day of the month and the day of the week are both restricted, either suffices, as in cron.
    """

    text: str
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a schedule such as `*/5 * * * *` or `*/30 * * * * *`.

        Raises:
            CronError: it is none, or it is never due.
        """
        fields = text.split()
        if len(fields) == _FIVE:
            fields = ["0", *fields]
        if len(fields) != len(_RANGES):
            raise CronError(f"{text!r} has to have five or six fields")
        *values, weekdays = (_field(field, place) for place, field in enumerate(fields))
        seconds, minutes, hours, days, months = values
        cron = cls(
            text,
            seconds,
            minutes,
            hours,
            days,
            months,
            frozenset(day % _SUNDAY for day in weekdays),
            any_day=fields[3].startswith("*"),
            any_weekday=fields[5].startswith("*"),
        )
        cron.after(datetime(2000, 1, 1, tzinfo=UTC))
        return cron

    def after(self, moment: datetime) -> datetime:
        """The first time that is due later than a moment.

        Raises:
            CronError: there is none, as for 30 February.
        """
        at = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        end = at + _FARTHEST
        while at <= end:
            if at.month not in self.months or not self._day(at):
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in self.seconds:
                at += timedelta(seconds=1)
            else:
                return at
        raise CronError(f"{self.text!r} is never due")

    def between(self, start: datetime, end: datetime, *, most: int) -> list[datetime]:
        """The last `most` times later than `start` and not later than `end`, in order."""
        found: list[datetime] = []
        for window in _WINDOWS:  # what is wanted is mostly near the end, however long ago start is
            at = self.after(max(start, end - window))
            found = []
            while at <= end:
                found.append(at)
                at = self.after(at)
            if len(found) >= most or end - window <= start:
                break
        return found[-most:]

    def _day(self, at: datetime) -> bool:
        by_day = at.day in self.days
        by_weekday = at.isoweekday() % _SUNDAY in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


def _field(text: str, place: int) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, place))


def _part(text: str, place: int) -> range:
    least, most = _RANGES[place]
    span, has_step, step = text.partition("/")
    first, is_range, last = span.partition("-")
    if span == "*":
        start, end = least, most
    else:
        start = _number(first, place)
        end = _number(last, place) if is_range else (most if has_step else start)
    every = _number(step, place) if has_step else 1
    if not (least <= start <= end <= most and every > 0):
        raise CronError(f"{text!r} is out of range for {_NAMES[place]}")
    return range(start, end + 1, every)


def _number(text: str, place: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise CronError(f"{text!r} is no number for {_NAMES[place]}")
    return int(text)
