"""Occasions that recur: five fields as cron has them, in a time zone.

Minute, hour, day of the month, month and day of the week (0 and 7 are Sunday; names work, too),
each ``*``, a number, a range, a list of these, or any of them with a ``/step``. As in POSIX
(crontab), where both days are restricted either of them is enough.

A day has each of its occasions once. One that the clock skips in spring takes place as much later
as the clock was put forward; one that it passes twice in autumn takes place the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_FIELD = re.compile(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FARTHEST = timedelta(days=8 * 366)  # 29 February comes at least that often


@dataclass(frozen=True, slots=True)
class Cron:
    """When something recurs. ``either`` says that one of the two days is enough."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def latest(self, at: datetime, zone: tzinfo) -> datetime | None:
        """The last occasion at or before ``at``; None where there was none for eight years."""
        day = at.astimezone(zone).date()
        for on in (day - timedelta(days=n) for n in range(_FARTHEST.days)):
            if self._has(on):
                found = [one for one in self._on(on, zone) if one <= at]
                if found:
                    return max(found)
        return None

    def _has(self, on: date) -> bool:
        if on.month not in self.months:
            return False
        by_month, by_week = on.day in self.days, on.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either else by_month and by_week

    def _on(self, on: date, zone: tzinfo) -> Iterator[datetime]:
        """The occasions of a day; where the clock stands twice, ``fold`` 0 is the first time."""
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(on, time(hour, minute), zone).astimezone(UTC)


def cron(text: str) -> Cron:
    """What ``text`` says. Raises ValueError, naming the field, and where no day would ever do."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(
            "Five fields are expected: minute, hour, day of the month, month, day of the week."
        )
    minutes = _values("minute", fields[0], 0, 59)
    hours = _values("hour", fields[1], 0, 23)
    days = _values("day of the month", fields[2], 1, 31)
    months = _values("month", fields[3], 1, 12, _MONTHS, first=1)
    weekdays = frozenset(n % 7 for n in _values("day of the week", fields[4], 0, 7, _DAYS))
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    found = Cron(minutes, hours, days, months, weekdays, either)
    if found.latest(datetime(2032, 1, 1, tzinfo=UTC), UTC) is None:
        raise ValueError(f"No day is ever like {text!r}.")
    return found


def _values(
    name: str, text: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0
) -> frozenset[int]:
    """The numbers that a field stands for."""

    def number(word: str) -> int:
        if word.lower() in names:
            return names.index(word.lower()) + first
        if not (word.isascii() and word.isdigit()) or not low <= int(word[:9]) <= high:
            raise ValueError(f"The {name} is a number from {low} to {high}, not {word[:40]!r}.")
        return int(word)

    found: set[int] = set()
    for part in text.split(","):
        match = _FIELD.fullmatch(part)
        if match is None:
            raise ValueError(f"The {name} cannot be {part[:40]!r}.")
        whole, start, end, step = match.groups()
        if whole == "*":
            begin, last = low, high
        else:
            begin = number(start)
            # As everywhere, 5/10 is from 5 to the end.
            last = number(end) if end else (high if step else begin)
        if begin > last or (step is not None and int(step) == 0):
            raise ValueError(f"The {name} {part[:40]!r} has nothing in it.")
        found.update(range(begin, last + 1, int(step or 1)))
    return frozenset(found)
