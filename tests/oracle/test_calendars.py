"""Days and cycles of the core against a plain calendar: every change of clocks, every anchor at the end of a month."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo, available_timezones

import pytest

from catchment.core.values import period
from catchment.core.values.period import first_instant
from tests.oracle.calendars import DAY, beginning, cycles

FIRST, LAST = date(2000, 1, 1), date(2037, 12, 31)
STEP = timedelta(days=10)


def changes(zone: ZoneInfo) -> tuple[date, ...]:
    """The days (UTC) on which clocks in a zone are changed, from noon to noon."""
    found = []
    day = FIRST
    while day < LAST:
        if offset(day, zone) != offset(day + STEP, zone):
            around = (day + n * DAY for n in range(STEP.days))
            found += [one for one in around if offset(one, zone) != offset(one + DAY, zone)]
        day += STEP
    return tuple(found)


def offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(12), UTC).astimezone(zone).utcoffset()


def test_days_begin_where_a_calendar_changes_whatever_clocks_do() -> None:
    zones = {changes(ZoneInfo(name)): name for name in sorted(available_timezones())}
    assert len(zones) > 100

    for days, name in zones.items():
        for day in {one + n * DAY for one in days for n in range(3)}:
            assert first_instant(day, ZoneInfo(name)) == beginning(day, name), (name, day)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Santiago", "2024-09-08", "2024-09-08T04:00"),  # midnight is left out
        ("Africa/Cairo", "2023-04-28", "2023-04-27T22:00"),
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00"),
        ("America/Havana", "2024-11-03", "2024-11-03T04:00"),  # it comes twice
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30"),  # by half an hour
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # a day that was left out
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30"),  # midnight and a minute, again
    ],
)
def test_a_day_begins_once(zone: str, day: str, begins: str) -> None:
    instant = datetime.fromisoformat(begins).replace(tzinfo=UTC)

    assert first_instant(date.fromisoformat(day), ZoneInfo(zone)) == instant
    assert beginning(date.fromisoformat(day), zone) == instant


@pytest.mark.parametrize("billing_day", [1, 15, 27, 28, 29, 30, 31])
def test_cycles_are_those_of_a_calendar(billing_day: int) -> None:
    starts = (date(2023, 1, 1) + n * timedelta(days=7) for n in range(104))
    for start, months in product(starts, (1, 3, 6, 12)):
        made = period.cycles(start, billing_day, months, date(2060, 1, 1))
        found = [(*_ends(one.period), _ends(one.full)) for one in islice(made, 27)]

        assert found == list(islice(cycles(start, billing_day, months), 27))


@pytest.mark.parametrize("billing_day", [29, 30, 31])
def test_an_anchor_comes_back_after_every_shorter_month(billing_day: int) -> None:
    made = islice(period.cycles(date(2024, 1, billing_day), billing_day, 1, LAST), 120)

    for cycle in made:
        longest = (cycle.period.start.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY
        assert cycle.period.start.day == min(billing_day, longest.day)


def _ends(one: period.Period) -> tuple[date, date]:
    return one.start, one.end
